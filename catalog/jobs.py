"""The catalogue's jobs: its changes carried into Redis, suppliers' files, lists, covers, upkeep.

What reads suppliers' files is imported where it is used: every web process knows the jobs, and it
would take 8 MB of each.
"""

import datetime

from django.db import transaction
from django.utils import timezone
from procrastinate import BaseRetryStrategy, RetryDecision, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from caching import store
from caching.jobs import FIRST, NOW, OUTAGES, UNTIL_REDIS_ANSWERS
from catalog import (
    affinities,
    cover_fetching,
    covers,
    indexing,
    intake,
    memory,
    shelf_sizes,
    spelling,
    unanswered,
    uploaded_lists,
)
from catalog.models import generations

ONE_REBUILD = "catalog.heal_memory"
FILLED_IN = "live:era"
ONE_FETCHER = "catalog.fetch_covers"
UNTIL_THE_STORAGE_ANSWERS = RetryStrategy(wait=10, exponential_wait=2, max_attempts=8)
BUSY_SECONDS = 10  # until it is looked again whether the supplier's other file is done
MOST_ATTEMPTS = 5


class UntilItIsOurTurn(BaseRetryStrategy):
    """Wait for the supplier's other file, and for outages; some other stops are tried again."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Every BUSY_SECONDS, without end or for MOST_ATTEMPTS; None: it has failed."""
        from catalog.feeds import ahead, runs, taking

        is_waiting = isinstance(exception, (runs.SupplierBusy, *OUTAGES))
        is_stopped = isinstance(exception, (ahead.ReaderFailed, taking.Overtaken))
        if is_waiting or (is_stopped and job.attempts < MOST_ATTEMPTS):
            return RetryDecision(retry_in={"seconds": BUSY_SECONDS})
        return None


UNTIL_IT_IS_OUR_TURN = UntilItIsOurTurn()


@app.task(name="catalog.publish_stock", queue=NOW, priority=FIRST, retry=UNTIL_REDIS_ANSWERS)
def publish_stock(numbers: list[str]) -> None:
    """Renew the live stock levels of these editions."""
    memory.publish_stock(numbers)


@app.task(name="catalog.publish_works", queue=NOW, retry=UNTIL_REDIS_ANSWERS)
def publish_works(work_ids: list[int]) -> None:
    """Renew suggestions and stock levels of these works, learn their words; more comes soon."""
    store.bump(generations.pages_showing(work_ids))
    spelling.learn(work_ids)
    memory.publish_works(work_ids)
    affinities.renew_soon(work_ids)
    shelf_sizes.renew_soon()


@app.task(name="catalog.publish_popularity", queue=NOW, retry=UNTIL_REDIS_ANSWERS)
def publish_popularity(work_ids: list[int]) -> None:
    """Suggest these works earlier or later than before."""
    memory.publish_works(work_ids)


@app.periodic(cron="11 4 * * *")
@app.task(name=shelf_sizes.JOB, lock=shelf_sizes.JOB, queueing_lock=shelf_sizes.JOB)
def count_shelves(timestamp: int) -> None:
    """Count what stands on each shelf (`timestamp`: the planned second, unused)."""
    shelf_sizes.renew()


@app.task(
    name=affinities.JOB,
    lock=affinities.JOB,
    queueing_lock=affinities.JOB,
    retry=UNTIL_REDIS_ANSWERS,
)
def recommend_changed(timestamp: int) -> None:
    """Find anew what stands beside changed books (`timestamp`: unused)."""
    affinities.renew_waiting()


@app.periodic(cron="31 4 * * *")
@app.task(name="catalog.recommend", queueing_lock="catalog.recommend")
def recommend(timestamp: int) -> None:
    """Find anew what stands beside each book (`timestamp`: the planned second, unused)."""
    affinities.renew_all()


@app.periodic(cron="* * * * * */5")  # croniter's sixth field counts seconds
@app.task(name="catalog.heal_memory", queue="clock", lock=ONE_REBUILD, queueing_lock=ONE_REBUILD)
def heal_memory(timestamp: int) -> None:
    """Fill Redis again when it came back empty, or another one did (`timestamp`: unused)."""
    try:
        if not memory.is_too_full():
            store.once_an_era(FILLED_IN, memory.rebuild, is_needed=not memory.is_built())
    except store.OutOfMemory:
        if memory.is_too_full():
            raise  # staff is to know, and it is tried again a while later
        return  # there is not even memory to note that: asked again in five seconds
    except store.Unavailable:
        return  # asked again in five seconds


# After popularity was learned, so that what was written beside the base for it is gone again.
@app.periodic(cron="51 4 * * *")
@app.task(name=memory.REBUILD, lock=memory.REBUILD, queueing_lock=memory.REBUILD)
def rebuild_live(timestamp: int) -> None:
    """Write the live answers anew (`timestamp`: the planned second, unused)."""
    try:
        memory.rebuild()
    except store.OutOfMemory:
        raise
    except store.Unavailable:
        return  # what there was holds on, or is missed and written anew


