"""Lists in the back office: upload one, name its columns, see what it would do, take it in."""

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import uploaded_lists
from catalog.admin.list_forms import ApplyForm, ColumnsForm, UploadForm
from catalog.csv_files import UnreadableFile
from catalog.list_outcomes import Jump
from catalog.models import Edition, UploadedList
from catalog.money import format_money
from catalog.redirects import see_other

LARGE_FACTOR = 2  # a price that doubles or halves is more often a slip than meant
PERMISSIONS = {
    UploadedList.Kind.STOCK: ("catalog.change_stock",),
    UploadedList.Kind.PRICES: ("catalog.change_edition",),
    UploadedList.Kind.CATALOG: (
        "catalog.add_edition", "catalog.change_edition", "catalog.change_stock",
    ),
}  # fmt: skip
"""A list does nothing that its sender could not do title by title."""


def kinds_of(request: HttpRequest) -> list[str]:
    """The kinds of lists that this member of staff may take in."""
    return [kind.value for kind, needed in PERMISSIONS.items() if request.user.has_perms(needed)]


@admin.register(UploadedList)
class UploadedListAdmin(admin.ModelAdmin[UploadedList]):
    """What was uploaded, and what became of it."""

    list_display = ("file_name", "kind", "status", "created_at", "actor", "finished_at")
    list_filter = ("kind", "status")
    list_select_related = ("actor",)
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadedList]:
        """Those of the kinds that the reader may take in."""
        lists = UploadedList.objects.without_content().select_related("actor", "location")
        return lists.filter(kind__in=kinds_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may take in any kind."""
        return bool(kinds_of(request))

    def has_view_permission(self, request: HttpRequest, obj: UploadedList | None = None) -> bool:
        """Whoever may do what the list does."""
        kinds = kinds_of(request)
        return obj.kind in kinds if obj else bool(kinds)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may take in any kind."""
        return bool(kinds_of(request))

    def has_change_permission(self, request: HttpRequest, obj: UploadedList | None = None) -> bool:
        """As for looking at it."""
        return self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: UploadedList | None = None) -> bool:
        """Not while the worker has it."""
        return self.has_view_permission(request, obj) and not (obj and obj.is_busy)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Lists are given up one by one."""
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Under its own name: there is nothing to be changed in it."""
        title = {"title": _("Uploaded lists")}
        return super().changelist_view(request, title | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page on which a list is uploaded."""
        return upload(request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the list would do, does or did, instead of a form."""
        if not object_id.isdecimal():
            raise Http404
        return show(request, self._get(request, int(object_id)))

    def get_urls(self) -> list[URLPattern]:
        """Besides, the steps."""
        steps: dict[str, Callable[[HttpRequest, UploadedList], HttpResponse]] = {
            "columns": name_columns, "apply": apply, "wrong": download_wrong,
        }  # fmt: skip

        def view(step: Callable[[HttpRequest, UploadedList], HttpResponse]) -> Any:
            def act(request: HttpRequest, pk: int) -> HttpResponse:
                return step(request, self._get(request, pk))

            return self.admin_site.admin_view(act)

        return [
            *(
                path(f"<int:pk>/{name}/", view(step), name=f"catalog_uploadedlist_{name}")
                for name, step in steps.items()
            ),
            *super().get_urls(),
        ]

    def _get(self, request: HttpRequest, pk: int) -> UploadedList:
        if not kinds_of(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, unless it is none; nothing of it is done yet."""
    kinds = kinds_of(request)
    if not kinds:
        raise PermissionDenied
    form = UploadForm(
        request.POST or None, request.FILES or None, kinds=kinds,
        initial={"kind": request.GET.get("kind")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        uploaded = form.make(request.user)
        try:
            uploaded_lists.propose(uploaded)
        except UnreadableFile as refusal:
            form.add_error("file", str(refusal))
        else:
            with transaction.atomic():
                if not form.claim(request):
                    return _to("admin:catalog_uploadedlist_changelist")
                uploaded.save()
            return _to("admin:catalog_uploadedlist_columns", uploaded.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("Upload a list"),
        "opts": UploadedList._meta,
        "form": form,
    }
    return render(
        request,
        "admin/catalog/uploadedlist/upload.html",
        context,
        status=422 if form.errors else 200,
    )


def name_columns(request: HttpRequest, uploaded: UploadedList) -> HttpResponse:
    """Ask what the columns mean (GET); look through the list by the answers (POST)."""
    if not uploaded.is_open:
        messages.error(request, _("The list is being taken in, or was: upload it again."))
        return _to("admin:catalog_uploadedlist_change", uploaded.pk)
    told = uploaded_lists.propose(uploaded)
    if request.method == "POST" and request.POST.get("encoding", "") != told.get("encoding", ""):
        told = {**told, "encoding": request.POST.get("encoding", "")[:20]}
    try:
        file = uploaded_lists.opened(uploaded, told)
    except UnreadableFile as refusal:
        messages.error(request, str(refusal))
        told = {**told, "encoding": ""}
        file = uploaded_lists.opened(uploaded, told)
    form = ColumnsForm(request.POST or None, uploaded=uploaded, file=file, told=told)
    if request.method == "POST" and form.is_valid() and "again" not in request.POST:
        uploaded.location = form.cleaned_data.get("location")
        try:
            uploaded_lists.look_through(uploaded, form.layout(), today=timezone.localdate())
        except (UnreadableFile, uploaded_lists.NotNow) as refusal:
            form.add_error(None, str(refusal))
        else:
            return _to("admin:catalog_uploadedlist_change", uploaded.pk)
    context = {
        **admin.site.each_context(request),
        "title": _("What the columns mean"),
        "subtitle": uploaded.file_name,
        "opts": UploadedList._meta,
        "uploaded": uploaded,
        "form": form,
        "file": file,
    }
    return render(
        request, "admin/catalog/uploadedlist/columns.html", context,
        status=422 if form.errors else 200,
    )  # fmt: skip


def show(request: HttpRequest, uploaded: UploadedList) -> HttpResponse:
    """What the list would do, does or did."""
    if uploaded.status == UploadedList.Status.UPLOADED:
        return _to("admin:catalog_uploadedlist_columns", uploaded.pk)
    report = uploaded.report
    context = {
        **admin.site.each_context(request),
        "title": uploaded.get_kind_display(),
        "subtitle": uploaded.file_name,
        "opts": UploadedList._meta,
        "uploaded": uploaded,
        "report": report,
        "numbers": [
            (gettext_lazy("new"), report["created"]),
            (gettext_lazy("changed"), report["changed"]),
            (gettext_lazy("unchanged"), report["unchanged"]),
            (gettext_lazy("without a value"), report["blank"]),
            (gettext_lazy("wrong"), report["wrong"]),
        ],
        "jumps": _jumps(report.get("jumps", ())),
        "form": ApplyForm(label_suffix="")
        if uploaded.status == UploadedList.Status.CHECKED
        else None,
    }
    return render(request, "admin/catalog/uploadedlist/show.html", context)


def _jumps(told: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Old and new prices with their titles, as the table shows them."""
    editions = Edition.objects.select_related("work").in_bulk(
        [number for number, *_rest in told], field_name="isbn13"
    )
    return [
        {
            "isbn13": number,
            "title": editions[number].display_title if number in editions else "",
            "before": format_money(Decimal(before), settings.SHOP_CURRENCY),
            "after": format_money(Decimal(after), settings.SHOP_CURRENCY),
            "first": datetime.date.fromisoformat(first),
            "is_large": Jump(number, Decimal(before), Decimal(after), datetime.date.min).factor
            >= LARGE_FACTOR,
        }
        for number, before, after, first in told
    ]


def apply(request: HttpRequest, uploaded: UploadedList) -> HttpResponse:
    """Take the list in: a short one at once, a long one by the worker."""
    form = ApplyForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return _to("admin:catalog_uploadedlist_change", uploaded.pk)
    try:
        is_short = uploaded_lists.order(
            uploaded,
            key=form.cleaned_data["key"],
            leaves_out_wrong=form.cleaned_data["leaves_out_wrong"],
            actor=request.user,
        )
    except uploaded_lists.NotNow as refusal:
        messages.error(request, str(refusal))
    else:
        if is_short:
            uploaded_lists.take_in(uploaded.pk, at=timezone.now(), today=timezone.localdate())
    return _to("admin:catalog_uploadedlist_change", uploaded.pk)


def download_wrong(request: HttpRequest, uploaded: UploadedList) -> HttpResponse:
    """The wrong lines with their reasons, to be corrected and uploaded again."""
    response = HttpResponse(uploaded.wrong_rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="wrong-lines-{uploaded.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _to(name: str, *args: Any) -> HttpResponse:
    return see_other(reverse(name, args=args))
