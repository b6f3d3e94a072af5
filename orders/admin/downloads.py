"""Orders, and the money that moved, as CSV files, streamed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.downloads import ForExcelForm, as_file
from orders import exports
from orders.models import Order

WHAT = {
    "orders": gettext_lazy("Orders: one line for each line of an order"),
    "money": gettext_lazy("Money: one line for each payment and each refund"),
}


class OrdersForm(ForExcelForm):
    """What of which days."""

    what = forms.ChoiceField(label=gettext_lazy("What"), choices=list(WHAT.items()))
    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=AdminDateWidget)
    last = forms.DateField(
        label=gettext_lazy("to"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy(
            "Orders that were placed, or money that moved, on these days; empty: all."
        ),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("all")), *Order.Status.choices],
        required=False,
        help_text=gettext_lazy("Of orders alone."),
    )
    field_order = ("what", "first", "last", "status", "for_excel")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("That is before the first day."))
        return data


def download(request: HttpRequest) -> HttpResponseBase:
    """Ask what is wanted (GET), and give it (POST)."""
    if not request.user.has_perm("orders.view_order"):
        raise PermissionDenied
    form = OrdersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        period = {"first": wanted["first"], "last": wanted["last"]}
        rows = (
            exports.money_rows(**period)
            if wanted["what"] == "money"
            else exports.order_rows(**period, status=wanted["status"])
        )
        return as_file(wanted["what"], rows, with_mark=wanted["for_excel"])
    context = {
        **admin.site.each_context(request),
        "title": _("Download as CSV"),
        "opts": Order._meta,
        "form": form,
        "media": form.media,
    }
    return render(
        request, "admin/orders/order/download.html", context, status=422 if form.errors else 200
    )
