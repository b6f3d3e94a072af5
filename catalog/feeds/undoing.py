"""Takes a whole run back: what it made goes, what it changed gets its old value.

Nothing is taken back that somebody has changed since, or that a later file has said again; an
edition that something uses stays, and is withdrawn from sale. Records are undone from the last to
the first, in batches that are one transaction each, so a killed undo goes on where it was.
"""

import datetime
from collections.abc import Callable, Collection, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caching import store
from catalog import indexing, matching
from catalog.feeds import replacing, runs, states, telling, uses, writing
from catalog.feeds.merging import Difference
from catalog.feeds.states import EditionState, WorkState
from catalog.models import (
    Edition,
    ExpectedRelation,
    ImportRecord,
    ImportRun,
    SupplierRecord,
    generations,
)
from catalog.models.provenance import STAFF

BATCH = 500  # records
Outcome = ImportRecord.Outcome
WROTE = (Outcome.CREATED, Outcome.CHANGED, Outcome.DELETED)
UNDONE = "undo"
"""Where a record says why it was not taken back."""


def undo(
    run_id: int,
    *,
    at: datetime.datetime,
    progress: Callable[[ImportRun], None] = lambda run: None,
) -> None:
    """Take the run back, or what is left of that; a run that is undone is left alone.

    Its counts and outcomes stay as they were. Raises SupplierBusy.
    """
    run = ImportRun.objects.get(pk=run_id)
    with runs.alone(run.supplier_id):
        run.refresh_from_db()
        if run.status not in (run.Status.DONE, run.Status.FAILED, run.Status.UNDOING):
            return
        run.status = run.Status.UNDOING
        run.save(update_fields=["status"])
        while _undo_batch(run_id, at):
            run.refresh_from_db()
            progress(run)
        run.refresh_from_db()
        run.status, run.undone_at = run.Status.UNDONE, at
        run.notes = [*run.notes, *_summary(run)]
        run.save(update_fields=["status", "undone_at", "notes"])


def _summary(run: ImportRun) -> list[str]:
    kept = ImportRecord.objects.filter(run=run, reasons__contains=[[UNDONE]]).count()
    text = ngettext(
        "Undone, but for %(count)d record: it says why.",
        "Undone, but for %(count)d records: each says why.",
        kept,
    )
    return [text % {"count": kept}] if kept else [_("Undone: nothing of this file is left.")]


@transaction.atomic
def _undo_batch(run_id: int, at: datetime.datetime) -> bool:
    """Take back the next records; False: there were none left."""
    matching.take_turns()
    matching.hold_works()
    run = (
        ImportRun.objects.select_for_update(of=("self",)).select_related("supplier").get(pk=run_id)
    )
    records = ImportRecord.objects.filter(run=run).order_by("-ordinal")
    if run.undone_from is not None:
        records = records.filter(ordinal__lt=run.undone_from)
    batch = list(records[:BATCH])
    if not batch:
        return False
    _Undo(run, at).take_back([record for record in batch if record.outcome in WROTE or record.undo])
    run.undone_from = batch[-1].ordinal
    run.save(update_fields=["undone_from"])
    return True


