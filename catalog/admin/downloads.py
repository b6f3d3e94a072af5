"""Stock and catalogue as CSV files, streamed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import csv_exporting, csv_writing
from catalog.models import Edition, Location

NEEDED = {"stock": "catalog.view_stock", "catalog": "catalog.view_edition"}
LABELS = {
    "stock": gettext_lazy("Stock: copies on hand, promised, available"),
    "catalog": gettext_lazy("Catalogue: every edition"),
}


class ForExcelForm(forms.Form):
    """Whether a spreadsheet is told that the file is UTF-8."""

    for_excel = forms.BooleanField(
        label=gettext_lazy("For Excel"),
        required=False,
        initial=True,
        help_text=gettext_lazy("A mark at the beginning tells Excel how accents are written."),
    )


class DownloadForm(ForExcelForm):
    """What to download."""

    what = forms.ChoiceField(label=gettext_lazy("What"))
    location = forms.ModelChoiceField(
        Location.objects.all(),
        label=gettext_lazy("Stock at"),
        required=False,
        empty_label=gettext_lazy("all locations"),
    )
    field_order = ("what", "location", "for_excel")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what: Any = self.fields["what"]
        what.choices = [
            (name, LABELS[name]) for name, needed in NEEDED.items() if request.user.has_perm(needed)
        ]


def download(request: HttpRequest) -> HttpResponseBase:
    """Ask what is wanted (GET), and give it (POST)."""
    if not any(map(request.user.has_perm, NEEDED.values())):
        raise PermissionDenied
    form = DownloadForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        what, today = form.cleaned_data["what"], timezone.localdate()
        rows = (
            csv_exporting.stock_rows(on=today, location=form.cleaned_data["location"])
            if what == "stock"
            else csv_exporting.catalog_rows(on=today)
        )
        return as_file(what, rows, with_mark=form.cleaned_data["for_excel"])
    context = {
        **admin.site.each_context(request),
        "title": _("Download as CSV"),
        "opts": Edition._meta,
        "form": form,
    }
    return render(request, "admin/catalog/edition/download.html", context)


def as_file(name: str, rows: Iterable[Sequence[Any]], *, with_mark: bool) -> StreamingHttpResponse:
    """The rows as a file named for what it is and for today; no cache keeps it."""
    response = StreamingHttpResponse(
        csv_writing.stream(rows, with_mark=with_mark), content_type="text/csv; charset=utf-8"
    )
    day = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    response["Cache-Control"] = "no-store"
    return response
