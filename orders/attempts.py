"""Attempts: asking a provider to take a payment, and about those that it was asked to take.

An order has one open attempt at a time. The provider is never asked under the order's lock: it may
take its time, and its webhook waits for the same lock.
"""

import datetime
import logging

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders import gateways
from orders.gateways import AskingGateway, Gateway, ProviderRefused, ProviderUnreachable
from orders.gateways.gateway import Finding
from orders.models import Order, OrderEvent, PaymentAttempt
from orders.payments import EventConflict, UnknownOrder, record_event

logger = logging.getLogger(__name__)

Status = PaymentAttempt.Status


class NothingToPay(Exception):
    """The order does not wait for a payment by a provider (any more)."""


def prepare(order: Order, *, at: datetime.datetime) -> str:
    """The secret with which the customer's browser pays the order's open attempt; begun if there is
    none, so that any number of pages, also those that nobody looks at, has one payment asked for.

    What the provider says on the way is recorded. Raises NothingToPay, ProviderUnreachable, or
    ProviderRefused.
    """
    gateway = _gateway(order)
    # Read once: whoever saw the same attempts asks for the next one by the same number.
    known = list(order.payment_attempts.order_by("created_at", "id"))
    for attempt in known:
        if attempt.status != Status.OPEN:
            continue
        finding = look_up(attempt, at=at)
        order.refresh_from_db()
        gateway = _gateway(order)
        attempt.refresh_from_db()
        if attempt.status != Status.OPEN:
            continue
        if (attempt.amount, attempt.currency) == (order.payable_amount, order.currency):
            return finding.secret if finding else ""
        abandon(attempt, at=at)  # the order costs something else now
    return _begin(order, gateway, ordinal=len(known) + 1, at=at)


def _begin(order: Order, gateway: AskingGateway, *, ordinal: int, at: datetime.datetime) -> str:
    amount, currency = order.payable_amount, order.currency
    asked = gateway.ask(order, ordinal=ordinal)
    with transaction.atomic():
        order.lock()
        other = order.payment_attempts.open().exclude(provider_id=asked.payment_id).first()
        is_wanted = order.status == Order.Status.AWAITING_PAYMENT and other is None
        attempt, _new = PaymentAttempt.objects.get_or_create(
            provider=gateway.method.code,
            provider_id=asked.payment_id,
            defaults={
                "order": order,
                "amount": amount,
                "currency": currency,
                "status": Status.OPEN if is_wanted else Status.CANCELED,
                "created_at": at,
            },
        )
    if is_wanted:
        return asked.secret
    # Another page was quicker, or the order has ended while the provider was asked.
    abandon(attempt, at=at)
    if other is None:
        raise NothingToPay
    return gateway.find_out(other).secret


@transaction.atomic
def choose_method(
    order: Order, gateway: Gateway, *, at: datetime.datetime, actor: User | None = None
) -> None:
    """Have it paid another way, which keeps the copies for its hold from the order on.

    No copies are given up sooner than was said before. Raises WrongState unless it is unpaid.
    """
    order.lock()
    order.require_unpaid(_("paid another way"))
    code = gateway.method.code
    if code == order.payment_method:
        return
    PaymentAttempt.objects.give_up(order)
    until = order.placed_at + gateway.hold
    until = max(until, order.expires_at) if order.expires_at else until
    order.change(payment_method=code, expires_at=until)
    order.record(OrderEvent.Kind.PAYMENT_CHANGED, actor=actor, note=code, at=at)


def look_up(attempt: PaymentAttempt, *, at: datetime.datetime) -> Finding | None:
    """Ask the provider what has become of it, and record that; None where there is nobody to ask.

    Raises ProviderUnreachable, ProviderRefused.
    """
    gateway = gateways.find_asking(attempt.provider)
    if gateway is None:
        return None
    finding = gateway.find_out(attempt)
    _record(attempt, finding, at=at)
    return finding


def look_up_all(order: Order, *, at: datetime.datetime) -> None:
    """Ask about all of the order's open attempts. Raises ProviderUnreachable."""
    for attempt in order.payment_attempts.open():
        try:
            look_up(attempt, at=at)
        except ProviderRefused:
            logger.exception("Payment attempt %s is unknown to its provider", attempt)


def abandon(attempt: PaymentAttempt, *, at: datetime.datetime) -> None:
    """Have the provider take it no more; if it has taken it, that is recorded.

    Raises ProviderUnreachable.
    """
    gateway = gateways.find_asking(attempt.provider)
    if gateway is None:
        return
    try:
        finding = gateway.abandon(attempt)
    except ProviderRefused as refusal:
        logger.warning("Payment attempt %s could not be given up: %s", attempt, refusal)
        return
    _record(attempt, finding, at=at)


def abandon_all(order: Order, *, at: datetime.datetime) -> None:
    """Give up all open attempts of an order that is not to be paid so. Raises ProviderUnreachable.

    What is with the customer's bank already cannot be given up, and is asked about later.
    """
    is_wanted = order.status == Order.Status.AWAITING_PAYMENT
    for attempt in order.payment_attempts.open():
        if not is_wanted or attempt.provider != order.payment_method:
            abandon(attempt, at=at)


def look_up_quiet(*, quiet_since: datetime.datetime, at: datetime.datetime, at_most: int) -> int:
    """Ask about open attempts that nobody has asked about since then; how many of them have ended.

    One that cannot be asked about keeps no other from it.
    """
    ended = 0
    quiet = PaymentAttempt.objects.to_ask_about(quiet_since=quiet_since).select_related("order")
    for attempt in quiet[:at_most]:
        try:
            look_up(attempt, at=at)
            if attempt.order.status == Order.Status.CANCELED:
                abandon(attempt, at=at)
        except (ProviderUnreachable, ProviderRefused) as error:
            logger.warning("Payment attempt %s: %s", attempt, error)
        attempt.check_off(at=at)
        attempt.refresh_from_db()
        ended += attempt.status != Status.OPEN
    return ended


def _gateway(order: Order) -> AskingGateway:
    gateway = gateways.find_asking(order.payment_method)
    if gateway is None or order.status != Order.Status.AWAITING_PAYMENT:
        raise NothingToPay
    return gateway


def _record(attempt: PaymentAttempt, finding: Finding, *, at: datetime.datetime) -> None:
    if finding.event is None:
        return
    try:
        record_event(finding.event, at=at)
    except (UnknownOrder, EventConflict):
        logger.exception("Payment attempt %s: its provider speaks of something else", attempt)
