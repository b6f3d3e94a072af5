"""Special orders: what customers wait for, what to order at the wholesaler, and promised days."""

import csv
import datetime

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.models import Edition
from catalog.redirects import see_other
from orders import waiting
from orders.models import Order, OrderEvent

COLUMNS = ("isbn13", "title", "imprint", "to_order", "awaited", "first_promised")
SHOWN_FOR = datetime.timedelta(days=1)
"""How long the list says for whom copies were set aside."""

MOST_SERVED = 200
FURTHEST = datetime.timedelta(days=3 * 366)
FORMULA = ("=", "+", "-", "@", "\t")


class DayForm(forms.Form):
    """A new day."""

    day = forms.DateField(
        label=gettext_lazy("Promised for"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Every customer who waits for it is told by e-mail."),
    )

    def __init__(self, data: QueryDict | None, *, edition: Edition) -> None:
        super().__init__(data)
        self.edition = edition

    def clean_day(self) -> datetime.date:
        """Refuse a day that is over, before the publication, or beyond all sense."""
        day: datetime.date = self.cleaned_data["day"]
        today, out = timezone.localdate(), self.edition.release_date
        if day < today:
            raise forms.ValidationError(_("That day is over."))
        if out and day < out:
            raise forms.ValidationError(_("That day it may not be sold yet."))
        if day > today + FURTHEST:
            raise forms.ValidationError(_("That is too far away."))
        return day


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Below the orders' own."""
    return [
        path("waiting/", site.admin_view(show), name="orders_waiting"),
        path("waiting/to-order.csv", site.admin_view(download), name="orders_waiting_csv"),
        path("waiting/<int:pk>/", site.admin_view(move_date), name="orders_waiting_move"),
    ]


def show(request: HttpRequest) -> HttpResponse:
    """What customers wait for, title by title."""
    _require(request, "orders.view_order")
    context = {
        **admin.site.each_context(request),
        "title": _("What customers wait for"),
        "opts": Order._meta,
        "titles": waiting.titles(),
        "served": OrderEvent.objects.served(since=timezone.now() - SHOWN_FOR)[:MOST_SERVED],
        "today": timezone.localdate(),
        "may_change": request.user.has_perm("orders.change_order"),
    }
    return render(request, "admin/orders/waiting/list.html", context)


def download(request: HttpRequest) -> HttpResponse:
    """What to order at the wholesaler, as CSV."""
    _require(request, "orders.view_order")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"to-order-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    rows = csv.writer(response)
    rows.writerow(COLUMNS)
    for title in waiting.titles():
        if title.to_order:
            edition = title.edition
            rows.writerow(
                (
                    edition.isbn13, _as_text(edition.display_title), _as_text(str(edition.imprint)),
                    title.to_order, title.awaited, title.first_date or "",
                )
            )  # fmt: skip
    return response


def move_date(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the new day (GET), and promise it (POST)."""
    _require(request, "orders.change_order")
    edition = get_object_or_404(Edition.objects.select_related("work"), pk=pk)
    form = DayForm(request.POST if request.method == "POST" else None, edition=edition)
    if not form.is_valid():
        context = {
            **admin.site.each_context(request),
            "title": _("Promise another day"),
            "subtitle": str(edition),
            "opts": Order._meta,
            "form": form,
            "edition": edition,
        }
        status = 422 if form.is_bound else 200
        return render(request, "admin/orders/waiting/move.html", context, status=status)
    day = form.cleaned_data["day"]
    try:
        number = waiting.move_date(
            edition=edition,
            day=day,
            at=timezone.now(),
            actor=request.user,  # type: ignore[arg-type]  # admin_view lets no one else in
        )
    except waiting.NobodyWaits:
        messages.warning(request, _("Nobody waits for it, or all were told that day before."))
    else:
        text = ngettext(
            "Promised for %(day)s. %(number)d customer is told.",
            "Promised for %(day)s. %(number)d customers are told.",
            number,
        )
        messages.success(request, text % {"day": date_format(day), "number": number})
    return see_other(reverse("admin:orders_waiting"))


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _as_text(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
