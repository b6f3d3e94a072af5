"""Supply: whether suppliers have it, and at which prices."""

import datetime
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from catalog.onix import dates
from catalog.onix.context import Context
from catalog.onix.nodes import Node
from catalog.onix.records import Offer

_OLD_CODES = {
    "AB": "01", "AD": "44", "CS": "99", "EX": "43", "IP": "21", "MD": "23", "NP": "10",
    "NY": "11", "OF": "42", "OI": "31", "OP": "51", "OR": "41", "PP": "09", "RF": "44",
    "RM": "47", "RP": "32", "RU": "32", "TO": "22", "TP": "30", "TU": "30", "UR": "33",
    "WR": "47", "WS": "46",
}  # fmt: skip
"""List 54, of ONIX 2.1, as codes of list 65."""
_HAS_IT = ("21", "20", "23", "22")
FROM, UNTIL, _FROM_UNTIL = "14", "15", "24"
"""List 173."""
_FOR_ANYBODY = frozenset({"", "00", "05", "08", "17"})
"""List 59; others hold for libraries, schools or members."""
_VALUE_ADDED_TAX = frozenset({"", "01"})
"""List 171."""
WITHDRAWN_STATUS = frozenset({"01", "03", "08", "11", "12", "13", "15", "16", "17"})
"""List 64: cancelled, postponed, inactive, withdrawn, not for this market, not singly, recalled."""
WITHDRAWN_AVAILABILITY = frozenset({"01", "34", "45", "46", "49", "52"})
"""List 65: cancelled, withdrawn, not sold separately, recalled, not for this market."""
CONTACT_SUPPLIER = "99"
"""List 65: what says nothing."""
_EUROZONE = frozenset({
    "AT", "BE", "BG", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU",
    "LV", "MT", "NL", "PT", "SI", "SK", "AD", "MC", "ME", "SM", "VA",
})  # fmt: skip
"""As list 49 has it in issue 73: the members since 2026, and who has their money beside them."""
_REGIONS = {"ECZ": _EUROZONE}
_WORLD = frozenset({"WORLD", "ROW"})
_MOST_OFFERS = 200
_MOST_AMOUNT = Decimal(10) ** 8
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Where:
    """The countries where something holds; both empty: everywhere."""

    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    is_elsewhere: bool = False
    """Only in parts of countries: of no use to a shop that knows countries."""


_EVERYWHERE = _Where()


def availability(node: Node) -> str:
    """The code of list 65; of several suppliers', one that has it."""
    found = []
    for detail, _market in _details(node):
        code = detail.first("ProductAvailability", "AvailabilityCode", "AvailabilityStatus")
        code = _OLD_CODES.get(code.upper(), code)
        if len(code) == 2 and code.isdigit() and code != CONTACT_SUPPLIER:
            found.append(code)
    return next((code for code in _HAS_IT if code in found), found[0] if found else "")


def is_withdrawn(*, status: str, availability: str) -> bool:
    """Whether it is not to be sold at all; out of print is not that, as copies may be here."""
    return status in WITHDRAWN_STATUS or availability in WITHDRAWN_AVAILABILITY


def offers(node: Node, context: Context) -> tuple[Offer, ...]:
    """All prices that anybody could pay, as sent; the supplier's currency is put in later."""
    found: dict[Offer, None] = {}
    for detail, market in _details(node):
        for price in detail.each("Price"):
            if len(found) < _MOST_OFFERS and (offer := _offer(price, market, context)):
                found.setdefault(offer)
    return tuple(found)


def _details(node: Node) -> Iterator[tuple[Node, _Where]]:
    for detail in node.each("SupplyDetail"):  # 2.1
        yield detail, _EVERYWHERE
    for supply in node.each("ProductSupply"):
        markets = [_where(market) for market in supply.each("Market")]
        where = markets[0] if len(markets) == 1 else _EVERYWHERE
        for detail in supply.each("SupplyDetail"):
            yield detail, where


