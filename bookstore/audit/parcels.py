"""The audit of parcels and returns: packed copies are there, and come back once at most."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from orders.models import Allocation, OrderLine, Return, ReturnLine, ShipmentLine


def _total(rows: QuerySet[Any], quantity: Any) -> Coalesce:
    of_line = rows.filter(order_line=OuterRef("pk")).order_by().values("order_line")
    return Coalesce(Subquery(of_line.annotate(total=Sum(quantity)).values("total")), 0)


def _packed_copies_are_allocated() -> Iterator[str]:
    packed = ShipmentLine.objects.filter(shipment__shipped_at=None)
    lines: QuerySet[Any] = OrderLine.objects.annotate(
        packed=_total(packed, "quantity"), here=_total(Allocation.objects.all(), "quantity")
    )
    for line in lines.filter(packed__gt=F("here")).select_related("order").iterator():
        yield (
            f"order {line.order.number}: {line.packed} of {line.isbn13} packed,"
            f" {line.here} allocated"
        )


def _no_more_came_back_than_left() -> Iterator[str]:
    gone = ShipmentLine.objects.filter(shipment__shipped_at__isnull=False)
    waiting = ReturnLine.objects.filter(of_return__status=Return.Status.REQUESTED)
    came = F("restocked_quantity") + F("written_off_quantity")
    lines: QuerySet[Any] = OrderLine.objects.annotate(
        shipped=_total(gone, "quantity"),
        back=_total(waiting, F("quantity") - F("canceled_quantity"))
        + _total(ReturnLine.objects.all(), came),
    )
    for line in lines.filter(back__gt=F("shipped")).select_related("order").iterator():
        yield (
            f"order {line.order.number}: {line.back} of {line.isbn13} come back,"
            f" {line.shipped} left"
        )


CHECKS = (_packed_copies_are_allocated, _no_more_came_back_than_left)
