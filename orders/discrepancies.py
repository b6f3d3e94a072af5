"""Discrepancies: money that does not match what was agreed, each with what settles it."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from orders import attempts, refunds
from orders.models import (
    Order,
    OrderEvent,
    Payment,
    PaymentAttempt,
    ProviderEvent,
    RefundRequest,
)

Kind = OrderEvent.Kind
PATIENCE = datetime.timedelta(hours=1)
"""How long a refund may wait for its provider before staff is shown it."""
OF_REQUESTS = (Kind.REFUND_DUE, Kind.REFUND_FAILED)
"""Events about a refund request; the others are about a payment, or a provider."""
AT_MOST = 200  # of each sort on the page; the oldest come first


class Remedy(StrEnum):
    """What staff can do about one of them."""

    REFUND = "refund"
    ACCEPT = "accept"
    HAND_OVER = "hand-over"
    TRY_AGAIN = "try-again"
    ASK = "ask"
    SETTLE = "settle"


LABELS: dict[Remedy, str | Promise] = {
    Remedy.REFUND: _("Refund it"),
    Remedy.ACCEPT: _("Accept the order as paid"),
    Remedy.HAND_OVER: _("I have given it back myself"),
    Remedy.TRY_AGAIN: _("Try again"),
    Remedy.ASK: _("Ask the provider"),
    Remedy.SETTLE: _("Settled"),
}
MONEY_MOVES = frozenset({Remedy.REFUND, Remedy.HAND_OVER, Remedy.TRY_AGAIN})
"""What only those may do who may refund."""


class NotThere(Exception):
    """It has been settled meanwhile, or never was."""


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """One thing that does not match; `key` names it for as long as it lasts."""

    key: str
    what: str | Promise
    detail: str
    since: datetime.datetime
    order: Order | None
    remedies: tuple[Remedy, ...]
    amount: Decimal | None = None
    currency: str = ""
    subject: OrderEvent | RefundRequest | PaymentAttempt | ProviderEvent


def find_all(*, at: datetime.datetime) -> list[Discrepancy]:
    """All of them, the oldest first."""
    found = [*_odd_payments(), *_slow_refunds(at), *_unheard_successes(), *_unclear_events()]
    return sorted(found, key=lambda each: each.since)


def remedy(key: str, chosen: Remedy, *, actor: User, at: datetime.datetime) -> None:
    """Do what staff has chosen about one.

    Raises NotThere, RefundError, WrongState, ProviderUnreachable, or ProviderRefused.
    """
    found = next((each for each in find_all(at=at) if each.key == key), None)
    if found is None or chosen not in found.remedies:
        raise NotThere
    match found.subject:
        case OrderEvent():
            _remedy_payment(found.subject, chosen, actor=actor, at=at)
        case RefundRequest():
            _remedy_refund(found.subject, chosen, actor=actor, at=at)
        case PaymentAttempt():
            attempts.look_up(found.subject, at=at)
        case ProviderEvent():
            if chosen is Remedy.ASK:
                found.subject.defer()
            else:
                found.subject.settle(note=str(actor))


def _odd_payments() -> Iterator[Discrepancy]:
    events = OrderEvent.objects.open().select_related("order")
    oldest = list(events.order_by("id")[:AT_MOST])
    payments, requests = _payments_of(oldest), _requests_of(oldest)
    for event in oldest:
        payment, request = payments.get(event.reference), requests.get(event.reference)
        money = payment or request
        yield Discrepancy(
            key=event.key,
            what=event.get_kind_display(),
            detail=request.problem if request and request.problem else event.note,
            since=event.created_at,
            order=event.order,
            amount=money.amount if money else None,
            currency=money.currency if money else "",
            remedies=_remedies_of(event, payment, request),
            subject=request or event,
        )


def _payments_of(events: list[OrderEvent]) -> dict[str, Payment]:
    about = [event for event in events if event.kind not in OF_REQUESTS]
    payments = Payment.objects.filter(order__in=[event.order_id for event in about])
    payments = payments.prefetch_related("refund_requests")
    return {f"{payment.provider}:{payment.event_id}": payment for payment in payments}


def _requests_of(events: list[OrderEvent]) -> dict[str, RefundRequest]:
    shown = [event for event in events if event.kind in OF_REQUESTS]
    requests = RefundRequest.objects.filter(order__in=[event.order_id for event in shown])
    return {each.provider_key: each for each in requests.select_related("order", "payment")}


def _remedies_of(
    event: OrderEvent, payment: Payment | None, request: RefundRequest | None
) -> tuple[Remedy, ...]:
    if request and request.waits_for_staff:
        return (Remedy.HAND_OVER, Remedy.SETTLE)
    if request and request.status == RefundRequest.Status.FAILED:
        return (Remedy.TRY_AGAIN, Remedy.HAND_OVER, Remedy.SETTLE)
    if payment is None or event.kind not in (Kind.PAYMENT_MISMATCH, Kind.PAYMENT_EXTRA):
        return (Remedy.SETTLE,)
    if payment.is_going_back:
        return (Remedy.SETTLE,)
    if _is_more_than_asked(event.order, payment):
        return (Remedy.REFUND, Remedy.ACCEPT, Remedy.SETTLE)
    return (Remedy.REFUND, Remedy.SETTLE)


def _is_more_than_asked(order: Order, payment: Payment) -> bool:
    is_awaiting = order.status == Order.Status.AWAITING_PAYMENT
    return (
        is_awaiting and payment.currency == order.currency and payment.amount > order.payable_amount
    )


@transaction.atomic
def _remedy_payment(
    event: OrderEvent, chosen: Remedy, *, actor: User, at: datetime.datetime
) -> None:
    order = event.order
    order.lock()
    if not order.events.open().filter(pk=event.pk).exists():
        raise NotThere
    if chosen is Remedy.REFUND:
        payment = _payments_of([event])[event.reference]
        refunds.request_refund(order=order, payment=payment, actor=actor, at=at)
    elif chosen is Remedy.ACCEPT:
        order.mark_paid(at=at, actor=actor, rest_amount=Decimal("0.00"))
    order.settle(actor=actor, note=str(LABELS[chosen]), event=event)


def _slow_refunds(at: datetime.datetime) -> Iterator[Discrepancy]:
    waiting = RefundRequest.objects.waiting().filter(requested_at__lte=at - PATIENCE)
    for request in waiting.select_related("order", "payment")[:AT_MOST]:
        yield Discrepancy(
            key=f"refund-{request.pk}",
            what=_("Refund waits for the provider"),
            detail=request.problem,
            since=request.requested_at,
            order=request.order,
            amount=request.amount,
            currency=request.currency,
            remedies=(Remedy.ASK,),
            subject=request,
        )


def _remedy_refund(
    request: RefundRequest, chosen: Remedy, *, actor: User, at: datetime.datetime
) -> None:
    if chosen is Remedy.ASK:
        request.defer()
    elif chosen is Remedy.TRY_AGAIN:
        refunds.try_again(request, actor=actor, at=at)
    elif chosen is Remedy.HAND_OVER:
        refunds.hand_over(request, actor=actor, at=at)
    else:
        refunds.give_up(request, actor=actor, at=at)


def _unheard_successes() -> Iterator[Discrepancy]:
    """Payments that the provider has taken and that are not in the books."""
    heard = Payment.objects.filter(provider=OuterRef("provider"), event_id=OuterRef("provider_id"))
    taken = PaymentAttempt.objects.filter(
        ~Exists(heard), status=PaymentAttempt.Status.SUCCEEDED
    ).select_related("order")
    for attempt in taken.order_by("created_at")[:AT_MOST]:
        yield Discrepancy(
            key=f"attempt-{attempt.pk}",
            what=_("Paid at the provider’s, but not in our books"),
            detail=attempt.provider_id,
            since=attempt.created_at,
            order=attempt.order,
            amount=attempt.amount,
            currency=attempt.currency,
            remedies=(Remedy.ASK,),
            subject=attempt,
        )


def _unclear_events() -> Iterator[Discrepancy]:
    unclear = ProviderEvent.objects.unclear().select_related("order")
    for event in unclear.order_by("id")[:AT_MOST]:
        yield Discrepancy(
            key=f"news-{event.pk}",
            what=_("The provider speaks of what we do not know"),
            detail=f"{event.kind}: {event.outcome}",
            since=event.received_at,
            order=event.order,
            remedies=(Remedy.ASK, Remedy.SETTLE),
            subject=event,
        )
