"""Reconciliation: the shop's books of money against its providers', whatever was never heard.

It asks about payments that nothing was heard of, listens to what providers said meanwhile, pushes
refunds that wait for too long, and compares payments one by one.
"""

import datetime
import logging

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from orders import attempts, gateways, provider_events
from orders.gateways import ProviderRefused
from orders.gateways.news import RefundStatus
from orders.models import OrderEvent, Payment, ProviderEvent, RefundRequest
from orders.models.order_event import fitted_reference

logger = logging.getLogger(__name__)

QUIET = datetime.timedelta(minutes=5)
"""How long nothing is heard of a payment or a refund before its provider is asked."""
OVERLAP = datetime.timedelta(hours=6)
"""So much of what was heard already is listened to again, for what was lost in between."""
MEMORY = datetime.timedelta(days=29)
"""How long providers remember what they said."""
COMPARED = datetime.timedelta(days=3)
AT_ONCE = 200  # of each kind in one run


def reconcile(*, at: datetime.datetime) -> None:
    """Ask about payments that nobody has heard of, and push refunds that wait."""
    attempts.look_up_quiet(quiet_since=at - QUIET, at=at, at_most=AT_ONCE)
    for request in RefundRequest.objects.waiting().filter(requested_at__lte=at - QUIET)[:AT_ONCE]:
        request.defer()  # by one job at a time, so that no two ask at once


def catch_up(*, at: datetime.datetime) -> int:
    """Listen to all that providers said lately; how much of it was new.

    Raises ProviderUnreachable.
    """
    new = 0
    for gateway in gateways.asking():
        known = ProviderEvent.objects.filter(provider=gateway.method.code)
        latest = known.aggregate(latest=Max("received_at"))["latest"]
        since = max(latest - OVERLAP, at - MEMORY) if latest else at - MEMORY
        for notice in gateway.news_since(since):
            if not known.filter(event_id=notice.event_id).exists():
                provider_events.take_down(notice, at=at)
                new += 1
    return new


def hear_again(event: ProviderEvent, *, at: datetime.datetime) -> None:
    """Act once more upon an event that was not clear. Raises ProviderUnreachable."""
    gateway = gateways.find_asking(event.provider)
    if gateway is None:
        return
    try:
        notice = gateway.read_again(event)
    except ProviderRefused as refusal:
        logger.warning("%s %s is unknown to its provider: %s", event, event.event_id, refusal)
        return
    provider_events.take_up_again(event, notice, at=at)


def compare_all(*, at: datetime.datetime) -> None:
    """Compare what was paid or given back lately with the providers. Raises ProviderUnreachable."""
    codes = [gateway.method.code for gateway in gateways.asking()]
    since = at - COMPARED
    lately = Q(received_at__gte=since) | Q(refund_requests__ended_at__gte=since)
    for payment in Payment.objects.filter(lately, provider__in=codes).distinct():
        compare(payment, at=at)


def compare(payment: Payment, *, at: datetime.datetime) -> None:
    """Hear of refunds that were missed, and show to staff what does not add up then.

    Raises ProviderUnreachable.
    """
    gateway = gateways.find_asking(payment.provider)
    if gateway is None:
        return
    try:
        theirs, received = gateway.refunds_of(payment), gateway.received(payment)
    except ProviderRefused as refusal:
        text = _("The provider does not know it: %s") % refusal
        _show_to_staff(payment, text, about=payment.event_id, at=at)
        return
    for news in theirs:
        provider_events.hear_of_refund(news, at=at)
    done = {news.refund_id for news in theirs if news.status is RefundStatus.SUCCEEDED}
    ours = set(
        payment.refund_requests.filter(refund__provider=payment.provider).values_list(
            "refund__event_id", flat=True
        )
    )
    came_back = {news.refund_id for news in theirs if news.status is RefundStatus.FAILED}
    for refund_id in sorted(ours - done - came_back):
        text = _("The provider has not made the refund %s.") % refund_id
        _show_to_staff(payment, text, about=f"missing {refund_id}", at=at)
    if received != (payment.amount, payment.currency):
        amount, currency = received
        text = _("The provider says %(amount)s %(currency)s.")
        _show_to_staff(
            payment,
            text % {"amount": amount, "currency": currency},
            about=f"{payment.event_id} {amount} {currency}",
            at=at,
        )


@transaction.atomic
def _show_to_staff(payment: Payment, problem: str, *, about: str, at: datetime.datetime) -> None:
    """Once for each thing that it is `about`, whether or not staff has settled it since."""
    order, note = payment.order, f"{payment}: {problem}"
    reference = fitted_reference(f"{payment.provider}:{about}")
    # An earlier release referred to the payment alone.
    formerly = Q(reference=f"{payment.provider}:{payment.event_id}", note=note)
    order.lock()
    shown = order.events.filter(kind=OrderEvent.Kind.PROVIDER_DIFFERS)
    if not shown.filter(Q(reference=reference) | formerly).exists():
        order.record(
            OrderEvent.Kind.PROVIDER_DIFFERS,
            note=note,
            reference=reference,
            at=at,
            needs_attention=True,
        )
