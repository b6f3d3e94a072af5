"""Waiting: copies that came in go to the orders that wait for them; the others are told when.

Who has paid comes before who has not: the shop owes them the copies, while an unpaid order may yet
expire and would have held its copies for nothing. Then the oldest order comes first.

Each order is served in a transaction of its own that locks the order, then its stock, then the
supply, as every change of an order does. Serving twice serves nothing more.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django.db import transaction

from accounts.models import User
from catalog.models import Edition, Location, Stock, Supply
from orders import readiness
from orders.models import Allocation, Order, OrderEvent, OrderLine, OrderMessage, Seller

Share = dict[OrderLine, dict[Stock, int]]


class NobodyWaits(Exception):
    """No order waits for the edition, or all are promised for that day already."""


@dataclass(frozen=True)
class WaitedTitle:
    """An edition that customers wait for."""

    edition: Edition
    lines: list[OrderLine]
    """Those that await copies, in the order in which they are served."""

    elsewhere: list[Stock] = field(default_factory=list)
    """Where copies lie that nobody was promised, but that do not reach who waits."""

    @property
    def awaited(self) -> int:
        """How many copies are promised that have to come."""
        return sum(line.awaited_quantity for line in self.lines)

    @property
    def to_order(self) -> int:
        """How many of them lie nowhere in the shop."""
        return max(0, self.awaited - sum(stock.available for stock in self.elsewhere))

    @property
    def first_date(self) -> datetime.date | None:
        """The first day that a customer was told."""
        days = [line.promised_date for line in self.lines if line.promised_date]
        return min(days, default=None)


def titles() -> list[WaitedTitle]:
    """What customers wait for: what was promised for the nearest day first."""
    lines = (
        OrderLine.objects.awaiting()
        .exclude(edition=None)
        .select_related("order", "edition__work", "edition__imprint")
    )
    by_edition = groupby(
        sorted(lines, key=lambda line: (line.isbn13, line.order.paid_at is None, line.order_id)),
        key=lambda line: line.edition,
    )
    found = {edition.pk: WaitedTitle(edition, [*rows]) for edition, rows in by_edition if edition}
    free = Stock.objects.filter(edition__in=found).with_available(1).select_related("location")
    for stock in free.order_by("location__priority", "location_id"):
        found[stock.edition_id].elsewhere.append(stock)
    return sorted(
        found.values(), key=lambda title: (title.first_date or datetime.date.max, title.edition.pk)
    )


def serve(numbers: Collection[str], *, at: datetime.datetime) -> int:
    """Give free copies of these editions to who waits for them; how many copies were given."""
    numbers, given = set(numbers), 0
    if _are_free(numbers):
        for order in Order.objects.waiting_for(numbers).exclude(readiness.IS_PAID_BACK):
            given += _serve(order, numbers, at=at)
            if not _are_free(numbers):
                break
    return given


def serve_all(*, at: datetime.datetime) -> int:
    """Serve whoever waits for anything; how many copies were given.

    Copies that become free are served at once; this finds what became possible in other ways, as
    when a location begins to serve orders.
    """
    numbers = OrderLine.objects.awaiting().values_list("isbn13", flat=True).order_by("isbn13")
    return serve(list(numbers.distinct()), at=at)


@transaction.atomic
def move_date(*, edition: Edition, day: datetime.date, at: datetime.datetime, actor: User) -> int:
    """Promise the copies of an edition that have yet to come for another day; to how many orders.

    Each customer is told. Raises NobodyWaits.
    """
    lines = OrderLine.objects.awaiting().filter(edition=edition).exclude(promised_date=day)
    orders = Order.objects.filter(lines__in=lines).order_by("pk")
    moved = 0
    for order in orders:
        order.lock()
        if not lines.filter(order=order).update(promised_date=day):
            continue  # canceled or served meanwhile
        event = order.record(
            OrderEvent.Kind.PROMISE_MOVED, actor=actor, note=f"{edition.isbn13}: {day}", at=at
        )
        order.tell(OrderMessage.Kind.PROMISE_MOVED, str(event.pk))
        moved += 1
    if not moved:
        raise NobodyWaits
    Supply.objects.filter(edition=edition).update(promised_date=day)
    return moved


def _are_free(numbers: Collection[str]) -> bool:
    return (
        Stock.objects.for_customers().filter(edition__isbn13__in=numbers).with_available(1).exists()
    )


@transaction.atomic
def _serve(order: Order, numbers: Collection[str], *, at: datetime.datetime) -> int:
    order.lock()
    if order.status == Order.Status.CANCELED or readiness.is_paid_back(order):
        return 0  # since it was found
    lines = list(order.lines.with_promises().select_related("edition__work"))
    waiting = [line for line in lines if line.awaited_quantity and line.isbn13 in numbers]
    share = _share(waiting, _places(order, lines, waiting))
    if not share:
        return 0
    copies = {stock: n for taken in share.values() for stock, n in taken.items()}
    Stock.objects.all().allocate_many(copies, reference=order.number, are_locked=True)
    Allocation.objects.all().add(share)
    OrderLine.objects.all().withdraw({line: sum(taken.values()) for line, taken in share.items()})
    event = order.record(OrderEvent.Kind.SERVED, note=_in_words(share), at=at)
    order.tell(OrderMessage.Kind.SERVED, str(event.pk))
    return sum(copies.values())


def _places(
    order: Order, lines: Sequence[OrderLine], waiting: Sequence[OrderLine]
) -> list[list[Stock]]:
    """The copies that the order may have, locked: a list for each place, by priority.

    Where one place is to serve it, that is where its other copies lie; or else any one.
    """
    held = {each.stock.location_id for line in lines for each in line.allocations.all()}
    may_split = Seller.objects.current().splits_orders
    by_place: dict[Location, list[Stock]] = {}
    rows = Stock.objects.filter(edition__in=[line.edition_id for line in waiting])
    for stock in rows.locked().select_related("location"):
        place = stock.location
        if order.location_id:
            is_possible = place.pk == order.location_id
        else:
            is_possible = place.serves_shipping and (may_split or not held or place.pk in held)
        if is_possible:
            by_place.setdefault(place, []).append(stock)
    places = [by_place[place] for place in sorted(by_place, key=lambda at: (at.priority, at.pk))]
    if may_split or order.location_id or held or not places:
        return places
    return [max(places, key=lambda stocks: sum(stock.available for stock in stocks))]


def _share(waiting: Sequence[OrderLine], places: Sequence[Sequence[Stock]]) -> Share:
    """What each line gets from where: as much as there is."""
    share: Share = {}
    for line in waiting:
        left = line.awaited_quantity
        for stock in (stock for stocks in places for stock in stocks):
            taken = min(left, stock.available) if stock.edition_id == line.edition_id else 0
            if taken > 0:
                share.setdefault(line, {})[stock] = taken
                left -= taken
    return share


def _in_words(share: Mapping[OrderLine, Mapping[Stock, int]]) -> str:
    return ", ".join(f"{sum(taken.values())} × {line.title}" for line, taken in share.items())
