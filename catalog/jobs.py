"""Jobs: carry changes of the catalogue into Redis, and take suppliers' files in and out."""

from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from caching import store
from caching.jobs import OUTAGES, UNTIL_REDIS_ANSWERS
from catalog import memory
from catalog.feeds import ahead, runs, taking, undoing

ONE_REBUILD = "catalog.heal_memory"
BUSY_SECONDS = 10  # until it is looked again whether the supplier's other file is done
MOST_ATTEMPTS = 5


class UntilItIsOurTurn(BaseRetryStrategy):
    """Wait for the supplier's other file, and for outages; some other stops are tried again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Every BUSY_SECONDS, without end or for MOST_ATTEMPTS; None: it has failed."""
        is_waiting = isinstance(exception, (runs.SupplierBusy, *OUTAGES))
        is_stopped = isinstance(exception, (ahead.ReaderFailed, taking.Overtaken))
        if is_waiting or (is_stopped and job.attempts < MOST_ATTEMPTS):
            return RetryDecision(retry_in={"seconds": BUSY_SECONDS})
        return None


UNTIL_IT_IS_OUR_TURN = UntilItIsOurTurn()


@app.task(name="catalog.publish_stock", retry=UNTIL_REDIS_ANSWERS)
def publish_stock(numbers: list[str]) -> None:
    """Renew the live stock levels of these editions."""
    memory.publish_stock(numbers)


@app.task(name="catalog.publish_works", retry=UNTIL_REDIS_ANSWERS)
def publish_works(work_ids: list[int]) -> None:
    """Renew the suggestions and stock levels of these works."""
    memory.publish_works(work_ids)


@app.task(name="catalog.run_import", retry=UNTIL_IT_IS_OUR_TURN)
def run_import(run_id: int) -> None:
    """Take a supplier's file in, or what is left of it after a killed worker."""
    runs.run(run_id, at=timezone.now())


@app.task(name="catalog.undo_import", retry=UNTIL_IT_IS_OUR_TURN)
def undo_import(run_id: int) -> None:
    """Take a supplier's file back out of the catalogue, or what is left of that."""
    undoing.undo(run_id, at=timezone.now())


@app.periodic(cron="* * * * * */5")  # croniter's sixth field counts seconds
@app.task(name="catalog.heal_memory", queue="clock", lock=ONE_REBUILD, queueing_lock=ONE_REBUILD)
def heal_memory(timestamp: int) -> None:
    """Fill Redis again when it came back empty (`timestamp`: the planned second, unused)."""
    try:
        if not memory.is_built():
            memory.rebuild()
    except store.Unavailable:
        return  # asked again in five seconds
