"""Client-side caching: what Redis said over a connection holds until it says that a key changed.

Redis notes which keys were read right after `CLIENT CACHING YES`. When one of them is changed,
deleted, evicted, has expired or was flushed, it pushes `invalidate` over the same connection, in
order with its replies. Rules: https://redis.io/docs/latest/develop/reference/client-side-caching/
"""

from collections.abc import Iterable
from typing import NamedTuple

MOST_BYTES = 1_500_000  # for one connection: a worker has as many of them as threads
BYTES_OF_A_KEY = 400  # that it is noted, and what Python puts around it and its value
MOST_ASKED_ONCE = 1_000  # questions


class Tracked(NamedTuple):
    """A question, packed, with one reply, and the keys that are read for it."""

    question: bytes
    keys: tuple[bytes, ...]


class _Kept(NamedTuple):
    tracked: Tracked
    reply: list[bytes | None]
    size: int  # bytes
    read_at: float


class Memory:
    """Replies that hold, for one connection. The oldest go where there are too many."""

    def __init__(self) -> None:
        self.invalidations = 0
        """How often something was invalidated."""
        self._kept: dict[bytes, _Kept] = {}  # by question
        self._reading: dict[bytes, set[bytes]] = {}  # by key: the questions that read it
        self._asked_once: dict[bytes, None] = {}
        self._bytes = 0

    def find(self, question: bytes, *, read_since: float) -> list[bytes | None] | None:
        """The reply that holds, if it was read since then; None where there is none."""
        kept = self._kept.get(question)
        return kept.reply if kept and kept.read_at >= read_since else None

    def is_worth_it(self, question: bytes) -> bool:
        """Whether it is asked again: to track what nobody asks for twice costs both sides."""
        if question in self._kept:
            return True
        if question in self._asked_once:
            del self._asked_once[question]
            return True
        while len(self._asked_once) >= MOST_ASKED_ONCE:
            del self._asked_once[next(iter(self._asked_once))]
        self._asked_once[question] = None
        return False

    def keep(self, tracked: Tracked, reply: list[bytes | None], *, read_at: float) -> None:
        """Have it found until one of its keys is invalidated."""
        self._drop(tracked.question)
        size = len(tracked.question) + len(tracked.keys) * BYTES_OF_A_KEY
        size += sum(len(value) for value in reply if value)
        if size > MOST_BYTES:
            return
        while self._bytes + size > MOST_BYTES:
            self._drop(next(iter(self._kept)))
        self._bytes += size
        self._kept[tracked.question] = _Kept(tracked, reply, size, read_at)
        for key in tracked.keys:
            self._reading.setdefault(key, set()).add(tracked.question)

    def invalidate(self, keys: Iterable[bytes] | None) -> None:
        """Forget what was read from these keys; all of it where that is None."""
        self.invalidations += 1
        for question in list(self._kept) if keys is None else self._readers(keys):
            self._drop(question)

    def _readers(self, keys: Iterable[bytes]) -> set[bytes]:
        return set().union(*(self._reading.get(key, ()) for key in keys))

    def _drop(self, question: bytes) -> None:
        if question not in self._kept:
            return
        kept = self._kept.pop(question)
        self._bytes -= kept.size
        for key in kept.tracked.keys:
            readers = self._reading[key]
            readers.discard(question)
            if not readers:
                del self._reading[key]
