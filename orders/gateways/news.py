"""What payment providers say, in the shop's words."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class EventKind(StrEnum):
    """What became of a payment."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, kw_only=True)
class PaymentEvent:
    """One thing that a provider said of a payment; `event_id` is the provider's name for it."""

    provider: str
    event_id: str
    """Of the payment itself where it has a name, so that being told twice is seen."""
    order_number: str
    kind: EventKind | str
    amount: Decimal
    currency: str
    failure_id: str = ""
    """What sets one failure of the payment apart from the next."""


class RefundStatus(StrEnum):
    """How far a refund is."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RefundNews:
    """What a provider says of a refund, whoever asked for it."""

    provider: str
    refund_id: str
    payment_id: str
    key: str
    """The `provider_key` of the request; empty when it was not asked for here."""
    status: RefundStatus
    amount: Decimal
    currency: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundsChanged:
    """Something was refunded of a payment; the provider has to be asked what."""

    provider: str
    payment_id: str


@dataclass(frozen=True, kw_only=True)
class DisputeNews:
    """The customer's bank takes a payment back, or has decided about it."""

    provider: str
    dispute_id: str
    payment_id: str
    amount: Decimal
    currency: str
    status: str
    reason: str
    is_closed: bool


News = PaymentEvent | RefundNews | RefundsChanged | DisputeNews


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message of a provider's, and what it means to the shop."""

    provider: str
    event_id: str
    kind: str
    news: News | None
    """None: it is not for this shop, or nothing that the shop acts upon."""
    remark: str = ""
    """Why nothing follows from it."""
    content: dict[str, object] = field(default_factory=dict)
    """What is kept of it: no more than staff needs to find it at the provider's."""
