"""The withdrawal from a contract, in two steps: the statement, and its confirmation.

The European Union's Directive 2023/2673 asks for it. Who has the order's link chooses copies;
anybody else gives the order's number and e-mail address, and is answered by e-mail alone, so that
the pages never tell a stranger whether there is such an order.
"""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.redirects import see_other
from orders import returns, withdrawal
from orders.models import Order, Return, Seller
from storefront.order_forms import OrderWithdrawalForm, StatementForm
from storefront.private import private
from storefront.views.orders import find_own_order, was_sent_before
from storefront.visitor import signed_in_user

CONFIRMED = "confirm"
BACK = "back"


@private
@require_http_methods(["GET", "HEAD", "POST"])
def state(request: HttpRequest) -> HttpResponse:
    """For whoever knows an order's number and e-mail address: the whole order."""
    form = StatementForm(request.POST or None, initial=_known(request))
    step = request.POST.get("step", "")
    if form.is_valid() and step == CONFIRMED:
        withdrawal.withdraw_by_number(**form.cleaned_data, at=timezone.now())
        return see_other(reverse("withdrawal_received"))
    is_stated = form.is_bound and not form.errors and step != BACK
    context = {"form": form, "days": Seller.objects.current().withdrawal_days}
    template = "confirm" if is_stated else "statement"
    return render(
        request,
        f"storefront/withdrawal/{template}.html",
        context,
        status=422 if form.errors else 200,
    )


@private
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """What happens next, whatever was stated."""
    return render(request, "storefront/withdrawal/received.html")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def state_for_order(request: HttpRequest, number: str) -> HttpResponse:
    """For whoever may see the order: all of it, or some copies."""
    order = find_own_order(request, number)
    if was_sent_before(request, order):
        return see_other(f"{order.get_absolute_url()}#returns")
    is_unpaid = order.status == Order.Status.AWAITING_PAYMENT
    form = OrderWithdrawalForm(
        request.POST or None,
        most=withdrawal.withdrawable(order),
        are_fixed=is_unpaid,  # it ends as a whole
        initial={"name": _name(request, order), "key": secrets.token_urlsafe(16)},
    )
    step = request.POST.get("step", "")
    if form.is_valid() and step == CONFIRMED and (done := _withdraw(request, order, form)):
        return done
    is_stated = form.is_bound and not form.errors and step != BACK
    end = withdrawal.period_end(order)
    context = {
        "order": order,
        "form": form,
        "last_day": withdrawal.last_day(end) if end else None,
        "is_over": end is not None and timezone.now() >= end,
        "is_unpaid": is_unpaid,
        "days": Seller.objects.current().withdrawal_days,
    }
    template = "confirm_for_order" if is_stated else "statement_for_order"
    return render(
        request,
        f"storefront/withdrawal/{template}.html",
        context,
        status=422 if form.errors else 200,
    )


def _withdraw(request: HttpRequest, order: Order, form: OrderWithdrawalForm) -> HttpResponse | None:
    try:
        made = withdrawal.withdraw(
            order=order,
            name=form.cleaned_data["name"],
            copies=form.copies,
            key=form.cleaned_data["key"],
            actor=signed_in_user(request),
            at=timezone.now(),
        )
    except (withdrawal.NothingToWithdraw, returns.NotReturnable) as refusal:
        form.add_error(None, str(refusal))
        return None
    if made.status == Return.Status.DECLINED:
        messages.error(request, made.note)
    else:
        text = _("You have withdrawn. We have sent the acknowledgment to %(email)s.")
        messages.success(request, text % {"email": order.email})
    return see_other(f"{order.get_absolute_url()}#returns")


def _name(request: HttpRequest, order: Order) -> str:
    user = signed_in_user(request)
    return order.shipping_name or (user.name if user else "")


def _known(request: HttpRequest) -> dict[str, str]:
    """What a signed-in customer need not type."""
    user = signed_in_user(request)
    return {"name": user.name, "email": user.email} if user else {}
