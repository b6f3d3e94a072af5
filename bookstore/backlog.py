"""The backlog: which jobs wait, run or have failed, for whom and why; and trying them again."""

import datetime
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import WithAnnotations
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.exceptions import UniqueViolation

from orders.models import Order

UNFINISHED = ("todo", "doing", "failed")
SILENT_SECONDS = 20.0
"""A worker that has not been heard of for so long was killed, or its machine was."""

TITLES: dict[str, str | Promise] = {
    "bookstore.compare_answers": gettext_lazy("Compare what the shop shows with what is true"),
    "bookstore.delete_clock_jobs": gettext_lazy("Forget what the clock did"),
    "bookstore.delete_old_jobs": gettext_lazy("Forget old jobs"),
    "bookstore.forget_sessions": gettext_lazy("Forget sessions that have ended"),
    "bookstore.renew": gettext_lazy("Fill Redis anew after a restore"),
    "bookstore.retry_stalled": gettext_lazy("Take over the jobs of a killed worker"),
    "caching.bump": gettext_lazy("Renew pages after a change"),
    "catalog.count_shelves": gettext_lazy("Count what stands on each shelf"),
    "catalog.count_words": gettext_lazy("Count the words of titles and names"),
    "catalog.delete_import_files": gettext_lazy("Delete suppliers’ files imported long ago"),
    "catalog.fetch_covers": gettext_lazy("Fetch covers from publishers"),
    "catalog.forget_copies": gettext_lazy("Note of which books the last copy has gone"),
    "catalog.forget_lists": gettext_lazy("Forget lists that nobody took in"),
    "catalog.heal_memory": gettext_lazy("Look whether Redis came back empty"),
    "catalog.keep_unanswered": gettext_lazy("Write down searches that found nothing"),
    "catalog.make_cover": gettext_lazy("Make a cover that was uploaded"),
    "catalog.publish_popularity": gettext_lazy("Suggest what is popular first"),
    "catalog.publish_stock": gettext_lazy("Show new stock levels"),
    "catalog.publish_works": gettext_lazy("Show changed books"),
    "catalog.rebuild_live": gettext_lazy("Write suggestions and stock levels anew"),
    "catalog.recommend": gettext_lazy("Find what to recommend beside each book"),
    "catalog.recommend_changed": gettext_lazy("Find what to recommend beside changed books"),
    "catalog.run_import": gettext_lazy("Take a supplier’s file in"),
    "catalog.sweep_covers": gettext_lazy("Delete covers that nothing shows any more"),
    "catalog.take_in_list": gettext_lazy("Take in an uploaded list"),
    "catalog.renew_entries": gettext_lazy("Have search know what an older release wrote"),
    "catalog.turn_day": gettext_lazy("Search by the prices of a new day"),
    "catalog.undo_import": gettext_lazy("Take a supplier’s file back out"),
    "orders.abandon_attempts": gettext_lazy("Let the payment provider take no more for an order"),
    "orders.carry_out_refund": gettext_lazy("Give money back"),
    "orders.catch_up": gettext_lazy("Listen to what payment providers said"),
    "orders.compare_payment": gettext_lazy("Compare a payment with its provider"),
    "orders.compare_payments": gettext_lazy("Compare payments with their providers"),
    "orders.expire_orders": gettext_lazy("Cancel orders that were not paid in time"),
    "orders.forget_baskets": gettext_lazy("Forget baskets that nobody comes back to"),
    "orders.forget_card": gettext_lazy("Renew what a page’s header shows of a visitor"),
    "orders.hear_again": gettext_lazy("Act upon what a payment provider said too early"),
    "orders.issue_credit_note": gettext_lazy("Credit note"),
    "orders.issue_gift_cards": gettext_lazy("Issue gift cards that were bought"),
    "orders.issue_invoice": gettext_lazy("Invoice"),
    "orders.learn_from_sales": gettext_lazy("See from orders what is popular"),
    "orders.reconcile": gettext_lazy("Ask payment providers what nothing was heard of"),
    "orders.send_message": gettext_lazy("E-mail to the customer"),
    "orders.serve_all_waiting": gettext_lazy("Look who waits for copies that are there"),
    "orders.serve_waiting": gettext_lazy("Give copies that came in to who waits for them"),
}
"""What each task does, in the words of the shop."""


