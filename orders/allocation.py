"""Promising copies to an order: all that it wants, or nothing.

One location serves the whole order where one can, the first by priority; only a seller who sends
from several places (`Seller.splits_orders`) has it served from more, from as few as will do. What
lies nowhere is promised as a pre-order, or ordered for the customer, where the edition's supply
accepts that: who wants three copies of which one is here gets that one at once.

Who waits for copies comes first: only what is left beside their copies can be promised to others.

Everything is locked before it is decided: stock in (isbn13, location) order, then supply, so that
orders for the same editions wait for each other and never deadlock.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import prepared
from catalog.models import Edition, Location, Stock, Supply, stock_rows
from orders.models import Allocation, Order, OrderLine, Seller

Take = dict[Stock, int]


@dataclass(frozen=True)
class ShortLine:
    """What was wanted of an edition, and what this order could have of it."""

    edition: Edition
    wanted: int
    available: int
    is_elsewhere: bool = False
    """Whether enough copies are for sale, but not where the rest of the order lies."""

    def __str__(self) -> str:
        title = {"title": self.edition.display_title}
        if self.is_elsewhere:
            return (
                _("“%(title)s” lies in another place than the rest: please order it by itself.")
                % title
            )
        if self.available <= 0:
            return _("“%(title)s” is out of stock.") % title
        return ngettext(
            "Of “%(title)s” only %(n)d copy is left.",
            "Of “%(title)s” only %(n)d copies are left.",
            self.available,
        ) % {**title, "n": self.available}


class Shortage(Exception):
    """Some editions cannot be had; whoever catches it must roll back."""

    def __init__(self, lines: list[ShortLine]) -> None:
        super().__init__("; ".join(line.edition.isbn13 for line in lines))
        self.lines = lines


@dataclass(frozen=True, kw_only=True)
class Promise:
    """How an order's copies of one edition are had."""

    copies: Take = field(default_factory=dict)
    """Those that lie there, and where; none of a file."""
    awaited: int = 0
    supply: OrderLine.Supply = OrderLine.Supply.STOCK
    promised_date: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class _Title:
    """An edition that is wanted, and all that decides how it can be had; locked."""

    edition: Edition
    wanted: int
    stocks: Sequence[Stock]
    supply: Supply | None
    kind: Supply.Kind | None
    """How copies that are not there can be promised; None: not at all."""
    limit: int | None
    """How many can be promised in all, whether they are there or not; None: no limit."""

    @property
    def free(self) -> int:
        """How many of those that lie there can be promised: the rest is for who waits already."""
        there = sum(
            stock.available
            for stock in self.stocks
            if stock.location.serves_shipping or stock.location.offers_collection
        )
        return max(0, there - (self.supply.awaited if self.supply else 0))

    def given(self, stock: Stock | None) -> int:
        """How many this place would give."""
        return max(0, min(self.wanted, self.free, stock.available)) if stock else 0

    def is_had(self, take: Take) -> bool:
        """Whether the rest could come later."""
        if self.limit is not None and self.wanted > self.limit:
            return False
        return self.kind is not None or sum(take.values()) == self.wanted

    def promise(self, take: Take, on: datetime.date) -> Promise:
        """What is promised if this is taken now."""
        awaited = self.wanted - sum(take.values())
        is_forthcoming = self.edition.is_forthcoming_on(on)
        if not is_forthcoming and not awaited:
            return Promise(copies=take)
        expected = self.supply.expected_date(on) if self.supply else None
        return Promise(
            copies=take,
            awaited=awaited,
            supply=OrderLine.Supply.PREORDER if is_forthcoming else OrderLine.Supply.BACKORDER,
            promised_date=expected or self.edition.release_date,
        )


Titles = dict[int, _Title]
Place = dict[int, Stock]  # what lies at one location, by edition id


def promise(
    wanted: Mapping[Edition, int],
    *,
    location: Location | None,
    may_split: bool,
    reference: str,
    on: datetime.date,
) -> dict[int, Promise]:
    """Promise these copies to the order `reference`, placed `on` that day; by edition id.

    With `location` from there alone, as for a collection; with `may_split` from several where no
    one has all. Call inside a transaction. Raises Shortage naming every edition that is short,
    with nothing written.
    """
    titles = _lock(wanted, on)
    places = _places(titles, location)
    takes = _choose(titles, places, may_split=may_split and location is None)
    promises = {pk: title.promise(takes.get(pk, {}), on) for pk, title in titles.items()}
    copies = {stock: n for each in promises.values() for stock, n in each.copies.items()}
    Stock.objects.all().allocate_many(copies, reference=reference, are_locked=True)
    awaited = {titles[pk].edition: each.awaited for pk, each in promises.items() if each.awaited}
    Supply.objects.all().promise_many(awaited, on=on)
    return promises


