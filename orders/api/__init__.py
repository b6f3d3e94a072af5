"""Selling for programs: baskets and orders for everyone, what becomes of orders for staff.

A basket's id and an order's token are secrets, so nobody signs in here. The authentication of
`staff_router` is attached where the API is put together; refunds need a permission of their own.
"""

import contextlib
import hashlib
import json
from typing import Annotated
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.errors import HttpError
from ninja.params.functions import Header

from accounts.api import StaffBearer, require
from catalog.api import StaffRequest, invalid
from catalog.models import Edition, Location
from orders import checkout, fulfillment, gateways, refunds
from orders.api.schemas import (
    BasketId,
    BasketOut,
    CancellationIn,
    LineIn,
    MethodFilter,
    MethodList,
    MethodOut,
    OrderIn,
    OrderOut,
    RefundIn,
    RefundOut,
    ShipmentIn,
)
from orders.cancellation import gives_money_back
from orders.models import Basket, Order, Seller, ShippingMethod, tables
from orders.quotes import NotServed
from orders.terms import Terms, Wishes

router = Router(tags=["orders"])
staff_router = Router(tags=["staff"])

_KEY = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=150,
    pattern=r"^[\x20-\x7e]+$",
    description="Your own name for the request: sent again with the same body, nothing happens"
    " twice.",
)
Key = Annotated[str, _KEY]
OptionalKey = Annotated[str | None, _KEY]


@router.post("baskets", response={201: BasketId}, summary="Start a basket")
def create_basket(request: HttpRequest) -> Basket:
    """An empty basket. Its id is a secret: whoever has it can fill and order it."""
    return Basket.objects.create()


@router.get("baskets/{uuid:basket_id}", response=BasketOut, summary="Read a basket")
def show_basket(request: HttpRequest, basket_id: UUID) -> BasketOut:
    """What is in it, at today's prices."""
    return BasketOut.of(_basket(basket_id))


@router.post("baskets/{uuid:basket_id}/lines", response={201: BasketOut}, summary="Add copies")
def add_line(request: HttpRequest, basket_id: UUID, line: LineIn) -> BasketOut:
    """Put copies of an edition into the basket, besides those that are in it."""
    basket = _basket(basket_id)
    edition = Edition.objects.offered().filter(isbn13=line.isbn13).select_related("work").first()
    if edition is None:
        raise invalid("body", "isbn13", _("The shop has no such edition."))
    basket.add(edition, line.quantity)
    return BasketOut.of(basket)


@router.get("shipping-methods", response=MethodList, summary="List ways of shipping")
def list_shipping_methods(request: HttpRequest, wanted: Query[MethodFilter]) -> MethodList:
    """`download` is for baskets of files alone, the others for all other baskets.

    With `basket` only those that suit it and go there, at what they cost for it. Without, all of
    them at their usual amount.
    """
    if wanted.basket is None:
        methods = ShippingMethod.objects.offered()
        return MethodList(items=[MethodOut.of(method, method.amount) for method in methods])
    try:
        basket = _basket(wanted.basket)
    except Http404:
        raise HttpError(404, _("There is no such basket.")) from None
    return MethodList(items=_methods_for(basket, wanted.country))


@router.get("payment-methods", response=MethodList, summary="List ways to pay")
def list_payment_methods(request: HttpRequest) -> MethodList:
    """What the shop takes."""
    return MethodList(
        items=[
            MethodOut(code=method.code, name=str(method.name), amount=method.amount)
            for method in gateways.payment_methods()
        ]
    )


@router.post("orders", response={201: OrderOut}, summary="Order a basket")
def place_order(request: HttpRequest, wanted: OrderIn, idempotency_key: Key) -> OrderOut:
    """Make a basket an order, which holds its stock until it is paid or expires.

    The same key and body again give the same order.
    """
    idempotency = checkout.Idempotency(key=idempotency_key, digest=_digest(wanted))
    if earlier := checkout.find_repeated(idempotency):
        return OrderOut.of(earlier)
    methods = ShippingMethod.objects.offered().with_rates()
    method = methods.filter(code=wanted.shipping_method).first()
    if method is None:
        raise invalid("body", "shipping_method", _("This way of shipping is not offered."))
    order = checkout.place_order(
        basket=Basket(pk=wanted.basket),
        email=wanted.email,
        shipping_method=method,
        payment_method=wanted.payment_method,
        address=wanted.shipping_address.as_address() if wanted.shipping_address else None,
        idempotency=idempotency,
        country=wanted.country or "",
        voucher_code=wanted.voucher,
        gift_card_codes=wanted.gift_cards,
        expected_total=wanted.expected_total_amount,
        expected_payable=wanted.expected_payable_amount,
        placed_at=timezone.now(),
    )
    if order.idempotency_key != idempotency.key:  # another request was quicker with this basket
        raise HttpError(409, _("This basket has been ordered already."))
    return OrderOut.of(order)


