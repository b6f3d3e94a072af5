"""One question for a cached answer: what stands there, whether it holds, and who computes it.

An answer stands at an address made of its name and arguments. In its value stands the state it was
computed from: the generations of all that it depends on, read before its first query, and the day.
It holds while that is the state still; a newer answer takes its place. One that has ended, or is of
another day, is left there for as long again, for while PostgreSQL is away.

A generation is a random token. One that is not there is unknown, never "as before": whoever misses
it makes a new one, so that whatever Redis forgets makes an answer stale, never an old one right.
Whoever changes the thing takes the token away, which a Redis without memory to spare does as well.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

import redis

from caching.answers import TURNING, Answer
from caching.door import Unavailable, client, needs_redis
from caching.kept import Kept, read, written
from caching.servers import WORLD, token_key
from caching.tracking import Tracked
from caching.wire import packed

logger = logging.getLogger(__name__)

LOCK_SECONDS = 10  # how long one process may recompute before others stop waiting for it
WAIT_SECONDS = 2.0  # how long the others wait for it
POLL_SECONDS = 0.02
TOKEN_SECONDS = 3 * 24 * 3600  # longer than any answer; then nobody asks for it any more

ADMISSION_SECONDS = 600  # whoever made up an address asks again within that time, or it is not kept
# Counters of two bits for addresses that were asked for, 128 kB; those that share one are kept at
# their first time, which does no harm.
COUNTERS = 2**19

# A lock that has run out may be another process's by now.
DELETE_IF_SAME = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
"""


class Place:
    """Where an answer stands, and what it holds by: the same whenever it is asked for."""

    def __init__(self, answer: Answer, arguments: Mapping[str, str]) -> None:
        names = answer.depends_on(**arguments)
        self.answer = answer
        self.tokens = [token_key(name) for name in (*names, WORLD)]
        self.of_one_thing = {token_key(name) for name in names if ":" in name}
        self.key = _address(answer, arguments)
        self.keys = [*self.tokens, self.key]
        self.asking = Tracked(packed("MGET", *self.keys), tuple(key.encode() for key in self.keys))
        self.is_endless = answer.has_endless_addresses(arguments)


