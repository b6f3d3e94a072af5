"""The way to Redis: its connection, and what it means that Redis does not answer."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import redis
from django.conf import settings
from django_redis import get_redis_connection

P = ParamSpec("P")
T = TypeVar("T")


class Unavailable(Exception):
    """Redis does not answer."""


class OutOfMemory(Unavailable):
    """Redis answers, but has no memory left for what it is to keep."""


_known: tuple[Any, Any] = (None, None)


def client() -> Any:
    """The raw connection (a `redis.Redis` that answers bytes), for the live answers' structures.

    The same for as long as the settings are; Django looks it up in each thread, each time.
    """
    global _known  # noqa: PLW0603 - the one door of this process
    caches, known = _known
    if caches is not settings.CACHES:
        known = get_redis_connection("default")
        _known = settings.CACHES, known
    return known


def needs_redis(function: Callable[P, T]) -> Callable[P, T]:
    """Turn any failure to reach Redis inside `function` into Unavailable."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except redis.OutOfMemoryError as error:
            raise OutOfMemory(str(error)) from error
        except redis.RedisError as error:
            raise Unavailable(str(error)) from error

    return wrapper


def trouble() -> str:
    """Why Redis does not answer, in its own words; nothing when it does."""
    try:
        client().ping()
    except redis.RedisError as error:
        return str(error)
    return ""
