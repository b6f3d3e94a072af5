"""Publishing: by whom, when, and how the publisher says it stands."""

import datetime
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.onix import dates
from catalog.onix.context import Context
from catalog.onix.nodes import Node

LONGEST_NAME = 200
_PUBLISHER = "01"
"""List 45."""
PUBLICATION, EMBARGO, FIRST_PUBLICATION = "01", "02", "11"
_PUBLICATION = (PUBLICATION, "37")
_EMBARGO = (EMBARGO, "33", "32")
_FIRST = (FIRST_PUBLICATION, "20", "36", "19")
"""List 163, the best first: of the product; not before; of the text, wherever first."""


@dataclass(slots=True)
class Dates:
    """The dates of a product."""

    publication: datetime.date | None = None
    embargo: datetime.date | None = None
    first_published: int | None = None


def names(node: Node) -> tuple[str, str]:
    """The imprint and the publisher; where one is missing, the other stands for it."""
    imprint = next((name for part in node.each("Imprint") if (name := _name(part))), "")
    publishers = [part for part in node.each("Publisher") if part.first("PublisherName")]
    own = [part for part in publishers if part.first("PublishingRole") in (_PUBLISHER, "")]
    publisher = (own or publishers)[0].first("PublisherName") if publishers else ""
    return (imprint or publisher)[:LONGEST_NAME], (publisher or imprint)[:LONGEST_NAME]


def all_dates(node: Node, context: Context) -> Dates:
    """Publication, embargo, and the year in which the text first appeared."""
    by_role: dict[str, datetime.date] = {}
    years: dict[str, int] = {}
    for part in node.each("PublishingDate"):
        role = part.first("PublishingDateRole")
        if role in _FIRST:
            marked = part.marked.get("Date")
            if marked and (year := dates.year(marked[0].text or "")):
                years.setdefault(role, year)
        elif (role in _PUBLICATION or role in _EMBARGO) and (day := date_in(part, context)):
            by_role.setdefault(role, day)
    found = Dates(
        publication=_best(by_role, _PUBLICATION),
        embargo=_best(by_role, _EMBARGO),
        first_published=next((years[role] for role in _FIRST if role in years), None),
    )
    if found.publication is None:
        found.publication = _plain_date(node, "PublicationDate", context)
    if found.first_published is None and (text := node.first("YearFirstPublished")):
        found.first_published = dates.year(text)
        if found.first_published is None:
            _no_date("YearFirstPublished", text, node, context)
    return found


def market_dates(node: Node, context: Context) -> Dates:
    """What is said of single markets and suppliers (3.x), and by 2.1 of the day of sale."""
    found = Dates()
    for supply in node.each("ProductSupply"):
        details = list(supply.each("MarketPublishingDetail"))
        for part in (date for detail in details for date in detail.each("MarketDate")):
            role = part.first("MarketDateRole")
            if role in _PUBLICATION and found.publication is None:
                found.publication = date_in(part, context)
            elif role in _EMBARGO and found.embargo is None:
                found.embargo = date_in(part, context)
    for detail in node.each("SupplyDetail"):
        if found.embargo is None:
            found.embargo = _plain_date(detail, "OnSaleDate", context)
    return found


def date_in(part: Node, context: Context) -> datetime.date | None:
    """The day that the Date in `part` means; None, and a trouble, where it is none."""
    marked = part.marked.get("Date")
    if not marked or not (text := (marked[0].text or "").strip()):
        return None
    date_format = part.first("DateFormat") or marked[0].get("dateformat") or ""
    try:
        return dates.parse(text, date_format)
    except dates.NoDate:
        _no_date("Date", text, part, context)
        return None


def _plain_date(node: Node, name: str, context: Context) -> datetime.date | None:
    if not (text := node.first(name)):
        return None
    try:
        return dates.parse(text)
    except dates.NoDate:
        _no_date(name, text, node, context)
        return None


def _best(found: dict[str, datetime.date], roles: tuple[str, ...]) -> datetime.date | None:
    return next((found[role] for role in roles if role in found), None)


def _name(part: Node) -> str:
    return part.first("ImprintName")


def _no_date(element: str, text: str, node: Node, context: Context) -> None:
    message = _("“%(text)s” is no date that can be.") % {"text": text[:40]}
    context.trouble(element, message, node)
