"""Orders as CSV for the accounts, one line an order line; and money, one line a movement."""

import datetime
import heapq
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import F, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from orders.models import Document, DocumentKind, Order, OrderLine, Payment, Refund, ReturnLine
from orders.pricing import ZERO, share

Row = Sequence[Any]
M = TypeVar("M", bound=Model)

CHUNK = 2_000  # lines
HEADINGS = (
    "order", "status", "placed_at", "paid_at", "payment_method", "shipping_method", "email",
    "country", "isbn13", "title", "format", "quantity", "canceled_quantity", "returned_quantity",
    "unit_amount", "line_total_amount", "line_discount_amount", "tax_rate", "line_tax_amount",
    "currency", "order_shipping_amount", "order_discount_amount", "order_gift_card_amount",
    "order_total_amount", "order_refunded_amount",
)  # fmt: skip
MONEY_HEADINGS = (
    "date", "order", "document", "kind", "method", "amount", "currency", "tax_amount",
)  # fmt: skip


def order_rows(
    *,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    status: str = "",
) -> Iterator[Row]:
    """Each line of the orders placed from `first` to `last`, both included, in the shop's time.

    In one statement. What belongs to the whole order stands on each of its lines: sum up lines by
    the columns of lines alone.
    """
    yield HEADINGS
    refunded = Refund.objects.filter(order=OuterRef("order"), currency=OuterRef("order__currency"))
    returned = ReturnLine.objects.filter(order_line=OuterRef("pk"))
    came_back = F("restocked_quantity") + F("written_off_quantity")
    lines = (
        _within(OrderLine.objects.all(), "order__placed_at", first, last)
        .select_related("order")
        .annotate(
            refunded_amount=_total(refunded, "order", Sum("amount")),
            returned_quantity=_total(returned, "order_line", Sum(came_back)),
        )
        .order_by("order__placed_at", "order", "id")
    )
    if status:
        lines = lines.filter(order__status=status)
    for line in lines.iterator(chunk_size=CHUNK):
        yield _row(line.order, line)


def money_rows(
    *, first: datetime.date | None = None, last: datetime.date | None = None
) -> Iterator[Row]:
    """Each payment and each refund from `first` to `last`, both included, in the shop's time, in
    the order in which the money moved. What goes back is negative.

    In two statements, and one more for every CHUNK payments. Tax is in what covered an order that
    was paid, shared by amount, and in what a credit note is about: over payments and full refund
    it comes to nothing.
    """
    yield MONEY_HEADINGS
    invoice = Document.objects.filter(order=OuterRef("order"), kind=DocumentKind.INVOICE)
    payments = (
        _within(Payment.objects.all(), "received_at", first, last)
        .select_related("order")
        .prefetch_related("order__payments")
        .annotate(document=Subquery(invoice.values("number")))
        .order_by("received_at", "id")
    )
    refunds = (
        _within(Refund.objects.all(), "refunded_at", first, last)
        .select_related("order")
        .annotate(
            document=F("credit_note__number"), taxes=KeyTransform("taxes", "credit_note__content")
        )
        .order_by("refunded_at", "id")
    )
    moved = heapq.merge(
        ((each.received_at, _paid(each)) for each in payments.iterator(chunk_size=CHUNK)),
        ((each.refunded_at, _given_back(each)) for each in refunds.iterator(chunk_size=CHUNK)),
        key=lambda movement: movement[0],
    )
    yield from (row for _at, row in moved)


def _row(order: Order, line: Any) -> Row:
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
        line.returned_quantity or 0,
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
        line.refunded_amount or ZERO,
    )


def _paid(payment: Any) -> Row:
    covering = Payment.objects.covering(payment.order)
    taxes = share(payment.order.tax_amount, [*covering.values()])
    tax_amount = dict(zip(covering, taxes, strict=True)).get(payment)
    return _movement(payment, "payment", payment.received_at, payment.amount, tax_amount)


def _given_back(refund: Any) -> Row:
    tax_amount = None
    if refund.taxes is not None:
        tax_amount = -sum((Decimal(each["tax_amount"]) for each in refund.taxes), ZERO)
    return _movement(refund, "refund", refund.refunded_at, -refund.amount, tax_amount)


def _movement(
    money: Any, kind: str, at: datetime.datetime, amount: Decimal, tax_amount: Decimal | None
) -> Row:
    return (
        _day_and_time(at),
        money.order.number,
        money.document,
        kind,
        money.provider,
        amount,
        money.currency,
        tax_amount,
    )


def _total(rows: "QuerySet[Any]", of: str, total: Sum) -> Subquery:
    """The sum over those `of` the row outside; None where there is none."""
    return Subquery(rows.order_by().values(of).annotate(total=total).values("total"))


def _within(
    rows: "QuerySet[M]", moment: str, first: datetime.date | None, last: datetime.date | None
) -> "QuerySet[M]":
    if first is not None:
        rows = rows.filter(**{f"{moment}__gte": _midnight(first)})
    if last is not None:
        rows = rows.filter(**{f"{moment}__lt": _midnight(last + datetime.timedelta(days=1))})
    return rows


def _midnight(day: datetime.date) -> datetime.datetime:
    start = datetime.datetime.combine(day, datetime.time())
    return timezone.make_aware(start)


def _day_and_time(moment: datetime.datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else ""
