"""Importing catalogue files.

A file is imported as a whole or not at all: every line is checked first, and the errors of all
lines are reported together. Importing the same file again changes nothing.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from catalog import edition_rows, indexing, matching
from catalog.csv_files import InvalidRows, Layout, ListFile
from catalog.edition_rows import EditionRow, Person
from catalog.list_names import Names
from catalog.list_outcomes import Outcome
from catalog.marking import Marks, filled
from catalog.models import (
    Contribution,
    ContributorRole,
    Edition,
    Location,
    Price,
    Regrouping,
    SeriesMembership,
    Stock,
    Subject,
    Work,
)

if TYPE_CHECKING:
    from accounts.models import User

_OF_ONE_EDITION = frozenset({ContributorRole.TRANSLATOR, ContributorRole.NARRATOR})
"""Roles that belong to an edition: another edition has another translator."""

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What an import did."""

    editions_created: int = 0
    editions_changed: int = 0
    works_created: int = 0
    stock_changed: int = 0


def import_catalog(
    file: BinaryIO,
    *,
    today: datetime.date,
    is_sample: bool = False,
    progress: Progress = lambda done, total: None,
    layout: Layout | None = None,
) -> Report:
    """Import a catalogue file: one edition a line, joined to works by the column `work`.

    A blank field leaves what is there. A number in `stock` is a count at the first location.
    `progress` is called with the works done and their total.
    Raises UnreadableFile or InvalidRows; nothing is written then.
    """
    read = ListFile(file, edition_rows.COLUMNS, layout)
    read.check_headings()
    rows, outcome = check(read)
    if outcome.errors:
        raise InvalidRows(outcome.errors)
    return import_rows(rows, today=today, is_sample=is_sample, progress=progress)