class Facts(TypedDict):
    """What `jobs` finds out about each."""

    deferred_at: datetime.datetime | None
    order_id: int | None
    order_number: str | None


Job: TypeAlias = "WithAnnotations[ProcrastinateJob, Facts]"


class NotRetried(Exception):
    """The job is not tried again; the message is for staff."""


@dataclass(frozen=True)
class TaskCount:
    """How many jobs of one task there are, and since when the oldest of those that wait does."""

    task: str
    waiting: int
    running: int
    failed: int
    oldest_at: datetime.datetime | None


def title(task: str) -> str:
    """The task in plain words; its own name when this release does not know it."""
    return str(TITLES.get(task, task))


def jobs() -> "QuerySet[Job]":
    """All jobs, each with `deferred_at`, `failure`, `worker` and its order's `order_number`."""
    deferred = ProcrastinateEvent.objects.filter(job=OuterRef("pk"), type="deferred")
    orders = Order.objects.filter(pk=OuterRef("order_id")).order_by()
    found: QuerySet[Job] = (
        ProcrastinateJob.objects.select_related("failure", "worker")
        .annotate(
            deferred_at=Subquery(deferred.order_by("id").values("at")[:1]),
            order_id=Cast(KT("args__order_id"), BigIntegerField()),
        )
        .annotate(order_number=Subquery(orders.values("number")))
    )
    return found


def counts() -> list[TaskCount]:
    """Of each task with jobs that are not done: how many wait, run and have failed."""
    rows = (
        ProcrastinateJob.objects.filter(status__in=UNFINISHED)
        .order_by("task_name")
        .values("task_name")
        .annotate(
            waiting=Count("pk", filter=Q(status="todo"), distinct=True),
            running=Count("pk", filter=Q(status="doing"), distinct=True),
            failed=Count("pk", filter=Q(status="failed"), distinct=True),
            oldest_at=Min(
                "procrastinateevent__at",
                filter=Q(status="todo", procrastinateevent__type="deferred"),
            ),
        )
    )
    return [
        TaskCount(row["task_name"], row["waiting"], row["running"], row["failed"], row["oldest_at"])
        for row in rows
    ]


def failed_number() -> int:
    """How many jobs have failed for good and wait for a person."""
    return int(ProcrastinateJob.objects.filter(status="failed").count())


def state(job: ProcrastinateJob) -> str:
    """How far the job is, in plain words."""
    if job.status == "doing":
        return _("Stopped with its worker") if _is_orphaned(job) else _("Running")
    if job.status == "todo":
        return _("Waiting for its next try") if job.attempts else _("Waiting")
    words = {"succeeded": _("Done"), "failed": _("Failed")}
    return words.get(job.status, _("Given up"))


def problem(job: ProcrastinateJob) -> str:
    """What went wrong last; empty where nothing did, or it has been made good."""
    failure = getattr(job, "failure", None)
    if job.status == "doing" and _is_orphaned(job):
        return _("Its worker was killed. Another one takes the job over within a minute.")
    if job.status not in ("todo", "failed"):
        return ""
    if failure is None and job.status == "failed":
        return _("It was given up before it could say why; the worker’s log may know.")
    return failure.message if failure else ""


def _is_orphaned(job: ProcrastinateJob) -> bool:
    return job.worker is None or job.worker.last_heartbeat < _silence()


def _silence() -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=SILENT_SECONDS)


def retry(job_id: int) -> bool:
    """Have a job that failed, or waits for its next try, run now; whether that changed anything.

    A job that runs, is done or is about to run stays as it is, so a second click does nothing.
    Raises NotRetried when another like it waits already.
    """
    try:
        with transaction.atomic():
            jobs = ProcrastinateJob.objects.select_for_update()
            job = jobs.filter(pk=job_id).first()
            now = timezone.now()
            if job and job.status == "failed":
                app.job_manager.retry_job_by_id(job_id, retry_at=now)
                return True
            if job and job.status == "todo" and job.scheduled_at and job.scheduled_at > now:
                _run_now(job_id)
                return True
    except UniqueViolation:
        raise NotRetried(_("Another job like it waits already.")) from None
    return False


def _run_now(job_id: int) -> None:
    # Procrastinate has no word for this; the caller holds the job's row.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE id = %s", [job_id])
