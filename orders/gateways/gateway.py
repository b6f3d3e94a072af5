"""What the shop needs to know of any way to pay."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.functional import Promise

from orders.models import Order


@dataclass(frozen=True)
class PaymentMethod:
    """A way to pay, as customers choose it."""

    code: str
    name: str | Promise
    description: str | Promise
    amount: Decimal = Decimal("0.00")
    """What it costs extra."""


class Gateway(Protocol):
    """Takes the money."""

    @property
    def method(self) -> PaymentMethod:
        """How customers see it."""
        ...

    @property
    def hold(self) -> datetime.timedelta:
        """How long an unpaid order keeps its stock."""
        ...

    def start(self, order: Order) -> str:
        """The address where the customer pays; empty when there is none to go to."""
        ...