class _Undo:
    """One batch being taken back, the last record first."""

    def __init__(self, run: ImportRun, at: datetime.datetime) -> None:
        self.run = run
        self.code = run.supplier.code
        self.at = at
        self.today = timezone.localdate(at)
        self.reasons: dict[int, str] = {}

    def take_back(self, records: Sequence[ImportRecord]) -> None:
        if not records:
            return
        numbers = {record.isbn13 for record in records}
        self.editions, self.works = states.load(
            list(states.numbers_lock(numbers).values()), (), self.today
        )
        touched = list(self.works)
        store.bump_after_commit(generations.showing(touched))
        self._find_later(records)
        self._find_lost(records)
        for record in records:
            self._restore(record)
        made = {work for record in records for work in record.undo.get("made", {}).get("work", ())}
        indexing.works_leaving(made)
        self._withdraw_or_delete(records)
        self._forget_relations([r for r in records if r.edition_id not in self.said_again])
        uses.delete_unused(record.undo["made"] for record in records if record.undo.get("made"))
        for record in records:
            if record.pk in self.reasons:
                record.reasons = [*record.reasons, [UNDONE, self.reasons[record.pk]]]
        ImportRecord.objects.bulk_update(
            [record for record in records if record.pk in self.reasons], ["reasons"]
        )
        indexing.works_changed({*touched, *made})
        indexing.vocabulary_changed()

    def _find_later(self, records: Sequence[ImportRecord]) -> None:
        """What files that came later, and are not undone, have said of these editions."""
        later = (
            ImportRecord.objects.filter(
                edition__in=[record.edition_id for record in records if record.edition_id],
                run__gt=self.run.pk,
            )
            .exclude(outcome=Outcome.REJECTED)
            .exclude(run__status=ImportRun.Status.UNDONE)
            .values_list("edition_id", "run__supplier_id", "notification")
        )
        found = list(later)
        self.later = {edition for edition, _supplier, _notification in found}
        self.said_again = {
            edition
            for edition, supplier, notification in found
            if supplier == self.run.supplier_id and notification not in ("04", "05")
        }

    def _find_lost(self, records: Sequence[ImportRecord]) -> None:
        """Which of the rows that old values point to are gone."""
        wanted: dict[Any, set[int]] = {}
        for record in records:
            for name, (old, _new, _source) in record.undo.get("fields", {}).items():
                if name in telling.KINDS:
                    wanted.setdefault(telling.KINDS[name][1], set()).update(telling.ids_in(old))
        self.lost: dict[Any, set[int]] = {}
        for model, ids in wanted.items():
            there = model._default_manager.filter(pk__in=ids).values_list("pk", flat=True)
            self.lost[model] = ids - set(there)

    # --- Fields ---

    def _restore(self, record: ImportRecord) -> None:
        state = self.editions.get(record.isbn13)
        differences: dict[str, Difference] = record.undo.get("fields", {})
        if state is None or not differences:
            return
        if record.edition_id in self.said_again:
            self.reasons[record.pk] = _("Kept, because a later file said it again.")
            return
        kept = [
            name
            for name, difference in differences.items()
            if not self._restore_field(state, name, difference)
        ]
        if kept:
            text = _("Kept, because it was changed since: %(fields)s.")
            self.reasons[record.pk] = text % {"fields": ", ".join(kept)}

    def _restore_field(self, state: EditionState, name: str, difference: Difference) -> bool:
        old, new, source = difference
        target: EditionState | WorkState = state.work if name.startswith("work.") else state
        current = target.values.get(name)
        if name == "price":
            old, new = self._from_today(old), self._from_today(new)
        if name in telling.KINDS and self.lost[telling.KINDS[name][1]] & set(telling.ids_in(old)):
            return False
        locked = state.work.locked if isinstance(target, WorkState) else state.locked
        if current != new or state.sources.get(name) != self.code or name in locked:
            return False
        target.values[name] = old
        target.changed.add(name)
        if source:
            state.sources[name] = source
        else:
            state.sources.pop(name)
        state.sources_changed = True
        return True

    def _from_today(self, periods: "list[list[Any]] | None") -> list[list[Any]]:
        """As `states.load` has them."""
        day = self.today.isoformat()
        return [
            [amount, rate, max(first, day), last]
            for amount, rate, first, last in periods or ()
            if last is None or last >= day
        ]

    @staticmethod
    def _forget_relations(records: Sequence[ImportRecord]) -> None:
        """What they said of other editions, here or not."""
        pairs = [(old, r.edition_id) for r in records for old in r.undo.get("replaces", ())]
        replacing.take_back([(old, by) for old, by in pairs if by is not None])
        expected = [
            Q(edition=record.edition_id, isbn13__in=record.undo["expects"])
            for record in records
            if record.edition_id and record.undo.get("expects")
        ]
        if expected:
            ExpectedRelation.objects.filter(reduce(or_, expected)).delete()

    # --- Editions ---

    def _withdraw_or_delete(self, records: Sequence[ImportRecord]) -> None:
        made = {
            record.edition_id: record
            for record in records
            if record.outcome == Outcome.CREATED and record.edition_id
        }
        used = uses.of_editions(made) if made else {}
        by_id = {state.id: state for state in self.editions.values()}
        gone = []
        for pk, record in made.items():
            state = by_id.get(pk)
            if state is None:
                continue
            if pk in self.later:
                self.reasons[record.pk] = _("The edition stays, because a later file has it too.")
            elif pk in used or STAFF in state.sources.values() or state.locked:
                why = used.get(pk) or _("Staff has written in it.")
                self._withdraw(state)
                text = _("The edition stays, withdrawn from sale. %(why)s")
                self.reasons[record.pk] = text % {"why": why}
            else:
                gone.append(pk)
        self._write(gone)
        Edition.objects.filter(pk__in=gone).delete()

    def _withdraw(self, state: EditionState) -> None:
        if state.values["is_offered"]:
            state.values["is_offered"] = False
            state.changed.add("is_offered")

    def _write(self, gone: Collection[int]) -> None:
        """Write what was restored, and forget digests, so that the next file is read again."""
        leaving = set(gone)
        for state in self.editions.values():
            state.digest = ""
        writing.write(
            [state for state in self.editions.values() if state.id not in leaving],
            list(self.works.values()),
            supplier=self.run.supplier,
            at=self.at,
            today=self.today,
        )
        again = [s.id for s in self.editions.values() if s.id not in self.said_again]
        SupplierRecord.objects.filter(edition__in=again).delete()
