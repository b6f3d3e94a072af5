"""The audit of the stock: counts equal their ledger, and promises what open orders hold."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.formats import DIGITAL_FORMATS
from catalog.models import Stock, Supply
from orders.models import OrderLine
from orders.models.allocation import Allocation


def _stock_equals_its_movements() -> Iterator[str]:
    rows: QuerySet[Any] = Stock.objects.select_related("edition", "location").annotate(
        moved_on_hand=Coalesce(Sum("movements__on_hand_change"), 0),
        moved_allocated=Coalesce(Sum("movements__allocated_change"), 0),
    )
    broken = rows.exclude(on_hand=F("moved_on_hand"), allocated=F("moved_allocated"))
    for stock in broken.iterator():
        yield (
            f"stock {stock.edition.isbn13} at {stock.location.code}: on hand {stock.on_hand},"
            f" allocated {stock.allocated}; its movements say {stock.moved_on_hand},"
            f" {stock.moved_allocated}"
        )


def _allocated_equals_what_lines_hold() -> Iterator[str]:
    rows: QuerySet[Any] = Stock.objects.select_related("edition", "location").annotate(
        held=Coalesce(Sum("allocations__quantity"), 0)
    )
    for stock in rows.exclude(allocated=F("held")).iterator():
        yield (
            f"stock {stock.edition.isbn13} at {stock.location.code}: allocated {stock.allocated};"
            f" open orders hold {stock.held}"
        )


def _awaited_equals_what_lines_await() -> Iterator[str]:
    waiting = (
        OrderLine.objects.awaiting()
        .filter(edition=OuterRef("edition"))
        .order_by()
        .values("edition")
        .annotate(total=Sum("awaited_quantity"))
        .values("total")
    )
    rows: QuerySet[Any] = Supply.objects.select_related("edition").annotate(
        waiting=Coalesce(Subquery(waiting), 0)
    )
    for supply in rows.exclude(awaited=F("waiting")).iterator():
        yield (
            f"supply {supply.edition.isbn13}: {supply.awaited} promised that have to come;"
            f" open orders await {supply.waiting}"
        )


def _who_waits_is_counted() -> Iterator[str]:
    rows = OrderLine.objects.awaiting().filter(edition__supply=None).select_related("order")
    for line in rows.iterator():
        yield (
            f"order {line.order.number}: awaits {line.awaited_quantity} of {line.isbn13},"
            " of which nothing says that it can be had"
        )


def _every_copy_is_accounted_for() -> Iterator[str]:
    held = (
        Allocation.objects.filter(order_line=OuterRef("pk"))
        .order_by()
        .values("order_line")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    rows: QuerySet[Any] = (
        OrderLine.objects.filter(order__canceled_at=None)
        .exclude(format__in=DIGITAL_FORMATS)
        .with_shipped()
        .annotate(held=Coalesce(Subquery(held), 0))
        .select_related("order")
    )
    accounted = F("shipped_quantity") + F("held") + F("awaited_quantity") + F("canceled_quantity")
    for line in rows.exclude(quantity=accounted).iterator():
        yield (
            f"order {line.order.number}: {line.quantity} of {line.isbn13}; shipped"
            f" {line.shipped_quantity}, allocated {line.held}, awaited {line.awaited_quantity},"
            f" canceled {line.canceled_quantity}"
        )


def _ended_orders_hold_nothing() -> Iterator[str]:
    over = Q(order_line__order__canceled_at__isnull=False)
    files = Q(order_line__format__in=DIGITAL_FORMATS)
    for held in Allocation.objects.filter(over | files).select_related("order_line__order"):
        line = held.order_line
        yield f"order {line.order.number}: holds {held.quantity} of {line.isbn13} for nothing"


CHECKS = (
    _stock_equals_its_movements,
    _allocated_equals_what_lines_hold,
    _awaited_equals_what_lines_await,
    _who_waits_is_counted,
    _every_copy_is_accounted_for,
    _ended_orders_hold_nothing,
)
