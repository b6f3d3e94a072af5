"""Turns at computing: some threads of a web process stay free for what is kept already.

An answer out of Redis takes a thread for a moment, one that has to be computed for as long as
PostgreSQL takes. Were that slow, all threads would soon wait for it, and with them who only wants
what is kept. So all but one may compute, or wait for who computes. The last one may wait for a
turn, which comes in no time as long as all is well; once it has waited in vain, nobody waits for
some seconds.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from time import monotonic

from django.db import OperationalError

PATIENCE_SECONDS = 1.0
CROWDED_SECONDS = 5.0  # after somebody has waited in vain


class NoTurn(OperationalError):
    """Others compute, and take long: PostgreSQL is too slow."""


class Turns:
    """So many threads may compute at a time; who waits is served in order."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[threading.Event] = deque()
        self._crowded_until = 0.0  # on the monotonic clock
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextlib.contextmanager
    def one(self, *, may_wait: bool = True) -> Iterator[None]:
        """A turn for this thread, unless it has one already. Raises NoTurn."""
        if getattr(self._mine, "is_taken", False):
            yield
            return
        self._take(may_wait=may_wait)
        self._mine.is_taken = True
        try:
            yield
        finally:
            self._mine.is_taken = False
            self._give_back()

    def _take(self, *, may_wait: bool) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if not may_wait or monotonic() < self._crowded_until:
                raise NoTurn("Too many answers are being computed")
            given = threading.Event()
            self._waiting.append(given)
        if not given.wait(PATIENCE_SECONDS):
            self._give_up(given)

    def _give_up(self, given: threading.Event) -> None:
        with self._lock:
            if given.is_set():  # at the last moment
                return
            self._waiting.remove(given)
            self._crowded_until = monotonic() + CROWDED_SECONDS
        raise NoTurn("Too many answers are being computed")

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


_turns: Turns | None = None  # of jobs and commands, each of which has a process: as many as ask


def limit(threads: int) -> None:
    """Have one of so many threads, if there are several, kept free from now on."""
    global _turns  # noqa: PLW0603 - a process has one, and says so once
    _turns = Turns(max(1, threads - 1))


def one(*, may_wait: bool = True) -> contextlib.AbstractContextManager[None]:
    """A turn for this thread, perhaps after a wait. Raises NoTurn."""
    return _turns.one(may_wait=may_wait) if _turns else contextlib.nullcontext()
