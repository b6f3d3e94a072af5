"""Jobs that carry changes of the catalogue into Redis, repeated until it took them."""

import datetime

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS
from catalog import indexing, memory, spelling, unanswered

ONE_REBUILD = "catalog.heal_memory"
HOURS_OF_TURNING = (0, 6)  # the second time for a worker that was not there at midnight


@app.task(name="catalog.publish_stock", retry=UNTIL_REDIS_ANSWERS)
def publish_stock(numbers: list[str]) -> None:
    """Renew the live stock levels of these editions."""
    memory.publish_stock(numbers)


@app.task(name="catalog.publish_works", retry=UNTIL_REDIS_ANSWERS)
def publish_works(work_ids: list[int]) -> None:
    """Renew the suggestions and stock levels of these works, and learn their words."""
    spelling.learn(work_ids)
    memory.publish_works(work_ids)


@app.periodic(cron="* * * * * */5")  # croniter's sixth field counts seconds
@app.task(name="catalog.heal_memory", queue="clock", lock=ONE_REBUILD, queueing_lock=ONE_REBUILD)
def heal_memory(timestamp: int) -> None:
    """Fill Redis again when it came back empty (`timestamp`: the planned second, unused)."""
    try:
        if not memory.is_built():
            memory.rebuild()
    except store.Unavailable:
        return  # asked again in five seconds


@app.periodic(cron="*/30 * * * *")  # midnight comes at a half hour in some places
@app.task(name="catalog.turn_day", queue="clock", lock="catalog.turn_day")
def turn_day(timestamp: int) -> None:
    """Sort and filter by the prices and publication dates of the day that has begun."""
    now = timezone.localtime(datetime.datetime.fromtimestamp(timestamp, tz=datetime.UTC))
    if now.hour in HOURS_OF_TURNING:
        with transaction.atomic():
            indexing.works_changed(indexing.works_turning(now.date()))


@app.periodic(cron="40 3 * * *")
@app.task(name="catalog.count_words", queue="clock", lock="catalog.count_words")
def count_words(timestamp: int) -> None:
    """Know how often each word comes, and forget those that nothing has any more."""
    spelling.count_words()


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
    """Write the search entries anew that an older release wrote."""
    while works := indexing.unfinished_works():
        with transaction.atomic():
            indexing.works_changed(works)
