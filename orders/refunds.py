"""Refunds: money back to a customer, never more than came in, and never twice for one request."""

import datetime
import secrets
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Order, OrderEvent, Refund


class RefundError(Exception):
    """The money cannot go back like this; the message is for staff."""


class NothingToRefund(RefundError):
    """There is no money of the customer's."""

    def __init__(self) -> None:
        super().__init__(_("Nothing was received for this order that could be refunded."))


class RefundTooLarge(RefundError):
    """More than what came in and did not go back yet."""

    def __init__(self, *, wanted: Decimal, most: Decimal, currency: str) -> None:
        super().__init__(
            _("At most %(most)s %(currency)s can be refunded, not %(wanted)s.")
            % {"most": most, "wanted": wanted, "currency": currency}
        )
        self.wanted = wanted
        self.most = most


class RefundConflict(RefundError):
    """The key was used before, for another amount."""

    def __init__(self) -> None:
        super().__init__(_("This Idempotency-Key was used for another refund before."))


@transaction.atomic
def refund(
    *,
    order: Order,
    at: datetime.datetime,
    amount: Decimal | None = None,
    reason: str = "",
    actor: User | None = None,
    key: str = "",
) -> Refund:
    """Record that `amount` went back to the customer; without one, all that was received.

    The ways to pay so far have staff hand the money back: the record is the refund. A second call
    with the same `key` gives the first one's refund. Nothing is written on a RefundError.
    """
    order.lock()
    event_id = f"{order.number}:{key or secrets.token_urlsafe(16)}"
    earlier = order.refunds.filter(provider=order.payment_method, event_id=event_id).first()
    if earlier:
        if amount is not None and amount != earlier.amount:
            raise RefundConflict
        return earlier
    most = order.received_amount
    wanted = most if amount is None else amount
    if most <= 0:
        raise NothingToRefund
    if not 0 < wanted <= most:
        raise RefundTooLarge(wanted=wanted, most=most, currency=order.currency)
    made = order.refunds.create(
        provider=order.payment_method,
        event_id=event_id,
        amount=wanted,
        currency=order.currency,
        reason=reason,
        actor=actor,
        refunded_at=at,
    )
    note = " ".join(filter(None, (f"{wanted} {order.currency}", reason)))
    order.record(OrderEvent.Kind.REFUNDED, actor=actor, note=note, reference=event_id, at=at)
    return made
