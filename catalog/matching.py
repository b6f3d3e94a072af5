"""Matching: which records of a file are editions of which works.

First by what the file says of two numbers (code list 51), then by normalized title and main
contributor. What is not certain is left to a person: `note_doubts` puts it on the review list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from catalog.candidates import Batch, ByTitle, Group, Shelf
from catalog.likeness import Likeness, compare
from catalog.models import MatchReview
from catalog.onix.records import Record

MOST_DOUBTS = 3
"""Doubtful matches of one new work that are shown to staff."""
_IMPORTS_LOCK = 5_150_001
_WORKS_LOCK = 0x776F726B73
"""Advisory lock: shared by all who add editions to works; alone for who merges or splits works."""

Doubt = tuple[int, int, list[str]]
"""The id of a work, the score, and the reasons in words."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one record."""

    work_id: int
    """The work to join, or a negative number: a new work, one for all records with that number."""
    score: int
    """How sure that is, 0 to 100; 100 for a work of its own."""
    doubtful: list[Doubt] = field(default_factory=list)
    """Works that are there already and may be the same, the likeliest first."""
    doubtful_new: list[Doubt] = field(default_factory=list)
    """New works of this batch that may be the same: their ids are negative numbers."""


@transaction.atomic
def find_works(records: Sequence[Record]) -> dict[str, Match]:
    """The work of each record, by its isbn13; the editions must be new.

    Five statements, however many records and works there are. Call it in the transaction that
    writes the editions: until that ends no work is merged or split.
    """
    hold_works()
    batch = Batch(records)
    shelf = Shelf(batch)
    placed: ByTitle[Group] = ByTitle()
    for group in batch.groups:
        _place(group, batch, shelf)
        _join_earlier(group, placed)
        for described in group.records.values():
            placed.add(group, described)
    numbers = {group.number: group for group in batch.groups}
    matches = {group: _match(group, numbers) for group in batch.groups}
    return {number: matches[batch.of_number[number]] for number in batch.described}


def take_turns() -> None:
    """Let other lists and files wait until the running transaction ends, and wait for theirs.

    Each locks editions, works and search entries by the thousand, in its own order: two at once
    could wait for each other. Call it before any row is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IMPORTS_LOCK])


def hold_works() -> None:
    """Let nobody merge or split works until the running transaction ends.

    Whoever writes editions in bulk calls this before any row is locked.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_WORKS_LOCK])


def have_works_alone() -> None:
    """Wait for all who add editions to works, and keep them off until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WORKS_LOCK])


def note_doubts(matches: Iterable[Match], *, created: Mapping[int, int]) -> None:
    """Put what is doubtful on the review list; a pair that was there before stays as it is.

    `created` maps the negative numbers of new works to their ids. One statement.
    """
    reviews: dict[tuple[int, int], MatchReview] = {}
    for match in matches:
        mine = created.get(match.work_id, match.work_id)
        for target, score, reasons in [*match.doubtful, *match.doubtful_new]:
            theirs = created.get(target, target)
            if mine != theirs:
                work_id, other_id = MatchReview.in_order(mine, theirs)
                reviews[work_id, other_id] = MatchReview(
                    work_id=work_id, other_id=other_id, score=score, reasons=reasons
                )
    ordered = [reviews[pair] for pair in sorted(reviews)]
    MatchReview.objects.bulk_create(ordered, ignore_conflicts=True)


def _place(group: Group, batch: Batch, shelf: Shelf) -> None:
    """Join the likeliest work that is there, the older of two; doubt the others."""
    best: dict[int, Likeness] = {}
    for pk, likeness in shelf.candidates(group, batch):
        if pk not in best or best[pk].score < likeness.score:
            best[pk] = likeness
    group.work_id = group.number
    for pk, likeness in sorted(best.items(), key=lambda item: (-item[1].score, item[0])):
        if likeness.is_same and group.work_id < 0:
            group.work_id, group.score = pk, likeness.score
        elif likeness.is_same or likeness.is_doubtful:
            group.doubt(pk, likeness)


def _join_earlier(group: Group, placed: ByTitle[Group]) -> None:
    """Join an earlier group of the batch, if it has no work yet; doubt what may be the same."""
    for described in group.records.values():
        for earlier in placed.like(described):
            likeness = max(
                (compare(described, other) for other in earlier.records.values()),
                key=lambda found: found.score,
            )
            if likeness.is_same and group.work_id == group.number:
                group.work_id, group.score = earlier.work_id, likeness.score
            elif likeness.is_doubtful or likeness.is_same:
                group.doubt(earlier.number, likeness)


def _match(group: Group, numbers: Mapping[int, Group]) -> Match:
    doubts: dict[int, Likeness] = {}
    for target, likeness in group.doubts.items():
        work_id = numbers[target].work_id if target in numbers else target
        if work_id != group.work_id and (
            work_id not in doubts or doubts[work_id].score < likeness.score
        ):
            doubts[work_id] = likeness
    likeliest = sorted(doubts.items(), key=lambda item: (-item[1].score, abs(item[0])))
    listed = [(pk, found.score, list(found.reasons)) for pk, found in likeliest[:MOST_DOUBTS]]
    return Match(
        work_id=group.work_id,
        score=group.score,
        doubtful=[doubt for doubt in listed if doubt[0] > 0],
        doubtful_new=[doubt for doubt in listed if doubt[0] < 0],
    )
