"""The jobs in the back office: what waits, what went wrong, and trying it again.

In the place of Procrastinate's own pages, whose inline styles the shop's security policy refuses.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore import backlog
from bookstore.jobs import CLOCK
from catalog.redirects import see_other

admin.site.unregister(ProcrastinateJob)

MAY_RETRY = "procrastinate.change_procrastinatejob"


class StateFilter(admin.SimpleListFilter):
    """What is not done yet, unless something else is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    CHOICES = (
        (None, gettext_lazy("Not done"), backlog.UNFINISHED),
        ("failed", gettext_lazy("Failed"), ("failed",)),
        ("waiting", gettext_lazy("Waiting"), ("todo",)),
        ("running", gettext_lazy("Running"), ("doing",)),
        ("done", gettext_lazy("Done"), ("succeeded",)),
        ("all", gettext_lazy("All"), None),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """The choices beside the list."""
        return [(value, label) for value, label, _statuses in self.CHOICES]

    def choices(self, changelist: Any) -> Any:
        """Without Django's own “All”, which would be the first choice again."""
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]
    ) -> QuerySet[ProcrastinateJob]:
        """The jobs in the state that was chosen."""
        by_value = {value: statuses for value, _label, statuses in self.CHOICES}
        statuses = by_value.get(self.value(), backlog.UNFINISHED)
        return queryset if statuses is None else queryset.filter(status__in=statuses)


class TaskFilter(admin.SimpleListFilter):
    """Jobs of one kind."""

    title = gettext_lazy("job")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """In the shop's words, sorted."""
        titles = ((task, backlog.title(task)) for task in backlog.TITLES)
        return sorted(titles, key=lambda pair: pair[1])

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]
    ) -> QuerySet[ProcrastinateJob]:
        """The jobs of the task that was chosen."""
        return queryset.filter(task_name=self.value()) if self.value() else queryset


@admin.register(ProcrastinateJob)
class JobAdmin(admin.ModelAdmin[ProcrastinateJob]):
    """What the worker does and will do, latest first; but not what the clock did well."""

    list_display = ("what", "state", "about", "since", "tries", "next_try", "problem")
    list_filter = (StateFilter, TaskFilter)
    list_per_page = 50
    search_fields = ("=id", "order_number")
    search_help_text = gettext_lazy("Number of a job or of an order")
    show_full_result_count = False
    ordering = ("-id",)
    fields = readonly_fields = ("what", "state", "about", "since", "tries", "next_try", "problem")
    actions = ("try_again",)
    change_form_template = "admin/shop/job.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[backlog.Job]":
        """Without the thousands of checks a day that found nothing to do."""
        return backlog.jobs().exclude(queue_name=CLOCK, status="succeeded")

    # --- What is shown --------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("job"), ordering="task_name")
    def what(self, job: "backlog.Job") -> str:
        """The task in plain words, with what sets it apart."""
        details = ", ".join(
            str(value) for name, value in job.args.items() if isinstance(value, str) and value
        )
        return (
            f"{backlog.title(job.task_name)}: {details}"
            if details
            else backlog.title(job.task_name)
        )

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, job: "backlog.Job") -> str:
        """How far it is."""
        return backlog.state(job)

    @admin.display(description=gettext_lazy("order"), empty_value="")
    def about(self, job: "backlog.Job") -> SafeString | None:
        """The order that it is about, if it is about one."""
        if not job.order_number:
            return None
        url = reverse("admin:orders_order_change", args=[job.order_id])
        return format_html('<a href="{}">{}</a>', url, job.order_number)

    @admin.display(description=gettext_lazy("waits since"), ordering="deferred_at")
    def since(self, job: "backlog.Job") -> Any:
        """When it came."""
        return job.deferred_at

    @admin.display(description=gettext_lazy("failed tries"), ordering="attempts")
    def tries(self, job: "backlog.Job") -> int:
        """How often it did not succeed."""
        return job.attempts + (job.status == "failed")

    @admin.display(description=gettext_lazy("next try"), ordering="scheduled_at", empty_value="")
    def next_try(self, job: "backlog.Job") -> Any:
        """When it runs again; nothing for what failed for good, or is due."""
        return job.scheduled_at if job.status == "todo" else None

    @admin.display(description=gettext_lazy("what went wrong"))
    def problem(self, job: "backlog.Job") -> str:
        """The last failure's words."""
        return backlog.problem(job)

    # --- What can be done -----------------------------------------------------------------------

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this person may have jobs tried again."""
        return request.user.has_perm(MAY_RETRY)

    @admin.action(description=gettext_lazy("Try again now"), permissions=("retry",))
    def try_again(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> None:
        """Have all chosen jobs that failed or wait for their next try run now."""
        tried = 0
        for number in queryset.values_list("pk", flat=True):
            try:
                tried += backlog.retry(number)
            except backlog.NotRetried as refusal:
                messages.warning(request, f"{number}: {refusal}")
        text = ngettext("%(n)d job runs again.", "%(n)d jobs run again.", tried)
        messages.success(request, text % {"n": tried})

    def get_urls(self) -> list[URLPattern]:
        """Besides, where the button leads."""
        retry = self.admin_site.admin_view(require_POST(self.retry_one))
        own = path("<int:pk>/retry/", retry, name="procrastinate_procrastinatejob_retry")
        return [own, *super().get_urls()]

    def retry_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have one job tried again; a second click changes nothing."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        if not ProcrastinateJob.objects.filter(pk=pk).exists():
            raise Http404
        try:
            if backlog.retry(pk):
                messages.success(request, _("The job runs again."))
            else:
                messages.info(request, _("The job runs already, or is done."))
        except backlog.NotRetried as refusal:
            messages.warning(request, str(refusal))
        return see_other(reverse("admin:procrastinate_procrastinatejob_change", args=[pk]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The job's page, with its button where it helps."""
        job = self.get_object(request, object_id)
        is_held_up = job is not None and (
            job.status == "failed" or (job.status == "todo" and job.scheduled_at is not None)
        )
        extra = {"may_retry": is_held_up and self.has_retry_permission(request)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    # --- What cannot ----------------------------------------------------------------------------

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
