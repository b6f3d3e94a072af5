"""The audit of the stock: counts equal their ledger, and promises what open orders hold."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.models import Stock
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


def _allocated_equals_what_open_orders_hold() -> Iterator[str]:
    held = (
        OrderLine.objects.holding_stock()
        .filter(stock=OuterRef("pk"))
        .order_by()
        .values("stock")
        .annotate(held=Sum("open_quantity"))
        .values("held")
    )
    rows: QuerySet[Any] = Stock.objects.select_related("edition", "location").annotate(
        held=Coalesce(Subquery(held), 0)
    )
    for stock in rows.exclude(allocated=F("held")).iterator():
        yield (
            f"stock {stock.edition.isbn13} at {stock.location.code}: allocated {stock.allocated};"
            f" open orders hold {stock.held}"
        )


CHECKS = (_stock_equals_its_movements, _allocated_equals_what_open_orders_hold)
