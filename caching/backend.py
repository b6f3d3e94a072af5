"""Django's own cache, which counts attempts to sign in: in Redis, or in this process without it."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.exceptions import ConnectionInterrupted

logger = logging.getLogger(__name__)


class Cache(RedisCache):  # type: ignore[misc]  # django-redis's types are not exported
    """Limits hold while Redis is gone too, though each process counts for itself then.

    An answer "nothing was stored" would mean "somebody else holds the lock" to whoever counts, and
    lock everybody out.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._here = LocMemCache("bookstore", {})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Store unless there is something; whether it was stored."""
        return bool(self._ask(lambda cache: cache.add(*args, **kwargs)))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """What is stored, or the default."""
        return self._ask(lambda cache: cache.get(*args, **kwargs))

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Store."""
        self._ask(lambda cache: cache.set(*args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Forget; whether there was anything."""
        return bool(self._ask(lambda cache: cache.delete(*args, **kwargs)))

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        here: BaseCache = self._here
        try:
            return question(self.client)
        except ConnectionInterrupted as error:
            logger.warning("Counting without Redis: %s", error)
            return question(here)
