"""The page of the pretended payment provider, in development and tests."""

import secrets

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.redirects import see_other
from orders.models import Order
from orders.payments import EventKind, PaymentEvent, record_event
from storefront.private import private
from storefront.views.orders import find_order, hide_token


@private
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Pay, or have the payment declined, and go back to the order."""
    if not settings.FAKE_PAYMENTS:
        raise Http404
    order = find_order(request, number)
    if order.payment_method != "fake" or order.status != Order.Status.AWAITING_PAYMENT:
        return see_other(order.get_absolute_url())
    if moved := hide_token(request, order):
        return moved
    if request.method != "POST":
        return render(request, "storefront/order/fake_payment.html", {"order": order})
    is_paid = request.POST.get("answer") == "pay"
    record_event(
        PaymentEvent(
            provider="fake",
            # One payment, however often the button is pressed; but any number of failures.
            event_id=f"page-{order.number}" if is_paid else secrets.token_hex(12),
            order_number=order.number,
            kind=EventKind.SUCCEEDED if is_paid else EventKind.FAILED,
            amount=order.payable_amount,
            currency=order.currency,
        ),
        at=timezone.now(),
    )
    if is_paid:
        messages.success(request, _("Thank you: your payment is in."))
    return see_other(order.get_absolute_url())
