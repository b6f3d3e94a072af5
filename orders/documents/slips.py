"""What lies in a parcel: the packing slip, and the gift receipt, which names no price."""

import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from orders.documents import billing
from orders.documents.contents import Party, Slip, SlipLine
from orders.models import Order, OrderLine, Shipment


def packing_slip(shipment: Shipment, *, at: datetime.datetime) -> Slip:
    """What is in this parcel, where it lies, and what of the order comes in another one."""
    order = shipment.order
    inside = list(shipment.lines.select_related("order_line"))
    here = {line.order_line_id: line.quantity for line in inside}
    elsewhere = [
        _slip_line(line, quantity=line.quantity - line.canceled_quantity - here.get(line.pk, 0))
        for line in order.lines.all()
        if not line.is_digital
    ]
    place = str(shipment.location) if shipment.location else ""
    return Slip(
        kind="packing_slip",
        language=billing.language(),
        shop=settings.SHOP_NAME,
        seller=billing.seller_party(),
        recipient=_recipient(order),
        order_number=order.number,
        ordered_on=billing.local_date(order.placed_at),
        printed_on=billing.local_date(at),
        shipping_name=order.shipping_method_name,
        lines=tuple(
            _slip_line(line.order_line, quantity=line.quantity, place=place) for line in inside
        ),
        elsewhere=tuple(line for line in elsewhere if line.quantity > 0),
    )


def gift_receipt(order: Order, *, at: datetime.datetime, shipment: Shipment | None = None) -> Slip:
    """What somebody is given, of the whole order or of one parcel, without what it cost."""
    lines = (
        [
            _slip_line(line.order_line, quantity=line.quantity)
            for line in shipment.lines.select_related("order_line")
        ]
        if shipment
        else [
            _slip_line(line, quantity=line.quantity - line.canceled_quantity)
            for line in order.lines.all()
        ]
    )
    return Slip(
        kind="gift_receipt",
        language=billing.language(),
        shop=settings.SHOP_NAME,
        seller=billing.seller_party(),
        recipient=_recipient(order),
        order_number=order.number,
        ordered_on=billing.local_date(order.placed_at),
        printed_on=billing.local_date(at),
        lines=tuple(line for line in lines if line.quantity > 0),
    )


def _recipient(order: Order) -> Party:
    """Whom the parcel is for; a collected one says where."""
    if not order.is_collection:
        return billing.customer_party(order)
    customer = billing.customer_party(order)
    where = _("Collected at %(place)s") % {"place": order.collection_point.splitlines()[0]}
    return Party(name=customer.name, address=(where,))


def _slip_line(line: OrderLine, *, quantity: int, place: str = "") -> SlipLine:
    return SlipLine(quantity=quantity, title=line.title, details=billing.details(line), place=place)
