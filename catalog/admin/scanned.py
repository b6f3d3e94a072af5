"""Pages on which staff scans several titles at once: a delivery, a loss, a transfer."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import scans
from catalog.admin.once import OnceForm
from catalog.csv_files import InvalidRows, RowError
from catalog.models import Location, Stock, StockMovement
from catalog.models.stock import InsufficientStock
from catalog.redirects import see_other

MOST_CHARACTERS = 100_000


class ScannedForm(OnceForm):
    """Numbers, one a line, and where their copies lie."""

    location = forms.ModelChoiceField(
        Location.objects.all(), label=gettext_lazy("Location"), empty_label=None
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    numbers = forms.CharField(
        label=gettext_lazy("Numbers"),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(
            attrs={
                "rows": 12, "autofocus": True, "autocomplete": "off", "autocapitalize": "off",
                "spellcheck": "false",
            }
        ),
        help_text=gettext_lazy(
            "Scan copy after copy: each line is one copy. Or a number, a space and how many:"
            " 9780306406157 5."
        ),
    )  # fmt: skip

    title: str | Promise = ""
    button: str | Promise = ""
    may_enter = False
    """Whether titles that are missing can be entered on the way."""

    def clean_numbers(self) -> dict[Any, int]:
        """The editions that were scanned, and how many copies of each."""
        try:
            return scans.read(self.cleaned_data["numbers"])
        except InvalidRows as error:
            raise forms.ValidationError(list(map(self._told, error.errors[:20]))) from error

    def _told(self, error: RowError) -> str:
        """With the way to enter a title that is not there yet."""
        if not (error.value and self.may_enter):
            return str(error)
        return format_html(
            '{} <a href="{}?isbn13={}" target="_blank">{}</a>',
            error,
            reverse("admin:catalog_edition_add"),
            error.value,
            _("Enter it (in a new tab)"),
        )

    def apply(self, actor: Any) -> None:
        """Do it. Raises InsufficientStock."""
        raise NotImplementedError  # Django's metaclass is not that of an ABC


class DeliveryForm(ScannedForm):
    """A delivery of several titles."""

    title = gettext_lazy("Receive a delivery")
    button = gettext_lazy("Receive")

    def apply(self, actor: Any) -> None:
        """Take the copies in."""
        data = self.cleaned_data
        Stock.objects.receive_many(
            data["numbers"], location=data["location"], reason=data["reason"], actor=actor
        )


class LossForm(ScannedForm):
    """Damaged copies of several titles."""

    title = gettext_lazy("Write off damaged copies")
    button = gettext_lazy("Write off")
    reason = forms.CharField(label=gettext_lazy("What happened"), max_length=200)

    def apply(self, actor: Any) -> None:
        """Write the copies off."""
        data = self.cleaned_data
        Stock.objects.damage_many(
            data["numbers"], location=data["location"], reason=data["reason"], actor=actor
        )


class TransferForm(ScannedForm):
    """Copies that are carried to another location."""

    title = gettext_lazy("Move copies to another location")
    button = gettext_lazy("Move")
    target = forms.ModelChoiceField(
        Location.objects.all(), label=gettext_lazy("To"), empty_label=gettext_lazy("Choose …")
    )
    field_order = ("location", "target", "reason", "numbers")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].label = gettext_lazy("From")

    def clean(self) -> dict[str, Any]:
        """Refuse to carry copies to where they are."""
        data = super().clean() or self.cleaned_data
        if data.get("target") and data.get("target") == data.get("location"):
            self.add_error("target", _("They are there already: choose another location."))
        return data

    def apply(self, actor: Any) -> None:
        """Carry the copies over."""
        data = self.cleaned_data
        Stock.objects.transfer(
            data["numbers"],
            source=data["location"],
            target=data["target"],
            reason=data["reason"],
            actor=actor,
        )


FORMS: dict[str, type[ScannedForm]] = {
    "delivery": DeliveryForm,
    "loss": LossForm,
    "transfer": TransferForm,
}


def change(request: HttpRequest, action: str) -> HttpResponse:
    """Ask what was scanned (GET), and do it (POST)."""
    if not request.user.has_perm("catalog.change_stock"):
        raise PermissionDenied
    if action not in FORMS:
        raise Http404
    form = FORMS[action](
        request.POST if request.method == "POST" else None,
        initial={"numbers": request.GET.get("numbers", "")[:MOST_CHARACTERS]},
    )
    form.may_enter = action == "delivery" and request.user.has_perm("catalog.add_edition")
    if request.method == "POST" and form.is_valid() and _apply(request, form):
        return see_other(reverse("admin:catalog_stock_scanned", args=[action]))
    context = {
        **admin.site.each_context(request),
        "title": form.title,
        "action": action,
        "opts": StockMovement._meta,
        "form": form,
    }
    return render(request, "admin/catalog/stock/scanned.html", context)


def _apply(request: HttpRequest, form: ScannedForm) -> bool:
    """Do it, unless it was done; whether nothing is left to correct in the form."""
    try:
        with transaction.atomic():
            if not form.claim(request):
                return True
            form.apply(request.user)
    except InsufficientStock as error:
        for stock, wanted in error.short.items():
            form.add_error("numbers", _too_few(stock, wanted))
        return False
    copies = form.cleaned_data["numbers"]
    total = sum(copies.values())
    moved = ngettext("%(n)d copy", "%(n)d copies", total) % {"n": total}
    titles = ngettext("%(n)d title", "%(n)d titles", len(copies)) % {"n": len(copies)}
    messages.success(
        request, _("Done: %(copies)s of %(titles)s.") % {"copies": moved, "titles": titles}
    )
    return True


def _too_few(stock: Stock, wanted: int) -> str:
    return _("%(edition)s: %(wanted)d are wanted, %(available)d available here.") % {
        "edition": stock.edition,
        "wanted": wanted,
        "available": stock.available,
    }
