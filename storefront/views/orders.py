"""An order's page, for its customer, for a guest with the token, and for staff."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.redirects import see_other
from orders import cancellation
from orders.gateways import PaymentMethod, payment_methods
from orders.models import Order, OrderEvent, WrongState
from storefront import order_progress
from storefront.missing import OutOfSight
from storefront.order_forms import LONGEST_KEY
from storefront.private import private
from storefront.visitor import (
    is_theirs,
    may_see,
    rebuild_card,
    remember_order,
    signed_in_user,
)

LONGEST_TOKEN = 64


@private
@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """What was ordered, how far it is, and what is left to do."""
    order = find_order(request, number)
    if moved := hide_token(request, order):
        return moved
    progress = order_progress.describe(
        order, is_theirs=is_theirs(request, order), at=timezone.now()
    )
    last_kinds = [event.kind for event in progress["events"][-1:]]
    context = {
        **progress,
        "order": order,
        "has_failed_payment": last_kinds == [OrderEvent.Kind.PAYMENT_FAILED],
        "is_payment_processing": [event.kind for event in list(order.events.all())[-1:]]
        == [OrderEvent.Kind.PAYMENT_PROCESSING],
        "payment_method": _payment_method(order),
        "other_payment_methods": len(payment_methods()) > 1 and is_theirs(request, order),
        "is_awaiting_payment": order.status == Order.Status.AWAITING_PAYMENT,
    }
    return render(request, "storefront/order.html", context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """The customer does not want it any more, and nothing is packed: asked once, then done."""
    order = find_own_order(request, number)
    if request.method != "POST":
        context = {
            "order": order,
            "is_cancelable": cancellation.is_open_to_customer(order),
            "is_paid": order.paid_at is not None,
            "has_books": order.needs_shipment,
            "has_used_gift_card": cancellation.has_used_gift_card(order),
        }
        return render(request, "storefront/order/cancellation.html", context)
    try:
        cancellation.cancel_for_customer(
            order=order, actor=signed_in_user(request), at=timezone.now()
        )
    except WrongState:  # a second click, or too late: the page says which
        if order.status == Order.Status.CANCELED:
            return see_other(order.get_absolute_url())
        return see_other(request.path)
    messages.success(request, _("Your order is canceled."))
    return see_other(order.get_absolute_url())


@private
@require_safe
def document(request: HttpRequest, number: str, document_number: str) -> HttpResponse:
    """An invoice or a credit note, as it was issued."""
    order = find_order(request, number)
    issued = get_object_or_404(order.documents.all(), number=document_number)
    response = HttpResponse(bytes(issued.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{issued.number}.pdf"'
    return response


def _payment_method(order: Order) -> PaymentMethod | None:
    return next((each for each in payment_methods() if each.code == order.payment_method), None)


def hide_token(request: HttpRequest, order: Order) -> HttpResponse | None:
    """Have the session remember the address's token, so that the page works without it.

    A browser is sent to the address without the token: there nobody reads it over a shoulder, in
    the history, or in a link that is passed on. A program that keeps no session needs no such care.
    """
    token = _token(request)
    if token and not is_theirs(request, order) and is_theirs(request, order, token=token):
        remember_order(request, order)
        rebuild_card(request)  # the session may have another key now
    is_browsing = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return see_other(request.path) if token and is_browsing else None


def _token(request: HttpRequest) -> str:
    return request.GET.get("token", "")[:LONGEST_TOKEN]


def find_order(request: HttpRequest, number: str) -> Order:
    """The order, if the visitor may see it.

    Raises OutOfSight alike for an order that does not exist and one that is somebody else's, so
    that nobody can find out which numbers there are.
    """
    try:
        order = Order.objects.page_of(number)
    except Order.DoesNotExist:
        raise OutOfSight(number, is_signed_in=request.user.is_authenticated) from None
    if not may_see(request, order, token=_token(request)):
        raise OutOfSight(number, is_signed_in=request.user.is_authenticated)
    return order


def find_own_order(request: HttpRequest, number: str) -> Order:
    """The order, if it is the visitor's.

    Raises OutOfSight as `find_order` does, and PermissionDenied for staff, who has the back office.
    """
    order = find_order(request, number)
    if not is_theirs(request, order):
        raise PermissionDenied
    return order


def was_sent_before(request: HttpRequest, order: Order) -> bool:
    """Whether this very form was sent before, as by a second click: then all is done."""
    key = request.POST.get("key", "")[:LONGEST_KEY]
    return bool(key) and key.isprintable() and order.returns.filter(key=key).exists()