@router.get("orders/{number}", response=OrderOut, summary="Read an order")
def show_order(
    request: HttpRequest, number: str, token: Annotated[str, Query(max_length=100)] = ""
) -> OrderOut:
    """The order, for whoever has its token."""
    order = _order(number)
    if not order.is_visible_to(AnonymousUser(), token):
        raise Http404
    return OrderOut.of(order)


@staff_router.post("orders/{number}/shipments", response={201: OrderOut}, summary="Ship an order")
def create_shipment(
    request: StaffRequest,
    number: str,
    shipment: ShipmentIn | None = None,
    idempotency_key: OptionalKey = None,
) -> OrderOut:
    """All that is left to send leaves the shop and its stock, or the lines named alone.

    What has yet to come stays behind. To send a part, also send an `Idempotency-Key`: a repetition
    then sends nothing more.
    """
    order, shipment = _order(number), shipment or ShipmentIn()
    fulfillment.ship(
        order=order,
        at=timezone.now(),
        actor=request.auth,
        carrier=shipment.carrier,
        tracking=shipment.tracking,
        copies=shipment.copies,
        location=_location(shipment.location) if shipment.location else None,
        key=idempotency_key or "",
    )
    return OrderOut.of(order)


@staff_router.post(
    "orders/{number}/cancellation", response={201: OrderOut}, summary="Cancel an order"
)
def cancel_order(
    request: StaffRequest, number: str, cancellation: CancellationIn | None = None
) -> OrderOut:
    """Its copies are for sale again; money that came in is to be refunded.

    Where some is, the permission to add refunds is needed as well.
    """
    with transaction.atomic():
        order = _order(number)
        order.lock()  # it may be paid at this moment
        if gives_money_back(order):
            require(request.auth, "orders.add_refund")
        order.cancel(actor=request.auth, reason=cancellation.reason if cancellation else "")
    return OrderOut.of(order)


@staff_router.post(
    "orders/{number}/refunds",
    response={201: RefundOut},
    summary="Refund money",
    auth=StaffBearer(guards="orders.refund", writing="add"),
)
def create_refund(
    request: StaffRequest,
    number: str,
    wanted: RefundIn | None = None,
    idempotency_key: OptionalKey = None,
) -> RefundOut:
    """Give money back, at most what came in, by the way it came. Send an `Idempotency-Key`.

    What staff hands over is `done` at once; what a payment provider returns is `waiting` until the
    provider has confirmed it.
    """
    wanted = wanted or RefundIn()
    with transaction.atomic():
        order = _order(number)
        requests = refunds.refund_by_staff(
            order=order,
            amount=wanted.amount,
            reason=wanted.reason,
            actor=request.auth,
            key=idempotency_key or "",
            at=timezone.now(),
        )
    return RefundOut.of(requests, remaining_amount=order.refundable_amount)


def _basket(basket_id: UUID) -> Basket:
    """A guest's basket; a customer's own is touched by that customer's session alone."""
    basket = Basket.objects.filter(pk=basket_id, user=None).first()
    if basket is None:
        raise Http404
    return basket


def _methods_for(basket: Basket, country: str | None) -> list[MethodOut]:
    lines = basket.priced_lines()
    wishes = Wishes(country=country or Seller.objects.current().country)
    terms = Terms.read(lines, wishes, at=timezone.now())
    items = []
    for method in tables.read().suiting(lines):
        with contextlib.suppress(NotServed):
            items.append(MethodOut.of(method, terms.quote(method).shipping_amount))
    return items


def _location(code: str) -> Location:
    location = Location.objects.filter(code=code).first()
    if location is None:
        raise invalid("body", "location", _("There is no such location."))
    return location


def _order(number: str) -> Order:
    if not number.isascii() or not number.isprintable():
        raise Http404
    try:
        return Order.objects.by_number(number)
    except Order.DoesNotExist:
        raise Http404 from None


def _digest(wanted: OrderIn) -> str:
    body = json.dumps(wanted.for_digest(), sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
