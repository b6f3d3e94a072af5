"""The audit of the orders: an order equals its lines."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from orders.models import Order

NOTHING = Decimal("0.00")


def _order_equals_its_lines() -> Iterator[str]:
    rows: QuerySet[Any] = Order.objects.annotate(
        lines_amount=Coalesce(Sum("lines__total_amount"), NOTHING)
    )
    for order in rows.exclude(subtotal_amount=F("lines_amount")).iterator():
        yield (
            f"order {order.number}: subtotal {order.subtotal_amount};"
            f" its lines say {order.lines_amount}"
        )


CHECKS = (_order_equals_its_lines,)
