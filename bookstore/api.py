"""The API, put together: what the apps offer, who may use it, and how refusals are told."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger

from accounts.api import StaffBearer
from bookstore import problems
from catalog import api as catalog_api
from catalog.models.stock import InsufficientStock
from orders import api as orders_api
from orders import checkout, fulfillment, gift_cards, readiness, refunds, vouchers
from orders.models import WrongState
from orders.models import basket as baskets

DESCRIPTION = """Find books, fill a basket, order, and look after stock and orders.

Amounts are strings with two decimals. Errors are problem details (RFC 9457,
`application/problem+json`): `errors` lists the fields of a 422, `request_id` is the number to name
when you write to us. Lists answer `items` and `next`: pass `next` as `cursor` until it is null.
Staff endpoints need a bearer token."""

api = NinjaAPI(
    title="Bookstore",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs=Swagger(settings={"validatorUrl": None}),
)
problems.install(api)
api.add_router("", catalog_api.router)
api.add_router("", catalog_api.staff_router, auth=StaffBearer(guards="catalog.stock"))
api.add_router("", orders_api.router)
api.add_router("", orders_api.staff_router, auth=StaffBearer(guards="orders.order"))

FIELDS: dict[type[Exception], tuple[str, str]] = {
    baskets.QuantityOutOfRange: ("body", "quantity"),
    checkout.EmptyBasket: ("body", "basket"),
    checkout.AddressMissing: ("body", "shipping_address"),
    checkout.ConsignmentNotTaken: ("body", "shipping_method"),
    checkout.CountryMissing: ("body", "country"),
    checkout.CountryNotServed: ("body", "shipping_address.country"),
    checkout.ShippingMethodUnsuitable: ("body", "shipping_method"),
    checkout.UnknownPaymentMethod: ("body", "payment_method"),
    checkout.IdempotencyConflict: ("header", "Idempotency-Key"),
    gift_cards.GiftCardError: ("body", "gift_cards"),
    vouchers.VoucherError: ("body", "voucher"),
    refunds.RefundConflict: ("header", "Idempotency-Key"),
    fulfillment.PackedOtherwise: ("header", "Idempotency-Key"),
    refunds.RefundTooLarge: ("body", "amount"),
}
"""Refusals that a field of the request is to blame for: 422."""
CONFLICTS: dict[type[Exception], str] = {
    baskets.BasketFull: "basket_full",
    baskets.NotForSale: "not_for_sale",
    checkout.LineNotForSale: "not_for_sale",
    checkout.AmountChanged: "amount_changed",
    checkout.CheckoutError: "not_possible",
    refunds.NothingToRefund: "nothing_to_refund",
    WrongState: "wrong_state",
    readiness.NotThere: "not_there",
}
"""Refusals that the state of the shop is the reason for, with the code for programs: 409."""


def _blame_field(request: HttpRequest, error: Any) -> HttpResponse:
    source, field = next(FIELDS[kind] for kind in type(error).__mro__ if kind in FIELDS)
    return problems.invalid(source, field, str(error))


def _conflict(request: HttpRequest, error: Any) -> HttpResponse:
    code = next(CONFLICTS[kind] for kind in type(error).__mro__ if kind in CONFLICTS)
    edition = getattr(error, "edition", None)
    members = {"isbn13": edition.isbn13} if edition else {}
    if isinstance(error, checkout.AmountChanged):
        members = {"expected_amount": str(error.expected), "actual_amount": str(error.actual)}
    return problems.problem(409, str(error), code=code, **members)


def _out_of_stock(request: HttpRequest, error: Any) -> HttpResponse:
    lines = [
        {"isbn13": line.edition.isbn13, "wanted": line.wanted, "available": line.available}
        for line in error.lines
    ]
    return problems.problem(409, str(error), code="out_of_stock", lines=lines)


def _promised(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.problem(
        409,
        _("Fewer copies would be left than are promised to orders."),
        code="promised_to_orders",
        isbn13=error.edition.isbn13,
    )


def _basket_gone(request: HttpRequest, error: Any) -> HttpResponse:
    return problems.problem(404, str(error))


for _kind in FIELDS:
    api.add_exception_handler(_kind, _blame_field)
for _kind in CONFLICTS:
    api.add_exception_handler(_kind, _conflict)
api.add_exception_handler(checkout.OutOfStock, _out_of_stock)
api.add_exception_handler(InsufficientStock, _promised)
api.add_exception_handler(baskets.BasketGone, _basket_gone)
api.add_exception_handler(checkout.NoBasket, _basket_gone)
