"""The transactional outbox of the cache: bumps that are repeated until Redis took them."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from caching import store

UNTIL_REDIS_ANSWERS = RetryStrategy(wait=1, linear_wait=1, max_attempts=10_000)


@app.task(name="caching.bump", retry=UNTIL_REDIS_ANSWERS)
def bump(names: list[str]) -> None:
    """Raise the generations of `names`; tried again while Redis is gone."""
    store.bump(names)
