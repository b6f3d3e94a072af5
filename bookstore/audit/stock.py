"""The audit of the stock: counts equal their ledger, and promises what open orders hold."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.models import Stock, Supply
from orders.models import OrderLine


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


CHECKS = (
    _stock_equals_its_movements,
    _allocated_equals_what_lines_hold,
    _awaited_equals_what_lines_await,
    _who_waits_is_counted,
)
