"""Jobs that carry changes of the catalogue into Redis, repeated until it took them."""

from procrastinate.contrib.django import app

from caching import store
from caching.jobs import UNTIL_REDIS_ANSWERS
from catalog import affinities, memory, shelf_sizes

ONE_REBUILD = "catalog.heal_memory"


@app.task(name="catalog.publish_stock", retry=UNTIL_REDIS_ANSWERS)
def publish_stock(numbers: list[str]) -> None:
    """Renew the live stock levels of these editions."""
    memory.publish_stock(numbers)


@app.task(name="catalog.publish_works", retry=UNTIL_REDIS_ANSWERS)
def publish_works(work_ids: list[int]) -> None:
    """Renew the suggestions and stock levels of these works, and what stands beside them."""
    memory.publish_works(work_ids)
    affinities.renew(work_ids)
    shelf_sizes.renew_soon()


@app.periodic(cron="11 4 * * *")
@app.task(name=shelf_sizes.JOB, lock=shelf_sizes.JOB, queueing_lock=shelf_sizes.JOB)
def count_shelves(timestamp: int) -> None:
    """Count what stands on each shelf (`timestamp`: the planned second, unused)."""
    shelf_sizes.renew()


@app.periodic(cron="31 4 * * *")
@app.task(name="catalog.recommend", queueing_lock="catalog.recommend")
def recommend(timestamp: int) -> None:
    """Find anew what stands beside each book (`timestamp`: the planned second, unused)."""
    affinities.renew_all()


@app.periodic(cron="* * * * * */5")  # croniter's sixth field counts seconds
@app.task(name="catalog.heal_memory", queue="clock", lock=ONE_REBUILD, queueing_lock=ONE_REBUILD)
def heal_memory(timestamp: int) -> None:
    """Fill Redis again when it came back empty (`timestamp`: the planned second, unused)."""
    try:
        if not memory.is_built():
            memory.rebuild()
    except store.Unavailable:
        return  # asked again in five seconds
