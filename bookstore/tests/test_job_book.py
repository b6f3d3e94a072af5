"""Which job is next, however many wait."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore import working
from bookstore.job_book import ALONG_THE_INDEX, TAKE_NEXT, Book

OTHERS_CHOICE = "SELECT id FROM procrastinate_fetch_job_v2(%(queues)s::varchar[], %(worker_id)s)"
ADD = """
INSERT INTO procrastinate_jobs (task_name, queue_name, status, priority, lock, scheduled_at)
SELECT 'test.next', %(queue)s, %(status)s::procrastinate_job_status, %(priority)s, %(lock)s,
    now() + %(minutes)s * interval '1 minute'
FROM generate_series(1, %(times)s)
"""


def add(times: int = 1, **told: Any) -> None:
    usual: dict[str, Any] = {
        "queue": "default",
        "status": "todo",
        "priority": 0,
        "lock": None,
        "minutes": None,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, usual | told | {"times": times})


def taken(queues: list[str] | None, sql: str = TAKE_NEXT) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"queues": queues, "worker_id": None})
        row = cursor.fetchone()
        return row[0] if row else None


def procrastinate_would_take(queues: list[str] | None) -> int | None:
    with transaction.atomic():
        job = taken(queues, OTHERS_CHOICE)
        transaction.set_rollback(True)
    return job


def finish(job: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", [job])


@pytest.mark.django_db
@pytest.mark.parametrize("queues", [["default"], ["now", "clock"], None])
def test_it_takes_the_job_that_procrastinate_would(queues: list[str] | None) -> None:
    chance = random.Random(7)
    running = set()
    for _job in range(120):
        lock = chance.choice([None, None, "a", "b", "c", "d"])
        status = chance.choice([*4 * ["todo"], "doing", "succeeded", "failed"])
        if status == "doing" and lock in running:
            status = "todo"
        if status == "doing" and lock:
            running.add(lock)
        add(
            status=status, lock=lock, priority=chance.choice([0, 0, 5, 10]),
            queue=chance.choice(["default", "now", "clock"]),
            minutes=chance.choice([None, -5, 5]),
        )  # fmt: skip
    jobs = []
    while job := procrastinate_would_take(queues):
        assert taken(queues) == job
        jobs.append(job)
        if chance.random() < 0.7:  # others go on
            finish(job)
    assert taken(queues) is None
    assert len(jobs) == len(set(jobs)) > 5


@pytest.mark.django_db
def test_of_jobs_with_one_lock_one_runs_at_a_time() -> None:
    add(2, lock="a")
    first, second = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True)
    assert (taken(None), taken(None)) == (first, None)
    finish(first)
    assert taken(None) == second


def plans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from plans(below)


def rows_read(plan: dict[str, Any]) -> Any:
    """By the part of it that read most."""
    return max(
        (part["Actual Rows"] + part.get("Rows Removed by Filter", 0)) * part["Actual Loops"]
        for part in plans(plan)
    )


def plan_of_taking() -> dict[str, Any]:
    """How the worker's connections take the next job, and what that read."""
    with connection.cursor() as cursor:
        cursor.execute(ALONG_THE_INDEX.replace("SET", "SET LOCAL"))
        told = {"queues": ["default"], "worker_id": None}
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {TAKE_NEXT}", told)
        (found,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    assert "job" in {part.get("Alias") for part in plans(plan)}
    return plan


@pytest.fixture
def statistics_of_none() -> None:
    """Were made while no job waited, as they usually are."""
    add(1000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
        cursor.execute("ANALYZE procrastinate_jobs")


@pytest.mark.django_db
@pytest.mark.usefixtures("statistics_of_none")
@pytest.mark.parametrize(("lock", "most"), [(None, 10), ("a", 410)])
def test_those_that_wait_are_read_once_at_most_to_take_one(lock: str | None, most: int) -> None:
    add(lock=lock)
    add(400)
    assert rows_read(plan_of_taking()) <= most


@pytest.mark.django_db
@pytest.mark.usefixtures("statistics_of_none")
@pytest.mark.parametrize("first", [{"status": "doing"}, {"minutes": 5}])
def test_those_that_wait_behind_another_are_not_compared_one_by_one(first: dict[str, Any]) -> None:
    """As uploaded covers do, each time the storage does not answer."""
    add(400, minutes=60)
    add(lock="a", **first)
    add(400, lock="a")
    plan = plan_of_taking()
    assert plan["Actual Rows"] == 0
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= 400  # not one for each


@pytest.mark.django_db(transaction=True)
def test_the_book_hands_out_one_job_after_the_other_and_then_none() -> None:
    add(queue="later", priority=1)
    add(queue="sooner", priority=2)
    add(queue="never", minutes=60)
    worker = app.with_connector(working.connector())

    async def queues() -> list[str | None]:
        async with worker.open_async():
            assert await worker.connector.execute_query_one_async("SHOW enable_sort") == {
                "enable_sort": "off"
            }
            book = Book(worker)
            jobs = [await book.fetch_job(None, None) for _turn in range(3)]
            return [job.queue if job else None for job in jobs]

    assert asyncio.run(queues()) == ["sooner", "later", None]
