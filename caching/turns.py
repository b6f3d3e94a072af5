"""Turns at computing: some threads of a web process stay free for what is kept already.

An answer out of Redis takes a thread for a moment, one that has to be computed for as long as
PostgreSQL takes. Were that slow, all threads would soon wait for it, and with them who only wants
what is kept. So all but one may compute or wait for who computes; and once none of them has come to
an end for PATIENCE_SECONDS, the others are told at once that there is no turn for them.
"""

import contextlib
import threading
from collections.abc import Iterator
from time import monotonic

from django.db import OperationalError

PATIENCE_SECONDS = 2.0


class NoTurn(OperationalError):
    """Others compute, and none of them has come to an end lately: PostgreSQL is too slow."""


class Turns:
    """So many threads may compute at a time."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._changed_at = monotonic()
        self._change = threading.Condition()
        self._mine = threading.local()

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """A turn for this thread, unless it has one already. Raises NoTurn."""
        if getattr(self._mine, "is_taken", False):
            yield
            return
        self._take()
        self._mine.is_taken = True
        try:
            yield
        finally:
            self._mine.is_taken = False
            self._give_back()

    def _take(self) -> None:
        with self._change:
            while not self._free:
                left = self._changed_at + PATIENCE_SECONDS - monotonic()
                if left <= 0:
                    raise NoTurn("Too many answers are being computed")
                self._change.wait(left)
            self._free -= 1
            self._changed_at = monotonic()

    def _give_back(self) -> None:
        with self._change:
            self._free += 1
            self._changed_at = monotonic()
            self._change.notify()


_turns: Turns | None = None  # of jobs and commands, each of which has a process: as many as ask


def limit(threads: int) -> None:
    """Have one of so many threads, if there are several, kept free from now on."""
    global _turns  # noqa: PLW0603 - a process has one, and says so once
    _turns = Turns(max(1, threads - 1))


def one() -> contextlib.AbstractContextManager[None]:
    """A turn for this thread. Raises NoTurn."""
    return _turns.one() if _turns else contextlib.nullcontext()
