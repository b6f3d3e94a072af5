"""Promising copies to an order: all of its lines, or none.

Rows change in (isbn13, location) order, at most one for each edition, so that orders for the same
editions wait for each other and never deadlock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Edition, Location, Stock
from catalog.models.stock import InsufficientStock
from orders.models.basket import BasketLine


@dataclass(frozen=True)
class ShortLine:
    """What was wanted of an edition, and what one order could have of it."""

    edition: Edition
    wanted: int
    available: int

    def __str__(self) -> str:
        if self.available <= 0:
            return _("“%(title)s” is out of stock.") % {"title": self.edition.display_title}
        return ngettext(
            "Of “%(title)s” only %(n)d copy is left.",
            "Of “%(title)s” only %(n)d copies are left.",
            self.available,
        ) % {"title": self.edition.display_title, "n": self.available}


class Shortage(Exception):
    """Some lines cannot be served; whoever catches it must roll back."""

    def __init__(self, lines: list[ShortLine]) -> None:
        super().__init__("; ".join(line.edition.isbn13 for line in lines))
        self.lines = lines


def allocate(
    lines: Sequence[BasketLine], *, location: Location | None, reference: str
) -> dict[int, Stock]:
    """Promise the copies of all lines to the order `reference`; where, by edition id.

    Each line is served whole, from `location` or else from the first by priority that can. Files
    take no stock. Call inside a transaction. Raises Shortage naming every line that is short.
    """
    physical = sorted(
        (line for line in lines if not line.edition.is_digital),
        key=lambda line: line.edition.isbn13,
    )
    places = _places(physical, location)
    allocated, short = {}, []
    for line in physical:
        candidates = places.get(line.edition_id, [])
        stock = _first_that_serves(candidates, line.quantity, reference)
        if stock:
            allocated[line.edition_id] = stock
        else:
            short.append(ShortLine(line.edition, line.quantity, _most_available(candidates)))
    if short:
        raise Shortage(short)
    return allocated


def _places(lines: Sequence[BasketLine], location: Location | None) -> dict[int, list[Stock]]:
    stocks = Stock.objects.filter(edition__in=[line.edition_id for line in lines])
    if location:
        stocks = stocks.filter(location=location)
    places: dict[int, list[Stock]] = {}
    for stock in stocks.select_related("edition").order_by("location__priority", "location_id"):
        places.setdefault(stock.edition_id, []).append(stock)
    return places


def _first_that_serves(candidates: list[Stock], quantity: int, reference: str) -> Stock | None:
    for stock in candidates:
        if stock.available < quantity:
            continue
        try:
            stock.allocate(quantity, reference=reference)
        except InsufficientStock:
            continue  # somebody else was quicker since we looked
        return stock
    return None


def _most_available(candidates: list[Stock]) -> int:
    fresh = Stock.objects.filter(pk__in=[stock.pk for stock in candidates])
    return max((stock.available for stock in fresh), default=0)
