"""The short wire to Redis: a question that is packed once, one send, and mostly one receive.

redis-py looks before each question whether something is left to be read, and waits for the socket
before it sends and before it receives: nine system calls, at each of which Python may go on with
another thread. On the wire the kernel keeps the time limits, and there are two.

redis-py makes the connections, greets who is at the other end (`servers`) and ends them; errors are
its own. A connection that was closed while nobody used it is replaced, as redis-py does. So what is
asked here may be asked twice: reads, values that are written, and counts that need not be exact.
What was read twice may be remembered (`tracking`): decision 24.
"""

import contextlib
import math
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any, NamedTuple, TypeVar

import redis

from caching.replies import Broken, Replies
from caching.servers import refuse_replica
from caching.tracking import Memory, Tracked

T = TypeVar("T")

Word = str | bytes | int
Exchange = Callable[[bytes, int], list[Any]]
"""Sends what was packed, and answers so many replies."""

PIECE = 65_536  # bytes
SURE_SECONDS = 0.25
"""For how long after Redis was asked something its silence means that nothing has changed.

After that it may hang, or the network between may have broken.
"""
REMEMBERED_SECONDS = 0.75
"""For how long a reply is remembered, whatever else Redis is asked over the connection meanwhile.

It pushes nothing when databases are swapped; and what nobody reads it would evict first, the pages
that everybody reads.
"""


def packed(*words: Word) -> bytes:
    """A command, as it is sent."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        told = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(told), told))
    return b"".join(parts)


TRACKING_ON = packed("CLIENT", "TRACKING", "ON", "OPTIN")
TRACK_NEXT = packed("CLIENT", "CACHING", "YES")
ROLE = packed("ROLE")


class Asked(NamedTuple):
    """Questions, packed, and how many replies they have."""

    question: bytes
    replies: int


class Heard(NamedTuple):
    """What was asked in one trip, and what Redis said; what was counted on it is no part of it."""

    asked: Asked
    replies: list[Any]


class Trip:
    """Several questions in one go, called as redis-py's pipeline calls them."""

    def __init__(self, exchange: Exchange, note: Callable[[Heard], object]) -> None:
        """`exchange` is the client's; `note` is told what was asked and answered."""
        self._exchange = exchange
        self._note = note
        self._packed: list[bytes] = []
        self._replies = 0
        self._counting = b""
        self.counted: Any = None
        """How often it was counted by now; an error where Redis refused to count."""

    def execute(self) -> list[Any]:
        """What is answered; a refusal stands in its place as an error, and is not raised.

        A replica's is always raised: all else may be old.
        """
        asked = Asked(b"".join(self._packed), self._replies)
        if self._counting:
            question, number = asked.question + self._counting, asked.replies + 2
            *replies, self.counted, _is_kept = self._exchange(question, number)
        else:
            replies = self._exchange(*asked)
        self._note(Heard(asked, replies))
        return replies

    def carry_out(self) -> None:
        """Send what was gathered; the first refusal is raised."""
        for reply in self.execute():
            if isinstance(reply, Exception):
                raise reply

    def ask_again(self, asked: Asked) -> None:
        """What was asked before, as it was packed."""
        self._packed.append(asked.question)
        self._replies += asked.replies

    def count(self, key: str, seconds: int) -> None:
        """Count on the way; the count is forgotten after so many seconds."""
        self._counting = packed("INCR", key) + packed("EXPIRE", key, seconds)

    def get(self, key: str) -> None:
        """A value."""
        self._ask("GET", key)

    def hmget(self, key: str, fields: Iterable[Word]) -> None:
        """Fields of a hash."""
        self._ask("HMGET", key, *fields)

    def lrange(self, key: str, first: int, last: int) -> None:
        """A part of a list."""
        self._ask("LRANGE", key, first, last)

    def zrangebylex(self, key: str, low: bytes, high: bytes, *, start: int, num: int) -> None:
        """A part of a sorted set."""
        self._ask("ZRANGEBYLEX", key, low, high, "LIMIT", start, num)

    def set(self, key: str, value: Word, *, ex: int) -> None:
        """Write a value that is forgotten after so many seconds."""
        self._ask("SET", key, value, "EX", ex)

    def delete(self, key: str) -> None:
        """Have it forgotten."""
        self._ask("DEL", key)

    def zincrby(self, key: str, amount: int, member: str) -> None:
        """Count in a sorted set."""
        self._ask("ZINCRBY", key, amount, member)

    def expire(self, key: str, seconds: int) -> None:
        """Have it forgotten after so many seconds."""
        self._ask("EXPIRE", key, seconds)

    def _ask(self, *words: Word) -> None:
        self._packed.append(packed(*words))
        self._replies += 1


