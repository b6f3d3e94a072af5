"""The ways to pay: the interface, and which of them this shop offers."""

from django.conf import settings

from orders.gateways.fake import FakeGateway
from orders.gateways.gateway import Gateway, PaymentMethod
from orders.gateways.offline import OfflineGateway
from orders.models import Order

__all__ = ["Gateway", "PaymentMethod", "find", "offered", "payment_methods", "start"]


def offered() -> list[Gateway]:
    """The gateways that customers may use now."""
    return [FakeGateway(), OfflineGateway()] if settings.FAKE_PAYMENTS else [OfflineGateway()]


def payment_methods() -> list[PaymentMethod]:
    """The ways to pay that customers may choose from."""
    return [gateway.method for gateway in offered()]


def find(code: str) -> Gateway | None:
    """The offered gateway with this code."""
    return next((gateway for gateway in offered() if gateway.method.code == code), None)


def start(order: Order) -> str:
    """Where the customer pays for the order; empty when there is nowhere to go, or no need."""
    gateway = find(order.payment_method)
    is_open = order.status == Order.Status.AWAITING_PAYMENT
    return gateway.start(order) if gateway and is_open else ""
