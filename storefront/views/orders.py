"""An order's page, for its customer, for a guest with the token, and for staff."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from orders.gateways import PaymentMethod, payment_methods
from orders.models import Order, OrderEvent, WrongState
from storefront.views.redirects import see_other
from storefront.visitor import is_theirs, may_see, remember_order, signed_in_user

LONGEST_TOKEN = 64
SHOWN_EVENTS = frozenset(
    {
        OrderEvent.Kind.PLACED,
        OrderEvent.Kind.PAYMENT_FAILED,
        OrderEvent.Kind.PAID,
        OrderEvent.Kind.PACKED,
        OrderEvent.Kind.SHIPPED,
        OrderEvent.Kind.COMPLETED,
        OrderEvent.Kind.CANCELED,
        OrderEvent.Kind.EXPIRED,
        OrderEvent.Kind.REFUNDED,
    }
)
"""The rest is between the shop and its payment providers."""


@never_cache
@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """What was ordered, how far it is, and what is left to do."""
    order = find_order(request, number)
    if moved := hide_token(request, order):
        return moved
    events = [event for event in order.events.all() if event.kind in SHOWN_EVENTS]
    is_awaiting_payment = order.status == Order.Status.AWAITING_PAYMENT
    context = {
        "order": order,
        "lines": order.lines.all(),
        "has_files": any(line.is_digital for line in order.lines.all()),
        "events": events,
        "has_failed_payment": [event.kind for event in events[-1:]]
        == [OrderEvent.Kind.PAYMENT_FAILED],
        "is_payment_processing": [event.kind for event in list(order.events.all())[-1:]]
        == [OrderEvent.Kind.PAYMENT_PROCESSING],
        "payment_method": _payment_method(order),
        "other_payment_methods": len(payment_methods()) > 1 and is_theirs(request, order),
        "is_awaiting_payment": is_awaiting_payment,
        "is_cancelable": is_awaiting_payment and is_theirs(request, order),
    }
    return render(request, "storefront/order.html", context)


@never_cache
@require_POST
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """The customer does not want it any more, and has not paid."""
    order = find_order(request, number)
    if not is_theirs(request, order):  # staff has the back office for it
        raise PermissionDenied
    try:
        _cancel_unpaid(order, actor=signed_in_user(request))
    except WrongState:
        messages.error(request, _("This order can no longer be canceled here: please ask us."))
    else:
        messages.success(request, _("Your order is canceled."))
    return see_other(order.get_absolute_url())


@transaction.atomic
def _cancel_unpaid(order: Order, *, actor: User | None) -> None:
    order.lock()  # a payment may come in at this moment
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise WrongState(order, _("canceled"))
    order.cancel(actor=actor, reason=_("Canceled by the customer."))


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
    is_browsing = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return see_other(request.path) if token and is_browsing else None


def _token(request: HttpRequest) -> str:
    return request.GET.get("token", "")[:LONGEST_TOKEN]


def find_order(request: HttpRequest, number: str) -> Order:
    """The order, if the visitor may see it.

    Raises Http404 alike for an order that does not exist and one that is somebody else's, so that
    nobody can find out which numbers there are.
    """
    try:
        order = Order.objects.for_page().by_number(number)
    except Order.DoesNotExist:
        raise Http404 from None
    if not may_see(request, order, token=_token(request)):
        raise Http404
    return order
