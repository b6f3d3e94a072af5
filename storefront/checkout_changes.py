"""What has changed since the checkout's page was shown: told before the customer is charged.

The page carries what it showed as hidden fields, so each tab is compared with what stood in it.
A form without them, a program's say, is compared with nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.money import format_money
from orders.quotes import PricedLine, Quote
from storefront.checkout_offer import Choice, Offer

SEEN = "seen_"  # and the number of the edition: its price and quantity
LONGEST_AMOUNT = 16


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was shown."""

    name: str
    before: str
    now: str


def shown(offer: Offer) -> dict[str, str]:
    """The hidden fields that say what the page shows, by name."""
    fields = {
        f"{SEEN}{line.edition.isbn13}": f"{line.quantity}x{line.unit_amount}"
        for line in offer.terms.lines
    }
    for choice in offer.choices:
        if quote := choice.quote:
            code = choice.method.code
            fields[f"shown_shipping_{code}"] = str(quote.shipping_amount)
            fields[f"shown_discount_{code}"] = str(quote.saved_amount)
            fields[f"expected_total_{code}"] = str(quote.total_amount)
            fields[f"expected_payable_{code}"] = str(quote.payable_amount)
    return fields


def find(data: Mapping[str, str], offer: Offer, choice: Choice) -> list[Change]:
    """How what is offered differs from what `data` says was shown, for the chosen way."""
    changes = [*_of_lines(data, offer)]
    if choice.quote:
        changes += _of_amounts(data, choice.method.code, choice.quote)
    return changes


def is_without_amount(data: Mapping[str, str], choice: Choice) -> bool:
    """Whether a page was shown that could not say yet what the order costs this way."""
    was_shown = any(name.startswith(SEEN) for name in data)
    return was_shown and not data.get(f"expected_total_{choice.method.code}")


def _of_lines(data: Mapping[str, str], offer: Offer) -> Iterator[Change]:
    before = {name.removeprefix(SEEN): data[name] for name in data if name.startswith(SEEN)}
    if not before:
        return
    for line in offer.terms.lines:
        title = _("“%(title)s”") % {"title": line.edition.display_title}
        seen = before.pop(line.edition.isbn13, "")
        quantity, _times, amount = seen.partition("x")
        unit = _amount(amount)
        if unit is None or not quantity.isdecimal() or len(quantity) > 4:
            yield Change(title, _("not in the basket"), _copies(line.quantity, line.unit_amount))
        elif int(quantity) != line.quantity or unit != line.unit_amount:
            yield Change(title, _copies(int(quantity), unit), _copies_of(line))
    for number in before:
        if number.isdecimal() and len(number) == 13:
            yield Change(number, _("in the basket"), _("not any more"))


def _of_amounts(data: Mapping[str, str], code: str, quote: Quote) -> Iterator[Change]:
    for field, name, now in (
        (f"shown_shipping_{code}", _("Delivery"), quote.shipping_amount),
        (f"shown_discount_{code}", _("Saved by the voucher"), quote.saved_amount),
        (f"expected_total_{code}", _("Total"), quote.total_amount),
        (f"expected_payable_{code}", _("To pay"), quote.payable_amount),
    ):
        before = _amount(data.get(field, ""))
        if before is not None and before != now:
            yield Change(name, _money(before), _money(now))


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text) if len(text) <= LONGEST_AMOUNT else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() else None


def _copies_of(line: PricedLine) -> str:
    return _copies(line.quantity, line.unit_amount)


def _copies(quantity: int, unit_amount: Decimal) -> str:
    return f"{quantity} × {_money(unit_amount)}"


def _money(amount: Decimal) -> str:
    return format_money(amount, settings.SHOP_CURRENCY)
