"""Fulfillment: from a paid order to copies in the customer's hands, in one parcel or in several.

Copies are promised by allocations as long as they are here. A shipment says which of them were
packed; when it leaves, its copies are consumed and the allocations end. Each operation locks the
order first, so of two people at the same parcel one acts and the other finds it done.
"""

import datetime
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.models import Location
from orders import readiness
from orders.models import (
    Allocation,
    Order,
    OrderEvent,
    OrderMessage,
    Shipment,
    ShipmentLine,
    WrongState,
)


class PackedOtherwise(Exception):
    """Somebody was quicker, and packed something else."""

    def __str__(self) -> str:
        return _("Somebody else has just packed a part of this order: please look again.")


@transaction.atomic
def pack(
    *,
    order: Order,
    at: datetime.datetime,
    actor: User | None = None,
    location: Location | None = None,
    copies: Mapping[str, int] | None = None,
    key: str = "",
) -> list[Shipment]:
    """Put copies into parcels, one for each place they lie at: all there are, or those named.

    `copies` are numbers by isbn13; `location` picks one place. With the `key` of an earlier call
    nothing is packed again. Raises WrongState unless the order is paid, or paid on collection, and
    something is left that is out, or will be in a few days; NotThere; or PackedOtherwise where the
    key packed other copies.
    """
    order.lock()
    if repeated := packed_with(order, key, copies):
        return repeated
    out_on = timezone.localdate(at) + readiness.PACKED_AHEAD
    return _pack(
        order, at=at, actor=actor, location=location, copies=copies, key=key, out_on=out_on
    )


@transaction.atomic
def unpack(*, shipment: Shipment, at: datetime.datetime, actor: User | None = None) -> None:
    """Take a parcel apart: its copies stay promised, and can be packed again.

    Nothing happens when it was taken apart before. Raises WrongState when it has left.
    """
    order = _lock_order_of(shipment)
    current = order.shipments.filter(pk=shipment.pk).first()
    if current is None:
        return
    if current.shipped_at:
        raise WrongState(order, _("unpacked"))
    note = _contents(current)
    current.delete()
    is_ready = order.shipments.filter(ready_at__isnull=False, shipped_at=None).exists()
    order.change(packed_at=None, ready_at=order.ready_at if is_ready else None)
    order.record(OrderEvent.Kind.UNPACKED, actor=actor, note=note, at=at)


@transaction.atomic
def announce(*, shipment: Shipment, at: datetime.datetime, actor: User | None = None) -> None:
    """Tell the customer that a parcel lies at the counter; once.

    Who pays when they collect it is given time to come. Raises WrongState where nobody comes to
    collect it, it was handed over, or it holds what is not out yet.
    """
    wish = _("announced as ready")
    order = _lock_with(shipment, wish)
    if not order.is_collection or shipment.shipped_at:
        raise WrongState(order, wish)
    if shipment.ready_at:
        return
    readiness.require_kept(order, wish)
    _require_out(order, shipment, wish, at)
    if order.status == Order.Status.AWAITING_PAYMENT:
        until = at + readiness.COLLECTED_WITHIN
        order.change(expires_at=max(until, order.expires_at or until))
    shipment.ready_at = at
    shipment.save(update_fields=["ready_at"])
    order.change(ready_at=at)
    order.record(OrderEvent.Kind.READY, actor=actor, note=_contents(shipment), at=at)
    order.tell(OrderMessage.Kind.READY, str(shipment.pk))


@transaction.atomic
def ship(
    *,
    order: Order,
    at: datetime.datetime,
    actor: User | None = None,
    carrier: str = "",
    tracking: str = "",
    location: Location | None = None,
    copies: Mapping[str, int] | None = None,
    key: str = "",
) -> list[Shipment]:
    """Let copies go: all that is left, packed or not, or those named, which are packed now.

    What has yet to come, or to be published, stays behind. Raises as `pack` does, and WrongState
    unless the order is paid.
    """
    order.lock()
    if repeated := packed_with(order, key, copies):
        return repeated
    today, wish = timezone.localdate(at), _("shipped")
    if order.status != Order.Status.PAID:
        raise WrongState(order, wish)
    readiness.require_kept(order, wish)
    packed = [] if copies or location else list(order.shipments.packed().for_page())
    shipments = [each for each in packed if not _not_out(each, today)]
    left = readiness.packable(order)
    is_more = any(readiness.is_out(each.line, today) for each in left)
    if packed and not shipments and not is_more:
        _require_out(order, packed[0], wish, at)
    if copies or location or is_more or not shipments:
        shipments += _pack(
            order, at=at, actor=actor, location=location, copies=copies, key=key, out_on=today
        )
    for shipment in shipments:
        _leave(order, shipment, at=at, actor=actor, carrier=carrier, tracking=tracking)
    _advance(order, at=at, actor=actor)
    return shipments


