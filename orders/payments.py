"""Payments: what providers say about an order's money, taken down once and acted upon.

A provider may say the same thing twice, late, or about a wrong amount. Whatever money came in is
recorded; only exactly the total of an open order makes it paid; all else is shown to staff.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db import transaction

from orders.models import Order, OrderEvent, Payment


class UnknownOrder(Exception):
    """The event is about no order of this shop."""


class EventConflict(Exception):
    """The provider used the event's id before, about something else."""


class EventKind(StrEnum):
    """What happened at the provider."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PaymentEvent:
    """One thing that a provider said; `event_id` is the provider's own name for it."""

    provider: str
    event_id: str
    order_number: str
    kind: EventKind | str
    amount: Decimal
    currency: str


@transaction.atomic
def record_event(event: PaymentEvent, *, at: datetime.datetime) -> Order:
    """Take the event down and do what follows from it; once, however often it is told.

    Raises UnknownOrder, EventConflict, or ValueError for a kind that there is not.
    """
    kind = EventKind(event.kind)
    try:
        order = Order.objects.select_for_update().get(number=event.order_number)
    except Order.DoesNotExist:
        raise UnknownOrder(event.order_number) from None
    if kind is EventKind.FAILED:
        _record_failure(order, event, at)
        return order
    payment, is_new = Payment.objects.get_or_create(
        provider=event.provider,
        event_id=event.event_id,
        defaults={
            "order": order,
            "amount": event.amount,
            "currency": event.currency,
            "received_at": at,
        },
    )
    told = (payment.order_id, payment.amount, payment.currency)
    if told != (order.pk, event.amount, event.currency):
        raise EventConflict(f"{event.provider} {event.event_id}")
    if is_new:
        _act_upon(order, payment, at)
    return order


def _act_upon(order: Order, payment: Payment, at: datetime.datetime) -> None:
    is_exact = (payment.amount, payment.currency) == (order.total_amount, order.currency)
    if order.status == Order.Status.CANCELED:
        problem = OrderEvent.Kind.PAYMENT_LATE
    elif not is_exact:
        problem = OrderEvent.Kind.PAYMENT_MISMATCH
    elif order.status != Order.Status.AWAITING_PAYMENT:
        problem = OrderEvent.Kind.PAYMENT_EXTRA
    else:
        order.mark_paid(at=at)
        return
    order.record(
        problem,
        note=str(payment),
        reference=_reference(payment.provider, payment.event_id),
        at=at,
        needs_attention=True,
    )


def _record_failure(order: Order, event: PaymentEvent, at: datetime.datetime) -> None:
    reference = _reference(event.provider, event.event_id)
    kind = OrderEvent.Kind.PAYMENT_FAILED
    if not order.events.filter(kind=kind, reference=reference).exists():
        order.record(kind, note=event.provider, reference=reference, at=at)


def _reference(provider: str, event_id: str) -> str:
    return f"{provider}:{event_id}"
