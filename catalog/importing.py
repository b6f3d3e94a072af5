"""Importing catalogue files.

A file is imported as a whole or not at all: every line is checked first, and the errors of all
lines are reported together. Importing the same file again changes nothing.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from catalog import edition_rows, indexing
from catalog.csv_files import InvalidRows, Row, RowError, read_rows
from catalog.edition_rows import EditionRow, Person
from catalog.matching import hold_works
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
) -> Report:
    """Import a catalogue file: one edition a line, joined to works by the column `work`.

    A blank field leaves what is there. A number in `stock` is a count at the first location.
    `progress` is called with the works done and their total.
    Raises UnreadableFile or InvalidRows; nothing is written then.
    """
    rows = _checked(read_rows(file, required=edition_rows.REQUIRED, known=edition_rows.COLUMNS))
    with transaction.atomic():
        return _CatalogImport(today=today, is_sample=is_sample).run(rows, progress)


def _checked(rows: Iterable[Row]) -> list[EditionRow]:
    codes = set(Subject.objects.values_list("code", flat=True))
    checked: list[EditionRow] = []
    errors: list[RowError] = []
    lines: dict[str, int] = {}
    for row in rows:
        edition_row, row_errors = edition_rows.parse(row, currency=settings.SHOP_CURRENCY)
        errors += row_errors
        if edition_row is None:
            continue
        first_line = lines.setdefault(edition_row.isbn13, row.line)
        if first_line != row.line:
            message = _("stands in line %(line)d already.") % {"line": first_line}
            errors.append(RowError(row.line, "isbn13", message))
        unknown = [code for code in edition_row.subject_codes if code not in codes]
        if unknown:
            message = _("unknown subjects: %(codes)s.") % {"codes": ", ".join(unknown)}
            errors.append(RowError(row.line, "subjects", message))
        checked.append(edition_row)
    if errors:
        raise InvalidRows(errors)
    return checked


class _CatalogImport:
    """One run, with what it has looked up so far."""

    def __init__(self, *, today: datetime.date, is_sample: bool) -> None:
        self.today = today
        self.is_sample = is_sample
        self.report = Report()
        # Where the shop has a code of its own that Thema has too, Thema's is meant: it is last.
        subjects = Subject.objects.order_by("scheme")
        self.subjects = {subject.code: subject for subject in subjects}
        self.publishers = {row.name: row for row in Publisher.objects.all()}
        self.imprints: dict[str, dict[int, Imprint]] = defaultdict(dict)
        """By name, then by publisher."""
        for imprint in Imprint.objects.all():
            self.imprints[imprint.name][imprint.publisher_id] = imprint
        self.series = {row.title: row for row in Series.objects.all()}
        self.contributors: dict[tuple[str, int | None], Contributor] = {}
        self.counts: dict[Edition, int] = {}

    def run(self, rows: list[EditionRow], progress: Progress) -> Report:
        hold_works()
        editions = self._known_editions(rows)
        keys = {row.work_key or row.likely_work_key for row in rows}
        merged = Regrouping.objects.current_keys(keys)
        groups: dict[str, list[EditionRow]] = defaultdict(list)
        for row in rows:
            known = editions.get(row.isbn13)
            current_key = known.work.key if known else row.likely_work_key
            key = row.work_key or current_key
            groups[merged.get(key, key)].append(row)
        works = {
            work.key: work
            for work in Work.objects.filter(key__in=groups).prefetch_related(
                "contributions", "subjects", "series_memberships"
            )
        }
        people = [person.sort_name for row in rows for person in row.people]
        self.contributors = {
            (row.sort_name, row.birth_year): row
            for row in Contributor.objects.filter(sort_name__in=people)
        }
        ids = {edition.work_id for edition in editions.values()}  # some may leave their work
        for done, (key, group) in enumerate(groups.items(), start=1):
            work = self._work(works.get(key) or Work(key=key, is_sample=self.is_sample), group)
            for row in group:
                self._edition(editions.get(row.isbn13), work, row)
            ids.add(work.pk)
            progress(done, len(groups))
        if self.counts:
            location = Location.objects.order_by("priority", "id").first()
            if location is not None:
                self.report.stock_changed = Stock.objects.all().count_many(
                    self.counts, location=location, reason=_("Catalogue import")
                )
        indexing.works_changed(ids)
        return self.report

    def _known_editions(self, rows: list[EditionRow]) -> dict[str, Edition]:
        numbers = [row.isbn13 for row in rows]
        editions = Edition.objects.filter(isbn13__in=numbers).with_price(on=self.today)
        return {edition.isbn13: edition for edition in editions.select_related("imprint", "work")}

    # --- works ---

    def _work(self, work: Work, group: list[EditionRow]) -> Work:
        first = group[0]
        described = next((row.description for row in group if row.description), "")
        if work._state.adding:
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
        if changes or work._state.adding:
            for name, value in changes.items():
                setattr(work, name, value)
            work.save()
        codes = [code for row in group for code in row.subject_codes]
        if codes:
            work.subjects.set(dict.fromkeys(self.subjects[code] for code in codes))
        people = [person for row in group for person in row.people]
        self._contributions(
            work, None, [person for person in people if person.role not in _OF_ONE_EDITION]
        )
        if first.series:
            SeriesMembership.objects.update_or_create(
                series=self._series(first.series),
                work=work,
                defaults={"position": first.series_position},
            )
        return work

    def _contributions(self, work: Work, edition: Edition | None, people: list[Person]) -> None:
        wanted = list(dict.fromkeys((self._contributor(p).pk, p.role) for p in people))
        if not wanted:
            return
        current = Contribution.objects.filter(work=work, edition=edition)
        if list(current.values_list("contributor_id", "role")) == wanted:
            return
        if current.exists():
            current.delete()
            indexing.vocabulary_changed()  # pages of whoever is not named any more
        Contribution.objects.bulk_create(
            Contribution(work=work, edition=edition, contributor_id=pk, role=role, ordinal=ordinal)
            for ordinal, (pk, role) in enumerate(wanted, start=1)
        )

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

    def _series(self, title: str) -> Series:
        if title not in self.series:
            slug = slugs.unused(title, among=Series, fallback="series")
            self.series[title] = Series.objects.create(title=title, slug=slug)
        return self.series[title]

    # --- editions ---

    def _edition(self, edition: Edition | None, work: Work, row: EditionRow) -> None:
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
        self.report.editions_created += is_new
        self.report.editions_changed += (is_moved or bool(changes)) and not is_new
        own_people = [person for person in row.people if person.role in _OF_ONE_EDITION]
        self._contributions(work, edition, own_people)
        self._price(edition, row, is_new=is_new)
        if row.stock is not None and not edition.is_digital:
            self.counts[edition] = row.stock

    def _price(self, edition: Edition, row: EditionRow, *, is_new: bool) -> None:
        if row.price is None:
            return
        if is_new:
            Price.objects.create(
                edition=edition,
                amount=row.price,
                currency=settings.SHOP_CURRENCY,
                valid_from=self.today,
            )
        elif edition.price_amount != row.price:
            edition.set_price(row.price, valid_from=self.today)

    def _imprint(self, edition: Edition, row: EditionRow) -> Imprint:
        named = self.imprints[row.imprint]
        if not row.publisher:
            if edition.imprint_id and edition.imprint.name == row.imprint:
                return edition.imprint
            if len(named) == 1:
                return next(iter(named.values()))
        publisher_name = row.publisher or row.imprint
        publisher = self.publishers.get(publisher_name)
        if publisher is None:
            publisher = Publisher.objects.create(name=publisher_name)
            self.publishers[publisher_name] = publisher
        if publisher.pk not in named:
            slug = slugs.unused(row.imprint, among=Imprint, fallback="imprint")
            named[publisher.pk] = Imprint.objects.create(
                publisher=publisher, name=row.imprint, slug=slug
            )
        return named[publisher.pk]
