"""The audit of the orders: an order equals its lines, their discounts and its tax summary."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from bookstore.audit.amounts import NOTHING
from orders.models import Order, OrderLine


def _no_order_without_lines() -> Iterator[str]:
    lines = OrderLine.objects.filter(order=OuterRef("pk"))
    for order in Order.objects.exclude(Exists(lines)).iterator():
        yield f"order {order.number}: has no lines"


def _order_equals_its_lines() -> Iterator[str]:
    rows: QuerySet[Any] = Order.objects.annotate(
        lines_amount=Coalesce(Sum("lines__total_amount"), Value(NOTHING))
    )
    for order in rows.exclude(subtotal_amount=F("lines_amount")).iterator():
        yield (
            f"order {order.number}: subtotal {order.subtotal_amount};"
            f" its lines say {order.lines_amount}"
        )


def _discount_equals_its_shares() -> Iterator[str]:
    rows: QuerySet[Any] = Order.objects.annotate(
        shares_amount=Coalesce(Sum("lines__discount_amount"), Value(NOTHING))
    )
    for order in rows.exclude(discount_amount=F("shares_amount")).iterator():
        yield (
            f"order {order.number}: discount {order.discount_amount};"
            f" its lines' shares say {order.shares_amount}"
        )


def _tax_equals_its_summary() -> Iterator[str]:
    # Orders of before there was a summary have no country whose tax it is.
    rows: QuerySet[Any] = Order.objects.exclude(tax_country="").annotate(
        summary_amount=Coalesce(Sum("tax_lines__tax_amount"), Value(NOTHING)),
        taxed_amount=Coalesce(Sum("tax_lines__gross_amount"), Value(NOTHING)),
    )
    for order in rows.exclude(tax_amount=F("summary_amount")).iterator():
        yield (
            f"order {order.number}: tax {order.tax_amount}; its summary says {order.summary_amount}"
        )
    for order in rows.filter(taxed_amount__gt=F("total_amount")).iterator():
        yield f"order {order.number}: total {order.total_amount}; taxed are {order.taxed_amount}"


CHECKS = (
    _no_order_without_lines,
    _order_equals_its_lines,
    _discount_equals_its_shares,
    _tax_equals_its_summary,
)
