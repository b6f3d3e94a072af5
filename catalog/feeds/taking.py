"""Takes one batch of records into the catalogue: all of it in one transaction, or none.

The number of statements is the same for any batch and any size of the catalogue.
"""

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import indexing, matching
from catalog.feeds import expecting, merging, replacing, rows, sayings, states, telling, writing
from catalog.feeds.items import Item
from catalog.feeds.states import EditionState, WorkState
from catalog.feeds.vocabulary import Made, Thema, Vocabulary
from catalog.models import (
    Edition,
    ImportRecord,
    ImportRun,
    Supplier,
    SupplierRecord,
    Work,
)
from catalog.onix.records import Record

Outcome = ImportRecord.Outcome


class Overtaken(Exception):
    """The run was taken over, or ended, while this process held the batch."""


@dataclass(slots=True)
class Result:
    """What became of one record."""

    item: Item
    outcome: "ImportRecord.Outcome"
    reasons: list[list[str]] = field(default_factory=list)
    edition_id: int | None = None
    isbn13: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    undo: dict[str, Any] = field(default_factory=dict)
    merge: merging.Merge | None = None


def take(run: ImportRun, items: Sequence[Item], *, bytes_read: int, at: datetime.datetime) -> None:
    """Take these records of the run in, and count them.

    What the database refuses, whatever it is, is found by halves and rejected by itself. Raises
    Overtaken when another process has gone on with the run meanwhile.
    """
    try:
        _take(run, items, bytes_read, at, is_refused=False)
    except (DataError, IntegrityError, UnicodeError):
        if len(items) == 1:
            _take(run, items, bytes_read, at, is_refused=True)
            return
        middle = len(items) // 2
        take(run, items[:middle], bytes_read=run.bytes_read, at=at)
        take(run, items[middle:], bytes_read=bytes_read, at=at)


@transaction.atomic
def _take(
    run: ImportRun,
    items: Sequence[Item],
    bytes_read: int,
    at: datetime.datetime,
    *,
    is_refused: bool,
) -> None:
    matching.take_turns()
    matching.hold_works()
    current = ImportRun.objects.select_for_update(of=("self",)).select_related("supplier")
    run = current.get(pk=run.pk)
    if run.status != run.Status.RUNNING or run.records_done != items[0].ordinal - 1:
        raise Overtaken
    if is_refused:
        results = [Result(items[0], Outcome.REJECTED, [["", _("It could not be stored.")]])]
    else:
        results = _Batch(run.supplier, at).take(items)
    _record(run, results, bytes_read)


def _record(run: ImportRun, results: Sequence[Result], bytes_read: int) -> None:
    rows.insert(
        ImportRecord,
        (
            *("run_id", "ordinal", "line", "reference", "notification", "isbn13", "outcome"),
            *("edition_id", "changes", "undo", "reasons"),
        ),
        [
            (
                *(run.pk, result.item.ordinal, result.item.line),
                *_named(result.item.said),
                *(result.isbn13, result.outcome.value, result.edition_id),
                json.dumps(result.changes) if result.changes else "{}",
                json.dumps(result.undo) if result.undo else "{}",
                json.dumps(result.reasons) if result.reasons else "[]",
            )
            for result in results
        ],
    )
    counted = Counter(result.outcome.value for result in results)
    ImportRun.objects.filter(pk=run.pk).update(
        records_done=F("records_done") + len(results),
        bytes_read=bytes_read,
        **{f"{name}_count": F(f"{name}_count") + number for name, number in counted.items()},
    )


def _named(said: "sayings.Saying | sayings.Refused | None") -> tuple[str, str]:
    """Reference and type of notification."""
    return (said.reference, said.notification) if said else ("", "")


