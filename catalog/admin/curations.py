"""What stands beside a work: pinned and vetoed by staff, and the page that says why."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from catalog import recommending
from catalog.models import Curation, Work


class CurationInline(admin.StackedInline[Curation, Work]):
    """The pairs that staff have said something about; no table, which a phone would cut off."""

    model = Curation
    fk_name = "work"
    autocomplete_fields = ("other",)
    fields = (("kind", "other"), ("note", "ordinal"))
    extra = 0


def show(model_admin: "admin.ModelAdmin[Work]", request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that was found for the work, what is shown of it and why, and what is not."""
    work = get_object_or_404(Work, pk=pk)
    if not model_admin.has_view_permission(request, work):
        raise PermissionDenied
    beside = recommending.beside([pk])
    shown = {each.card.work_id: place for place, each in enumerate(beside, start=1)}
    rows = [(shown.get(each.other_id), each) for each in recommending.stored([pk])]
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("What stands beside “%(title)s”") % {"title": work},
        "opts": Work._meta,
        "work": work,
        "rows": sorted(rows, key=lambda row: (row[0] is None, row[0] or 0, row[1].rank)),
        "vetoed": work.curations.filter(kind=Curation.Kind.VETO).select_related("other"),
    }
    return TemplateResponse(request, "admin/catalog/work/beside.html", context)
