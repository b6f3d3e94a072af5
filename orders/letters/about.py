"""What a letter is about: the thing that an e-mail's `reference` names."""

from dataclasses import dataclass
from typing import TypeVar

from django.db import models

from orders.models import GiftCard, Order, OrderEvent, OrderMessage, Refund, Return, Shipment

Kind = OrderMessage.Kind
M = TypeVar("M", bound=models.Model)


class NothingToTell(Exception):
    """What the e-mail was to be about does not exist any more: a parcel that was unpacked."""


@dataclass(frozen=True)
class About:
    """The order, and the part of it that the letter tells of."""

    order: Order
    shipment: Shipment | None = None
    event: OrderEvent | None = None
    refund: Refund | None = None
    returned: Return | None = None
    gift_card: GiftCard | None = None


def find(order: Order, kind: OrderMessage.Kind, reference: str) -> About:
    """What the reference names, among what belongs to the order. Raises NothingToTell."""
    match kind:
        case Kind.READY | Kind.SHIPPED | Kind.DELIVERED:
            shipments = order.shipments.prefetch_related("lines__order_line")
            if reference:
                shipments = shipments.filter(pk=_number(reference))
            return About(order, shipment=_one(shipments.last()))
        case Kind.SERVED | Kind.PROMISE_MOVED | Kind.LINES_CANCELED | Kind.PAYMENT_FAILED:
            return About(order, event=_one(order.events.filter(pk=_number(reference)).first()))
        case Kind.REFUNDED:
            return About(order, refund=_one(order.refunds.filter(pk=_number(reference)).first()))
        case Kind.RETURN_REQUESTED | Kind.RETURN_RECEIVED | Kind.RETURN_DECLINED | Kind.WITHDRAWN:
            returns = order.returns.prefetch_related("lines__order_line")
            return About(order, returned=_one(returns.filter(number=reference).first()))
        case Kind.GIFT_CARD:
            cards = GiftCard.objects.filter(order_line__order=order)
            return About(order, gift_card=_one(cards.filter(pk=_number(reference)).first()))
    return About(order)


def _number(reference: str) -> int:
    if not reference.isdecimal():
        raise NothingToTell(reference)
    return int(reference)


def _one(found: M | None) -> M:
    if found is None:
        raise NothingToTell
    return found
