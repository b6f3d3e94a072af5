"""The jobs in the back office, to look at.

In the place of Procrastinate's own pages, whose inline styles the shop's security policy refuses.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.jobs import CLOCK

admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(admin.ModelAdmin[ProcrastinateJob]):
    """What the worker did, does and will do, latest first; but not what the clock did well."""

    list_display = ("id", "task_name", "status", "attempts", "scheduled_at", "args")
    list_filter = ("status", "task_name")
    list_per_page = 50
    search_fields = ("=id", "task_name")
    show_full_result_count = False
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        """Without the thousands of checks a day that found nothing to do."""
        return super().get_queryset(request).exclude(queue_name=CLOCK, status="succeeded")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs come from what happens in the shop."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: ProcrastinateJob | None = None
    ) -> bool:
        """The worker alone moves them on."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: ProcrastinateJob | None = None
    ) -> bool:
        """The worker alone tidies up."""
        return False
