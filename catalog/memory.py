"""Keeps what the live answers are read from right: everything anew, or what has changed.

The worker writes it from PostgreSQL whenever a transaction has changed something; the live role
only reads. All of it can be rebuilt at any time (`rebuild_live`), and is each night, when Redis
comes back empty, and when very much has changed. `live_build` says what stands where.

Whoever writes reads PostgreSQL and writes Redis in turn with all others, so that the older of two
readings is never the one that stays. While a build is written, what changes is noted down, and
written into that as well before it holds.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

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


@store.needs_redis
def publish_stock(numbers: Collection[str]) -> None:
    """Write the stock levels of these editions; forget those of editions that are not offered."""
    for some in _batches(numbers):
        with _publishing(some) as build:
            if build:
                _write_stock(build, some)


@store.needs_redis
def publish_works(work_ids: Collection[int]) -> None:
    """Write the suggestions and stock levels of these works; forget works that are gone.

    Where nothing changed that is shown of a work, its suggestions are left alone.
    """
    for some in _batches(work_ids):
        with _publishing([f"{WORK}{pk}" for pk in some]) as build:
            if build:
                _write_works(build, some)


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


def rebuild_soon() -> None:
    """Have a job build anew, once for all that asks for it until then."""
    defer_once(REBUILD, once=REBUILD, in_seconds=SOON, timestamp=0)


# --- In turn ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _in_turn(lock: int) -> Iterator[None]:
    """Wait until nobody else is inside; PostgreSQL lets the next one in if this process dies."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        yield


@contextlib.contextmanager
def _publishing(names: Sequence[str]) -> Iterator[Build | None]:
    """Wait for one's turn to write what is true of `names` now into the build that holds, if any.

    Where another one is being written, they are noted down for that.
    """
    with _in_turn(WRITING):
        being_written, holding = live_build.both()
        if being_written:
            store.client().sadd(being_written.key("touched"), *names)
        yield holding


def _write_touched(build: Build) -> int:
    """Write some of what was noted down for this build into it; how much that was."""
    names = [name.decode() for name in store.client().spop(build.key("touched"), AT_ONCE)]
    works = [int(name[1:]) for name in names if name[0] == WORK]
    numbers = [name for name in names if name[0] != WORK]
    if works:
        _write_works(build, works)
    if numbers:
        _write_stock(build, numbers)
    return len(names)


def _batches(names: Collection[Any]) -> Iterable[list[Any]]:
    all_names = sorted(set(names))
    return (all_names[start : start + AT_ONCE] for start in range(0, len(all_names), AT_ONCE))


# --- What is written ----------------------------------------------------------------------------


def _write_stock(build: Build, numbers: Collection[str]) -> None:
    lines = live_rows.editions(numbers, today=timezone.localdate())
    buckets: dict[str, dict[str, str | None]] = {}
    for number in numbers:
        bucket = live_records.bucket_of(number, build.buckets)
        buckets.setdefault(bucket, {})[number] = lines.get(number)
    stored = store.client().hmget(build.key("stock"), list(buckets))
    renewed = {
        bucket: live_records.bucket_with(old, lines)
        for (bucket, lines), old in zip(buckets.items(), stored, strict=True)
    }
    store.client().hset(build.key("stock"), mapping=renewed)


def _write_works(build: Build, work_ids: Sequence[int]) -> None:
    new = live_rows.works(work_ids, today=timezone.localdate())
    works = {f"{WORK}{pk}": new.get(str(pk)) for pk in work_ids}
    had = _kept(build, list(works))
    records = [WorkRecord.read(line) for line in (*works.values(), *had.lines.values()) if line]
    people = sorted({author for record in records for author in record.authors})
    if people:
        found = live_rows.contributors(people)
        contributors = {f"{CONTRIBUTOR}{pk}": found.get(str(pk)) for pk in people}
        _write_lines(build, contributors, _kept(build, list(contributors)))
    _write_lines(build, works, had)
    # An edition that was deleted since cannot tell, so those that the work had are asked about.
    numbers = {number for record in records for number in record.numbers}
    if numbers := numbers | live_rows.numbers_of(work_ids):
        _write_stock(build, sorted(numbers))


class _Kept:
    """What a build says of some works or contributors, by token."""

    def __init__(self, lines: Mapping[str, str | None], changed: Collection[str]) -> None:
        self.lines = lines
        self.changed = changed
        """Those that stand beside the base."""


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
    return _Kept(lines, changed)


def _write_lines(build: Build, lines: Mapping[str, str | None], kept: _Kept) -> None:
    """Write beside the base what has changed; in one step, for they are read meanwhile."""
    writing = store.client().pipeline()
    for token, line in lines.items():
        before = kept.lines[token]
        if line == before:
            continue
        if token not in kept.changed:
            writing.rpush(build.key("changed"), token)
            live_build.note_parts(writing, build, "changed", "works")
        elif before and (phrases := live_records.phrases_of(token, before)):
            writing.zrem(build.key("more"), *phrases)
        if line and (phrases := live_records.phrases_of(token, line)):
            writing.zadd(build.key("more"), dict.fromkeys(phrases, 0))
        writing.hset(build.key("works"), token, line or "")
    writing.llen(build.key("changed"))
    *_written, changed = writing.execute()
    if changed > MOST_CHANGED and not is_too_full():
        rebuild_soon()
