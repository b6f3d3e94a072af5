"""The one door to Redis.

Cached answers are kept by generations: every thing an answer depends on (`edition:<isbn13>`,
`subject:<code>` …) has a random token, the tokens stand in the answer's value, and whoever changes
the thing takes its token away after the commit. An answer is given only while its tokens are those
of now, which one command tells, or Redis by itself (`tracking`); a newer one takes its place.

Redis being gone makes the shop slower and never breaks it: reads find nothing, writes are dropped
with a warning in the log, and answers are computed anew.
"""

import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate.contrib.django import app

from caching import turns
from caching.answers import Answer
from caching.door import OutOfMemory, Unavailable, client, needs_redis, trouble
from caching.kept import Kept, made_of, unkept
from caching.measuring import ANSWERS, labelled
from caching.overdue import Overdue
from caching.question import Place, Question
from caching.servers import ERA, token_key

__all__ = [
    "OutOfMemory", "Place", "Unavailable", "at_hand", "bump", "bump_after_commit", "bypassed",
    "client", "needs_redis", "once_an_era", "overdue", "recall", "remember", "trouble",
]  # fmt: skip

logger = logging.getLogger(__name__)

BUMPED_AT_ONCE = 1_000
NEARLY_ONE = 1 - 1e-9  # as chance: what is not due by this is due by none

_is_bypassed: ContextVar[bool] = ContextVar("is_bypassed", default=False)


def remember(answer: Answer, compute: Callable[[], bytes], **arguments: str) -> bytes:
    """The cached answer for `arguments`, or what `compute` makes of it now; see recall."""
    return recall(answer, compute, arguments).body


def recall(
    answer: Answer,
    compute: Callable[[], bytes],
    arguments: Mapping[str, str],
    *,
    chance: Callable[[], float] = random.random,
) -> Kept:
    """The cached answer for `arguments` as it is kept, or what `compute` makes of it now.

    The generations are read before `compute` runs its queries, so an answer computed from data
    that changes meanwhile holds for nobody any more. One process recomputes at a time; the others
    wait for it, but never longer than WAIT_SECONDS. Shortly before an answer ends one process may
    make it anew while all others are given what holds still; `chance` gives numbers from 0 up to 1.
    Raises `turns.NoTurn` where too many compute and nothing was right until it ended.
    """
    if _is_bypassed.get():
        return unkept(compute())
    question = Question(Place(answer, arguments), arguments)
    try:
        kept = question.look()
        is_due = kept is not None and kept.is_due(at=time.time(), chance=chance())
        if kept and (held := question.claim_early(kept) if is_due else kept):
            labelled(ANSWERS, answer.name, "hit").inc()
            return held
        # Jittered, so that answers filed together do not all expire together.
        seconds = max(1, int(answer.lifetime_seconds * (0.9 + 0.2 * chance())))
        return _renewed(answer.name, question, compute, seconds, kept)
    except Unavailable as error:
        logger.warning("Answering %s without Redis: %s", answer.name, error)
        labelled(ANSWERS, answer.name, "away").inc()
        return made_of(compute())
    finally:
        question.release()


def at_hand(place: Place, arguments: Mapping[str, str]) -> Kept | None:
    """The answer that holds and need not be computed for a while; one command at most.

    `arguments` are those that turn. Whoever is given None asks `recall`. Raises Unavailable when
    Redis does not answer.
    """
    if _is_bypassed.get():
        return None
    kept = Question(place, arguments).recollect()
    if kept is None or kept.is_due(at=time.time(), chance=NEARLY_ONE):
        return None
    labelled(ANSWERS, place.answer.name, "hit").inc()
    return kept


def _renewed(
    name: str,
    question: Question,
    compute: Callable[[], bytes],
    lifetime_seconds: int,
    kept: Kept | None,
) -> Kept:
    """What another one computes meanwhile, or else what `compute` makes.

    Without PostgreSQL, or a turn, what is `kept` and holds still, or has outlived.
    """
    outcome = "early" if kept else "miss"
    try:
        with turns.one(may_wait=not kept):
            if not kept and (waited_for := question.wait_or_claim()):
                outcome = "waited"
                return waited_for
            return _computed(question, compute, lifetime_seconds)
    except (OperationalError, InterfaceError):
        outlived = kept or question.outlived()
        if outlived is None:
            raise
        outcome = "hit" if kept else "stale"
        return outlived
    finally:
        labelled(ANSWERS, name, outcome).inc()


def _computed(question: Question, compute: Callable[[], bytes], lifetime_seconds: int) -> Kept:
    began_at, started_at = time.time(), time.perf_counter()
    try:
        body = compute()
    except Exception:
        question.forget()
        raise
    kept = made_of(
        body,
        took_seconds=time.perf_counter() - started_at,
        expires_at=began_at + lifetime_seconds,  # what it tells is as old as its first query
    )
    question.file(kept, seconds=lifetime_seconds)
    return kept


@contextlib.contextmanager
def bypassed() -> Iterator[None]:
    """Have answers computed inside the block, neither read nor kept: what they would be now."""
    token = _is_bypassed.set(True)
    try:
        yield
    finally:
        _is_bypassed.reset(token)


@needs_redis
def once_an_era(note: str, renew: Callable[[], object], *, is_needed: bool) -> None:
    """Call `renew` where that is needed, or another server has taken over since it last was.

    `note` is the key under which the era is remembered. Raises Unavailable when Redis does not
    answer.
    """
    era, noted = client().mget(ERA, note)
    if is_needed or (era and noted not in (None, era)):
        renew()
    if era and era != noted:
        client().set(note, era)


@needs_redis
def bump(names: Sequence[str]) -> None:
    """Make every answer that depends on one of `names` stale, at once.

    Raises Unavailable when Redis does not answer.
    """
    for start in range(0, len(names), BUMPED_AT_ONCE):
        some = names[start : start + BUMPED_AT_ONCE]
        client().unlink(*map(token_key, some))  # never refused, however full Redis is
    # Redis writes to all whom it tells of a command before it reads the next one: whoever remembers
    # an old answer (caching/tracking.py) has been told by the time that this one is answered.
    client().ping()


def bump_after_commit(names: Iterable[str]) -> None:
    """Raise the generations of `names` as soon as the running transaction has committed.

    The bump happens twice: right after the commit, and again by a job that is written in the same
    transaction and repeated until it succeeded. A crash between commit and bump, or Redis being
    gone just then, therefore heals by itself; so that it heals at once, this process tries again,
    too, for as long as it lives. Raises TransactionManagementError where no
    transaction runs: the answers would be made anew before the write that follows.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Call it in the transaction of the change.")
    unique: list[Any] = sorted(set(names))
    if not unique:
        return
    app.configure_task("caching.bump").defer(names=unique)  # by name: jobs stand above this module
    transaction.on_commit(lambda: _bump_now_or_later(unique))


def _bump_now_or_later(names: Sequence[str]) -> None:
    try:
        bump(names)
    except Unavailable as error:
        logger.warning("%d generations are raised once Redis is back: %s", len(names), error)
        overdue.add(names)


overdue = Overdue(bump)
"""What this process has yet to bump."""
