"""A store that is away costs a process one short wait a second, and not one for each request.

After STRIKES questions in a row without an answer the process leaves the store alone: whoever would
ask is told so at once, and does without. Each AWAY_SECONDS one question is let through to see
whether it is back; its answer opens the way for all. One answer that comes late is no outage.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import redis

from caching.tracking import Tracked
from caching.wire import Wires

T = TypeVar("T")

logger = logging.getLogger(__name__)

AWAY_SECONDS = 1.0
STRIKES = 2
SILENCE = (redis.ConnectionError, redis.TimeoutError)
DEMOTED = (redis.exceptions.ReadOnlyError, redis.exceptions.MasterDownError)


class LeftAlone(redis.ConnectionError):
    """Redis was not asked, because it did not answer a moment ago."""


class Breaker:
    """Whether a store answered lately; shared by all threads of the process."""

    def __init__(self, name: str) -> None:
        """`name` is how the log calls the store."""
        self.why = ""
        """What its latest failure said."""
        self._name = name
        self._strikes = 0
        self._next_try_at = 0.0  # on the monotonic clock
        self._turn = threading.Lock()

    def may_ask(self) -> bool:
        """Whether to ask it now; while it is away, one question a second is to be answered yes."""
        if self._strikes < STRIKES:
            return True
        with self._turn:
            is_due = monotonic() >= self._next_try_at
            if is_due:
                self._next_try_at = monotonic() + AWAY_SECONDS
            return is_due

    def miss(self, error: Exception, *, strikes: int = 1) -> None:
        """It did not answer."""
        with self._turn:
            before, self._strikes = self._strikes, self._strikes + strikes
            self._next_try_at = monotonic() + AWAY_SECONDS
            self.why = str(error)
        if before < STRIKES <= before + strikes:
            logger.error("%s is away, and asked only once in a while: %s", self._name, error)

    def greet(self) -> None:
        """It answered."""
        if not self._strikes:
            return
        with self._turn:
            was_away = self._strikes >= STRIKES
            self._strikes = 0
        if was_away:
            logger.warning("%s is back.", self._name)


class Pool(redis.ConnectionPool):
    """The connections to one Redis, and whether it makes sense to use them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._breaker = Breaker("Redis")

    def reset(self) -> None:
        """Begin without any connection; a process that was forked does that, too."""
        super().reset()
        self._wires = Wires(self)

    def exchange(self, question: bytes, replies: int) -> list[Any]:
        """What is answered to what was packed (see `wire`); raises LeftAlone as `ask` does."""
        self._checkpid()

        def ask() -> list[Any]:
            return believed(self._wires.exchange(question, replies))

        return self.ask(ask)

    def track(self, tracked: Tracked) -> list[Any]:
        """What is answered to a question with one reply, which is remembered if it is asked again.

        Raises LeftAlone as `ask` does.
        """
        self._checkpid()

        def ask() -> list[Any]:
            return believed(self._wires.track(tracked))

        return self.ask(ask)

    def remembered(self, tracked: Tracked) -> Any:
        """The reply that Redis would give again; None where only asking it can tell."""
        self._checkpid()
        return self._wires.remembered(tracked)

    def ask(self, question: Callable[[], T]) -> T:
        """What the question is answered; raises LeftAlone while Redis is left alone."""
        breaker = self._breaker
        if not breaker.may_ask():
            raise LeftAlone(f"Left alone for a moment: {breaker.why}")
        try:
            answer = question()
        except SILENCE as error:
            breaker.miss(error)
            raise
        except DEMOTED as error:
            breaker.miss(error, strikes=STRIKES)  # an answer, and no doubt about it
            self._connect_anew()
            raise
        except redis.ResponseError:
            breaker.greet()
            raise
        breaker.greet()
        return answer

    def _connect_anew(self) -> None:
        """Look again where the address leads: whoever answered is a replica by now."""
        with self._lock:
            for connection in self._available_connections:
                connection.disconnect()
            for connection in self._in_use_connections:  # by other threads, at this moment
                connection.mark_for_reconnect()
        self._wires.end()


def believed(replies: list[Any]) -> list[Any]:
    """The replies. A replica's refusal is raised: all else that it says may be old."""
    for each in replies:
        if isinstance(each, DEMOTED):
            raise each
    return replies
