"""Which of a record's prices are the shop's, and over which days."""

import datetime
import functools
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.feeds.terms import Terms
from catalog.onix.records import Offer, Record

WITHOUT_TAX = frozenset({"01", "03", "05", "06", "08", "11", "13", "21", "23", "31", "33"})
"""List 58: amounts to which tax comes."""
HIGHEST = Decimal("99999999.99")
A_DAY = datetime.timedelta(days=1)

Period = list[str | None]
"""A price as JSON has it: amount, tax rate, first day, last day or None."""


def choose(leave_out: Callable[[str, str], None], record: Record, terms: Terms) -> list[Period]:
    """The prices that hold from today on, in the order of days; none: the record has none for us.

    Of the kinds that the supplier's `price_types` name the first that is there is taken. Where
    periods overlap, the one that begins later is meant.
    """
    offers = [each for each in record.offers if _is_ours(leave_out, each, terms)]
    kinds = [kind for kind in terms.price_types if any(o.kind == kind for o in offers)]
    if offers and not kinds:
        leave_out("Price", _("None of its price types is one that the supplier is read for."))
    if not kinds:
        return []
    chosen = [each for each in offers if each.kind == kinds[0]]
    if terms.country and any(each.countries for each in chosen):
        chosen = [each for each in chosen if each.countries] + [
            each for each in chosen if not each.countries and each.valid_from
        ]
    return _periods(chosen, terms.today)


def _is_ours(leave_out: Callable[[str, str], None], offer: Offer, terms: Terms) -> bool:
    currency = offer.currency or terms.currency
    if currency != terms.shop_currency:
        text = _other_currency(currency[:10], terms.shop_currency, get_language())
        leave_out("Price", text)
        return False
    if offer.minimum_quantity > 1:
        return False
    if not offer.amount.is_finite() or not 0 <= gross(offer) <= HIGHEST:
        leave_out("Price", _("A price was left out, because its amount is not likely."))
        return False
    country = terms.country
    if not country:
        return True
    is_inside = not offer.countries or country in offer.countries
    return is_inside and country not in offer.countries_excluded


@functools.lru_cache(maxsize=100)
def _other_currency(theirs: str, ours: str, _language: str | None) -> str:
    """In the language that is spoken: some files say it of every record."""
    text = _("A price in %(theirs)s was left out; the shop sells in %(ours)s.")
    return text % {"theirs": theirs, "ours": ours}


def gross(offer: Offer) -> Decimal:
    """The amount with tax, as far as the record says how much that is; two decimals."""
    amount = offer.amount
    if offer.kind in WITHOUT_TAX and offer.tax_rate and 0 < offer.tax_rate <= 100:
        amount *= 1 + offer.tax_rate / 100
    if not amount.is_finite() or abs(amount) > HIGHEST:
        return Decimal(-1)
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _periods(offers: list[Offer], today: datetime.date) -> list[Period]:
    """Days cut where any offer begins or ends; on each stretch the one that began last holds."""
    far = datetime.date.max
    spans = [
        (max(each.valid_from or today, today), each.valid_to or far, place, each)
        for place, each in enumerate(offers)
    ]
    spans = [span for span in spans if span[0] <= span[1]]
    cuts = {span[0] for span in spans} | {s[1] + A_DAY for s in spans if s[1] < far}
    edges: list[datetime.date | None] = [*sorted(cuts), None]
    periods: list[Period] = []
    for first, after in pairwise(edges):
        if first is None:
            break
        holding = [span for span in spans if span[0] <= first <= span[1]]
        if not holding:
            continue
        offer = max(holding, key=lambda span: (span[3].valid_from or datetime.date.min, -span[2]))[
            3
        ]
        last = (after - A_DAY).isoformat() if after else None
        _append(periods, offer, first, last)
    return periods


def _append(periods: list[Period], offer: Offer, first: datetime.date, last: str | None) -> None:
    rate = offer.tax_rate
    is_rate = rate is not None and rate.is_finite() and 0 <= rate <= 100
    terms = [
        str(gross(offer)),
        str(rate.quantize(Decimal("0.01"))) if rate is not None and is_rate else None,
    ]
    if periods and periods[-1][:2] == terms and periods[-1][3] == (first - A_DAY).isoformat():
        periods[-1][3] = last
    else:
        periods.append([*terms, first.isoformat(), last])
