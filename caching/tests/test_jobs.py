"""How jobs wait for Redis."""

import datetime

import time_machine
from procrastinate.jobs import Job

from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS


def wait_seconds(error: Exception, *, attempts: int) -> int | None:
    job = Job(
        id=1, queue="default", lock=None, queueing_lock=None, task_name="any", attempts=attempts
    )
    now = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
    with time_machine.travel(now, tick=False):
        decision = UNTIL_REDIS_ANSWERS.get_retry_decision(exception=error, job=job)
    if decision is None or decision.retry_at is None:
        return None
    return round((decision.retry_at - now).total_seconds())


def test_a_job_is_tried_again_for_as_long_as_redis_is_gone() -> None:
    gone = store.Unavailable("gone")
    waits = [wait_seconds(gone, attempts=attempts) for attempts in (0, 1, 2, 100, 100_000)]
    assert waits == [1, 2, 3, 5, 5]


def test_what_no_outage_explains_has_failed() -> None:
    assert wait_seconds(KeyError("numbers"), attempts=0) is None
