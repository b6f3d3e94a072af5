"""Keeps what the live answers are read from right: everything anew, or what has changed.

The worker writes it from PostgreSQL whenever a transaction has changed something; the live role
only reads. All of it can be rebuilt at any time (`rebuild_live`), and is each night, when Redis
comes back empty, and when very much has changed. `live_build` says what stands where.

Whoever writes reads PostgreSQL and writes Redis in turn with all others, so that the older of two
readings is never the one that stays. While a build is written, what changes is noted down, and
written into that as well before it holds.

A Redis without memory for a change forgets what it said, which it never refuses: unknown is better
than old. What stands beside that is forgotten with it, so another build is written.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from caching import store
from caching.jobs import defer_once
from catalog import live_base, live_build, live_records, live_rows
from catalog.live_build import Build
from catalog.live_records import CONTRIBUTOR, WORK, WorkRecord
from catalog.models import Edition

WRITING, BUILDING = 7_301, 7_302
"""Numbers of the advisory locks of those who write, and of those who build."""
AT_ONCE = 200  # works or editions; others who write wait for so many
MOST_CHANGED = 20_000  # works and contributors beside the base; then another is built
REBUILD = "catalog.rebuild_live"
SOON = 60  # seconds until that, in which more may change
FULL, FULL_SECONDS = "live:full", 600  # that there was no memory for it, for so long


def publish_stock(numbers: Collection[str]) -> None:
    """Write the stock levels of these editions; forget those of editions that are not offered.

    Raises store.Unavailable when Redis does not answer, and store.OutOfMemory when it had to forget
    instead: to be tried again.
    """
    _publish(numbers, _write_stock)


def publish_works(work_ids: Collection[int]) -> None:
    """Write the suggestions and stock levels of these works; forget works that are gone.

    Where nothing changed that is shown of a work, its suggestions are left alone. Raises
    store.Unavailable and store.OutOfMemory as publish_stock does.
    """
    _publish([f"{WORK}{pk}" for pk in work_ids], _write_works)


def rebuild() -> int:
    """Write everything anew beside what there is, which it then replaces; how many works that were.

    Waits while another one does the same. Raises store.Unavailable when Redis was emptied
    meanwhile, and store.OutOfMemory where it cannot hold both; what there was then holds on.
    """
    try:
        return _rebuild()
    except store.OutOfMemory:
        _wait_for_memory()
        raise


@store.needs_redis
def _rebuild() -> int:
    with _in_turn(BUILDING):
        holds = live_build.current()
        if holds is not None and not live_build.is_whole(holds):
            _wait_for_memory()  # a Redis that drops parts of it may drop this one's, too
        build = live_build.begin(editions=Edition.objects.offered().count())
        try:
            return _written(build)
        except Exception:
            with contextlib.suppress(store.Unavailable):
                live_build.give_up(build)
            raise


def _written(build: Build) -> int:
    works = live_base.write(build, today=timezone.localdate())
    while _write_touched(build) == AT_ONCE:
        pass
    with _in_turn(WRITING):  # from here on nothing is noted down any more
        while _write_touched(build):
            pass
        live_build.swap(build)
    return works


@store.needs_redis
def _wait_for_memory() -> None:
    store.client().set(FULL, "1", ex=FULL_SECONDS)


@store.needs_redis
def is_built() -> bool:
    """Whether the memory was filled since Redis started empty, and kept whole and right since."""
    build = live_build.current()
    return build is not None and live_build.is_whole(build)


@store.needs_redis
def is_too_full() -> bool:
    """Whether Redis had no memory for it a short time ago."""
    return bool(store.client().exists(FULL))


def rebuild_soon(*, in_seconds: int = SOON) -> None:
    """Have a job build anew, once for all that asks for it until then."""
    defer_once(REBUILD, once=REBUILD, in_seconds=in_seconds, timestamp=0)


# --- In turn ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _in_turn(lock: int) -> Iterator[None]:
    """Wait until nobody else is inside; PostgreSQL lets the next one in if this process dies."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        yield


@store.needs_redis
def _publish(names: Collection[str], write: Callable[[Build, Sequence[str]], None]) -> None:
    refused = None
    for some in _batches(names):
        try:
            _publish_some(some, write)
        except store.OutOfMemory as error:
            refused = error  # and yet the others may not stay as they were
    if refused:
        raise refused


def _publish_some(names: Sequence[str], write: Callable[[Build, Sequence[str]], None]) -> None:
    """Wait for one's turn to write what is true of `names` now into the build that holds, if any.

    Where another one is being written, they are noted down for that.
    """
    with _in_turn(WRITING):
        being_written, holding = live_build.both()
        if being_written:
            try:
                live_build.note_touched(being_written, names)
            except store.OutOfMemory:
                live_build.give_up(being_written)  # without them it may never hold
        if holding:
            write(holding, names)


def _write_touched(build: Build) -> int:
    """Write some of what was noted down for this build into it; how much that was."""
    names = [name.decode() for name in store.client().spop(build.key("touched"), AT_ONCE)]
    works = [name for name in names if name[0] == WORK]
    numbers = [name for name in names if name[0] != WORK]
    if works:
        _write_works(build, works)
    if numbers:
        _write_stock(build, numbers)
    return len(names)


