"""The ways to pay: the interface, and which of them this shop offers."""

from django.conf import settings
from django.utils.translation import gettext as _

from orders.gateways.fake import FakeGateway
from orders.gateways.gateway import (
    AskingGateway,
    Gateway,
    PaymentMethod,
    ProviderRefused,
    ProviderUnreachable,
)
from orders.gateways.offline import OfflineGateway
from orders.gateways.stripe import StripeGateway
from orders.models import Order
from orders.models.gift_card import GIFT_CARD

__all__ = [
    "AskingGateway",
    "Gateway",
    "PaymentMethod",
    "ProviderRefused",
    "ProviderUnreachable",
    "asking",
    "find",
    "find_asking",
    "known",
    "name_of",
    "offered",
    "payment_methods",
    "start",
]


def offered() -> list[Gateway]:
    """The gateways that customers may use now."""
    fake: list[Gateway] = [FakeGateway()] if settings.FAKE_PAYMENTS else []
    return [*asking(), *fake, OfflineGateway()]


def asking() -> list[AskingGateway]:
    """Those with a provider behind them that has its keys here."""
    return [StripeGateway()] if StripeGateway.is_set_up() else []


def payment_methods() -> list[PaymentMethod]:
    """The ways to pay that customers may choose from."""
    return [gateway.method for gateway in offered()]


def find(code: str) -> Gateway | None:
    """The offered gateway with this code."""
    return next((gateway for gateway in offered() if gateway.method.code == code), None)


def known(code: str) -> Gateway | None:
    """The gateway with this code, also where it is offered no more but can give money back."""
    return find(code) or (FakeGateway() if code == FakeGateway.method.code else None)


def name_of(code: str) -> str:
    """What customers call the way to pay; its code, where it is offered no more."""
    if code == GIFT_CARD:
        return _("Gift card")
    gateway = find(code)
    return str(gateway.method.name) if gateway else code.capitalize()


def find_asking(code: str) -> AskingGateway | None:
    """The gateway with this code, if there is a provider to ask."""
    return next((gateway for gateway in asking() if gateway.method.code == code), None)


def start(order: Order) -> str:
    """Where the customer pays for the order; empty when there is nowhere to go, or no need."""
    gateway = find(order.payment_method)
    is_open = order.status == Order.Status.AWAITING_PAYMENT
    return gateway.start(order) if gateway and is_open else ""
