"""A Redis that is away costs a process one short wait a second, and not one for each request.

After STRIKES questions in a row without an answer the process leaves Redis alone: whoever would ask
is told so at once, and does without. Each AWAY_SECONDS one question is let through to see whether
Redis is back; its answer opens the door for all. One answer that comes late is no outage.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis

T = TypeVar("T")

logger = logging.getLogger(__name__)

AWAY_SECONDS = 1.0
STRIKES = 2
SILENCE = (redis.ConnectionError, redis.TimeoutError)
DEMOTED = (redis.exceptions.ReadOnlyError, redis.exceptions.MasterDownError)


class LeftAlone(redis.ConnectionError):
    """Redis was not asked, because it did not answer a moment ago."""


class Pool(redis.ConnectionPool):
    """The connections to one Redis, and whether it makes sense to use them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._strikes = 0
        self._why = ""
        self._next_try_at = 0.0  # on the monotonic clock
        self._turn = threading.Lock()

    def ask(self, question: Callable[[], T]) -> T:
        """What the question is answered; raises LeftAlone while Redis is left alone."""
        if self._strikes >= STRIKES and not self._may_try():
            raise LeftAlone(f"Left alone for a moment: {self._why}")
        try:
            answer = question()
        except SILENCE as error:
            self._miss(error)
            raise
        except DEMOTED as error:
            self._miss(error, strikes=STRIKES)  # an answer, and no doubt about it
            self._connect_anew()
            raise
        except redis.ResponseError:
            self._greet()
            raise
        if self._strikes:
            self._greet()
        return answer

    def _may_try(self) -> bool:
        with self._turn:
            is_due = time.monotonic() >= self._next_try_at
            if is_due:
                self._next_try_at = time.monotonic() + AWAY_SECONDS
            return is_due

    def _miss(self, error: Exception, *, strikes: int = 1) -> None:
        with self._turn:
            before, self._strikes = self._strikes, self._strikes + strikes
            self._next_try_at = time.monotonic() + AWAY_SECONDS
            self._why = str(error)
        if before < STRIKES <= before + strikes:
            logger.error("Redis is away, and asked only once in a while: %s", error)

    def _greet(self) -> None:
        with self._turn:
            was_away = self._strikes >= STRIKES
            self._strikes = 0
        if was_away:
            logger.warning("Redis is back.")

    def _connect_anew(self) -> None:
        """Look again where the address leads: whoever answered is a replica by now."""
        with self._lock:
            for connection in self._available_connections:
                connection.disconnect()
            for connection in self._in_use_connections:  # by other threads, at this moment
                connection.mark_for_reconnect()