def _batches(names: Collection[str]) -> Iterable[list[str]]:
    all_names = sorted(set(names))
    return (all_names[start : start + AT_ONCE] for start in range(0, len(all_names), AT_ONCE))


# --- What is written ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kept:
    """What a build says of some works or contributors, by token."""

    lines: Mapping[str, str | None]
    changed: frozenset[str]
    """Those that stand beside the base."""


@dataclass(frozen=True)
class _Change:
    """What a build is to say, where it says something else."""

    buckets: Mapping[str, bytes]
    """Of the stock."""
    lines: Mapping[str, str | None]
    """Of works and contributors, by token; None: nothing."""
    kept: _Kept
    """What it says of these until now."""


def _write_stock(build: Build, numbers: Sequence[str]) -> None:
    _write(build, _Change(_renewed_buckets(build, numbers), {}, _Kept({}, frozenset())))


def _write_works(build: Build, tokens: Sequence[str]) -> None:
    ids = [int(token[1:]) for token in tokens]
    found = live_rows.works(ids, today=timezone.localdate())
    works = {token: found.get(token[1:]) for token in tokens}
    had = _kept(build, tokens)
    records = [WorkRecord.read(line) for line in (*works.values(), *had.lines.values()) if line]
    lines = works | _contributors(author for record in records for author in record.authors)
    kept = _kept(build, list(lines))
    # An edition that was deleted since cannot tell, so those that the work had are asked about.
    numbers = {number for record in records for number in record.numbers}
    buckets = _renewed_buckets(build, sorted(numbers | live_rows.numbers_of(ids)))
    changed = {token: line for token, line in lines.items() if line != kept.lines[token]}
    _write(build, _Change(buckets, changed, kept))
    if store.client().llen(build.key("changed")) > MOST_CHANGED and not is_too_full():
        rebuild_soon()


def _contributors(ids: Iterable[int]) -> dict[str, str | None]:
    people = sorted(set(ids))
    found = live_rows.contributors(people) if people else {}
    return {f"{CONTRIBUTOR}{pk}": found.get(str(pk)) for pk in people}


def _renewed_buckets(build: Build, numbers: Sequence[str]) -> dict[str, bytes]:
    """The buckets that are to say something else of these editions."""
    if not numbers:
        return {}
    lines = live_rows.editions(numbers, today=timezone.localdate())
    buckets: dict[str, dict[str, str | None]] = {}
    for number in numbers:
        bucket = live_records.bucket_of(number, build.buckets)
        buckets.setdefault(bucket, {})[number] = lines.get(number)
    stored = store.client().hmget(build.key("stock"), list(buckets))
    return {
        bucket: live_records.bucket_with(old, lines)
        for (bucket, lines), old in zip(buckets.items(), stored, strict=True)
        if any(line != live_records.in_bucket(number, old) for number, line in lines.items())
    }


def _kept(build: Build, tokens: Sequence[str]) -> _Kept:
    asking = store.client().pipeline(transaction=False)
    asking.hmget(build.key("works"), tokens)
    asking.hmget(build.key("targets"), [live_records.field_of(token) for token in tokens])
    lines: dict[str, str | None] = {}
    changed = set()
    for token, new, old in zip(tokens, *asking.execute(), strict=True):
        if new is None:
            lines[token] = live_records.in_field(token, old)
        else:
            lines[token] = new.decode() or None
            changed.add(token)
    return _Kept(lines, frozenset(changed))


def _write(build: Build, change: _Change) -> None:
    """Write it; where Redis has no memory for it, forget what the build says instead.

    Raises OutOfMemory then.
    """
    try:
        _put(build, change)
    except store.OutOfMemory:
        _forget(build, change)
        raise


@store.needs_redis
def _put(build: Build, change: _Change) -> None:
    """Write it beside the base; in one step, for it is read meanwhile."""
    writing = store.client().pipeline()
    for token, line in change.lines.items():
        before = change.kept.lines[token]
        if token not in change.kept.changed:
            writing.rpush(build.key("changed"), token)
            live_build.note_parts(writing, build, "changed", "works")
        elif before and (phrases := live_records.phrases_of(token, before)):
            writing.zrem(build.key("more"), *phrases)
        if line and (phrases := live_records.phrases_of(token, line)):
            writing.zadd(build.key("more"), dict.fromkeys(phrases, 0))
        writing.hset(build.key("works"), token, line or "")
    if change.buckets:
        writing.hset(build.key("stock"), mapping=change.buckets)
    writing.execute()


def _forget(build: Build, change: _Change) -> None:
    """Have the build say nothing of it, nor of what stands beside that, and be replaced."""
    phrases = [
        phrase
        for token in change.lines
        if (line := change.kept.lines[token])
        for phrase in live_records.phrases_of(token, line)
    ]
    forgotten = {
        "works": list(change.lines),
        # Of what has changed, too, or it would seem to be as it was, should it change back.
        "targets": [live_records.field_of(token) for token in change.lines],
        "stock": list(change.buckets),
    }
    forgetting = store.client().pipeline(transaction=False)  # a full Redis takes no MULTI
    live_build.note_loss(forgetting, build)
    if phrases:
        forgetting.zrem(build.key("more"), *phrases)
    if change.lines:
        forgetting.unlink(build.key("best"))  # which tells by itself what is shown
    for part, fields in forgotten.items():
        if fields:
            forgetting.hdel(build.key(part), *fields)
    forgetting.execute()