# One at a time, so that a heap of uploads leaves the worker free for everything else.
@app.task(name="catalog.make_cover", lock="catalog.make_cover", retry=UNTIL_THE_STORAGE_ANSWERS)
def make_cover(cover_id: int) -> None:
    """Make the sizes of a cover that staff has uploaded."""
    covers.make_uploaded(cover_id, at=timezone.now())


@app.periodic(cron="* * * * * */5")
@app.task(name="catalog.fetch_covers", queue="clock", lock=ONE_FETCHER, queueing_lock=ONE_FETCHER)
def fetch_covers(timestamp: int) -> None:
    """Fetch the covers whose turn it is (`timestamp`: the planned second, unused)."""
    cover_fetching.fetch_due(fetcher=cover_fetching.shops_fetcher(), now=timezone.now)


@app.periodic(cron="37 * * * *")
@app.task(name="catalog.sweep_covers", queueing_lock="catalog.sweep_covers")
def sweep_covers(timestamp: int) -> None:
    """Delete files that no cover shows any more, of other shelves each hour of the day."""
    hour = datetime.datetime.fromtimestamp(timestamp, datetime.UTC).hour
    covers.sweep(covers.SHELVES[hour::24], at=timezone.now())


@app.task(name="catalog.take_in_list")
def take_in_list(list_id: int) -> None:
    """Take in a list that staff uploaded; after a kill, the rest of it."""
    uploaded_lists.take_in(list_id, at=timezone.now(), today=timezone.localdate())


@app.periodic(cron="41 3 * * *")
@app.task(name="catalog.forget_lists", queueing_lock="catalog.forget_lists")
def forget_lists(timestamp: int) -> None:
    """Remove lists that nobody took in (`timestamp`: the planned second, unused)."""
    uploaded_lists.forget_old(now=timezone.now())


@app.task(name="catalog.run_import", retry=UNTIL_IT_IS_OUR_TURN)
def run_import(run_id: int) -> None:
    """Take a supplier's file in, or what is left of it after a killed worker."""
    from catalog.feeds import runs

    runs.run(run_id, at=timezone.now())


@app.task(name="catalog.undo_import", retry=UNTIL_IT_IS_OUR_TURN)
def undo_import(run_id: int) -> None:
    """Take a supplier's file back out of the catalogue, or what is left of that."""
    from catalog.feeds import undoing

    undoing.undo(run_id, at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(name="catalog.delete_import_files", queueing_lock="delete_import_files")
def delete_import_files(timestamp: int) -> None:
    """Delete suppliers' files that were imported long ago (`timestamp`: the planned second)."""
    intake.delete_old_files(at=timezone.now())


def half_hours(zone: datetime.tzinfo) -> str:
    """When midnight may come there, as cron has it by UTC: in Nepal at a quarter to or past."""
    offset = datetime.datetime.now(zone).utcoffset() or datetime.timedelta()
    minute = int(-offset.total_seconds() // 60) % 30
    return f"{minute},{minute + 30} * * * *"


@app.periodic(cron=half_hours(timezone.get_default_timezone()))
@app.task(name="catalog.turn_day", queue="clock", lock="catalog.turn_day")
def turn_day(timestamp: int) -> None:
    """Search by the prices and dates of today (`timestamp`: the planned second, unused)."""
    indexing.turn_day(at=timezone.now())


@app.periodic(cron="40 3 * * *")
@app.task(name="catalog.count_words", queue="clock", lock="catalog.count_words")
def count_words(timestamp: int) -> None:
    """Know how often each word comes, and forget those that nothing has any more."""
    spelling.count_words()


@app.periodic(cron="44 3 * * *")
@app.task(name="catalog.forget_copies", queue="clock", lock="catalog.forget_copies")
def forget_copies(timestamp: int) -> None:
    """Have search know of which books the last copy has gone."""
    indexing.forget_copies()


@app.periodic(cron="*/5 * * * *")
@app.task(name="catalog.keep_unanswered", queue="clock", lock="catalog.keep_unanswered")
def keep_unanswered(timestamp: int) -> None:
    """Write down what was looked for and not found."""
    try:
        unanswered.carry(at=timezone.now())
    except store.Unavailable:
        return  # they stay in Redis for the next time


@app.periodic(cron="* * * * *")
@app.task(name="catalog.renew_entries", queue="clock", lock="catalog.renew_entries")
def renew_entries(timestamp: int) -> None:
    """Write the search entries anew that an older release wrote, or that very many moved with."""
    while works := indexing.unfinished_works():
        with transaction.atomic():
            indexing.works_changed(works)
