"""Fulfillment: from a paid order to copies in the customer's hands."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import (
    Allocation,
    Order,
    OrderEvent,
    OrderMessage,
    Shipment,
    ShipmentLine,
    WrongState,
)


@transaction.atomic
def pack(*, order: Order, at: datetime.datetime, actor: User | None = None) -> Shipment:
    """Put everything there is to send into one shipment. Raises WrongState unless paid."""
    order.lock()
    if order.status != Order.Status.PAID or order.packed_at or not order.is_all_there:
        raise WrongState(order, _("packed"))
    shipment = _pack(order, at=at)
    order.record(OrderEvent.Kind.PACKED, actor=actor, at=at)
    return shipment


@transaction.atomic
def ship(
    *,
    order: Order,
    at: datetime.datetime,
    actor: User | None = None,
    carrier: str = "",
    tracking: str = "",
) -> Shipment:
    """Let it go, packed or not yet: its copies leave the stock.

    Raises WrongState unless it is paid.
    """
    order.lock()
    if order.status != Order.Status.PAID or not order.is_all_there:
        raise WrongState(order, _("shipped"))
    shipment = order.shipments.filter(shipped_at=None).first() or _pack(order, at=at)
    copies = {
        allocation: allocation.quantity
        for line in order.lines.with_promises()
        for allocation in line.allocations.all()
    }
    Allocation.objects.all().consume(copies, reference=order.number, actor=actor)
    shipment.carrier, shipment.tracking, shipment.shipped_at = carrier, tracking, at
    shipment.save()
    order.change(status=Order.Status.SHIPPED, shipped_at=at)
    note = " ".join(filter(None, (carrier, tracking)))
    order.record(OrderEvent.Kind.SHIPPED, actor=actor, note=note, at=at)
    order.tell(OrderMessage.Kind.SHIPPED, str(shipment.pk))
    return shipment


@transaction.atomic
def complete(*, order: Order, at: datetime.datetime, actor: User | None = None) -> None:
    """Close it: shipped, or paid with nothing to send. Raises WrongState otherwise."""
    order.lock()
    is_paid_file = order.status == Order.Status.PAID and not order.needs_shipment
    if order.status != Order.Status.SHIPPED and not is_paid_file:
        raise WrongState(order, _("completed"))
    order.change(status=Order.Status.COMPLETED, completed_at=at)
    order.record(OrderEvent.Kind.COMPLETED, actor=actor, at=at)


def _pack(order: Order, *, at: datetime.datetime) -> Shipment:
    shipment = order.shipments.create(packed_at=at)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line=line, quantity=line.allocated_quantity)
        for line in order.lines.with_promises()
        if line.allocated_quantity
    )
    order.change(packed_at=at)
    return shipment