class Wires:
    """The connections of a pool that are kept for this."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        """`pool` is where they come from, and go to when they are ended."""
        self._pool = pool
        self._spare: list[_Wire] = []

    def exchange(self, question: bytes, replies: int) -> list[Any]:
        """Send what was packed, and answer so many replies; a refusal is one of them, as an error.

        Raises what redis-py raises when Redis does not answer.
        """
        return self._over_one(lambda wire: wire.exchange(question, replies))

    def track(self, tracked: Tracked) -> list[Any]:
        """Answer a question with one reply, which is remembered if it is asked again.

        Raises what redis-py raises when Redis does not answer.
        """
        return self._over_one(lambda wire: wire.track(tracked))

    def remembered(self, tracked: Tracked) -> Any:
        """The reply that Redis would give again; None where only asking it can tell.

        A connection is not made for this: whoever asks does that, if Redis is to be asked.
        """
        spare = self._spare
        try:
            return self._over(spare.pop(), spare, lambda wire: wire.remembered(tracked))
        except (IndexError, redis.RedisError):
            return None

    def _over_one(self, use: "Callable[[_Wire], T]") -> T:
        spare = self._spare
        try:
            wire = spare.pop()
        except IndexError:
            return self._over(_Wire(self._pool), spare, use)
        try:
            return self._over(wire, spare, use)
        except Broken:  # some time ago, perhaps
            return self._over(_Wire(self._pool), spare, use)

    def _over(self, wire: "_Wire", spare: "list[_Wire]", use: "Callable[[_Wire], T]") -> T:
        try:
            values = use(wire)
        except BaseException:
            wire.end()
            raise
        spare.append(wire)
        if spare is not self._spare:  # they were ended meanwhile
            _end(spare)
        return values

    def end(self) -> None:
        """Use none of them any more; those that are asked at this moment are ended afterwards."""
        spare, self._spare = self._spare, []
        _end(spare)


class _Wire:
    """One connection, used by one thread at a time."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._connection: Any = pool.get_connection()
        line: Any = self._connection._sock
        self._memory = Memory()
        self._send = line.sendall
        self._replies = Replies(lambda: line.recv(PIECE), self._memory.invalidate)
        self._asked_at = -math.inf  # on the monotonic clock
        self._waiting: Callable[[], bytes | None] | None = None
        is_encrypted = type(line) is not socket.socket
        if not is_encrypted:  # where it is, Python alone can keep the limits
            _limit(line, self._connection.socket_timeout)
        if self._has_tracking():
            look = _waiting_in_encrypted if is_encrypted else _waiting_in
            self._waiting = partial(look, line)

    def _has_tracking(self) -> bool:
        """Whether Redis tells what changes.

        Not before version 6. By RESP 2 it agrees, and says nothing all the same.
        """
        if str(self._connection.get_protocol()) != "3":
            return False
        try:
            return self.exchange(TRACKING_ON, 1) == [b"OK"]
        except BaseException:
            self.end()
            raise

    def exchange(self, question: bytes, replies: int) -> list[Any]:
        """What is answered to what was packed."""
        asked_at = monotonic()
        try:
            self._send(question)
            values = self._replies.read(replies)
        except (BlockingIOError, TimeoutError) as error:
            raise redis.TimeoutError("Redis takes too long to answer.") from error
        except OSError as error:
            raise Broken(f"The connection to Redis broke: {error}") from error
        self._asked_at = asked_at
        return values

    def track(self, tracked: Tracked) -> list[Any]:
        """What is answered to it; raises ReadOnlyError where a replica answers by now."""
        if not self._memory.is_worth_it(tracked.question):
            return self.exchange(tracked.question, 1)
        first = TRACK_NEXT if self._waiting else b""
        before = self._memory.invalidations
        *noted, reply, role = self.exchange(first + tracked.question + ROLE, 3 if first else 2)
        if isinstance(role, list):  # and not that the login may not ask
            refuse_replica(role[0])
        # What was invalidated meanwhile may have come behind the reply, and be just this.
        is_current = self._memory.invalidations == before
        if noted == [b"OK"] and isinstance(reply, list) and is_current:
            self._memory.keep(tracked, reply, read_at=self._asked_at)
        return [reply]

    def remembered(self, tracked: Tracked) -> Any:
        """The reply, unless it was invalidated by what waits to be read, or is too long ago."""
        now = monotonic()
        if self._waiting is None or now - self._asked_at > SURE_SECONDS:
            return None
        try:
            while (piece := self._waiting()) is not None:  # one may end where a push does
                self._replies.hear(piece)
        except OSError as error:
            raise Broken(f"The connection to Redis broke: {error}") from error
        return self._memory.find(tracked.question, read_since=now - REMEMBERED_SECONDS)

    def end(self) -> None:
        """Close it; the pool may connect it anew."""
        self._connection.disconnect()
        self._pool.release(self._connection)


def _end(wires: list[_Wire]) -> None:
    """End them, whoever else does that at this moment."""
    with contextlib.suppress(IndexError):
        while True:
            wires.pop().end()


def _waiting_in(line: socket.socket) -> bytes | None:
    """What has come, nothing where the other end hung up; None where nothing has."""
    try:
        return line.recv(PIECE, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None


def _waiting_in_encrypted(line: ssl.SSLSocket) -> bytes | None:
    limit = line.gettimeout()
    line.settimeout(0)
    try:
        return line.recv(PIECE)
    except ssl.SSLWantReadError:
        return None
    finally:
        line.settimeout(limit)


def _limit(line: socket.socket, seconds: float | None) -> None:
    """Have the kernel end what takes longer, instead of Python, which asks before each step."""
    line.settimeout(None)
    whole, part = divmod(seconds or 0, 1)
    limit = struct.pack("@ll", int(whole), int(part * 1_000_000))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
