"""What the cache is worth and what Redis costs: answers found or computed, time spent waiting."""

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import redis
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from redis.client import Pipeline

from caching.away import Pool, believed
from caching.servers import greet
from caching.tracking import Tracked
from caching.wire import Heard, Trip

ANSWERS = Counter(
    "bookstore_cached_answers",
    "Answers of the cache, by whether they stood in Redis (hit), another process was waited for"
    " (waited), they were computed (miss), computed anew before they ended (early), computed while"
    " Redis did not answer (away), or given although they had ended, as PostgreSQL did not answer"
    " (stale).",
    ["answer", "outcome"],
)

Figure = TypeVar("Figure", bound=MetricWrapperBase)


@functools.cache
def labelled(metric: Figure, *labels: str) -> Figure:
    """The figure of these labels, looked up once: they are few, and a lookup takes a lock."""
    return metric.labels(*labels)


@dataclass
class Spent:
    """How often Redis was asked, and how long that took; a pipeline counts once."""

    commands: int = 0
    seconds: float = 0.0
    heard: list[Heard] = field(default_factory=list)
    """What was read in trips over the short wire."""

    def add(self, more: "Spent") -> None:
        """Spent on top of it."""
        self.commands += more.commands
        self.seconds += more.seconds

    @property
    def was_all_heard(self) -> bool:
        """Whether something was asked, and all of it in trips that were answered."""
        return 0 < self.commands == len(self.heard)


_spent: ContextVar[Spent | None] = ContextVar("spent", default=None)


@contextlib.contextmanager
def spending(so_far: Spent | None = None) -> Iterator[Spent]:
    """Sums up what this request spends in Redis, until the end of the block.

    Around another such block it is all that was spent in that one, too.
    """
    outer, spent = _spent.get(), so_far or Spent()
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)
        if outer:
            outer.add(spent)


def _timed(ask: Callable[[], Any]) -> Any:
    spent = _spent.get()
    if spent is None:
        return ask()
    started_at = time.perf_counter()
    try:
        return ask()
    finally:
        spent.commands += 1
        spent.seconds += time.perf_counter() - started_at


def _note(heard: Heard) -> None:
    if spent := _spent.get():
        spent.heard.append(heard)


class TimedPipeline(Pipeline):
    """Several commands in one go, timed."""

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Send what was gathered. A replica's refusal is always raised: all else may be old."""
        send = super().execute
        pool = cast("Pool", self.connection_pool)
        results: list[Any] = _timed(lambda: pool.ask(lambda: believed(send(raise_on_error))))
        return results


class TimedRedis(redis.Redis):
    """The client that settings name: it notes how long Redis takes, and who answers, if anybody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_pool.connection_kwargs["redis_connect_func"] = greet

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command."""
        send: Callable[..., Any] = super().execute_command
        pool = cast("Pool", self.connection_pool)
        return _timed(lambda: pool.ask(lambda: send(*args, **options)))

    def exchange(self, question: bytes, replies: int) -> list[Any]:
        """What is answered to what was packed, over the short wire; refusals stand among it."""
        pool = cast("Pool", self.connection_pool)
        answered: list[Any] = _timed(lambda: pool.exchange(question, replies))
        return answered

    def said(self, tracked: Tracked) -> Any:
        """The one reply; remembered where Redis would have said that it is another one by now.

        A refusal is an error, as in `exchange`.
        """
        pool = cast("Pool", self.connection_pool)
        if (reply := pool.remembered(tracked)) is not None:
            return reply
        (reply,) = _timed(lambda: pool.track(tracked))
        return reply

    def trip(self) -> Trip:
        """Gathers what is sent over the short wire in one go."""
        return Trip(self.exchange, _note)

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Pipeline:
        """A timed pipeline."""
        return TimedPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