@transaction.atomic
def import_rows(
    rows: list[EditionRow],
    *,
    today: datetime.date,
    is_sample: bool = False,
    actor: "User | None" = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Import lines that `check` found sound: all of them, or none. `actor` counts their stock."""
    return _CatalogImport(today=today, is_sample=is_sample, actor=actor).run(rows, progress)


def check(file: ListFile) -> tuple[list[EditionRow], Outcome]:
    """The sound lines of a catalogue file, and the wrong ones."""
    codes = set(Subject.objects.values_list("code", flat=True))
    checked: list[EditionRow] = []
    outcome = Outcome()
    lines: dict[str, int] = {}
    for row in file.rows():
        edition_row, errors = edition_rows.parse(row, currency=settings.SHOP_CURRENCY)
        if edition_row is not None:
            first_line = lines.setdefault(edition_row.isbn13, row.line)
            if first_line != row.line:
                message = _("stands in line %(line)d already.") % {"line": first_line}
                errors.append(row.error("isbn13", message))
            unknown = [code for code in edition_row.subject_codes if code not in codes]
            if unknown:
                message = _("unknown subjects: %(codes)s.") % {"codes": ", ".join(unknown)}
                errors.append(row.error("subjects", message))
        if errors or edition_row is None:
            outcome.refuse(row, errors)
        else:
            checked.append(edition_row)
    return checked, outcome


def foresee(rows: list[EditionRow], outcome: Outcome, *, today: datetime.date) -> None:
    """Add to `outcome` how many lines are new, would change their edition, or would not.

    It is done and undone again, as nothing else knows it for sure; nobody else sees any of it.
    """
    with transaction.atomic():
        trial = _CatalogImport(today=today, is_sample=False, actor=None)
        outcome.created = trial.run(rows, lambda done, total: None).editions_created
        transaction.set_rollback(True)
    outcome.changed = len(trial.touched) - outcome.created
    outcome.unchanged = len(rows) - len(trial.touched)


def _by_work(rows: list[EditionRow], editions: dict[str, Edition]) -> dict[str, list[EditionRow]]:
    """The rows by the key of their work; what was merged since goes where that went."""
    merged = Regrouping.objects.current_keys({row.work_key or row.likely_work_key for row in rows})
    groups: dict[str, list[EditionRow]] = defaultdict(list)
    for row in rows:
        known = editions.get(row.isbn13)
        current_key = known.work.key if known else row.likely_work_key
        key = row.work_key or current_key
        groups[merged.get(key, key)].append(row)
    return groups


def _others(this: Model, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are not there yet."""
    return {name: value for name, value in wanted.items() if getattr(this, name) != value}


def _write(this: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(this, name, value)
    this.save()


class _CatalogImport:
    """One run, with what it has looked up and counted so far."""

    def __init__(self, *, today: datetime.date, is_sample: bool, actor: "User | None") -> None:
        self.today = today
        self.is_sample = is_sample
        self.actor = actor
        self.report = Report()
        self.names: Names
        """Read when it is this run's turn."""
        self.location = Location.objects.first()
        self.counts: dict[Edition, int] = {}
        self.on_hand: dict[int, int] = {}
        """By edition, at the first location, as far as a line counts it."""
        self.touched: set[int] = set()
        """The lines that changed anything."""
        self.marks = Marks()

    def run(self, rows: list[EditionRow], progress: Progress) -> Report:
        matching.take_turns()
        matching.hold_works()
        self.names = Names(rows)
        editions = self._known_editions(rows)
        groups = _by_work(rows, editions)
        parts = ("contributions", "subjects", "series_memberships")
        found = Work.objects.filter(key__in=groups).prefetch_related(*parts)
        works = {work.key: work for work in found}
        stocks = Stock.objects.filter(location=self.location, edition__in=editions.values())
        self.on_hand = dict(stocks.values_list("edition_id", "on_hand"))
        ids = {edition.work_id for edition in editions.values()}  # some may leave their work
        for done, (key, group) in enumerate(groups.items(), start=1):
            work = self._work(works.get(key) or Work(key=key, is_sample=self.is_sample), group)
            for row in group:
                if self._edition(editions.get(row.isbn13), work, row):
                    self.touched.add(row.line)
            ids.add(work.pk)
            progress(done, len(groups))
        if self.counts and self.location is not None:
            self.report.stock_changed = Stock.objects.all().count_many(
                self.counts,
                location=self.location,
                reason=_("Catalogue import"),
                actor=self.actor,
            )
        indexing.works_changed(ids)
        if not self.is_sample:
            self.marks.write()
        return self.report

    def _known_editions(self, rows: list[EditionRow]) -> dict[str, Edition]:
        numbers = [row.isbn13 for row in rows]
        editions = Edition.objects.filter(isbn13__in=numbers).with_price(on=self.today)
        return {edition.isbn13: edition for edition in editions.select_related("imprint", "work")}

    # --- works ---

    def _work(self, work: Work, group: list[EditionRow]) -> Work:
        """The work as its lines describe it, written; they are touched if that changes it."""
        people = [p for row in group for p in row.people if p.role not in _OF_ONE_EDITION]
        parts = [  # each of which is done, whatever those before it have changed
            self._describe(work, group),  # first, as a new one has no id before
            self._classify(work, group),
            self._contributions(work, None, people),
            self._join_series(work, group[0]),
        ]
        if any(parts):
            self.touched |= {row.line for row in group}
        return work

    def _describe(self, work: Work, group: list[EditionRow]) -> bool:
        """Whether it is new, or has other fields than before."""
        first, is_new = group[0], work._state.adding
        if is_new:
            work.title = first.title
            self.report.works_created += 1
        wanted = {
            "subtitle": first.subtitle,
            "description": next((row.description for row in group if row.description), ""),
            "original_language": first.original_language,
            "first_published": first.first_published,
            "main_subject": next(iter(self.names.subjects(first)), None),
        }
        said = filled(wanted)
        changes = _others(work, {name: wanted[name] for name in wanted if name in said})
        if changes or is_new:
            _write(work, changes)
        self.marks.work(work, [*changes, *(["title"] if is_new else [])])
        return is_new or bool(changes)

    def _classify(self, work: Work, group: list[EditionRow]) -> bool:
        """Whether its subjects are others than before."""
        subjects = dict.fromkeys(each for row in group for each in self.names.subjects(row))
        if not subjects or set(subjects) == set(work.subjects.all()):
            return False
        self.marks.work(work, ["subjects"])
        work.subjects.set(subjects)
        return True

    def _contributions(self, work: Work, edition: Edition | None, people: list[Person]) -> bool:
        """Whether these are others than before."""
        wanted = list(dict.fromkeys((self.names.contributor(p).pk, p.role) for p in people))
        if not wanted:
            return False
        current = Contribution.objects.filter(work=work, edition=edition)
        if list(current.values_list("contributor_id", "role")) == wanted:
            return False
        if edition is None:
            self.marks.work(work, ["contributors"])
        else:
            self.marks.edition(edition, ["contributors"])
        if current.exists():
            current.delete()
            indexing.vocabulary_changed()  # pages of whoever is not named any more
        Contribution.objects.bulk_create(
            Contribution(work=work, edition=edition, contributor_id=pk, role=role, ordinal=ordinal)
            for ordinal, (pk, role) in enumerate(wanted, start=1)
        )
        return True

    def _join_series(self, work: Work, row: EditionRow) -> bool:
        """Whether it was not in the line's series, or in another place of it."""
        if not row.series:
            return False
        series, position = self.names.series(row.series), row.series_position
        known = SeriesMembership.objects.filter(series=series, work=work, position=position)
        if known.exists():
            return False
        self.marks.work(work, ["series"])
        SeriesMembership.objects.update_or_create(
            series=series, work=work, defaults={"position": position}
        )
        return True

    # --- editions ---

    def _edition(self, edition: Edition | None, work: Work, row: EditionRow) -> bool:
        """Whether anything changed of it."""
        is_new = edition is None
        if edition is None:
            edition = Edition(isbn13=row.isbn13, work=work, is_sample=self.is_sample)
        is_moved = edition.work_id != work.pk
        if is_moved:
            edition.move_to(work)
        is_other = self._fill_in(edition, work, row, is_new=is_new) or is_moved
        self.report.editions_created += is_new
        self.report.editions_changed += is_other and not is_new
        own_people = [person for person in row.people if person.role in _OF_ONE_EDITION]
        parts = [
            self._contributions(work, edition, own_people),
            self._price(edition, row, is_new=is_new),
            self._count(edition, row),
        ]
        return is_other or any(parts)

    def _fill_in(self, edition: Edition, work: Work, row: EditionRow, *, is_new: bool) -> bool:
        """Whether it has other fields than before."""
        is_named_alike = row.title == work.title
        wanted = {
            "format": row.format,
            "language": row.language,
            "title": "" if is_named_alike else row.title,
            "subtitle": "" if is_named_alike else row.subtitle or edition.subtitle,
            "imprint": self.names.imprint(edition, row),
            "publication_date": row.publication_date or edition.publication_date,
            "pages": row.pages or edition.pages,
            "duration_minutes": row.duration_minutes or edition.duration_minutes,
            "weight_grams": row.weight_grams or edition.weight_grams,
        }
        changes = wanted if is_new else _others(edition, wanted)
        if changes:
            _write(edition, changes)
        self.marks.edition(edition, filled(changes) if is_new else changes)
        return bool(changes)

    def _count(self, edition: Edition, row: EditionRow) -> bool:
        """Whether the line counts another number than lies there."""
        if row.stock is None or edition.is_digital:
            return False
        self.counts[edition] = row.stock
        return row.stock != self.on_hand.get(edition.pk, 0)

    def _price(self, edition: Edition, row: EditionRow, *, is_new: bool) -> bool:
        """Whether it costs something else from today on."""
        if row.price is None or (not is_new and edition.price_amount == row.price):
            return False
        self.marks.edition(edition, ["price"])
        if is_new:
            Price.objects.create(
                edition=edition,
                amount=row.price,
                currency=settings.SHOP_CURRENCY,
                valid_from=self.today,
            )
        else:
            edition.set_price(row.price, valid_from=self.today)
        return True
