"""Provider events: what payment providers tell the shop, each taken down once, with what followed.

They come more than once, late and in any order. What cannot be acted upon is kept too, and shown
to staff: the provider is thanked all the same, because it could do nothing but say it again.
"""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from orders import refunds
from orders.gateways.gateway import RefundAnswer, RefundState
from orders.gateways.news import (
    DisputeNews,
    News,
    Notice,
    PaymentEvent,
    RefundNews,
    RefundsChanged,
    RefundStatus,
)
from orders.models import Order, OrderEvent, Payment, ProviderEvent, Refund, RefundRequest
from orders.models.payment import OFFLINE
from orders.payments import EventConflict, UnknownOrder, record_event


class _Unclear(Exception):
    """Staff must look at it; the message says what is wrong."""


@transaction.atomic
def take_down(notice: Notice, *, at: datetime.datetime) -> ProviderEvent:
    """Keep the notice and do what follows from it, once."""
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=notice.provider,
        event_id=notice.event_id,
        defaults={"kind": notice.kind, "content": notice.content, "received_at": at},
    )
    if is_new:
        _act_upon(event, notice, at)
    return event


@transaction.atomic
def take_up_again(event: ProviderEvent, notice: Notice, *, at: datetime.datetime) -> None:
    """Do now what could not be done when it came, as it spoke of what was not known then."""
    event.refresh_from_db(from_queryset=ProviderEvent.objects.select_for_update())
    if event.needs_attention:
        _act_upon(event, notice, at)


def _act_upon(event: ProviderEvent, notice: Notice, at: datetime.datetime) -> None:
    try:
        event.order = _hear(notice.news, at) if notice.news else None
        event.outcome = "" if notice.news else notice.remark[:200]
        event.needs_attention = False
    except _Unclear as problem:
        event.outcome, event.needs_attention = str(problem)[:200], True
    event.save(update_fields=["order", "outcome", "needs_attention"])


def _hear(news: News, at: datetime.datetime) -> Order:
    match news:
        case PaymentEvent():
            return _hear_of_payment(news, at)
        case RefundNews():
            return hear_of_refund(news, at=at)
        case RefundsChanged():
            payment = _payment(news.provider, news.payment_id)
            # By name, because jobs stand above operations.
            app.configure_task("orders.compare_payment").defer(payment_id=payment.pk)
            return payment.order
        case DisputeNews():
            return _hear_of_dispute(news, at)


def _hear_of_payment(event: PaymentEvent, at: datetime.datetime) -> Order:
    try:
        return record_event(event, at=at)
    except UnknownOrder:
        raise _Unclear(
            _("There is no order %(number)s: %(amount)s %(currency)s.")
            % {"number": event.order_number, "amount": event.amount, "currency": event.currency}
        ) from None
    except EventConflict:
        raise _Unclear(_("The provider said something else of this payment before.")) from None


@transaction.atomic
def hear_of_refund(news: RefundNews, *, at: datetime.datetime) -> Order:
    """What a refund has come to, whoever asked for it: at the shop, or at the provider's."""
    payment = _payment(news.provider, news.payment_id)
    order = payment.order
    order.lock()
    made = Refund.objects.filter(provider=news.provider, event_id=news.refund_id).first()
    request = _request(payment, news)
    if made is not None:
        if news.status is RefundStatus.FAILED:
            _take_back(made, news, at)
    elif request is not None and request.status == RefundRequest.Status.WAITING:
        refunds.conclude(request, _answer(news), provider=news.provider, at=at)
    elif news.status is RefundStatus.SUCCEEDED:
        _adopt(payment, news, at)
    return order


def _request(payment: Payment, news: RefundNews) -> RefundRequest | None:
    key, _colon, tries = news.key.rpartition(":")
    asked = payment.refund_requests.filter(key=key).first()
    return asked if asked and tries == str(asked.tries) else None


def _answer(news: RefundNews) -> RefundAnswer:
    state = {
        RefundStatus.SUCCEEDED: RefundState.CONFIRMED,
        RefundStatus.PENDING: RefundState.PENDING,
        RefundStatus.FAILED: RefundState.REFUSED,
    }[news.status]
    return RefundAnswer(state=state, refund_id=news.refund_id, reason=news.reason)


def _adopt(payment: Payment, news: RefundNews, at: datetime.datetime) -> None:
    """Somebody refunded it at the provider's: the shop's books follow."""
    order = payment.order
    kept = Payment.objects.kept(order).get(payment, 0)
    request = RefundRequest.objects.ask(
        payment,
        news.amount,
        key=f"{order.number}:{news.refund_id}",
        reason=_("Refunded at the payment provider’s."),
        actor=None,
        at=at,
    )
    refunds.conclude(request, _answer(news), provider=news.provider, at=at)
    if news.amount > kept:
        order.record(
            OrderEvent.Kind.PROVIDER_DIFFERS,
            note=_("More was refunded than was left: %(amount)s %(currency)s.")
            % {"amount": news.amount, "currency": news.currency},
            reference=f"{news.provider}:{news.refund_id}",
            at=at,
            needs_attention=True,
        )


def _take_back(made: Refund, news: RefundNews, at: datetime.datetime) -> None:
    """A refund that was done has come back: the money is with the shop, for staff to hand over."""
    payment, is_new = Payment.objects.get_or_create(
        provider=OFFLINE,
        event_id=f"{news.provider}:{news.refund_id}",
        defaults={
            "order": made.order,
            "amount": made.amount,
            "currency": made.currency,
            "received_at": at,
        },
    )
    if is_new:
        RefundRequest.objects.ask(
            payment,
            made.amount,
            key=f"{made.order.number}:{news.provider}:{news.refund_id}",
            reason=_("The refund came back to the shop; it goes back another way."),
            actor=None,
            at=at,
        ).begin()


def _hear_of_dispute(news: DisputeNews, at: datetime.datetime) -> Order:
    order = _payment(news.provider, news.payment_id).order
    order.lock()
    kind = OrderEvent.Kind.DISPUTE_CLOSED if news.is_closed else OrderEvent.Kind.DISPUTED
    reference = f"{news.provider}:{news.dispute_id}"
    if not order.events.filter(kind=kind, reference=reference).exists():
        words = (f"{news.amount} {news.currency}", news.reason, news.status)
        order.record(
            kind,
            note=" ".join(filter(None, words)),
            reference=reference,
            at=at,
            needs_attention=True,
        )
    return order


def _payment(provider: str, payment_id: str) -> Payment:
    payments = Payment.objects.select_related("order")
    payment = payments.filter(provider=provider, event_id=payment_id).first()
    if payment is None:
        raise _Unclear(_("There is no payment %(number)s.") % {"number": payment_id})
    return payment