@transaction.atomic
def ship_packed(
    *,
    shipment: Shipment,
    at: datetime.datetime,
    actor: User | None = None,
    carrier: str = "",
    tracking: str = "",
) -> None:
    """Let one parcel go; for a collection, hand it over the counter.

    Nothing happens when it went just like this before. Raises WrongState when it went otherwise,
    is not paid, or holds what is not out yet.
    """
    wish = _("handed over") if shipment.order.is_collection else _("shipped")
    order = _lock_with(shipment, wish)
    if shipment.shipped_at and (shipment.carrier, shipment.tracking) == (carrier, tracking):
        return
    if shipment.shipped_at or order.status != Order.Status.PAID:
        raise WrongState(order, wish)
    readiness.require_kept(order, wish)
    _require_out(order, shipment, wish, at)
    _leave(order, shipment, at=at, actor=actor, carrier=carrier, tracking=tracking)
    _advance(order, at=at, actor=actor)


@transaction.atomic
def hand_over_paid(*, shipment: Shipment, at: datetime.datetime, actor: User) -> None:
    """The customer has paid at the counter just now, and takes it along. Raises as `ship_packed`.

    Of two who press the button one takes the money down, as an order is marked as paid once.
    """
    order = _lock_with(shipment, _("handed over"))
    order.mark_paid(at=at, actor=actor)
    ship_packed(shipment=shipment, at=at, actor=actor)


@transaction.atomic
def deliver(*, shipment: Shipment, at: datetime.datetime, actor: User | None = None) -> None:
    """Say that a parcel has arrived; once. Raises WrongState when it has not left."""
    order = _lock_with(shipment, _("delivered"))
    if not shipment.shipped_at:
        raise WrongState(order, _("delivered"))
    if shipment.delivered_at:
        return
    shipment.delivered_at = at
    shipment.save(update_fields=["delivered_at"])
    order.record(OrderEvent.Kind.DELIVERED, actor=actor, note=str(shipment), at=at)
    order.tell(OrderMessage.Kind.DELIVERED, str(shipment.pk))
    _advance(order, at=at, actor=actor)


@transaction.atomic
def complete(*, order: Order, at: datetime.datetime, actor: User | None = None) -> None:
    """Close it: shipped, or paid with nothing to send. Raises WrongState otherwise, or for files
    whose money has gone back.

    Files that were ordered before they are out are sent, and closed, once they are.
    """
    order.lock()
    wish = _("completed")
    is_paid_file = order.status == Order.Status.PAID and not order.needs_shipment
    if order.status != Order.Status.SHIPPED and not is_paid_file:
        raise WrongState(order, wish)
    readiness.require_kept(order, wish)
    today = timezone.localdate(at)
    if is_paid_file and any(line.is_before_its_day(today) for line in order.lines.all()):
        raise WrongState(order, wish, _("It holds files that are not out yet."))
    _complete(order, at=at, actor=actor)


def packed_with(order: Order, key: str, copies: Mapping[str, int] | None) -> list[Shipment]:
    """The parcels that were packed with this key. Raises PackedOtherwise where they hold others
    than `copies`, if those are named.
    """
    earlier = list(order.shipments.for_page().filter(key=key)) if key else []
    if earlier and copies is not None:
        packed: dict[str, int] = {}
        for shipment in earlier:
            for line in shipment.lines.all():
                number = line.order_line.isbn13
                packed[number] = packed.get(number, 0) + line.quantity
        if packed != dict(copies):
            raise PackedOtherwise
    return earlier


def settle_parcels(*, order: Order, at: datetime.datetime, actor: User | None = None) -> None:
    """Bring the order on after copies of it were canceled; it is locked."""
    if order.status == Order.Status.PAID and order.shipments.exists():
        if not readiness.packable(order) and not _awaits(order) and not order.packed_at:
            order.change(packed_at=at)
        _advance(order, at=at, actor=actor)


def _lock_order_of(shipment: Shipment) -> Order:
    order = Order.objects.get(pk=shipment.order_id)
    order.lock()
    return order


