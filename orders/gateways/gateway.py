"""What the shop needs to know of any way to pay."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from django.utils.functional import Promise

from orders.gateways.news import Notice, PaymentEvent, RefundNews
from orders.models import Order, Payment, PaymentAttempt, ProviderEvent, RefundRequest


class ProviderUnreachable(Exception):
    """The provider gave no answer, or has to be asked again later: nothing is known."""


class ProviderRefused(Exception):
    """The provider said no, and will say so again; the message is its reason, for staff."""


@dataclass(frozen=True)
class PaymentMethod:
    """A way to pay, as customers choose it."""

    code: str
    name: str | Promise
    description: str | Promise
    amount: Decimal = Decimal("0.00")
    """What it costs extra."""


class RefundState(StrEnum):
    """What the provider says of a refund that it was asked for."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class RefundAnswer:
    """What a provider answered; `refund_id` is its own name for the refund."""

    state: RefundState
    refund_id: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a provider says of a payment that it was asked to take."""

    payment_id: str
    event: PaymentEvent | None
    """What has become of it; None while the customer has not paid."""
    secret: str = ""
    """With it the customer's browser can pay; never kept."""


class Gateway(Protocol):
    """Takes the money, and gives it back."""

    @property
    def method(self) -> PaymentMethod:
        """How customers see it."""
        ...

    @property
    def hold(self) -> datetime.timedelta:
        """How long an unpaid order keeps its stock."""
        ...

    @property
    def answers_at_once(self) -> bool:
        """Whether it gives money back without asking anybody, so within a transaction."""
        ...

    def start(self, order: Order) -> str:
        """The address where the customer pays; empty when there is none to go to."""
        ...

    def refund(self, request: RefundRequest) -> RefundAnswer:
        """Give the money back, once for each `provider_key`. Raises ProviderUnreachable."""
        ...


class AskingGateway(Gateway, Protocol):
    """A gateway with a provider behind it, who takes the money and can be asked about it."""

    def ask(self, order: Order, *, ordinal: int) -> Finding:
        """Have it take what is payable; once for each `ordinal` of the order.

        Raises ProviderUnreachable, or ProviderRefused.
        """
        ...

    def find_out(self, attempt: PaymentAttempt) -> Finding:
        """What has become of it. Raises ProviderUnreachable, or ProviderRefused: unknown there."""
        ...

    def abandon(self, attempt: PaymentAttempt) -> Finding:
        """Have it take that payment no more; what has become of it. Raises ProviderUnreachable."""
        ...

    def refunds_of(self, payment: Payment) -> list[RefundNews]:
        """All that it gave back of the payment. Raises ProviderUnreachable, ProviderRefused."""
        ...

    def received(self, payment: Payment) -> tuple[Decimal, str]:
        """How much it took by the payment. Raises ProviderUnreachable, ProviderRefused."""
        ...

    def read_again(self, event: ProviderEvent) -> Notice:
        """What it said in that event. Raises ProviderUnreachable, ProviderRefused."""
        ...

    def news_since(self, at: datetime.datetime) -> Iterator[Notice]:
        """All that it said since then, whether it arrived or not. Raises ProviderUnreachable."""
        ...
