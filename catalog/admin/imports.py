"""Imports of suppliers' files in the back office: the list, and the way to each page."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from catalog.admin import import_actions, import_pages, uploading
from catalog.models import ImportRun


class SeenFilter(admin.SimpleListFilter):
    """Those that somebody should look at."""

    title = gettext_lazy("looked at")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The only question."""
        return [("open", gettext_lazy("Not looked at yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Failed, or with rejected records, and nobody has seen it."""
        if self.value() == "open":
            return queryset & ImportRun.objects.not_looked_at()
        return queryset


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin[ImportRun]):
    """Files of suppliers that were imported. What wrote anything stays: it says who said what."""

    list_display = ("file_name", "state", "supplier", "figures", "created_at", "sender")
    list_filter = (SeenFilter, "status", "supplier")
    list_select_related = ("supplier", "actor")
    list_per_page = 50
    search_fields = ("file_name",)
    search_help_text = gettext_lazy("Name of the file")
    show_full_result_count = False
    change_list_template = "admin/catalog/importrun/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        """Not by the admin's own page: later imports build on what each has changed.

        One that wrote nothing has a button for it.
        """
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Each is dealt with on its page."""
        return {}

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, run: ImportRun) -> SafeString:
        """How far it is; while it runs, with the percentage."""
        text = run.get_status_display()
        if run.status == ImportRun.Status.RUNNING:
            text = f"{text}, {run.percent}%"
        return format_html('<span class="shop-state shop-run-{}">{}</span>', run.status, text)

    @admin.display(description=gettext_lazy("records"))
    def figures(self, run: ImportRun) -> SafeString | str:
        """How many records came to what; only what there is."""
        return import_pages.figures(run) or "–"

    @admin.display(description=gettext_lazy("uploaded by"), empty_value="–")
    def sender(self, run: ImportRun) -> str | None:
        """Who sent the file; nobody, where a command did."""
        return str(run.actor) if run.actor else None

    def get_urls(self) -> list[URLPattern]:
        """The pages of an import, and what is done there."""
        view, change = "view", "change"
        pages: dict[str, tuple[str, Any]] = {
            "progress": (view, require_safe(import_pages.progress)),
            "records": (view, require_safe(import_pages.records)),
            "rejected": (view, require_safe(import_pages.rejected)),
            "undo": (change, import_actions.undo),
            "retry": (change, require_POST(import_actions.retry)),
            "delete": (change, require_POST(import_actions.delete)),
            "seen": (change, require_POST(import_actions.mark_seen)),
        }
        site = self.admin_site
        upload = csrf_exempt(site.admin_view(uploading.guarded))  # it asks for the token itself
        return [
            path("add/", upload, name="catalog_importrun_add"),
            *(
                path(
                    f"<int:pk>/{name}/",
                    site.admin_view(_of_run(page, permission)),
                    name=f"catalog_importrun_{name}",
                )
                for name, (permission, page) in pages.items()
            ),
            path(
                "<int:pk>/records/<int:ordinal>/",
                site.admin_view(_of_run(require_safe(import_pages.record), view)),
                name="catalog_importrun_record",
            ),
            path(
                "<int:pk>/change/",
                site.admin_view(_of_run(require_safe(import_pages.show), view)),
                name="catalog_importrun_change",
            ),
            *super().get_urls(),
        ]


def _of_run(page: Callable[..., HttpResponseBase], permission: str) -> Any:
    """The page, for whom it is for, with its run."""

    def view(request: HttpRequest, pk: int, **rest: int) -> HttpResponseBase:
        if not request.user.has_perm(f"catalog.{permission}_importrun"):
            raise PermissionDenied
        runs = ImportRun.objects.select_related("supplier", "actor", "undone_by")
        return page(request, get_object_or_404(runs, pk=pk), **rest)

    return view
