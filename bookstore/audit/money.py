"""The audit of the money: what was received and given back, against what was agreed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from bookstore.audit.amounts import NOTHING
from orders.models import (
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    Refund,
    RefundLine,
    RefundRequest,
)

ODD_PAYMENT = (
    OrderEvent.Kind.PAYMENT_MISMATCH,
    OrderEvent.Kind.PAYMENT_LATE,
    OrderEvent.Kind.PAYMENT_EXTRA,
)


def _with_money() -> QuerySet[Any]:
    """Orders with `paid`, `refunded` and, about to be refunded, `waiting`, in their currency."""

    def total(rows: type[Payment | Refund | RefundRequest], **conditions: object) -> Coalesce:
        of_order = rows._default_manager.filter(
            order=OuterRef("pk"), currency=OuterRef("currency"), **conditions
        )
        sums = of_order.order_by().values("order").annotate(total=Sum("amount")).values("total")
        return Coalesce(Subquery(sums), Value(NOTHING))

    return Order.objects.annotate(
        paid=total(Payment),
        refunded=total(Refund),
        waiting=total(RefundRequest, status=RefundRequest.Status.WAITING),
    )


def _paid_orders_are_covered() -> Iterator[str]:
    paid = _with_money().filter(paid_at__isnull=False)
    for order in paid.filter(paid__lt=F("total_amount")).iterator():
        yield f"order {order.number}: paid, total {order.total_amount}; received {order.paid}"


def _no_refund_exceeds_what_was_paid() -> Iterator[str]:
    for order in _with_money().filter(refunded__gt=F("paid")).iterator():
        yield f"order {order.number}: refunded {order.refunded} of {order.paid}"


def _odd_money_is_shown_to_staff() -> Iterator[str]:
    """An order holds no more than is agreed, but for what staff is shown, or has settled.

    Amounts are compared, as of two odd payments of an order one may be settled and one forgotten.
    """
    owed = _with_money().annotate(kept=F("paid") - F("refunded") - F("waiting"))
    canceled = Q(status=Order.Status.CANCELED, kept__gt=0)
    waiting = Q(status=Order.Status.AWAITING_PAYMENT, kept__gt=F("gift_card_amount"))
    too_much = Q(kept__gt=F("total_amount"))
    rows: QuerySet[Any] = owed.filter(canceled | waiting | too_much)
    for order in rows.iterator():
        if order.kept > _agreed(order) + _shown_amount(order):
            yield (
                f"order {order.number}: {order.status}, total {order.total_amount}, holds"
                f" {order.kept}, and nobody is told"
            )


def _agreed(order: Order) -> Decimal:
    match order.status:
        case Order.Status.CANCELED:
            return NOTHING
        case Order.Status.AWAITING_PAYMENT:
            return order.gift_card_amount
        case _:
            return order.total_amount


def _shown_amount(order: Order) -> Decimal:
    """What is left of the payments that staff was told of, and of what could not go back.

    Each of their events stands on the page with what does not match until it is settled.
    """
    told = set(order.events.filter(kind__in=ODD_PAYMENT).values_list("reference", flat=True))
    failed = order.refund_requests.filter(status=RefundRequest.Status.FAILED)
    shown = NOTHING
    for payment, left in Payment.objects.kept(order).items():
        if payment.currency != order.currency:
            continue
        is_told = f"{payment.provider}:{payment.event_id}" in told
        stuck = sum((each.amount for each in failed if each.payment == payment), NOTHING)
        shown += left if is_told else min(left, stuck)
    return shown


def _refunds_are_for_what_they_say() -> Iterator[str]:
    requests: QuerySet[Any] = RefundRequest.objects.annotate(said=Sum("lines__amount"))
    for request in requests.exclude(said=F("amount")).filter(said__isnull=False).iterator():
        yield f"refund request {request.key}: {request.amount}; its lines say {request.said}"


def _nothing_is_refunded_beyond_its_price() -> Iterator[str]:
    lines: QuerySet[Any] = OrderLine.objects.annotate(back=Sum("refund_lines__amount"))
    for line in lines.filter(back__gt=F("total_amount") - F("discount_amount")).iterator():
        yield f"order line {line.pk}: {line.back} goes back for what cost {line.charged_amount}"
    shipping = Q(refund_requests__lines__kind=RefundLine.Kind.SHIPPING)
    orders: QuerySet[Any] = Order.objects.annotate(
        back=Sum("refund_requests__lines__amount", filter=shipping)
    )
    for order in orders.filter(back__gt=F("shipping_amount")).iterator():
        yield f"order {order.number}: {order.back} goes back for shipping {order.shipping_amount}"


CHECKS = (
    _refunds_are_for_what_they_say,
    _nothing_is_refunded_beyond_its_price,
    _paid_orders_are_covered,
    _no_refund_exceeds_what_was_paid,
    _odd_money_is_shown_to_staff,
)
