"""An order's buttons, and the page on which each is confirmed."""

import functools
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models.stock import InsufficientStock
from catalog.redirects import see_other
from orders import readiness
from orders.admin.actions import ACTIONS, STEPS, Action
from orders.cancellation import CanceledOtherwise, NotCancelable
from orders.copies import CopiesForm
from orders.fulfillment import PackedOtherwise
from orders.models import Order, WrongState
from orders.readiness import NotThere
from orders.refunds import RefundError
from orders.returns import NotReturnable

REFUSALS = (
    WrongState, RefundError, InsufficientStock, NotThere, PackedOtherwise, NotCancelable,
    CanceledOtherwise, NotReturnable,
)  # fmt: skip
"""What the verbs say no with; the message is for staff."""

ASK_REFUNDER = gettext_lazy("Money would go back: please ask somebody who may refund to do this.")


class Button(NamedTuple):
    """What an order's page offers."""

    action: Action
    url: str
    is_next: bool
    """Whether it is what comes next for the order."""

    @property
    def is_immediate(self) -> bool:
        """Whether it acts at once, by a POST of its own."""
        return not self.action.explanation


def buttons(request: HttpRequest, order: Order) -> list[Button]:
    """What this person can do with the order now."""
    order.remember(lines=order.lines.all())
    is_possible = functools.cache(lambda asked: asked(order))  # several buttons ask the same
    possible = {
        slug: action
        for slug, action in ACTIONS.items()
        if request.user.has_perm(action.permission)
        and is_possible(action.is_possible)
        and not action.needs_refunder(request.user, order)
    }
    steps = ("cancel", "cancel-part") if readiness.is_paid_back(order) else STEPS
    following = next((slug for slug in steps if slug in possible), "")
    if following in ("mark-paid", "ship") and order.shipments.packed().exists():
        following = ""  # the parcel's own button comes next
    return [
        Button(action, reverse("admin:orders_order_act", args=[order.pk, slug]), slug == following)
        for slug, action in possible.items()
    ]


def act(
    request: HttpRequest, model_admin: "admin.ModelAdmin[Order]", pk: int, slug: str
) -> HttpResponse:
    """Ask (GET), and do it (POST)."""
    if slug not in ACTIONS:
        raise Http404
    action = ACTIONS[slug]
    if not request.user.has_perm(action.permission):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    back = see_other(reverse("admin:orders_order_change", args=[order.pk]))
    form = action.make_form(order, request.POST if request.method == "POST" else None)
    if request.method == "POST" and _carry_out(request, model_admin, order, action, form):
        return back
    if reason := _why_not(request, order, action):
        messages.warning(request, reason)
        return back
    context = {
        **admin.site.each_context(request),
        "title": action.label,
        "subtitle": order.number,
        "opts": Order._meta,
        "order": order,
        "action": action,
        "sums": action.sums(order) if action.sums else {},
        "form": form,
    }
    return render(request, "admin/orders/order/act.html", context)


def _carry_out(
    request: HttpRequest,
    model_admin: "admin.ModelAdmin[Order]",
    order: Order,
    action: Action,
    form: forms.Form,
) -> bool:
    """Do once what was sent, and say how that went; False where there is more to ask."""
    try:
        refusal, is_repeated = "", action.is_repeated(order, request.POST)
    except REFUSALS as refused:
        refusal, is_repeated = str(refused), True
    if not is_repeated:
        if not form.is_valid():
            return False
        refusal = perform(request, model_admin, order, action, said(form))
    if refusal:
        messages.error(request, refusal)
    else:
        messages.success(request, action.done % {"number": order.number})
    return True


def _why_not(request: HttpRequest, order: Order, action: Action) -> str:
    """Why it is not asked about, or nothing."""
    if action.needs_refunder(request.user, order):
        return str(ASK_REFUNDER)
    if action.is_possible(order):
        return ""
    text = _("“%(action)s” is not possible: order %(number)s is “%(status)s”.")
    facts = {"number": order.number, "status": order.get_status_display()}
    return text % {"action": action.label, **facts}


def said(form: forms.Form) -> dict[str, Any]:
    """What the form says, copies by their isbn13."""
    if not isinstance(form, CopiesForm):
        return form.cleaned_data
    others = {
        name: value for name, value in form.cleaned_data.items() if not name.startswith("copies_")
    }
    return {**others, "copies": form.copies}


def perform(
    request: HttpRequest,
    model_admin: "admin.ModelAdmin[Order]",
    order: Order,
    action: Action,
    data: dict[str, Any],
) -> str:
    """Do it; why it could not be done, or nothing."""
    try:
        with transaction.atomic():
            order.lock()  # it may be paid at this moment
            if action.needs_refunder(request.user, order):
                return str(ASK_REFUNDER)
            action.do(order, data, request.user)
    except REFUSALS as refusal:
        return str(refusal)
    model_admin.log_change(request, order, str(action.label))
    return ""