def _lock_with(shipment: Shipment, wish: str) -> Order:
    """The parcel's order, locked, and the parcel as it is now. Raises WrongState without one."""
    order = _lock_order_of(shipment)
    try:
        shipment.refresh_from_db()
    except Shipment.DoesNotExist:
        raise WrongState(order, wish, _("The parcel was taken apart.")) from None
    return order


def _not_out(shipment: Shipment, day: datetime.date) -> str:
    lines = shipment.lines.select_related("order_line__edition")
    return readiness.name_not_out((each.order_line for each in lines), day)


def _require_out(order: Order, shipment: Shipment, wish: str, at: datetime.datetime) -> None:
    if reason := _not_out(shipment, timezone.localdate(at)):
        raise WrongState(order, wish, reason)


def _pack(
    order: Order,
    *,
    at: datetime.datetime,
    actor: User | None,
    location: Location | None,
    copies: Mapping[str, int] | None,
    key: str,
    out_on: datetime.date,
) -> list[Shipment]:
    there = readiness.packable(order)
    readiness.require_kept(order, _("packed"))
    if not readiness.may_be_packed(order) or not there:
        raise WrongState(order, _("packed"))
    chosen = readiness.choose(order, there, location=location, copies=copies, out_on=out_on)
    shipments = []
    for place in dict.fromkeys(each.location for each in chosen):
        shipment = order.shipments.create(packed_at=at, location=place, key=key)
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, order_line=each.line, quantity=each.quantity)
            for each in chosen
            if each.location == place
        )
        order.record(OrderEvent.Kind.PACKED, actor=actor, note=_contents(shipment), at=at)
        shipments.append(shipment)
    is_all = sum(each.quantity for each in chosen) == sum(each.quantity for each in there)
    if is_all and not _awaits(order):
        order.change(packed_at=at)
    return shipments


def _leave(
    order: Order,
    shipment: Shipment,
    *,
    at: datetime.datetime,
    actor: User | None,
    carrier: str,
    tracking: str,
) -> None:
    _consume(order, shipment, actor=actor)
    shipment.carrier, shipment.tracking, shipment.shipped_at = carrier, tracking, at
    kind, note = OrderEvent.Kind.SHIPPED, " ".join(filter(None, (carrier, tracking)))
    if order.is_collection:
        kind, note = OrderEvent.Kind.HANDED_OVER, note or _contents(shipment)
        shipment.delivered_at = at
    shipment.save()
    order.record(kind, actor=actor, note=note, at=at)
    order.tell(OrderMessage.Kind.SHIPPED, str(shipment.pk))


def _consume(order: Order, shipment: Shipment, *, actor: User | None) -> None:
    copies: dict[Allocation, int] = {}
    for packed in shipment.lines.select_related("order_line"):
        allocations = Allocation.objects.filter(order_line=packed.order_line).with_places()
        if shipment.location_id:
            allocations = allocations.filter(stock__location=shipment.location_id)
        left = packed.quantity
        for allocation in allocations:
            if taken := min(left, allocation.quantity):
                copies[allocation] = taken
                left -= taken
    Allocation.objects.all().consume(copies, reference=order.number, actor=actor)


def _advance(order: Order, *, at: datetime.datetime, actor: User | None) -> None:
    """Say that the whole order has left, or has arrived, once that is so."""
    is_here = Allocation.objects.filter(order_line__order=order).exists()
    if order.status == Order.Status.PAID and not is_here and not _awaits(order):
        order.change(status=Order.Status.SHIPPED, shipped_at=at, packed_at=order.packed_at or at)
    has_files = any(  # which staff sends by e-mail; gift cards are sent as soon as they are paid
        line.is_digital and not line.is_gift_card and line.kept_quantity
        for line in order.lines.all()
    )
    is_under_way = order.shipments.filter(delivered_at=None).exists()
    if order.status == Order.Status.SHIPPED and not is_under_way and not has_files:
        _complete(order, at=at, actor=actor)


def _complete(order: Order, *, at: datetime.datetime, actor: User | None) -> None:
    order.change(status=Order.Status.COMPLETED, completed_at=at)
    order.record(OrderEvent.Kind.COMPLETED, actor=actor, at=at)


def _awaits(order: Order) -> bool:
    return order.lines.filter(awaited_quantity__gt=0).exists()


def _contents(shipment: Shipment) -> str:
    """What is in it, for the order's history: where, and how many copies."""
    n = shipment.quantity
    copies = ngettext("%(n)d copy", "%(n)d copies", n) % {"n": n}
    return f"{shipment.location}: {copies}" if shipment.location else copies
