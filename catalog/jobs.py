"""Jobs that carry changes of the catalogue into Redis, repeated until it took them, and upkeep."""

from django.utils import timezone
from procrastinate.contrib.django import app

from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS
from catalog import intake, memory

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


@app.periodic(cron="37 3 * * *")
@app.task(name="catalog.delete_import_files", queueing_lock="delete_import_files")
def delete_import_files(timestamp: int) -> None:
    """Delete suppliers' files that were imported long ago (`timestamp`: the planned second)."""
    intake.delete_old_files(at=timezone.now())
