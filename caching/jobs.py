"""The transactional outbox of the cache: bumps that are repeated until Redis took them."""

from contextlib import suppress

from django.db import InterfaceError, OperationalError, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job

from caching import store

OUTAGES = (store.Unavailable, InterfaceError, OperationalError)
LONGEST_WAIT_SECONDS = 5  # so that all is well again soon after a long outage
NOW = "now"  # the queue of short jobs that visitors wait for: a worker keeps places free for it
FIRST = 10  # priority of what takes a moment, before the thousands of jobs of a large import


class UntilRedisAnswers(BaseRetryStrategy):
    """Try again for as long as an outage lasts; what no outage explains has failed."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Wait 1 second, then 2, and never longer than LONGEST_WAIT_SECONDS."""
        if not isinstance(exception, OUTAGES):
            return None
        return RetryDecision(retry_in={"seconds": min(job.attempts + 1, LONGEST_WAIT_SECONDS)})


UNTIL_REDIS_ANSWERS = UntilRedisAnswers()


@app.task(name="caching.bump", queue=NOW, priority=FIRST, retry=UNTIL_REDIS_ANSWERS)
def bump(names: list[str]) -> None:
    """Raise the generations of `names`; tried again while Redis is gone."""
    store.bump(names)


def defer_once(name: str, *, once: str, in_seconds: int = 0, **arguments: int) -> None:
    """Defer the job of that name, unless one of the same `once` waits; they run one after another.

    It begins in so many seconds at the earliest, and stands for all that ask for it until then.
    """
    later = {"seconds": in_seconds} if in_seconds else None
    job = app.configure_task(name, lock=once, queueing_lock=once, schedule_in=later)
    with suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(**arguments)
