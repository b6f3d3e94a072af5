"""The parcels of an order in the back office: what can be done with each, and doing it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.redirects import see_other
from orders import fulfillment, readiness
from orders.admin.actions import NoForm, ShipForm
from orders.admin.order_pages import REFUSALS
from orders.models import Order, Shipment

PERMISSION = "orders.change_order"


@dataclass(frozen=True)
class ParcelAction:
    """A button beside a parcel; without a form's fields it acts at once."""

    label: str | Promise
    done: str | Promise
    is_possible: Callable[[Shipment], bool]
    do: Callable[[Shipment, dict[str, Any], Any], object]
    form: type[forms.Form] = NoForm
    is_next: bool = False
    goes_on: bool = False
    """Whether it brings the parcel on, which it does not where the money has gone back."""

    @property
    def is_immediate(self) -> bool:
        """Whether nothing has to be said."""
        return not self.form.base_fields


def _is_here(shipment: Shipment) -> bool:
    return shipment.shipped_at is None


def _is_unpaid(shipment: Shipment) -> bool:
    return shipment.order.status == Order.Status.AWAITING_PAYMENT


PARCEL_ACTIONS: dict[str, ParcelAction] = {
    "ready": ParcelAction(
        label=_("Ready to collect"),
        done=_("The customer is told that it can be collected."),
        is_possible=lambda shipment: (
            _is_here(shipment) and shipment.order.is_collection and not shipment.ready_at
        ),
        do=lambda shipment, data, actor: fulfillment.announce(
            shipment=shipment, at=timezone.now(), actor=actor
        ),
        is_next=True,
        goes_on=True,
    ),
    "hand-over": ParcelAction(
        label=_("Hand over"),
        done=_("It is handed over."),
        is_possible=lambda shipment: (
            _is_here(shipment) and shipment.order.is_collection and not _is_unpaid(shipment)
        ),
        do=lambda shipment, data, actor: fulfillment.ship_packed(
            shipment=shipment, at=timezone.now(), actor=actor
        ),
        is_next=True,
        goes_on=True,
    ),
    "hand-over-paid": ParcelAction(
        label=_("Paid now: hand over"),
        done=_("It is paid and handed over."),
        is_possible=lambda shipment: (
            _is_here(shipment) and shipment.order.is_collection and _is_unpaid(shipment)
        ),
        do=lambda shipment, data, actor: fulfillment.hand_over_paid(
            shipment=shipment, at=timezone.now(), actor=actor
        ),
        is_next=True,
    ),
    "ship": ParcelAction(
        label=_("Ship this parcel"),
        done=_("The parcel is on its way."),
        is_possible=lambda shipment: _is_here(shipment) and not shipment.order.is_collection,
        do=lambda shipment, data, actor: fulfillment.ship_packed(
            shipment=shipment, at=timezone.now(), actor=actor, **data
        ),
        form=ShipForm,
        is_next=True,
        goes_on=True,
    ),
    "delivered": ParcelAction(
        label=_("It has arrived"),
        done=_("The parcel is delivered."),
        is_possible=lambda shipment: not _is_here(shipment) and not shipment.delivered_at,
        do=lambda shipment, data, actor: fulfillment.deliver(
            shipment=shipment, at=timezone.now(), actor=actor
        ),
    ),
    "unpack": ParcelAction(
        label=_("Unpack"),
        done=_("The parcel is unpacked: its copies can be packed again."),
        is_possible=_is_here,
        do=lambda shipment, data, actor: fulfillment.unpack(
            shipment=shipment, at=timezone.now(), actor=actor
        ),
    ),
}


def describe(request: HttpRequest, order: Order) -> list[dict[str, Any]]:
    """The order's parcels, each with its buttons."""
    may_act = request.user.has_perm(PERMISSION)
    shipments = list(order.shipments.for_page().select_related("order", "location"))
    goes_on = bool(shipments) and not readiness.is_paid_back(order)
    return [
        {"shipment": shipment, "buttons": _buttons(shipment, goes_on) if may_act else []}
        for shipment in shipments
    ]


def _buttons(shipment: Shipment, goes_on: bool) -> list[dict[str, Any]]:
    possible = {
        slug: action
        for slug, action in PARCEL_ACTIONS.items()
        if action.is_possible(shipment) and (goes_on or not action.goes_on)
    }
    following = next((slug for slug, action in possible.items() if action.is_next), "")
    return [
        {
            "action": action,
            "is_next": slug == following,
            "url": reverse("admin:orders_parcel_act", args=[shipment.order_id, shipment.pk, slug]),
        }
        for slug, action in possible.items()
    ]


def act(
    request: HttpRequest, model_admin: "admin.ModelAdmin[Order]", pk: int, parcel: int, slug: str
) -> HttpResponse:
    """Ask where something has to be said, and do it."""
    action = PARCEL_ACTIONS.get(slug)
    if action is None:
        raise Http404
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=pk)
    back = see_other(reverse("admin:orders_order_change", args=[order.pk]))
    shipment = order.shipments.filter(pk=parcel).first()
    form = action.form(request.POST if request.method == "POST" else None)
    if shipment is None:
        messages.warning(request, str(_("There is no such parcel any more.")))
        return back
    if request.method == "POST" and form.is_valid():
        try:
            action.do(shipment, form.cleaned_data, request.user)
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, str(action.done))
            model_admin.log_change(request, order, str(action.label))
        return back
    if action.is_immediate:
        return back
    context = {
        **admin.site.each_context(request),
        "title": action.label,
        "subtitle": order.number,
        "opts": Order._meta,
        "order": order,
        "action": {"explanation": _("The customer is told by e-mail.")},
        "form": form,
    }
    return render(request, "admin/orders/order/act.html", context)
