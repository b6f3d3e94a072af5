"""The builds of the live answers in Redis: which one holds, and how it is read in one go.

A build is written beside the one that holds, which it replaces in one step; its base never changes
afterwards. What has changed since lies beside the base, in the parts `works`, `changed` and `more`.
Each process remembers of the build that holds where its blocks begin, what it has looked up of
`slips`, and what has changed, and hears with each reading whether that is still so.

Keys: `live:build:4` (the build that holds), `live:building:4` (one that is being written),
`live:builds` (set: ids of all that may have left something), and of each build
`live:b:<id>:<part>`, with these parts:

stock      hash: bucket → lines of editions (`live_records.EditionRecord`)
targets    hash: field → packed lines of works and contributors
firsts     the phrases that blocks begin with
blocks     hash: number → block (`suggestion_blocks`)
best       hash: prefix → packed lines of the best, where many begin alike
slips      hash: bucket → packed beginnings of words, by what is left of them without a letter
changed    list: tokens that have changed since; again, where that had to be forgotten
works      hash: such a token → its line now; empty where it is gone
more       sorted set: their phrases
touched    set: tokens and numbers that changed while the build was being written
parts      set: which of these were written and never end; gone where something was forgotten
"""

import json
import secrets
import threading
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from caching import store
from caching.quotas import Quota

CURRENT = "live:build:4"  # another number with another layout: then all is written anew
BUILDING = "live:building:4"
ALL = "live:builds"
PARTS = (
    "stock", "targets", "firsts", "blocks", "best", "slips", "changed", "works", "more", "touched",
    "parts",
)  # fmt: skip
EDITIONS_IN_A_BUCKET = 8
FEWEST_BUCKETS = 64
TRIES = 5  # builds replace each other hours apart

SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return redis.error_reply('LOST The build was lost while it was written.')
end
redis.call('RENAME', KEYS[1], KEYS[2])
"""
DELETE_IF_SAME = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
"""


