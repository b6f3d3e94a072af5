"""How often one client may do something: counted in Redis; by each process while Redis is away."""

import logging
import time
from dataclasses import dataclass

import redis
from django.core.cache.backends.locmem import LocMemCache

from caching import store

logger = logging.getLogger(__name__)

MOST_HERE = 10_000  # clients that a process counts for itself; then some are forgotten
_here = LocMemCache("limits", {"max_entries": MOST_HERE})


@dataclass(frozen=True)
class Limit:
    """So many times in so many seconds."""

    name: str
    times: int
    seconds: int


def spend(limit: Limit, client: str) -> int:
    """Count once more; 0 if `client` may, else the seconds until it may again."""
    window, elapsed = divmod(int(time.time()), limit.seconds)
    key = f"limit:{limit.name}:{client}:{window}"
    try:
        count = _count(key, limit.seconds)
    except redis.RedisError as error:
        logger.warning("Counting %s in this process alone: %s", limit.name, error)
        count = _count_here(key, limit.seconds)
    return limit.seconds - elapsed if count > limit.times else 0


def _count(key: str, seconds: int) -> int:
    """How often by now, counted on a trip; raises redis.RedisError where Redis refuses."""
    counting = store.client().trip()
    counting.count(key, seconds)
    counting.execute()
    if isinstance(counting.counted, Exception):
        raise counting.counted
    return int(counting.counted)


def _count_here(key: str, seconds: int) -> int:
    _here.add(key, 0, timeout=seconds)
    try:
        return _here.incr(key)
    except ValueError:  # forgotten this moment, because there were too many
        return 1