def keep(lines: Sequence[OrderLine], promises: Mapping[int, Promise]) -> None:
    """Write down which copies are whose, for lines that are saved; promises by edition id."""
    allocations = [
        Allocation(order_line=line, stock=stock, quantity=quantity)
        for line in lines
        if line.edition_id
        for stock, quantity in promises[line.edition_id].copies.items()
    ]
    prepared.insert(allocations)


def take_up(order: Order, *, on: datetime.date) -> None:
    """Promise a canceled order its copies again, because it was paid after all.

    Call with the order locked, in a savepoint. Raises Shortage; of an edition that is gone, too.
    """
    lines = [line for line in order.lines.select_related("edition__work") if line.kept_quantity]
    if any(line.edition is None and not line.is_digital for line in lines):
        raise Shortage([])
    promises = promise(
        {line.edition: line.kept_quantity for line in lines if line.edition},
        location=order.location,
        may_split=Seller.objects.current().splits_orders,
        reference=order.number,
        on=on,
    )
    for line in lines:
        if line.edition_id is not None:
            made = promises[line.edition_id]
            line.awaited_quantity, line.supply = made.awaited, made.supply
            line.promised_date = made.promised_date
    OrderLine.objects.bulk_update(lines, ["awaited_quantity", "supply", "promised_date"])
    keep(lines, promises)


def _lock(wanted: Mapping[Edition, int], on: datetime.date) -> Titles:
    found, of_supply = stock_rows.locked(list(wanted))
    stocks: dict[int, list[Stock]] = {}
    for stock in found:
        stocks.setdefault(stock.edition_id, []).append(stock)
    supplies = {supply.edition_id: supply for supply in of_supply}
    return {
        edition.pk: _title(edition, quantity, stocks.get(edition.pk, []), supplies, on)
        for edition, quantity in wanted.items()
    }


def _title(
    edition: Edition,
    quantity: int,
    stocks: list[Stock],
    supplies: Mapping[int, Supply],
    on: datetime.date,
) -> _Title:
    supply = supplies.get(edition.pk)
    kind, limit = None, None
    if supply:
        supply.held_quantity = sum(stock.allocated for stock in stocks)
        kind, limit = supply.kind(on), supply.room(on)
    if edition.is_digital:  # no end of copies, and none to wait for
        kind, limit, quantity = None, None, 0
    elif kind is None:
        limit = 0 if edition.is_forthcoming_on(on) else None
    return _Title(
        edition=edition, wanted=quantity, stocks=stocks, supply=supply, kind=kind, limit=limit
    )


def _places(titles: Titles, location: Location | None) -> list[Place]:
    """What lies at each place that may serve the order, by priority."""
    places: dict[tuple[int, int], Place] = {}
    for title in titles.values():
        for stock in title.stocks:
            at = stock.location
            if at == location if location else at.serves_shipping:
                places.setdefault((at.priority, at.pk), {})[title.edition.pk] = stock
    return [places[key] for key in sorted(places)]


def _choose(titles: Titles, places: list[Place], *, may_split: bool) -> dict[int, Take]:
    """What is taken where, by edition id: as little as possible is left to come later."""
    choices = [_take(titles, [place]) for place in places]
    if may_split:
        choices.append(_take(titles, places))
    choices.append({})
    possible = [
        choice
        for choice in choices
        if all(title.is_had(choice.get(pk, {})) for pk, title in titles.items())
    ]
    if not possible:
        raise Shortage(_shortage(titles, places, max(choices, key=_copies)))
    return max(possible, key=_copies)  # of equals the first


def _take(titles: Titles, places: list[Place]) -> dict[int, Take]:
    """The most that these places together give, from as few of them as will do."""
    taken: dict[int, Take] = {pk: {} for pk in titles}
    places = list(places)

    def given(place: Place) -> dict[int, int]:
        return {
            pk: min(
                titles[pk].given(stock),
                min(titles[pk].wanted, titles[pk].free) - sum(taken[pk].values()),
            )
            for pk, stock in place.items()
        }

    while places:
        best = max(places, key=lambda place: sum(given(place).values()))
        for pk, quantity in given(best).items():
            if quantity:
                taken[pk][best[pk]] = quantity
        places.remove(best)
    return taken


def _copies(choice: dict[int, Take]) -> int:
    return sum(sum(take.values()) for take in choice.values())


def _shortage(titles: Titles, places: list[Place], best: dict[int, Take]) -> list[ShortLine]:
    short = []
    for pk, title in titles.items():
        take = best.get(pk, {})
        if not title.is_had(take):
            most = max((title.given(place.get(pk)) for place in places), default=0)
            short.append(
                ShortLine(
                    edition=title.edition,
                    wanted=title.wanted,
                    available=sum(take.values()) if title.limit is None else title.limit,
                    is_elsewhere=title.limit is None and most >= title.wanted,
                )
            )
    return short