def _offer(price: Node, market: _Where, context: Context) -> Offer | None:
    if not (text := price.first("PriceAmount")):
        return None  # free, or not known yet (UnpricedItemType)
    amount = _amount(text)
    if amount is None:
        message = _("“%(text)s” is no amount.") % {"text": text[:40]}
        context.trouble("PriceAmount", message, price)
        return None
    if not amount:
        context.trouble("PriceAmount", _("A price of nothing is not believed."), price)
        return None
    where = _where(price)
    where = market if where == _EVERYWHERE else where
    if where.is_elsewhere or price.first("PriceQualifier") not in _FOR_ANYBODY:
        return None
    valid_from, valid_to = _period(price, context)
    if valid_from and valid_to and valid_to < valid_from:
        context.trouble("PriceDate", _("The price ends before it begins."), price)
        return None
    currency = price.first("CurrencyCode").upper() or context.defaults.currency
    quantity = price.first("MinimumOrderQuantity")
    return Offer(
        amount=amount,
        currency=currency if len(currency) == 3 and currency.isalpha() else "",
        kind=price.first("PriceType", "PriceTypeCode") or context.defaults.price_type,
        tax_rate=_tax_rate(price, context),
        valid_from=valid_from,
        valid_to=valid_to,
        countries=where.included,
        countries_excluded=where.excluded,
        minimum_quantity=max(1, int(quantity)) if _is_number(quantity) else 1,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


@functools.lru_cache(maxsize=4000)
def _amount(text: str) -> Decimal | None:
    """“12.99”, and “12,99” as some write it; “1.299,00” is guessed by nobody."""
    if "," in text and "." not in text and len(text.rpartition(",")[2]) == 2:
        text = text.replace(",", ".")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _MOST_AMOUNT:
        return None
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _tax_rate(price: Node, context: Context) -> Decimal | None:
    sent = [
        tax.first("TaxRatePercent")
        for tax in price.each("Tax")
        if tax.first("TaxType") in _VALUE_ADDED_TAX
    ]
    sent += price.every("TaxRatePercent1", "TaxRatePercent2")
    rates = {rate for text in sent if text and (rate := _amount(text)) is not None and rate <= 100}
    if len(rates) > 1:
        context.trouble("Tax", _("The price has several tax rates; none was taken."), price)
        return None
    return rates.pop() if rates else None


def _period(price: Node, context: Context) -> tuple[datetime.date | None, datetime.date | None]:
    first = _plain(price, "PriceEffectiveFrom", context)
    last = _plain(price, "PriceEffectiveUntil", context)
    for part in price.each("PriceDate"):
        marked = part.marked.get("Date")
        text = (marked[0].text or "").strip() if marked else ""
        date_format = part.first("DateFormat") or (marked[0].get("dateformat") if marked else "")
        if not text:
            continue
        try:
            start, end = dates.span(text, date_format or "")
        except dates.NoDate:
            _no_date("PriceDate", text, part, context)
            continue
        role = part.first("PriceDateRole")
        if role in (FROM, _FROM_UNTIL):
            first = first or start
            last = last or end
        elif role == UNTIL:
            last = last or start
    return first, last


def _plain(price: Node, name: str, context: Context) -> datetime.date | None:
    if not (text := price.first(name)):
        return None
    try:
        return dates.parse(text)
    except dates.NoDate:
        _no_date(name, text, price, context)
        return None


def _no_date(element: str, text: str, part: Node, context: Context) -> None:
    message = _("“%(text)s” is no date that can be.") % {"text": text[:40]}
    context.trouble(element, message, part)


def _where(node: Node) -> _Where:
    """The territory of a price or market; 2.1 has its codes in the price itself."""
    territory = node.part("Territory")
    if not territory and "CountryCode" not in node.codes and "Territory" not in node.codes:
        return _EVERYWHERE
    return _territory(
        " ".join(territory.every("CountriesIncluded") + node.every("CountryCode")),
        " ".join(territory.every("CountriesExcluded") + node.every("CountryExcluded")),
        " ".join(territory.every("RegionsIncluded") + node.every("Territory")),
    )


@functools.lru_cache(maxsize=1000)
def _territory(countries: str, but: str, areas: str) -> _Where:
    """A file says the same of most of its prices."""
    included, excluded = _codes(countries), _codes(but)
    regions = areas.upper().split()
    is_world = not regions or not _WORLD.isdisjoint(regions)
    for region in regions:
        included |= _REGIONS.get(region, frozenset())
    if included:
        return _Where(included - excluded)
    return _Where(frozenset(), excluded, is_elsewhere=not is_world)


def _codes(text: str) -> frozenset[str]:
    return frozenset(word for word in text.upper().split() if len(word) == 2 and word.isalpha())
