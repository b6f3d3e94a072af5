"""The audit of the orders: an order equals its lines, and every copy of a line is somewhere."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.models.edition import DIGITAL_FORMATS
from orders.models import Allocation, Order, OrderLine

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


def _lines() -> QuerySet[Any]:
    """Lines of books, with how many copies left and how many lie there for them."""
    held = (
        Allocation.objects.filter(order_line=OuterRef("pk"))
        .order_by()
        .values("order_line")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    lines = OrderLine.objects.exclude(format__in=DIGITAL_FORMATS).with_shipped()
    return lines.annotate(held=Coalesce(Subquery(held), 0)).select_related("order")


def _every_copy_of_a_line_is_somewhere() -> Iterator[str]:
    together = F("shipped_quantity") + F("held") + F("awaited_quantity") + F("canceled_quantity")
    open_lines = _lines().filter(order__canceled_at=None)
    for line in open_lines.exclude(quantity=together).iterator():
        yield (
            f"order {line.order.number}: {line.quantity} of {line.isbn13}; shipped"
            f" {line.shipped_quantity}, allocated {line.held}, awaited {line.awaited_quantity},"
            f" canceled {line.canceled_quantity}"
        )


def _canceled_orders_hold_nothing() -> Iterator[str]:
    holding = Q(held__gt=0) | Q(awaited_quantity__gt=0)
    for line in _lines().filter(holding, order__canceled_at__isnull=False).iterator():
        yield (
            f"order {line.order.number}: canceled, holds {line.held} of {line.isbn13}"
            f" and awaits {line.awaited_quantity}"
        )


CHECKS = (
    _order_equals_its_lines,
    _every_copy_of_a_line_is_somewhere,
    _canceled_orders_hold_nothing,
)