class Question:
    """Asked once, by one thread."""

    def __init__(self, place: Place, arguments: Mapping[str, str]) -> None:
        """Of the arguments those count that turn; `place` was made of the others."""
        self._place = place
        self._turned = [arguments[name].encode() for name in TURNING if name in arguments]
        self._lock = b""
        self._made: list[str] = []  # tokens of one thing alone that nobody had before
        self._made_of: bytes | None = None  # the generations; unknown
        self._state: bytes | None = None  # with what turns; unknown
        self._value: bytes | None = None
        self._made_meanwhile: Kept | None = None

    @needs_redis
    def look(self) -> Kept | None:
        """The answer that holds now, if there is one: one command."""
        (values,) = client().exchange(self._place.asking.question, 1)
        return self._read(values)

    @needs_redis
    def recollect(self) -> Kept | None:
        """The answer that holds now, from memory as long as Redis would say the same."""
        return self._read(client().said(self._place.asking))

    def _read(self, values: Any) -> Kept | None:
        if isinstance(values, Exception):
            raise values
        *marks, self._value = values
        self._made_of = self._state = None
        if all(marks[: len(self._place.tokens)]):
            self._made_of = b"\x00".join([*(mark or b"" for mark in marks), b""])
            self._state = self._made_of + b"\x00".join(self._turned)
        return self._holding(self._state)

    def _holding(self, state: bytes | None) -> Kept | None:
        kept = read(self._value, state)
        return kept if kept and time.time() < kept.expires_at else None

    def outlived(self) -> Kept | None:
        """What was right until it ended or the day turned: nothing that it shows was changed."""
        return read(self._value, self._made_of, is_beginning=True)

    @needs_redis
    def know(self) -> Kept | None:
        """Make the tokens that are missing, or learn those that another one made; look again."""
        asking = client().pipeline(transaction=False)
        for token in self._place.tokens:
            asking.set(token, secrets.token_hex(8), ex=TOKEN_SECONDS, nx=True)
        asking.mget(self._place.keys)
        *were_made, values = asking.execute()
        made = {token for token, was in zip(self._place.tokens, were_made, strict=True) if was}
        self._made += made & self._place.of_one_thing
        return self._read(values)

    @needs_redis
    def claim(self) -> bool:
        """Whether computing is up to whoever asks this; the others wait, as it says so to them.

        Whoever had it before may have ended since the last look: so it is looked again, on the way.
        """
        lock = secrets.token_bytes(16)
        asking = client().pipeline(transaction=False)
        asking.set(f"lock:{self._place.key}", lock, ex=LOCK_SECONDS, nx=True)
        asking.mget(self._place.keys)
        was_set, values = asking.execute()
        if was_set:
            self._lock = lock
            self._made_meanwhile = self._read(values)
            if self._state is None:  # what it depends on has changed this moment
                self._made_meanwhile = self.know()
        return bool(self._lock)

    def claim_early(self, kept: Kept) -> Kept | None:
        """What holds, if another one computes or has just computed; None where it is up to us."""
        if not self.claim():
            return kept
        newer = self._made_meanwhile
        if newer is None or newer.expires_at <= kept.expires_at:
            return None
        self.release()
        return newer

    def wait_or_claim(self) -> Kept | None:
        """What another one computes meanwhile; None where that is left to whoever asks this.

        What was begun when the question was asked is answer enough; what was begun before that is
        not. Where nothing came of it, everybody who waited computes at once.
        """
        if self._state is None and (kept := self.know()):
            return kept
        if self._place.is_endless:
            self._count(1)
        asked_of = self._state
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.claim() and self._has_ended_before(deadline):
            before = self._value
            kept = self.look() or self._holding(asked_of)
            if kept is None and self._state is None:
                kept = self.know()
            if kept is not None or self._value == before:
                return kept
        if self._made_meanwhile:
            self.release()
        return self._made_meanwhile

    @needs_redis
    def _count(self, more: int) -> int:
        """How often this was asked for in this window of time, 3 standing for more."""
        counters = f"asked:{int(time.time() // ADMISSION_SECONDS)}"
        counter = f"#{int(self._place.key[-16:], 16) % COUNTERS}"
        counting = client().pipeline(transaction=False)
        counting.execute_command(
            "BITFIELD", counters, "OVERFLOW", "SAT", "INCRBY", "u2", counter, more
        )
        counting.expire(counters, 2 * ADMISSION_SECONDS)
        (count,), _is_kept = counting.execute()
        return int(count)

    @needs_redis
    def _has_ended_before(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            if not client().exists(f"lock:{self._place.key}"):
                return True
        return False

    def file(self, kept: Kept, *, seconds: int) -> None:
        """Keep the answer for so long, and as long again for an outage of PostgreSQL.

        If Redis can, and if the answer is asked for often enough.
        """
        if self._state is None:
            return
        try:
            if self._place.is_endless and self._value is None and self._count(0) < 2:
                return
            client().set(self._place.key, written(kept, self._state), ex=2 * seconds)
        except (redis.RedisError, Unavailable) as error:
            logger.warning("Could not file %s: %s", self._place.key, error)

    def forget(self) -> None:
        """Leave no token behind where nothing stands, or any number asked for would leave some."""
        if not self._made:
            return
        try:
            client().unlink(*self._made)
        except redis.RedisError as error:
            logger.warning("Could not forget the tokens of %s: %s", self._place.key, error)

    def release(self) -> None:
        """Let the next one compute."""
        if not self._lock:
            return
        try:
            client().eval(DELETE_IF_SAME, 1, f"lock:{self._place.key}", self._lock)
        except redis.RedisError as error:
            logger.warning("Could not unlock %s: %s", self._place.key, error)


def _address(answer: Answer, arguments: Mapping[str, str]) -> str:
    parts = [f"{key}={value}" for key, value in sorted(arguments.items()) if key not in TURNING]
    digest = hashlib.blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=16)
    return f"answer:{answer.name}:{digest.hexdigest()}"
