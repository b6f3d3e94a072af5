"""Picking: what booksellers fetch from the shelves for all orders, in the order they walk."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, TextChoices
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from catalog.models import Contribution, Location
from orders import readiness
from orders.models import Allocation, Order, OrderLine, Return, Shipment, ShipmentLine


@dataclass(frozen=True)
class Share:
    """How many of the copies are for one order."""

    order: Order
    quantity: int
    awaits_more: bool
    """Whether other copies of the order have yet to come."""

    @property
    def is_unpaid(self) -> bool:
        """Whether the customer pays when they collect it."""
        return self.order.status == Order.Status.AWAITING_PAYMENT


@dataclass
class Pick:
    """The copies of one edition that are fetched from one place."""

    line: OrderLine
    """One of the lines, for what stands on the book."""

    shelved_under: str
    """By whom it stands on the shelf."""

    out_date: datetime.date | None = None
    """When the book is out, if that is still ahead: it is packed, and kept here until then."""

    is_embargoed: bool = False
    """Whether an embargo ends then, which may be after its publication."""

    shares: list[Share] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        """Of all orders together."""
        return sum(share.quantity for share in self.shares)


@dataclass(frozen=True)
class PickList:
    """What is fetched from one location, sorted as it stands on the shelves."""

    location: Location
    picks: list[Pick]

    @property
    def quantity(self) -> int:
        """How many copies."""
        return sum(pick.quantity for pick in self.picks)

    @property
    def order_count(self) -> int:
        """For how many orders."""
        return len({share.order.pk for pick in self.picks for share in pick.shares})


class Stage(TextChoices):
    """What staff has to do next with an order that is paid."""

    TO_CANCEL = "to_cancel", _("To cancel: its money has gone back")
    TO_PICK = "to_pick", _("To pick")
    PACKED = "packed", _("Packed, to be sent")
    PARTLY_SENT = "partly_sent", _("Partly sent")
    TO_COLLECT = "to_collect", _("Waits to be collected")
    UNDER_WAY = "under_way", _("On its way")
    RETURNS = "returns", _("Return to receive or refund")


def at_stage(orders: QuerySet[Order], stage: Stage, *, on: datetime.date) -> QuerySet[Order]:
    """Those of the orders with which that is to be done that day; one may be at several stages."""
    if stage == Stage.TO_PICK:
        return to_pick(orders, on=on)
    here = Shipment.objects.filter(order=OuterRef("pk"), shipped_at=None)
    gone = Shipment.objects.filter(order=OuterRef("pk"), shipped_at__isnull=False)
    conditions = {
        Stage.TO_CANCEL: readiness.IS_PAID_BACK,
        Stage.PACKED: Q(Exists(here.filter(ready_at=None))) & ~readiness.IS_PAID_BACK,
        Stage.PARTLY_SENT: Q(Exists(gone), status=Order.Status.PAID),
        Stage.TO_COLLECT: Q(Exists(here.filter(ready_at__isnull=False))),
        Stage.UNDER_WAY: Q(Exists(gone.filter(delivered_at=None))),
        Stage.RETURNS: Q(pk__in=Return.objects.open().values("order")),
    }
    return orders.filter(conditions[stage])


def to_pick(orders: QuerySet[Order], *, on: datetime.date) -> QuerySet[Order]:
    """Those of which copies lie on the shelves that can be packed that day, in no parcel yet."""

    def total(rows: QuerySet[Any], quantity: str) -> Coalesce:
        sums = rows.order_by().values("of").annotate(total=Sum(quantity)).values("total")
        return Coalesce(Subquery(sums), 0)

    here = Allocation.objects.filter(order_line__order=OuterRef("pk")).exclude(_not_out(on))
    packed = ShipmentLine.objects.filter(
        shipment__order=OuterRef("pk"), shipment__shipped_at=None
    ).exclude(_not_out(on))
    return orders.filter(readiness.MAY_BE_PACKED).filter(
        GreaterThan(
            total(here.annotate(of=F("order_line__order")), "quantity"),
            total(packed.annotate(of=F("shipment__order")), "quantity"),
        )
    )


def _not_out(on: datetime.date) -> Q:
    """Of allocations and packed lines those whose book is out too late to be packed that day."""
    day = on + readiness.PACKED_AHEAD
    return Q(order_line__edition__publication_date__gt=day) | Q(
        order_line__edition__embargo_date__gt=day
    )


def pick_lists(*, on: datetime.date, location: Location | None = None) -> list[PickList]:
    """One for each location where something waits that day, or for one alone.

    By contributor and title, as books stand; three statements whatever the number of orders.
    """
    rows = list(_to_pick(location, on))
    packed = _packed(rows)
    awaiting = _awaiting(rows)
    lists: dict[Location, dict[str, Pick]] = {}
    for row in rows:
        line = row.order_line
        left = row.quantity - packed.get((line.pk, row.stock.location_id), 0)
        if left < 1:
            continue
        picks = lists.setdefault(row.stock.location, {})
        pick = picks.setdefault(line.isbn13, _pick(line, row.shelved_under, on))
        pick.shares.append(Share(line.order, left, line.order_id in awaiting))
    return [PickList(place, sorted(picks.values(), key=_shelf)) for place, picks in lists.items()]


def _pick(line: OrderLine, shelved_under: str, on: datetime.date) -> Pick:
    by, edition = shelved_under or line.byline, line.edition
    if edition is None or readiness.is_out(line, on):
        return Pick(line, by)
    return Pick(line, by, readiness.out_date(line), is_embargoed=edition.is_embargoed)


def _to_pick(location: Location | None, on: datetime.date) -> Iterable[Any]:
    first = Contribution.objects.filter(work=OuterRef("order_line__edition__work"))
    rows = (
        Allocation.objects.filter(
            order_line__order__in=Order.objects.filter(readiness.MAY_BE_PACKED)
        )
        .exclude(_not_out(on))
        .select_related("order_line__order", "order_line__edition", "stock__location")
        .annotate(shelved_under=Subquery(first.values("contributor__sort_name")[:1]))
        .order_by(
            "stock__location__priority",
            "stock__location_id",
            "order_line__order__paid_at",
            "order_line__order_id",
        )
    )
    return rows.filter(stock__location=location) if location else rows


def _packed(rows: Iterable[Any]) -> dict[tuple[int, int | None], int]:
    packed = (
        ShipmentLine.objects.filter(
            shipment__shipped_at=None, order_line__in=[row.order_line_id for row in rows]
        )
        .values_list("order_line", "shipment__location")
        .annotate(total=Sum("quantity"))
    )
    return {(line, place): total for line, place, total in packed}


def _awaiting(rows: Iterable[Any]) -> set[int]:
    orders = {row.order_line.order_id for row in rows}
    waiting = OrderLine.objects.filter(order__in=orders, awaited_quantity__gt=0)
    return set(waiting.values_list("order", flat=True))


def _shelf(pick: Pick) -> tuple[str, str, str]:
    return (pick.shelved_under.casefold(), pick.line.title.casefold(), pick.line.isbn13)
