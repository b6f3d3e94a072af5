"""Jobs that carry changes of the catalogue into Redis, repeated until it took them."""

from django.utils import timezone
from procrastinate.contrib.django import app

from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS
from catalog import memory, uploaded_lists

ONE_REBUILD = "catalog.heal_memory"


@app.task(name="catalog.publish_stock", retry=UNTIL_REDIS_ANSWERS)
def publish_stock(numbers: list[str]) -> None:
    """Renew the live stock levels of these editions."""
    memory.publish_stock(numbers)


@app.task(name="catalog.publish_works", retry=UNTIL_REDIS_ANSWERS)
def publish_works(work_ids: list[int]) -> None:
    """Renew the suggestions and stock levels of these works."""
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


@app.task(name="catalog.take_in_list")
def take_in_list(list_id: int) -> None:
    """Take in a list that staff uploaded; after a kill, the rest of it."""
    uploaded_lists.take_in(list_id, at=timezone.now(), today=timezone.localdate())


@app.periodic(cron="41 3 * * *")
@app.task(name="catalog.forget_lists", queueing_lock="catalog.forget_lists")
def forget_lists(timestamp: int) -> None:
    """Remove lists that nobody took in (`timestamp`: the planned second, unused)."""
    uploaded_lists.forget_old(now=timezone.now())
