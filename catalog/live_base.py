"""Writes the base of a build of the live answers: everything, read from PostgreSQL once.

Sorting all phrases at once would take a gigabyte: they are put aside by their first letter,
compressed, and sorted letter by letter.
"""

import datetime
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from caching import store
from catalog import live_build, live_records, live_rows, misspelling, suggestion_blocks
from catalog.live_build import Build
from catalog.live_records import CONTRIBUTOR, PACKED, WORK
from catalog.suggestion_blocks import packed, unpacked

SENT_AT_ONCE = 1_000  # values
SET_ASIDE = 20_000  # lines


def write(build: Build, *, today: datetime.date) -> int:
    """Write the base, and return how many works that are."""
    phrases = _Phrases()
    works = _write_targets(build, phrases, today=today)
    _write_phrases(build, phrases)
    _write_stock(build, today=today)
    return works


def _write_stock(build: Build, *, today: datetime.date) -> None:
    buckets: defaultdict[str, str] = defaultdict(lambda: "\n")
    for number, line in live_rows.all_editions(today=today):
        bucket = live_records.bucket_of(number, build.buckets)
        buckets[bucket] += f"{number}\t{line}\n"  # and no list: objects take more than text
    _send(build, "stock", buckets.items())


def _write_targets(build: Build, phrases: "_Phrases", *, today: datetime.date) -> int:
    """The lines of all works and contributors; their phrases are put aside."""
    popularity: dict[str, int] = {}
    works = 0

    def of_works() -> Iterator[tuple[str, str]]:
        nonlocal works
        for pk, line in live_rows.all_works(today=today):
            title, _byline, authors, popular, _rest = line.split("\t", 4)
            phrases.add(title, f"{WORK}{pk}", int(popular))
            for author in filter(None, authors.split(",")):
                popularity[author] = max(popularity.get(author, 0), int(popular))
            works += 1
            yield pk, line

    def of_contributors() -> Iterator[tuple[str, str]]:
        for pk, line in live_rows.all_contributors():
            if pk in popularity:
                name = line.partition("\t")[0]
                phrases.add(name, f"{CONTRIBUTOR}{pk}", popularity[pk])
                yield pk, f"{line}\t{popularity[pk]}"

    _send(build, "targets", _packed_together(WORK, of_works()))
    _send(build, "targets", _packed_together(CONTRIBUTOR, of_contributors()))
    return works


def _packed_together(kind: str, lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    for place, group in groupby(lines, key=lambda each: int(each[0]) // PACKED):
        yield f"{kind}{place}", packed("\n".join(f"{pk}\t{line}" for pk, line in group))


def _write_phrases(build: Build, phrases: "_Phrases") -> None:
    firsts: list[str] = []
    ready: dict[str, list[str]] = {}
    stems: Counter[str] = Counter()

    def blocks() -> Iterator[tuple[int, bytes]]:
        for lines in phrases.sorted():
            suggestion_blocks.ready(lines, ready.__setitem__)
            misspelling.count_stems(lines, stems)
            for first, block in suggestion_blocks.cut(lines):
                yield len(firsts), block
                firsts.append(first)

    _send(build, "blocks", blocks())
    store.client().set(build.key("firsts"), packed("\n".join(firsts)))
    live_build.note_parts(store.client(), build, "firsts")
    _send(build, "best", _best(build, ready))
    _send(build, "slips", misspelling.buckets(stems))


def _best(build: Build, ready: dict[str, list[str]]) -> Iterator[tuple[str, bytes]]:
    """The best for each prefix, with all that is shown of them."""
    tokens = {suggestion_blocks.token_of(rank) for ranks in ready.values() for rank in ranks}
    shown: dict[str, str] = {}
    fields = defaultdict(list)
    for token in tokens:
        fields[live_records.field_of(token)].append(token)
    names = list(fields)
    for start in range(0, len(names), SENT_AT_ONCE):
        some = names[start : start + SENT_AT_ONCE]
        for name, stored in zip(
            some, store.client().hmget(build.key("targets"), some), strict=True
        ):
            shown.update(_shown(fields[name], stored))
    for prefix, ranks in ready.items():
        lines = (f"{rank}\t{shown[suggestion_blocks.token_of(rank)]}" for rank in ranks)
        yield prefix, packed("\n".join(lines))


def _shown(tokens: Iterable[str], stored: bytes | None) -> Iterator[tuple[str, str]]:
    if stored is None:
        raise store.Unavailable("Redis was emptied while the live answers were written.")
    lines = dict(line.split("\t", 1) for line in unpacked(stored).split("\n"))
    for token in tokens:
        suggestion = live_records.record_of(token, lines[token[1:]]).suggestion
        yield token, f"{suggestion.label}\t{suggestion.detail}\t{suggestion.url}"


def _send(build: Build, part: str, values: Iterable[tuple[Any, Any]]) -> None:
    """Write the fields of a hash, many at a time."""
    rest = iter(values)
    while batch := dict(islice(rest, SENT_AT_ONCE)):
        store.client().hset(build.key(part), mapping=batch)
        live_build.note_parts(store.client(), build, part)


class _Phrases:
    """Lines, put aside by their first letter."""

    def __init__(self) -> None:
        self._open: defaultdict[int, list[str]] = defaultdict(list)
        self._aside: defaultdict[int, list[bytes]] = defaultdict(list)

    def add(self, label: str, token: str, popularity: int) -> None:
        """Put the lines aside by which it is found."""
        for line in suggestion_blocks.lines_of(label, token, popularity=popularity):
            # Letters beyond the Latin ones are few, in a shop that sells in Latin ones.
            letter = min(max(ord(line[0]), ord("0")), ord("z") + 1)
            lines = self._open[letter]
            lines.append(line)
            if len(lines) == SET_ASIDE:
                self._put_aside(letter)

    def _put_aside(self, letter: int) -> None:
        lines = self._open.pop(letter)
        self._aside[letter].append(zlib.compress("\n".join(lines).encode(), 1))

    def sorted(self) -> Iterator[list[str]]:
        """All lines, one letter after the other; they are forgotten."""
        for letter in list(self._open):
            self._put_aside(letter)
        for letter in sorted(self._aside):
            lines: list[str] = []
            for some in self._aside.pop(letter):
                lines.extend(unpacked(some).split("\n"))
            lines.sort()
            yield lines
