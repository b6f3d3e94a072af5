"""Importing catalogue files.

A file is imported as a whole or not at all: every line is checked first, and the errors of all
lines are reported together. Importing the same file again changes nothing.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from catalog import edition_rows, indexing, matching
from catalog.csv_files import InvalidRows, Layout, ListFile
from catalog.edition_rows import EditionRow, Person
from catalog.list_outcomes import Outcome
from catalog.marking import Marks, filled
from catalog.models import (
    Contribution,
    Contributor,
    ContributorRole,
    Edition,
    Imprint,
    Location,
    Price,
    Publisher,
    Regrouping,
    Series,
    SeriesMembership,
    Stock,
    Subject,
    Work,
    slugs,
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


class _CatalogImport:
    """One run, with what it has looked up so far."""

    def __init__(self, *, today: datetime.date, is_sample: bool, actor: "User | None") -> None:
        self.today = today
        self.is_sample = is_sample
        self.actor = actor
        self.report = Report()
        # Where the shop has a code of its own that Thema has too, Thema's is meant: it is last.
        subjects = Subject.objects.order_by("scheme")
        self.subjects = {subject.code: subject for subject in subjects}
        self.publishers = {row.name: row for row in Publisher.objects.all()}
        self.imprints: dict[str, dict[int, Imprint]] = defaultdict(dict)
        """By name, then by publisher."""
        for row in Imprint.objects.all():
            self.imprints[row.name][row.publisher_id] = row
        self.series = {row.title: row for row in Series.objects.all()}
        self.merged_imprints: dict[str, dict[str, Imprint]] = defaultdict(dict)  # publisher's name
        self.contributors: dict[tuple[str, int | None], Contributor] = {}
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
        editions = self._known_editions(rows)
        groups = _by_work(rows, editions)
        parts = ("contributions", "subjects", "series_memberships")
        found = Work.objects.filter(key__in=groups).prefetch_related(*parts)
        works = {work.key: work for work in found}
        people = [person.sort_name for row in rows for person in row.people]
        self.contributors = {
            (row.sort_name, row.birth_year): row
            for row in Contributor.objects.filter(sort_name__in=people)
        }
        self._find_merged(rows, people)
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
        first = group[0]
        described = next((row.description for row in group if row.description), "")
        is_new = work._state.adding
        if is_new:
            work.title = first.title
            self.report.works_created += 1
        wanted = {
            "subtitle": first.subtitle,
            "description": described,
            "original_language": first.original_language,
            "first_published": first.first_published,
            "main_subject": self.subjects[first.subject_codes[0]] if first.subject_codes else None,
        }
        changes = {
            name: value
            for name, value in wanted.items()
            if value not in ("", None) and getattr(work, name) != value
        }
        lines = {row.line for row in group}
        if changes or is_new:
            self.touched |= lines
            for name, value in changes.items():
                setattr(work, name, value)
            work.save()
        self.marks.work(work, [*changes, *(["title"] if is_new else [])])
        codes = [code for row in group for code in row.subject_codes]
        if codes:
            subjects = dict.fromkeys(self.subjects[code] for code in codes)
            if set(subjects) != set(work.subjects.all()):
                self.touched |= lines
                self.marks.work(work, ["subjects"])
                work.subjects.set(subjects)
        people = [p for row in group for p in row.people if p.role not in _OF_ONE_EDITION]
        if self._contributions(work, None, people):
            self.touched |= lines
        if first.series and self._join_series(work, first):
            self.touched |= lines
        return work

    def _contributions(self, work: Work, edition: Edition | None, people: list[Person]) -> bool:
        """Whether these are others than before."""
        wanted = list(dict.fromkeys((self._contributor(p).pk, p.role) for p in people))
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

    def _find_merged(self, rows: list[EditionRow], people: list[str]) -> None:
        """What was merged by staff: the old name leads to what stays."""
        kind = Regrouping.Kind
        names: dict[str, set[str]] = {kind.CONTRIBUTOR: set(people)}
        names[kind.SERIES] = {row.series for row in rows} - {""}
        names[kind.IMPRINT] = {row.imprint for row in rows}
        for each in Regrouping.objects.current_names(names):
            if each.kind == kind.CONTRIBUTOR:
                key = (each.gone["sort_name"], each.gone["birth_year"])
                self.contributors.setdefault(key, each.kept)
            elif each.kind == kind.SERIES:
                self.series.setdefault(each.name, each.kept)
            else:
                self.merged_imprints[each.name][each.publisher] = each.kept

    def _contributor(self, person: Person) -> Contributor:
        key = (person.sort_name, person.birth_year)
        if key not in self.contributors:
            self.contributors[key] = Contributor.objects.create(
                name=person.name,
                sort_name=person.sort_name,
                slug=slugs.unused(person.name, among=Contributor, fallback="contributor"),
                birth_year=person.birth_year,
                death_year=person.death_year,
            )
        return self.contributors[key]

    def _join_series(self, work: Work, row: EditionRow) -> bool:
        """Whether it was not in the series, or in another place of it."""
        series, position = self._series(row.series), row.series_position
        known = SeriesMembership.objects.filter(series=series, work=work, position=position)
        if known.exists():
            return False
        self.marks.work(work, ["series"])
        SeriesMembership.objects.update_or_create(
            series=series, work=work, defaults={"position": position}
        )
        return True

    def _series(self, title: str) -> Series:
        if title not in self.series:
            slug = slugs.unused(title, among=Series, fallback="series")
            self.series[title] = Series.objects.create(title=title, slug=slug)
        return self.series[title]

    # --- editions ---

    def _edition(self, edition: Edition | None, work: Work, row: EditionRow) -> bool:
        """Whether anything changed of it."""
        is_new = edition is None
        if edition is None:
            edition = Edition(isbn13=row.isbn13, work=work, is_sample=self.is_sample)
        is_moved = edition.work_id != work.pk
        if is_moved:
            edition.move_to(work)
        wanted = {
            "format": row.format,
            "language": row.language,
            "title": "" if row.title == work.title else row.title,
            "subtitle": "" if row.title == work.title else row.subtitle or edition.subtitle,
            "imprint": self._imprint(edition, row),
            "publication_date": row.publication_date or edition.publication_date,
            "pages": row.pages or edition.pages,
            "duration_minutes": row.duration_minutes or edition.duration_minutes,
            "weight_grams": row.weight_grams or edition.weight_grams,
        }
        changes = {
            name: value
            for name, value in wanted.items()
            if is_new or getattr(edition, name) != value
        }
        for name, value in changes.items():
            setattr(edition, name, value)
        if changes:
            edition.save()
        self.marks.edition(edition, filled(changes) if is_new else changes)
        self.report.editions_created += is_new
        self.report.editions_changed += (is_moved or bool(changes)) and not is_new
        own_people = [person for person in row.people if person.role in _OF_ONE_EDITION]
        has_others = self._contributions(work, edition, own_people)
        has_price = self._price(edition, row, is_new=is_new)
        counted = None if edition.is_digital else row.stock
        if counted is not None:
            self.counts[edition] = counted
        is_counted_anew = counted not in (None, self.on_hand.get(edition.pk, 0))
        return is_moved or bool(changes) or has_others or has_price or is_counted_anew

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

    def _imprint(self, edition: Edition, row: EditionRow) -> Imprint:
        named, merged = self.imprints[row.imprint], self.merged_imprints[row.imprint]
        if not row.publisher:
            if edition.imprint_id and edition.imprint.name == row.imprint:
                return edition.imprint
            alike = set(named.values()) or set(merged.values())
            if len(alike) == 1:
                return alike.pop()
        publisher_name = row.publisher or row.imprint
        publisher = self.publishers.get(publisher_name)
        if publisher_name in merged and (publisher is None or publisher.pk not in named):
            return merged[publisher_name]
        if publisher is None:
            publisher = Publisher.objects.create(name=publisher_name)
            self.publishers[publisher_name] = publisher
        if publisher.pk not in named:
            slug = slugs.unused(row.imprint, among=Imprint, fallback="imprint")
            named[publisher.pk] = Imprint.objects.create(
                publisher=publisher, name=row.imprint, slug=slug
            )
        return named[publisher.pk]
