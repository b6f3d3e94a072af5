"""Housekeeping: jobs of a killed worker are given to another, finished ones are forgotten."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from bookstore import jobs
from tests.people import carol

pytestmark = pytest.mark.django_db


def context() -> JobContext:
    job = Job(id=0, queue="default", lock=None, queueing_lock=None, task_name="any")
    return JobContext(app=app, job=job, abort_reason=lambda: None, start_timestamp=0)


def insert_job(status: str, *, queue: str = "default") -> int:
    columns = "queue_name, task_name, priority, args, status, attempts"
    values = "%s, 'caching.bump', 0, '{\"names\": []}', %s, 1"
    with connection.cursor() as cursor:
        insert = f"INSERT INTO procrastinate_jobs ({columns}) VALUES ({values}) RETURNING id"
        cursor.execute(insert, [queue, status])
        return int(cursor.fetchone()[0])


def set_worker(job: int, *, seconds_since_heartbeat: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id)"
            " UPDATE procrastinate_jobs SET worker_id = (SELECT id FROM w) WHERE id = %s",
            [seconds_since_heartbeat, job],
        )


def status(job: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job).status)


def test_a_job_of_a_killed_worker_is_tried_again() -> None:
    killed, living = insert_job("doing"), insert_job("doing")
    set_worker(killed, seconds_since_heartbeat=60)
    set_worker(living, seconds_since_heartbeat=1)
    async_to_sync(jobs.retry_stalled.func)(context(), timestamp=0)
    assert status(killed) == "todo"
    assert status(living) == "doing"


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_like_waits_already_keeps_no_other_from_being_tried_again() -> None:
    first, waiting, second = insert_job("doing"), insert_job("todo"), insert_job("doing")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET queueing_lock = 'once' WHERE id = ANY(%s)",
            [[first, waiting]],
        )
    for job in (first, second):
        set_worker(job, seconds_since_heartbeat=60)
    async_to_sync(jobs.retry_stalled.func)(context(), timestamp=0)
    assert [status(job) for job in (first, waiting, second)] == ["failed", "todo", "todo"]


def test_finished_jobs_are_forgotten_and_waiting_ones_kept() -> None:
    done, failed, waiting = insert_job("succeeded"), insert_job("failed"), insert_job("todo")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '4 days'")
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at)"
            " SELECT unnest(%s), 'succeeded', now() - interval '4 days'",
            [[done, failed]],
        )
    async_to_sync(jobs.delete_old_jobs.func)(context(), timestamp=0)
    assert not ProcrastinateJob.objects.filter(pk=done).exists()
    assert status(failed) == "failed"
    assert status(waiting) == "todo"


def test_what_the_clock_did_well_is_soon_forgotten_and_not_shown(client: Client) -> None:
    client.force_login(carol())
    done, failed = insert_job("succeeded", queue="clock"), insert_job("failed", queue="clock")
    other = insert_job("succeeded")
    shown = client.get("/admin/procrastinate/procrastinatejob/?state=all").context["cl"].queryset
    assert [job.pk for job in shown] == [other, failed]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_events (job_id, type, at)"
            " SELECT unnest(%s), 'succeeded', now() - interval '2 hours'",
            [[done, failed, other]],
        )
    async_to_sync(jobs.delete_clock_jobs.func)(context(), timestamp=0)
    assert {job.pk for job in ProcrastinateJob.objects.all()} == {failed, other}


def test_sessions_that_have_ended_are_forgotten() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))
    jobs.forget_sessions(timestamp=0)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
