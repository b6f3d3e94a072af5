"""Paying an order online: the page with the payment provider's form, the return, another way."""

import logging
from typing import Any

from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from catalog.redirects import see_other
from orders import attempts, gateways
from orders.gateways import Gateway, PaymentMethod, ProviderRefused, ProviderUnreachable
from orders.models import Order, OrderEvent, WrongState
from storefront.private import private
from storefront.views.orders import find_order, hide_token
from storefront.visitor import is_theirs, signed_in_user

logger = logging.getLogger(__name__)

PROVIDERS_OWN = "https://*.js.stripe.com"
csp_with_provider = csp_update(
    {
        "script-src": ["'self'", "https://js.stripe.com", PROVIDERS_OWN],
        "frame-src": ["https://js.stripe.com", PROVIDERS_OWN, "https://hooks.stripe.com"],
        "connect-src": ["'self'", "https://api.stripe.com"],
        "img-src": ["https://*.stripe.com"],
    }
)
"""What the provider's form needs, on its page alone (docs/decisions/0009)."""


class MethodForm(forms.Form):
    """Which way to pay."""

    payment_method = forms.ChoiceField(label=gettext_lazy("Payment"), widget=forms.RadioSelect)

    def __init__(self, order: Order, data: QueryDict | None) -> None:
        super().__init__(data, initial={"payment_method": order.payment_method})
        methods = gateways.payment_methods()
        self.methods = {method.code: method for method in methods}
        field: forms.ChoiceField = self.fields["payment_method"]  # type: ignore[assignment]
        field.choices = [(method.code, method.name) for method in methods]

    def clean_payment_method(self) -> Gateway:
        """The gateway behind it."""
        gateway = gateways.find(self.cleaned_data["payment_method"])
        if gateway is None:
            raise forms.ValidationError(_("This way to pay is not offered."))
        return gateway

    def choices(self) -> list[tuple[Any, PaymentMethod]]:
        """Each way with its radio button."""
        buttons = self["payment_method"].subwidgets
        return [(button, self.methods[button.data["value"]]) for button in buttons]


@csp_with_provider  # type: ignore[arg-type]  # django-csp's types know no address with a number
@private
@require_safe
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """The provider's own form: what is typed there goes to the provider and never to the shop."""
    order = find_order(request, number)
    if moved := hide_token(request, order):
        return moved
    if not is_theirs(request, order):  # staff has nothing to pay here
        return see_other(order.get_absolute_url())
    secret = ""
    try:
        secret = attempts.prepare(order, at=timezone.now())
    except attempts.NothingToPay:
        return see_other(order.get_absolute_url())
    except (ProviderUnreachable, ProviderRefused):
        logger.exception("Order %s cannot be paid online now", order.number)
    context = {
        "order": order,
        "secret": secret,
        "key": settings.STRIPE_PUBLISHABLE_KEY,
        "has_other_methods": len(gateways.payment_methods()) > 1,
    }
    page = "storefront/order/pay.html" if secret else "storefront/order/cannot_pay.html"
    return render(request, page, context, status=200 if secret else 503)


@private
@require_safe
def come_back(request: HttpRequest, number: str) -> HttpResponse:
    """The customer has been at the provider's: what has come of it is asked there, not believed."""
    order = find_order(request, number)
    try:
        attempts.look_up_all(order, at=timezone.now())
    except ProviderUnreachable:
        logger.exception("Nobody could say whether order %s was paid", order.number)
        text = _("We have not heard of your payment yet. This page will show it as soon as we do.")
        messages.info(request, text)
        return see_other(order.get_absolute_url())
    order.refresh_from_db()
    if order.status == Order.Status.AWAITING_PAYMENT:
        return _go_on_unpaid(request, order)
    if order.paid_at and order.status != Order.Status.CANCELED:
        messages.success(request, _("Thank you: your payment is in."))
    return see_other(order.get_absolute_url())


def _go_on_unpaid(request: HttpRequest, order: Order) -> HttpResponse:
    latest = order.events.last()
    if latest and latest.kind == OrderEvent.Kind.PAYMENT_FAILED:
        text = _("The payment did not go through, and nothing was charged. Please try again.")
        messages.error(request, text)
        return see_other(gateways.start(order) or order.get_absolute_url())
    if latest and latest.kind == OrderEvent.Kind.PAYMENT_PROCESSING:
        text = _("Your bank is working on the payment. We write to you as soon as it is in.")
        messages.info(request, text)
    return see_other(order.get_absolute_url())


@private
@require_http_methods(["GET", "HEAD", "POST"])
def choose_method(request: HttpRequest, number: str) -> HttpResponse:
    """Pay another way, as long as nothing is paid."""
    order = find_order(request, number)
    if moved := hide_token(request, order):
        return moved
    if not is_theirs(request, order):
        raise PermissionDenied
    if order.status != Order.Status.AWAITING_PAYMENT:
        return see_other(order.get_absolute_url())
    form = MethodForm(order, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        gateway, actor = form.cleaned_data["payment_method"], signed_in_user(request)
        try:
            attempts.choose_method(order, gateway, at=timezone.now(), actor=actor)
        except WrongState:  # paid at this very moment
            return see_other(order.get_absolute_url())
        return see_other(gateways.start(order) or order.get_absolute_url())
    context = {"order": order, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "storefront/order/payment_method.html", context, status=status)
