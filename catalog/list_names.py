"""Whom and what the lines of a catalogue file name: what the shop has of that name, or a new one.

What staff has merged is found by its old name, too.
"""

from collections import defaultdict

from catalog.edition_rows import EditionRow, Person
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Publisher,
    Regrouping,
    Series,
    Subject,
    slugs,
)


class Names:
    """All that the lines of one run may name."""

    def __init__(self, rows: list[EditionRow]) -> None:
        # Where the shop has a code of its own that Thema has too, Thema's is meant: it is last.
        subjects = Subject.objects.order_by("scheme")
        self._subjects = {subject.code: subject for subject in subjects}
        self._publishers = {row.name: row for row in Publisher.objects.all()}
        self._imprints: dict[str, dict[int, Imprint]] = defaultdict(dict)
        """By name, then by publisher."""
        for imprint in Imprint.objects.all():
            self._imprints[imprint.name][imprint.publisher_id] = imprint
        self._merged_imprints: dict[str, dict[str, Imprint]] = defaultdict(dict)
        """By name, then by the name of the publisher."""
        self._series = {row.title: row for row in Series.objects.all()}
        people = {person.sort_name for row in rows for person in row.people}
        self._contributors: dict[tuple[str, int | None], Contributor] = {
            (row.sort_name, row.birth_year): row
            for row in Contributor.objects.filter(sort_name__in=people)
        }
        self._find_merged(rows, people)

    def _find_merged(self, rows: list[EditionRow], people: set[str]) -> None:
        """What was merged by staff: the old name leads to what stays."""
        kind = Regrouping.Kind
        names: dict[str, set[str]] = {kind.CONTRIBUTOR: people}
        names[kind.SERIES] = {row.series for row in rows} - {""}
        names[kind.IMPRINT] = {row.imprint for row in rows}
        for each in Regrouping.objects.current_names(names):
            if each.kind == kind.CONTRIBUTOR:
                key = (each.gone["sort_name"], each.gone["birth_year"])
                self._contributors.setdefault(key, each.kept)
            elif each.kind == kind.SERIES:
                self._series.setdefault(each.name, each.kept)
            else:
                self._merged_imprints[each.name][each.publisher] = each.kept

    def subjects(self, row: EditionRow) -> list[Subject]:
        """Those of the line, all of which are known; the main one is the first."""
        return [self._subjects[code] for code in row.subject_codes]

    def contributor(self, person: Person) -> Contributor:
        """The one of this name and year of birth."""
        key = (person.sort_name, person.birth_year)
        if key not in self._contributors:
            self._contributors[key] = Contributor.objects.create(
                name=person.name,
                sort_name=person.sort_name,
                slug=slugs.unused(person.name, among=Contributor, fallback="contributor"),
                birth_year=person.birth_year,
                death_year=person.death_year,
            )
        return self._contributors[key]

    def series(self, title: str) -> Series:
        """The one with this title."""
        if title not in self._series:
            slug = slugs.unused(title, among=Series, fallback="series")
            self._series[title] = Series.objects.create(title=title, slug=slug)
        return self._series[title]

    def imprint(self, edition: Edition, row: EditionRow) -> Imprint:
        """The one of the line's publisher; where it names none, the edition's own or the only one.

        Else the imprint is its own publisher.
        """
        named, merged = self._imprints[row.imprint], self._merged_imprints[row.imprint]
        if not row.publisher:
            if edition.imprint_id and edition.imprint.name == row.imprint:
                return edition.imprint
            alike = set(named.values()) or set(merged.values())
            if len(alike) == 1:
                return alike.pop()
        publisher_name = row.publisher or row.imprint
        publisher = self._publishers.get(publisher_name)
        if publisher_name in merged and (publisher is None or publisher.pk not in named):
            return merged[publisher_name]
        publisher = publisher or self._new_publisher(publisher_name)
        if publisher.pk not in named:
            slug = slugs.unused(row.imprint, among=Imprint, fallback="imprint")
            named[publisher.pk] = Imprint.objects.create(
                publisher=publisher, name=row.imprint, slug=slug
            )
        return named[publisher.pk]

    def _new_publisher(self, name: str) -> Publisher:
        self._publishers[name] = Publisher.objects.create(name=name)
        return self._publishers[name]
