"""Sending something back: which copies, and why."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.redirects import see_other
from orders import returns
from storefront.order_forms import ReturnForm
from storefront.private import private
from storefront.views.orders import find_own_order, was_sent_before
from storefront.visitor import signed_in_user


@private
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for a return of copies that the customer has."""
    order = find_own_order(request, number)
    if was_sent_before(request, order):
        return see_other(f"{order.get_absolute_url()}#returns")
    form = ReturnForm(
        request.POST or None,
        most=returns.returnable(order),
        are_chosen=False,
        initial={"key": secrets.token_urlsafe(16)},
    )
    if form.is_valid():
        try:
            made = returns.request_return(
                order=order,
                copies=form.copies,
                reason=form.reason_text,
                key=form.cleaned_data["key"],
                actor=signed_in_user(request),
                at=timezone.now(),
            )
        except returns.NotReturnable as refusal:
            form.add_error(None, str(refusal))
        else:
            text = _("We have your request. Please write the number %(number)s on the parcel.")
            messages.success(request, text % {"number": made.number})
            return see_other(f"{order.get_absolute_url()}#returns")
    context = {"order": order, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "storefront/order/return.html", context, status=status)