@dataclass(frozen=True)
class Build:
    """One build."""

    id: str
    buckets: int
    """How many buckets hold the stock."""

    @classmethod
    def begun(cls, *, editions: int) -> Self:
        """A new one, for about so many editions."""
        buckets = max(FEWEST_BUCKETS, editions // EDITIONS_IN_A_BUCKET)
        return cls(secrets.token_hex(4), buckets)

    @classmethod
    def read(cls, stored: bytes | None) -> Self | None:
        """The build that is meant by what Redis holds."""
        return cls(*json.loads(stored)) if stored else None

    def __str__(self) -> str:
        return json.dumps([self.id, self.buckets])

    def key(self, part: str) -> str:
        """Where a part of it stands."""
        return f"live:b:{self.id}:{part}"

    @property
    def keys(self) -> list[str]:
        """All that it may hold."""
        return [self.key(part) for part in PARTS]


def current() -> Build | None:
    """The build that holds; None where Redis has none."""
    return Build.read(store.client().get(CURRENT))


@dataclass(frozen=True)
class View:
    """What this process remembers of the build that holds."""

    stored: bytes
    build: Build
    firsts: list[bytes]
    changed: frozenset[str]
    """Tokens of which the base no longer tells the truth."""
    seen: int
    """How many of them have been heard of."""
    slips: dict[str, bytes | None]
    """What was asked for of that part so far: 6 MB at a million, once typos have met all of it."""

    def key(self, part: str) -> str:
        """Where a part of the build stands."""
        return self.build.key(part)

    def having_heard(self, news: Sequence[bytes]) -> Self:
        """The view in which these tokens have changed, too."""
        changed = self.changed.union(token.decode() for token in news)
        return replace(self, changed=changed, seen=self.seen + len(news))


_view: View | None = None
_remembering = threading.Lock()


def read(
    ask: Callable[[View, Any], None], *, quota: Quota | None = None
) -> tuple[View, list[Any]] | None:
    """What a pipeline answers that `ask` has filled, in the view that it held for.

    While nothing has changed since that build, `ask` may leave out where changes stand: it is
    called again when the first is heard of. None where Redis has no build. Counted against
    `quota`: raises TooMuch.
    """
    global _view  # noqa: PLW0603 - the one memory of this process
    for _try in range(TRIES):
        view = _view = _view or _load()
        if view is None:
            return None
        asking = store.client().trip()
        # What has changed comes first, so that nothing is hidden before it is written elsewhere;
        # last, which build holds: if it is this one still, nothing of it was taken away.
        asking.lrange(view.key("changed"), view.seen, -1)
        ask(view, asking)
        asking.get(CURRENT)
        replies = quota.answered(asking) if quota else asking.execute()
        if error := next((each for each in replies if isinstance(each, Exception)), None):
            raise error
        news, *replies, stored = replies
        if stored != view.stored:
            _view = None
            continue
        if news:
            is_first, view = not view.seen, view.having_heard(news)
            _remember(view)
            if is_first:
                continue
        return view, replies
    raise store.Unavailable("The live answers are replaced all the time.")


def _remember(view: View) -> None:
    """Of what threads have heard of the same build, the most: it never hears less again."""
    global _view  # noqa: PLW0603 - as above
    with _remembering:
        if _view is None or _view.stored != view.stored or _view.seen < view.seen:
            _view = view


def remembered() -> View | None:
    """What this process remembers, whether or not that build still holds; nothing is asked."""
    return _view


def _load() -> View | None:
    client = store.client()
    stored = client.get(CURRENT)
    build = Build.read(stored)
    if stored is None or build is None:
        return None
    firsts = client.get(build.key("firsts"))
    phrases = zlib.decompress(firsts).split(b"\n") if firsts else []
    return View(stored, build, phrases, frozenset(), 0, {})


# --- Writing ------------------------------------------------------------------------------------


def begin(*, editions: int) -> Build:
    """Begin another build beside the one that holds; what an unfinished one has left is removed."""
    client = store.client()
    clear()
    build = Build.begun(editions=editions)
    client.sadd(ALL, build.id)
    client.set(BUILDING, str(build))
    return build


def note_parts(asking: Any, build: Build, *parts: str) -> None:
    """Note down that there is something in these parts from now on."""
    asking.sadd(build.key("parts"), *parts)


def note_loss(asking: Any, build: Build) -> None:
    """Note down that something had to be forgotten: the build is not whole any more."""
    asking.unlink(build.key("parts"))


@store.needs_redis
def note_touched(build: Build, names: Collection[str]) -> None:
    """Note down what changed while the build is being written. Raises OutOfMemory."""
    store.client().sadd(build.key("touched"), *names)


def is_whole(build: Build) -> bool:
    """Whether all of it is there that was written: some Redis drop whatever they like when full."""
    client = store.client()
    parts = [part.decode() for part in client.smembers(build.key("parts"))]
    # Each build begins with that one; others may have been noted down since a loss.
    return "firsts" in parts and client.exists(*map(build.key, parts)) == len(parts)


def both() -> tuple[Build | None, Build | None]:
    """The build that is being written, if one is, or one that was given up; and the current one."""
    being_written, holding = store.client().mget(BUILDING, CURRENT)
    return Build.read(being_written), Build.read(holding)


def swap(build: Build) -> None:
    """Have the build hold that is being written.

    Raises a RedisError where its mark is gone: Redis was emptied while it was written. Or is
    another one's: PostgreSQL went away from whoever wrote it, and let the next one in.
    """
    store.client().eval(SWAP, 2, BUILDING, CURRENT, str(build))
    clear()


@store.needs_redis
def give_up(build: Build) -> None:
    """Leave nothing of a build that was begun: Redis may no longer know that there is anything."""
    client = store.client()
    client.eval(DELETE_IF_SAME, 1, BUILDING, str(build))
    client.unlink(*build.keys)
    client.srem(ALL, build.id)


def clear() -> None:
    """Remove all builds but the one that holds."""
    client = store.client()
    holds = current()
    for id_ in client.smembers(ALL):
        build = Build(id_.decode(), 0)
        if holds is None or build.id != holds.id:
            client.unlink(BUILDING, *build.keys)
            client.srem(ALL, build.id)
