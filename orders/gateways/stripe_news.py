"""Reads what Stripe says of payments, refunds and disputes, as it stands in its API's objects."""

from collections.abc import Mapping
from typing import Any

from orders.gateways.minor_units import from_minor
from orders.gateways.news import (
    DisputeNews,
    EventKind,
    News,
    Notice,
    PaymentEvent,
    RefundNews,
    RefundsChanged,
    RefundStatus,
)

STRIPE = "stripe"
ORDER = "order"
REFUND = "refund"
"""What the shop writes into Stripe's metadata: an order's number, a refund's `provider_key`."""

PAYMENTS = {
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
}
REFUNDS = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
DISPUTES = {"charge.dispute.created", "charge.dispute.closed"}
CHARGE_REFUNDED = "charge.refunded"
KINDS = (*sorted(PAYMENTS | REFUNDS | DISPUTES), CHARGE_REFUNDED)
"""The types of events to have sent to the shop's webhook."""

Object = Mapping[str, Any]


def read_event(event: Object, *, is_live: bool) -> Notice:
    """What an event means to the shop. Raises KeyError, TypeError, ValueError for no event."""
    kind, subject = str(event["type"]), event["data"]["object"]
    news, remark = None, ""
    if event.get("account"):
        remark = f"of another account: {event['account']}"
    elif bool(event.get("livemode")) != is_live:
        remark = "of the test mode" if is_live else "of the live mode"
    elif kind not in KINDS:
        remark = "nothing that the shop acts upon"
    else:
        news = _news(kind, subject)
        remark = "" if news else "not of this shop"
    return Notice(
        provider=STRIPE,
        event_id=_text(event["id"], 200),
        kind=kind[:60],
        news=news,
        remark=remark,
        content={
            "object": subject.get("id"),
            "payment": subject.get("payment_intent") or subject.get("id"),
            "created": event.get("created"),
        },
    )


def _news(kind: str, subject: Object) -> News | None:
    if kind in PAYMENTS:
        return read_intent(subject, kind=_KIND_OF_EVENT[kind])
    if kind in REFUNDS:
        return read_refund(subject)
    payment_id = subject.get("payment_intent")
    if not payment_id:
        return None
    if kind == CHARGE_REFUNDED:
        return RefundsChanged(provider=STRIPE, payment_id=str(payment_id))
    currency = str(subject["currency"]).upper()
    return DisputeNews(
        provider=STRIPE,
        dispute_id=_text(subject["id"], 200),
        payment_id=str(payment_id),
        amount=from_minor(int(subject["amount"]), currency),
        currency=currency,
        status=str(subject.get("status", "")),
        reason=str(subject.get("reason", "")),
        is_closed=kind == "charge.dispute.closed",
    )


_KIND_OF_EVENT = {
    "payment_intent.succeeded": EventKind.SUCCEEDED,
    "payment_intent.processing": EventKind.PROCESSING,
    "payment_intent.payment_failed": EventKind.FAILED,
    "payment_intent.canceled": EventKind.CANCELED,
}
_KIND_OF_STATUS = {
    "succeeded": EventKind.SUCCEEDED,
    "processing": EventKind.PROCESSING,
    "canceled": EventKind.CANCELED,
}


def read_intent(intent: Object, *, kind: EventKind | None = None) -> PaymentEvent | None:
    """What became of a payment; None for one that is not the shop's, or not tried yet."""
    number = (intent.get("metadata") or {}).get(ORDER)
    failure = intent.get("last_payment_error") or {}
    kind = kind or _KIND_OF_STATUS.get(str(intent["status"]))
    if kind is None and failure:
        kind = EventKind.FAILED
    if not number or kind is None:
        return None
    currency = str(intent["currency"]).upper()
    payment_id = _text(intent["id"], 200)
    return PaymentEvent(
        provider=STRIPE,
        event_id=payment_id,
        order_number=_text(number, 40),
        kind=kind,
        # What came in may be less than what was asked for.
        amount=from_minor(int(intent.get("amount_received") or intent["amount"]), currency),
        currency=currency,
        failure_id=f"{payment_id}:{failure.get('charge') or failure.get('code') or ''}"[:200],
    )


_REFUND_STATUS = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


def read_refund(refund: Object) -> RefundNews | None:
    """How far a refund is; None when it is of no payment that the shop could have asked for."""
    if not refund.get("payment_intent"):
        return None
    currency = str(refund["currency"]).upper()
    return RefundNews(
        provider=STRIPE,
        refund_id=_text(refund["id"], 200),
        payment_id=str(refund["payment_intent"]),
        key=str((refund.get("metadata") or {}).get(REFUND, "")),
        status=_REFUND_STATUS.get(str(refund.get("status")), RefundStatus.PENDING),
        amount=from_minor(int(refund["amount"]), currency),
        currency=currency,
        reason=str(refund.get("failure_reason") or ""),
    )


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\x00" in value:
        raise ValueError(f"no text of 1 to {longest} characters: {value!r}"[:100])
    return value
