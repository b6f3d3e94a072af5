"""Orders as CSV for the accounts: one line an order line."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import timezone

from orders.models import Order, OrderLine

CHUNK = 2_000  # lines
HEADINGS = (
    "order", "status", "placed_at", "paid_at", "payment_method", "shipping_method", "email",
    "country", "isbn13", "title", "format", "quantity", "canceled_quantity", "unit_amount",
    "line_total_amount", "line_discount_amount", "tax_rate", "line_tax_amount", "currency",
    "order_shipping_amount", "order_discount_amount", "order_gift_card_amount",
    "order_total_amount",
)  # fmt: skip


def order_rows(
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    status: str = "",
) -> Iterator[Sequence[Any]]:
    """Each line of the orders placed from `first` to `last`, both included, in the shop's time.

    In one statement. What belongs to the whole order stands on each of its lines: sum up lines by
    the columns of lines alone.
    """
    yield HEADINGS
    lines = OrderLine.objects.select_related("order").order_by("order__placed_at", "order", "id")
    if first is not None:
        lines = lines.filter(order__placed_at__gte=_midnight(first))
    if last is not None:
        lines = lines.filter(order__placed_at__lt=_midnight(last + datetime.timedelta(days=1)))
    if status:
        lines = lines.filter(order__status=status)
    for line in lines.iterator(chunk_size=CHUNK):
        yield _row(line.order, line)


def _row(order: Order, line: OrderLine) -> Sequence[Any]:
    return (
        order.number,
        order.status,
        _day_and_time(order.placed_at),
        _day_and_time(order.paid_at),
        order.payment_method,
        order.shipping_method,
        order.email,
        order.shipping_country,
        line.isbn13,
        line.title,
        line.format,
        line.quantity,
        line.canceled_quantity,
        line.unit_amount,
        line.total_amount,
        line.discount_amount,
        line.tax_rate,
        line.tax_amount,
        order.currency,
        order.shipping_amount,
        order.discount_amount,
        order.gift_card_amount,
        order.total_amount,
    )


def _midnight(day: datetime.date) -> datetime.datetime:
    start = datetime.datetime.combine(day, datetime.time())
    return timezone.make_aware(start)


def _day_and_time(moment: datetime.datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else ""
