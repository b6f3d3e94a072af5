"""Housekeeping of the shop as a whole, by the clock."""

import logging
import random
import time

from django.core.management import call_command
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from bookstore import canary, renewal
from bookstore.backlog import SILENT_SECONDS
from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS

logger = logging.getLogger(__name__)

KEPT_HOURS = 72  # how long finished jobs can be looked at
CLOCK = "clock"  # the queue of jobs that run so often that their success is no news


@app.periodic(cron="* * * * * */10")  # croniter's sixth field counts seconds
@app.task(
    name="bookstore.retry_stalled", queue=CLOCK, queueing_lock="retry_stalled", pass_context=True
)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of a worker that was killed to one that lives."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # of those that wait only once, another one waits already
            await manager.finish_job(job, Status.FAILED, delete_job=False)
        except ConnectorException:
            logger.exception("Job %s, which stalled, could not be tried again", job.id)


@app.periodic(cron="7 * * * *")
@app.task(
    name="bookstore.delete_clock_jobs",
    queue=CLOCK,
    queueing_lock="delete_clock_jobs",
    pass_context=True,
)
async def delete_clock_jobs(context: JobContext, timestamp: int) -> None:
    """Forget what the clock did well: thousands of rows a day."""
    await context.app.job_manager.delete_old_jobs(nb_hours=1, queue=CLOCK)


@app.periodic(cron="17 3 * * *")
@app.task(name="bookstore.delete_old_jobs", queueing_lock="delete_old_jobs", pass_context=True)
async def delete_old_jobs(context: JobContext, timestamp: int) -> None:
    """Forget finished jobs; failed ones stay longer, for staff to look at."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEPT_HOURS)
    await manager.delete_old_jobs(
        nb_hours=30 * 24, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.task(name="bookstore.renew", retry=UNTIL_REDIS_ANSWERS)
def renew() -> None:
    """Have Redis forget a world that is no more."""
    renewal.renew()


@app.periodic(cron="47 3 * * *")
@app.task(name="bookstore.forget_sessions", queueing_lock="forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Delete the sessions of visitors who have not come back."""
    call_command("clearsessions")


@app.periodic(cron="* * * * *")
@app.task(
    name="bookstore.compare_answers",
    queue=CLOCK,
    lock="compare_answers",
    queueing_lock="compare_answers",
)
def compare_answers(timestamp: int) -> None:
    """Fail where the shop shows something old, and say what (`timestamp` chooses what is seen)."""
    try:
        canary.look(
            chance=random.Random(timestamp),  # noqa: S311 - nobody gains by guessing
            pause=lambda: time.sleep(canary.PAUSE_SECONDS),
        )
    except store.Unavailable:
        return  # without Redis nothing old is shown
