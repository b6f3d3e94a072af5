"""How often one client may do something: counted in Redis, and not at all while Redis is away."""

import logging
import time
from dataclasses import dataclass

import redis

from caching import store

logger = logging.getLogger(__name__)


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
        counting = store.client().pipeline()
        counting.incr(key)
        counting.expire(key, limit.seconds)
        count, _is_kept = counting.execute()
    except redis.RedisError as error:
        logger.warning("Not counting %s: %s", limit.name, error)
        return 0
    return limit.seconds - elapsed if count > limit.times else 0
