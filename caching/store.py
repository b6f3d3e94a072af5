"""The one door to Redis.

Cached answers are kept by generations: every thing an answer depends on (`edition:<isbn13>`,
`subject:<code>` …) has a counter, the counters stand in the answer's key, and whoever changes the
thing raises its counter after the commit. Old answers are never deleted; they are simply no
longer asked for, and expire.

Redis being gone makes the shop slower and never breaks it: reads find nothing, writes are dropped
with a warning in the log, and answers are computed anew.
"""

import functools
import hashlib
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import redis
from django.db import transaction
from django_redis import get_redis_connection
from procrastinate.contrib.django import app

from caching.answers import Answer
from caching.measuring import ANSWERS

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LOCK_SECONDS = 10  # how long one process may recompute before others stop waiting for it
WAIT_SECONDS = 2.0  # how long the others wait for it
POLL_SECONDS = 0.02

# A lock that has run out may be another process's by now.
DELETE_IF_SAME = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
"""
BUMPED_AT_ONCE = 1_000
# One command and not one for each: an import raises thousands.
RAISE_ALL = "for _, key in ipairs(KEYS) do redis.call('INCR', key) end"


class Unavailable(Exception):
    """Redis does not answer."""


def client() -> Any:
    """The raw connection (a `redis.Redis` that answers bytes), for the live answers' structures."""
    return get_redis_connection("default")


def needs_redis(function: Callable[P, T]) -> Callable[P, T]:
    """Turn any failure to reach Redis inside `function` into Unavailable."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
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


def _generation_key(name: str) -> str:
    return f"generation:{name}"


@needs_redis
def _answer_key(answer: Answer, arguments: Mapping[str, str]) -> str:
    names = answer.depends_on(**arguments)
    generations = client().mget([_generation_key(name) for name in names]) if names else []
    parts = [answer.name, *(f"{key}={value}" for key, value in sorted(arguments.items()))]
    parts += [(generation or b"0").decode() for generation in generations]
    digest = hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f"answer:{answer.name}:{digest.hexdigest()}"


def remember(answer: Answer, compute: Callable[[], bytes], **arguments: str) -> bytes:
    """The cached answer for `arguments`, or what `compute` makes of it now.

    The generations are read before `compute` runs its queries, so an answer computed from data
    that changes meanwhile is filed under a key that nobody asks for any more. One process
    recomputes at a time; the others wait for it, but never longer than WAIT_SECONDS.
    """
    try:
        key = _answer_key(answer, arguments)
        stored = _get(key)
        if stored is not None:
            ANSWERS.labels(answer.name, "hit").inc()
            return stored
        lock = secrets.token_bytes(16)
        is_ours = _set(f"lock:{key}", lock, LOCK_SECONDS, only_if_absent=True)
        if not is_ours and (computed_elsewhere := _wait_for(key)) is not None:
            ANSWERS.labels(answer.name, "waited").inc()
            return computed_elsewhere
    except Unavailable as error:
        logger.warning("Answering %s without Redis: %s", answer.name, error)
        ANSWERS.labels(answer.name, "away").inc()
        return compute()
    ANSWERS.labels(answer.name, "miss").inc()
    try:
        body = compute()
        _file(key, body, answer.lifetime_seconds)
    finally:
        if is_ours:
            _unlock(f"lock:{key}", lock)
    return body


@needs_redis
def _get(key: str) -> bytes | None:
    stored: bytes | None = client().get(key)
    return stored


@needs_redis
def _get_both(first: str, second: str) -> tuple[bytes | None, bytes | None]:
    values: list[bytes | None] = client().mget([first, second])
    return values[0], values[1]


@needs_redis
def _set(key: str, value: bytes, seconds: int, *, only_if_absent: bool = False) -> bool:
    return bool(client().set(key, value, ex=seconds, nx=only_if_absent))


def _wait_for(key: str) -> bytes | None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        stored, lock = _get_both(key, f"lock:{key}")
        if stored is not None or lock is None:  # without the lock nobody computes any more
            return stored
    return None


def _file(key: str, body: bytes, lifetime_seconds: int) -> None:
    # Jittered, so that answers filed together do not all expire together.
    seconds = max(1, int(lifetime_seconds * random.uniform(0.9, 1.1)))  # noqa: S311
    try:
        _set(key, body, seconds)
    except Unavailable as error:
        logger.warning("Could not file %s: %s", key, error)


def _unlock(key: str, lock: bytes) -> None:
    try:
        client().eval(DELETE_IF_SAME, 1, key, lock)
    except redis.RedisError as error:
        logger.warning("Could not unlock %s: %s", key, error)


@needs_redis
def bump(names: Sequence[str]) -> None:
    """Make every answer that depends on one of `names` stale, at once.

    Raises Unavailable when Redis does not answer.
    """
    for start in range(0, len(names), BUMPED_AT_ONCE):
        keys = [_generation_key(name) for name in names[start : start + BUMPED_AT_ONCE]]
        client().eval(RAISE_ALL, len(keys), *keys)


def bump_after_commit(names: Iterable[str]) -> None:
    """Raise the generations of `names` as soon as the running transaction has committed.

    The bump happens twice: right after the commit, and again by a job that is written in the same
    transaction and repeated until it succeeded. A crash between commit and bump, or Redis being
    gone just then, therefore heals by itself.
    """
    unique: list[Any] = sorted(set(names))
    if not unique:
        return
    app.configure_task("caching.bump").defer(names=unique)  # by name: jobs stand above this module
    transaction.on_commit(lambda: _bump_or_leave_it_to_the_job(unique))


def _bump_or_leave_it_to_the_job(names: Sequence[str]) -> None:
    try:
        bump(names)
    except Unavailable as error:
        logger.warning("Left %d stale answers to the job: %s", len(names), error)