class _Batch:
    """One batch, with what the database says of it."""

    def __init__(self, supplier: Supplier, at: datetime.datetime) -> None:
        self.supplier = supplier
        self.at = at
        self.today = timezone.localdate(at)
        self.trusts = states.trusts_of(Supplier.objects.values_list("code", "trust"))
        self.editions: dict[str, EditionState] = {}
        self.works: dict[int, WorkState] = {}
        self.matches: dict[str, matching.Match] = {}

    def take(self, items: Sequence[Item]) -> list[Result]:
        results = self._unchanged(items)
        todo = [result for result in results if result.merge is None and result.item.said]
        said = self._sayings([r for r in todo if r.outcome is not Outcome.UNCHANGED])
        if said:
            vocabulary = Vocabulary([saying for _result, saying in said], Thema())
            self._load([saying.record for _result, saying in said])
            for result, saying in said:
                vocabulary.resolve(saying)
                self._merge(result, saying)
            self._write(vocabulary, [result for result, _saying in said])
        return results

    # --- Reading ---

    def _unchanged(self, items: Sequence[Item]) -> list[Result]:
        """Known records are unchanged, unless this very batch brings the edition anew."""
        known = [item for item in items if item.edition_id is not None]
        digests = SupplierRecord.objects.filter(
            supplier=self.supplier, digest__among=[item.digest for item in known]
        )
        current = (
            {
                (digest, pk): number
                for digest, pk, number in digests.values_list(
                    "digest", "edition_id", "edition__isbn13"
                )
            }
            if known
            else {}
        )
        anew = {item.said.isbn13 for item in items if item.said}
        results = []
        for item in items:
            number = current.get((item.digest, item.edition_id or 0), "")
            if number and number not in anew:
                results.append(
                    Result(item, Outcome.UNCHANGED, edition_id=item.edition_id, isbn13=number)
                )
            else:
                results.append(Result(item.now_read(), Outcome.REJECTED))
        return results

    def _sayings(self, results: Sequence[Result]) -> list[tuple[Result, sayings.Saying]]:
        """Of each record that can be taken in what it says; the others say why they cannot."""
        taken = []
        for result in results:
            said = result.item.said
            if said is not None:
                result.isbn13 = said.isbn13
            if isinstance(said, sayings.Refused):
                result.reasons = said.reasons
            elif said is not None:
                taken.append((result, said.copy()))
        return taken

    def _load(self, records: Sequence[Record]) -> None:
        """Lock and read what is there, and decide which works new editions belong to."""
        numbers = {record.isbn13 for record in records}
        found = states.numbers_lock(numbers | replacing.named(records))
        own = [row for number, row in found.items() if number in numbers]
        new = {
            record.isbn13: record
            for record in records
            if record.isbn13 not in found and record.notification not in ("04", "05")
        }
        self.others = {number: row for number, row in found.items() if number not in numbers}
        self.matches = matching.find_works(list(new.values())) if new else {}
        joined = {match.work_id for match in self.matches.values() if match.work_id > 0}
        self.editions, self.works = states.load(own, joined, self.today)
        ids = iter(rows.new_ids(Edition, len(new)))
        unknown = {match.work_id for match in self.matches.values() if match.work_id < 0}
        self._work_ids = iter(rows.new_ids(Work, len(unknown)))
        self._created: dict[int, int] = {}
        """The ids of new works, by the negative numbers that stand for them."""
        for number in sorted(new):
            self.editions[number] = EditionState(
                next(ids), number, self._work_for(number), is_new=True
            )

    def _work_for(self, number: str) -> WorkState:
        """The work that was found, or the new one that stands for a negative number."""
        key = self.matches[number].work_id
        if key not in self.works:
            self._created[key] = next(self._work_ids)
            self.works[key] = WorkState(self._created[key], is_new=True)
        return self.works[key]

    # --- Merging ---

    def _merge(self, result: Result, saying: sayings.Saying) -> None:
        record = saying.record
        state = self.editions.get(record.isbn13)
        if state is None:
            self._merge_unknown(result, record)
            return
        first_time = state.is_new and not state.digest
        people = saying.values.get("work.contributors")
        if state.work.is_new and people and not state.work.first_name:
            state.work.first_name = next((p.sort_name for p in record.people if p.sort_name), "")
        merge = merging.Merge(self.supplier, self.trusts, state, saying)
        replaced = replacing.replaced_by(record, self.editions, self.others)
        if replaced:
            saying.values["replaced_by"] = replaced
        merge.run()
        state.digest = result.item.digest
        result.merge, result.edition_id = merge, state.id
        result.reasons = saying.reasons
        if first_time:
            result.outcome = Outcome.CREATED
        elif not merge.differences and not state.is_new:
            result.outcome = Outcome.UNCHANGED
        else:
            result.outcome = Outcome.DELETED if record.notification == "05" else Outcome.CHANGED

    def _merge_unknown(self, result: Result, record: Record) -> None:
        if record.notification == "05":
            result.outcome = Outcome.UNCHANGED
            result.reasons = [["NotificationType", _("It is to be deleted, and is not here.")]]
        else:
            text = _("It updates a book that is not here; ask for its whole record first.")
            result.reasons = [["NotificationType", text]]

    # --- Writing ---

    def _write(self, vocabulary: Vocabulary, results: Sequence[Result]) -> None:
        editions = list(self.editions.values())
        works = list({work.id: work for work in self.works.values()}.values())
        ids, made = vocabulary.create(telling.placeholders(editions, works))
        telling.translate(editions, works, ids)
        if self._created:
            made["work"] = list(self._created.values())
        self._tell(vocabulary, ids, made, [result for result in results if result.merge])
        writing.write(editions, works, supplier=self.supplier, at=self.at, today=self.today)
        self._write_relations([result for result in results if result.merge])
        matching.note_doubts(self.matches.values(), created=self._created)
        indexing.works_changed(
            {work.id for work in works if work.changed or work.is_new}
            | {each.work.id for each in editions if each.changed}
        )

    def _write_relations(self, results: Sequence[Result]) -> None:
        """Which replaces which, and what is said of numbers that are not here yet."""
        records = [result.merge.saying.record for result in results if result.merge]
        pointed = replacing.write(records, self.editions, self.others)
        noted = expecting.note(records, self.editions)
        for result in results:
            if old := pointed.pop(result.isbn13, None):
                result.undo["replaces"] = old
            if numbers := noted.pop(result.isbn13, None):
                result.undo["expects"] = numbers
        if new := {each.isbn13: each.id for each in self.editions.values() if each.is_new}:
            expecting.point_to_new(new)

    def _tell(
        self, vocabulary: Vocabulary, ids: dict[int, int], made: Made, results: Sequence[Result]
    ) -> None:
        words = telling.Words(vocabulary, ids, results)
        for place, result in enumerate(results):
            merge = result.merge
            differences = telling.translated(merge.differences, ids) if merge else {}
            if differences:
                result.changes = words.of(differences)
                result.undo["fields"] = differences
            if place == 0 and made:
                result.undo["made"] = made
