"""Merging in the back office: choose what a double is merged into, look, do it; and split works."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import merging
from catalog.admin import comparing
from catalog.admin.once import OnceForm
from catalog.models import Contributor, Edition, Work
from catalog.redirects import see_other

MOST_FOUND = 20
TEMPLATE = "admin/catalog/merge/change_form.html"


class SplitForm(OnceForm):
    """Which editions go, and which of them gives the new work its title."""

    editions = forms.ModelMultipleChoiceField(
        Edition.objects.none(),
        label=gettext_lazy("Editions that become a work of their own"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one edition.")},
    )
    like = forms.ModelChoiceField(
        Edition.objects.none(),
        label=gettext_lazy("The new work is titled as"),
        required=False,
        empty_label=gettext_lazy("the first that is chosen"),
    )

    def __init__(self, work: Work, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        editions = work.editions.select_related("work").order_by("pk")
        for name in ("editions", "like"):
            field: Any = self.fields[name]
            field.queryset = editions


class MergingMixin:
    """For an admin class: a page that merges one of its rows into another.

    Its form's template is to be TEMPLATE, or one that has a link to that page, too.
    """

    model: Any
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """Besides, the page of the merge."""
        return [
            path(
                "<path:object_id>/merge/",
                self.admin_site.admin_view(self.merge_view),
                name=f"catalog_{self.model._meta.model_name}_merge",
            ),
            *super().get_urls(),  # type: ignore[misc]  # mixed into a ModelAdmin
        ]

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """First find the other one, then look at both, then do it."""
        goes = self._row(request, unquote(object_id))
        if "into" not in request.GET:
            return self._choose(request, goes)
        stays = self._row(request, request.GET["into"])
        form = OnceForm(request.POST if request.method == "POST" else None)
        is_sent = request.method == "POST" and form.is_valid()
        if is_sent and self._merge(request, form, goes, stays):
            return _see(stays)
        is_edition = isinstance(goes, Edition)
        context = {
            **self._context(request, goes),
            "title": _("Merge"),
            "stays": stays,
            "form": form,
            "lines": comparing.lines(stays, goes),
            "pair": (stays, goes) if isinstance(goes, Work) else (),
            "moving": 0 if is_edition else len(merging.affected_works(goes)),
            "is_edition": is_edition,
            "other_way": f"{_merge_url(stays)}?into={goes.pk}",
        }
        return render(request, "admin/catalog/merge/preview.html", context)

    def carry_out(self, goes: Any, stays: Any, actor: Any) -> str:
        """Make them one; what to tell about it. Raises Refused."""
        merging.merge(goes, into=stays, actor=actor, at=timezone.now())
        return _("“%(gone)s” was merged into “%(stays)s”. “Merges and splits” can undo it.") % {
            "gone": goes, "stays": stays,
        }  # fmt: skip

    def _merge(self, request: HttpRequest, form: OnceForm, goes: Any, stays: Any) -> bool:
        """Do it, unless it was done; whether there is nothing more to say."""
        try:
            with transaction.atomic():
                if form.claim(request):
                    messages.success(request, self.carry_out(goes, stays, request.user))
        except merging.Refused as refusal:
            form.add_error(None, str(refusal))
            return False
        return True

    def _choose(self, request: HttpRequest, goes: Any) -> HttpResponse:
        said = request.GET.get("q", _looked_for(goes))[:200]
        rows: QuerySet[Any] = self._rows()
        found, _may_repeat = self.get_search_results(  # type: ignore[attr-defined]
            request, rows.exclude(pk=goes.pk), said
        )
        context = {
            **self._context(request, goes),
            "title": _("Merge into another"),
            "query": said,
            "found": found.distinct()[:MOST_FOUND] if said.strip() else (),
        }
        return render(request, "admin/catalog/merge/choose.html", context)

    def _rows(self) -> Any:
        if self.model is Work:
            return comparing.works()
        if self.model is Edition:
            rows = Edition.objects.select_related("work", "imprint")
            return rows.prefetch_related("work__contributions__contributor")
        return self.model.objects.all()

    def _row(self, request: HttpRequest, pk: str) -> Any:
        name = self.model._meta.model_name
        rights = [f"catalog.change_{name}", f"catalog.delete_{name}"]
        if not request.user.has_perms(rights):
            raise PermissionDenied
        row = self._rows().filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
        if row is None:
            raise Http404
        return row

    def _context(self, request: HttpRequest, goes: Any) -> dict[str, Any]:
        return {
            **admin.site.each_context(request),
            "subtitle": str(goes),
            "opts": self.model._meta,
            "goes": goes,
        }


def merge_chosen(request: HttpRequest, queryset: "QuerySet[Any]") -> HttpResponse | None:
    """For an action of a list: merge two rows, the younger into the older."""
    chosen = list(queryset.order_by("pk")[:3])
    if len(chosen) != 2:
        messages.error(request, _("Choose two: the younger is merged into the older."))
        return None
    return redirect(f"{_merge_url(chosen[1])}?into={chosen[0].pk}")


def split_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose editions that become a work of their own."""
    if not request.user.has_perms(["catalog.change_work", "catalog.add_work"]):
        raise PermissionDenied
    work = comparing.works().filter(pk=pk).first()
    if work is None:
        raise Http404
    form = SplitForm(work, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = _split(request, form)
        if done is not None:
            return done
    context = {
        **admin.site.each_context(request),
        "title": _("Split"),
        "subtitle": str(work),
        "opts": Work._meta,
        "work": work,
        "form": form,
    }
    return render(request, "admin/catalog/merge/split.html", context)


def _split(request: HttpRequest, form: SplitForm) -> HttpResponse | None:
    actor: Any = request.user
    editions = list(form.cleaned_data["editions"])
    like = form.cleaned_data["like"] or editions[0]
    try:
        with transaction.atomic():
            if not form.claim(request):
                return _see(editions[0].work)
            new = merging.split(editions, like=like, actor=actor, at=timezone.now())
    except merging.Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    text = ngettext(
        "%(n)d edition is a work of its own now.",
        "%(n)d editions are a work of their own now.",
        len(editions),
    )
    messages.success(request, text % {"n": len(editions)})
    return _see(new)


def _looked_for(goes: models.Model) -> str:
    """What its double has in common with it most likely: of a person, the name it is filed under.

    Files differ in first names and initials: “S. Quell” finds no “Sidney Quell”.
    """
    if isinstance(goes, Contributor):
        return goes.sort_name.split(",")[0]
    return str(goes)


def _merge_url(row: models.Model) -> str:
    return reverse(f"admin:catalog_{row._meta.model_name}_merge", args=[row.pk])


def _see(row: models.Model) -> HttpResponse:
    return see_other(reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk]))
