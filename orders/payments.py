"""Payments: what providers say about an order's money, taken down once and acted upon.

A provider may say the same thing twice, late, or about a wrong amount; its webhook, the customer's
return and the reconciliation may say it all at once. Whatever money came in is recorded; only
exactly what is payable makes an open order paid. The same once more goes back. Money for an order
that has expired takes it up again if all of it is still to be had, and goes back if not; all else
is shown to staff.
"""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import allocation, gift_cards, vouchers
from orders.gateways.news import EventKind, PaymentEvent
from orders.models import (
    Order,
    OrderEvent,
    OrderMessage,
    Payment,
    PaymentAttempt,
    ProviderEvent,
    RefundRequest,
)

__all__ = ["EventConflict", "EventKind", "PaymentEvent", "UnknownOrder", "record_event"]

BANK_TAKES = datetime.timedelta(days=14)
"""How long a bank may have a payment in hand."""
Kind = OrderEvent.Kind


class UnknownOrder(Exception):
    """The event is about no order of this shop."""


class EventConflict(Exception):
    """The provider used the event's id before, about something else."""


@transaction.atomic
def record_event(event: PaymentEvent, *, at: datetime.datetime) -> Order:
    """Take the event down and do what follows from it; once, however often it is told.

    Raises UnknownOrder, EventConflict, or ValueError for a kind that there is not.
    """
    kind = EventKind(event.kind)
    try:
        order = Order.objects.select_for_update(of=("self",)).get(number=event.order_number)
    except Order.DoesNotExist:
        raise UnknownOrder(event.order_number) from None
    match kind:
        case EventKind.SUCCEEDED:
            _receive(order, event, at)
        case EventKind.PROCESSING:
            _wait_for_bank(order, at)
        case EventKind.FAILED:
            _record_failure(order, event, at)
        case EventKind.CANCELED:
            _end_attempt(event, PaymentAttempt.Status.CANCELED, at)
    return order


def _receive(order: Order, event: PaymentEvent, at: datetime.datetime) -> None:
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
    _end_attempt(event, PaymentAttempt.Status.SUCCEEDED, at)
    if is_new:
        _act_upon(order, payment, at)
        _hear_again(payment)


def _act_upon(order: Order, payment: Payment, at: datetime.datetime) -> None:
    if order.status == Order.Status.CANCELED:
        _act_upon_late(order, payment, at)
    elif not _is_exact(order, payment):
        _show_to_staff(order, Kind.PAYMENT_MISMATCH, payment, at)
    elif order.status != Order.Status.AWAITING_PAYMENT:
        _give_back_extra(order, payment, at)
    else:
        order.mark_paid(at=at)


def _give_back_extra(order: Order, payment: Payment, at: datetime.datetime) -> None:
    """What is exactly the price, once more, is no word about anything else: it goes back."""
    _show_to_staff(order, Kind.PAYMENT_EXTRA, payment, at)
    RefundRequest.objects.ask(
        payment,
        payment.amount,
        key=f"{order.number}:extra-{payment.pk}",
        reason=_("The order was paid already."),
        actor=None,
        at=at,
    ).begin()


def _act_upon_late(order: Order, payment: Payment, at: datetime.datetime) -> None:
    if _is_exact(order, payment) and _take_up(order, at):
        order.mark_paid(at=at)
        return
    _show_to_staff(order, Kind.PAYMENT_LATE, payment, at)
    RefundRequest.objects.ask_for_all(
        order, reason=_("Your payment came after the order was canceled."), actor=None, at=at
    )


def _take_up(order: Order, at: datetime.datetime) -> bool:
    """Have an order that expired live on, if all that it promised can be promised again."""
    ended = order.events.filter(kind__in=(Kind.EXPIRED, Kind.CANCELED)).last()
    if ended is None or ended.kind != Kind.EXPIRED:
        return False  # somebody wanted it to end
    try:
        with transaction.atomic():
            order.change(status=Order.Status.AWAITING_PAYMENT, canceled_at=None)
            order.record(Kind.REALLOCATED, at=at)
            allocation.take_up(order, on=timezone.localdate(at))
            vouchers.take_again(order)
            gift_cards.take_again(order, at=at)
    except (allocation.Shortage, vouchers.VoucherError, gift_cards.GiftCardError):
        order.refresh_from_db()  # which the savepoint has not undone in memory
        return False
    return True


def _is_exact(order: Order, payment: Payment) -> bool:
    return (payment.amount, payment.currency) == (order.payable_amount, order.currency)


def _show_to_staff(
    order: Order, kind: OrderEvent.Kind, payment: Payment, at: datetime.datetime
) -> None:
    reference = _reference(payment.provider, payment.event_id)
    order.record(kind, note=str(payment), reference=reference, at=at, needs_attention=True)


def _wait_for_bank(order: Order, at: datetime.datetime) -> None:
    """The customer's bank has the payment in hand: the copies stay promised that long."""
    until = at + BANK_TAKES
    is_waiting = order.status == Order.Status.AWAITING_PAYMENT
    is_known = order.events.filter(kind=Kind.PAYMENT_PROCESSING).exists()
    if is_waiting and not is_known and order.expires_at and order.expires_at < until:
        order.change(expires_at=until)
        order.record(Kind.PAYMENT_PROCESSING, at=at)


def _record_failure(order: Order, event: PaymentEvent, at: datetime.datetime) -> None:
    """The customer may try again: with a provider's page open they know, else they are told."""
    reference = _reference(event.provider, event.failure_id or event.event_id)
    if order.events.filter(kind=Kind.PAYMENT_FAILED, reference=reference).exists():
        return
    latest = order.events.last()
    failure = order.record(Kind.PAYMENT_FAILED, note=event.provider, reference=reference, at=at)
    if latest and latest.kind == Kind.PAYMENT_PROCESSING:
        order.tell(OrderMessage.Kind.PAYMENT_FAILED, str(failure.pk))


def _end_attempt(event: PaymentEvent, status: PaymentAttempt.Status, at: datetime.datetime) -> None:
    for attempt in PaymentAttempt.objects.filter(
        provider=event.provider, provider_id=event.event_id
    ):
        attempt.end(status, at=at)


def _hear_again(payment: Payment) -> None:
    """What the provider said of it too early, before the payment itself, counts from now on."""
    for event in ProviderEvent.objects.unclear().filter(
        provider=payment.provider, content__payment=payment.event_id
    ):
        event.defer()


def _reference(provider: str, event_id: str) -> str:
    return f"{provider}:{event_id}"
