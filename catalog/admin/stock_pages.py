"""The pages on which staff sees, receives, adjusts and counts an edition's stock."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Edition, Location, Stock, StockMovement
from catalog.models.stock import InsufficientStock

MOST_COPIES = 100_000  # in one go; more is a slip of the finger
LATEST = 50  # movements on the page; the ledger's own list has them all


class StockForm(forms.Form):
    """Where, how many, why."""

    location = forms.ModelChoiceField(
        Location.objects.all(), label=gettext_lazy("Location"), empty_label=None
    )
    quantity = forms.IntegerField(label=gettext_lazy("Copies"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    title: str | Promise = ""
    button: str | Promise = ""

    def apply(self, stock: Stock, actor: Any) -> None:
        """Do it. Raises InsufficientStock."""
        raise NotImplementedError


class ReceiveForm(StockForm):
    """Copies that came in."""

    title = gettext_lazy("Receive copies")
    button = gettext_lazy("Receive")
    quantity = forms.IntegerField(
        label=gettext_lazy("Copies received"), min_value=1, max_value=MOST_COPIES
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False,
        help_text=gettext_lazy("For example the number of the delivery note."),
    )  # fmt: skip

    def apply(self, stock: Stock, actor: Any) -> None:
        """Take them in."""
        data = self.cleaned_data
        stock.receive(data["quantity"], reason=data["reason"], actor=actor)


class AdjustForm(StockForm):
    """A correction by a difference."""

    title = gettext_lazy("Adjust the stock")
    button = gettext_lazy("Adjust")
    quantity = forms.IntegerField(
        label=gettext_lazy("Difference"), min_value=-MOST_COPIES, max_value=MOST_COPIES,
        help_text=gettext_lazy("−2 when two copies are damaged or missing, 1 when one turned up."),
    )  # fmt: skip

    def clean_quantity(self) -> int:
        """Refuse a difference that is none."""
        quantity: int = self.cleaned_data["quantity"]
        if quantity == 0:
            raise forms.ValidationError(_("A difference of 0 changes nothing."))
        return quantity

    def apply(self, stock: Stock, actor: Any) -> None:
        """Correct the counter."""
        data = self.cleaned_data
        stock.adjust(data["quantity"], reason=data["reason"], actor=actor)


class CountForm(StockForm):
    """What somebody counted on the shelf."""

    title = gettext_lazy("Enter what you counted")
    button = gettext_lazy("Save the count")
    quantity = forms.IntegerField(
        label=gettext_lazy("Copies on the shelf"), min_value=0, max_value=MOST_COPIES,
        help_text=gettext_lazy("All that lie there, promised to orders or not."),
    )  # fmt: skip

    def apply(self, stock: Stock, actor: Any) -> None:
        """Make the counter say so."""
        data = self.cleaned_data
        stock.count(data["quantity"], reason=data["reason"], actor=actor)


FORMS: dict[str, type[StockForm]] = {
    "receive": ReceiveForm,
    "adjust": AdjustForm,
    "count": CountForm,
}


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """An edition's stock by location, and what moved lately."""
    edition = _edition(request, pk, "catalog.view_stock")
    movements = StockMovement.objects.filter(stock__edition=edition)
    context = {
        **admin.site.each_context(request),
        "title": _("Stock"),
        "subtitle": str(edition),
        "opts": Edition._meta,
        "edition": edition,
        "stocks": edition.stocks.select_related("location").order_by("location"),
        "movements": movements.select_related("stock__location", "actor")[:LATEST],
        "may_change": request.user.has_perm("catalog.change_stock"),
    }
    return render(request, "admin/catalog/edition/stock.html", context)


def change(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Receive, adjust or count."""
    edition = _edition(request, pk, "catalog.change_stock")
    if action not in FORMS:
        raise Http404
    form = FORMS[action](request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _apply(request, form, edition):
        done = redirect("admin:catalog_edition_stock", edition.pk)
        done.status_code = 303
        return done
    context = {
        **admin.site.each_context(request),
        "title": form.title,
        "subtitle": str(edition),
        "opts": Edition._meta,
        "edition": edition,
        "form": form,
    }
    return render(request, "admin/catalog/edition/stock_change.html", context)


def _edition(request: HttpRequest, pk: int, permission: str) -> Edition:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    edition = get_object_or_404(Edition.objects.select_related("work"), pk=pk)
    if edition.is_digital:
        raise Http404  # files take no stock
    return edition


def _apply(request: HttpRequest, form: StockForm, edition: Edition) -> bool:
    location = form.cleaned_data["location"]
    try:
        with transaction.atomic():
            stock, _created = Stock.objects.get_or_create(edition=edition, location=location)
            form.apply(stock, request.user)
    except InsufficientStock:
        stock_now = edition.stocks.filter(location=location).first()
        promised = stock_now.allocated if stock_now else 0
        form.add_error(
            "quantity",
            _("Fewer copies would be left than are promised to orders (%(n)d).") % {"n": promised},
        )
        return False
    messages.success(
        request,
        _("%(location)s now has %(on_hand)d copies, %(available)d of them available.")
        % {"location": location, "on_hand": stock.on_hand, "available": stock.available},
    )
    return True
