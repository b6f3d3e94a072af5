"""What is compared when records are matched: those of a batch, and the works that are there."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.db.models import Q
from django.db.models.expressions import RawSQL

from catalog import names, titles
from catalog.likeness import REPLACES, SAME_WORK, Description, Likeness, compare
from catalog.models import Contribution, ContributorRole, Edition, ExpectedRelation, Work
from catalog.onix.records import Person, Record

MOST_COMPARED = 30
"""How many works of one title a record is compared with, those of the same surname first.

“Poems” would otherwise cost more than all other titles together.
"""
MOST_OF_TITLE = 20
"""How many works of one title are looked at, besides those by people of exactly the same name."""

T = TypeVar("T")

_LIKELY = """
SELECT work.id FROM unnest(%s::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT id FROM catalog_work WHERE match_key = wanted.key ORDER BY id LIMIT %s
) AS work
UNION
SELECT work.id FROM unnest(%s::text[], %s::text[]) AS wanted (name, key)
JOIN catalog_contributor AS person ON person.sort_name = wanted.name
JOIN catalog_contribution AS part ON part.contributor_id = person.id AND part.edition_id IS NULL
JOIN catalog_work AS work ON work.id = part.work_id AND work.match_key = wanted.key
"""
_OF_ONE_EDITION = frozenset({ContributorRole.TRANSLATOR, ContributorRole.NARRATOR})


def of_record(record: Record) -> Description:
    """What is compared of a record."""
    title = titles.read(record.title, record.subtitle, record.edition_statement)
    keys = frozenset(titles.keys(title, record.language))
    series = frozenset(titles.match_key(each.title) for each in record.collections)
    return _with_people(title, keys, record.people, series)


def _with_people(
    title: titles.Title,
    keys: frozenset[str],
    people: Sequence[Person],
    series: frozenset[str] = frozenset(),
) -> Description:
    lasting = [person for person in people if person.role not in _OF_ONE_EDITION]
    main = [p for p in lasting if p.role == ContributorRole.AUTHOR] or lasting[:1]
    if any(person.role == ContributorRole.ADAPTER for person in lasting):
        title = titles.adapted(title)
    read = tuple(
        names.read(p.sort_name, p.name, p.birth_year, p.death_year, p.is_corporate) for p in main
    )
    return Description(title, keys, read, series)


@dataclass(eq=False, slots=True)
class Group:
    """Records of a batch that are one work."""

    number: int
    """Negative: the work's until it has an id."""
    records: dict[str, Description] = field(default_factory=dict)
    work_id: int = 0
    """The work that it joins; that of its number, if it is a new one."""
    score: int = 100
    doubts: dict[int, Likeness] = field(default_factory=dict)
    """By the id of a work, or the number of another group."""

    def doubt(self, target: int, likeness: Likeness) -> None:
        """Remember the best reason to look at `target`."""
        known = self.doubts.get(target)
        if known is None or known.score < likeness.score:
            self.doubts[target] = likeness


class ByTitle(Generic[T]):
    """Things to compare with, by the keys of their titles and the surnames of their people."""

    def __init__(self) -> None:
        self._all: dict[str, list[T]] = defaultdict(list)
        self._of_surname: dict[tuple[str, str], list[T]] = defaultdict(list)

    def add(self, thing: T, described: Description) -> None:
        """Let it be found."""
        for key in described.keys:
            self._all[key].append(thing)
            for surname in _surnames(described):
                self._of_surname[key, surname].append(thing)

    def like(self, described: Description) -> list[T]:
        """At most MOST_COMPARED for each key, those with one of its surnames first."""
        found: dict[T, None] = {}
        for key in described.keys:
            mine = [thing for name in _surnames(described)
                    for thing in self._of_surname.get((key, name), ())[:MOST_COMPARED]]  # fmt: skip
            others = self._all.get(key, ())[: max(0, MOST_COMPARED - len(mine))]
            found.update(dict.fromkeys([*mine, *others]))
        return list(found)


def _surnames(described: Description) -> set[str]:
    return {name.surname.rpartition(" ")[2] for name in described.people}


class Batch:
    """Records, in groups of those that say of each other that they are one text."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records: dict[str, Record] = {}
        for record in records:
            if record.isbn13:
                self.records.setdefault(record.isbn13, record)
        self.described = {number: of_record(record) for number, record in self.records.items()}
        self.relations: dict[str, dict[str, str]] = defaultdict(dict)
        """Both ways: number → related number → code of list 51."""
        for record in records:
            for relation in record.relations:
                self._relate(record.isbn13, relation.isbn13, relation.code)
        self._relate_expected()
        self.of_number: dict[str, Group] = {}
        self._group()

    @property
    def groups(self) -> list[Group]:
        """In the order of their first records."""
        return list(dict.fromkeys(self.of_number[number] for number in self.described))

    @property
    def numbers_elsewhere(self) -> set[str]:
        """Related numbers that are not in the batch."""
        return self.relations.keys() - self.described.keys()

    def _relate(self, one: str, other: str, code: str) -> None:
        if not one or not other or one == other or code not in SAME_WORK | REPLACES:
            return
        for number, target in ((one, other), (other, one)):
            if self.relations[number].get(target) not in SAME_WORK:
                self.relations[number][target] = code

    def _relate_expected(self) -> None:
        """What earlier records have said of these numbers, before they were here."""
        expected = ExpectedRelation.objects.filter(isbn13__among=self.records).order_by("pk")
        for by, number, code in expected.values_list("edition__isbn13", "isbn13", "code"):
            self._relate(by, number, code)

    def _group(self) -> None:
        """Put each record into a group; related ones into one, where they fit."""
        doubtful = []
        for number, described in self.described.items():
            group = Group(-1 - len(self.of_number), {number: described})
            self.of_number[number] = group
        for one, other, code in self._pairs():
            likeness = compare(self.described[one], self.described[other], relation=code)
            if likeness.is_same:
                self._unite(self.of_number[one], self.of_number[other])
            elif likeness.is_doubtful:
                doubtful.append((one, other, likeness))
        for one, other, likeness in doubtful:
            group, target = self.of_number[one], self.of_number[other]
            if group is not target:
                group.doubt(target.number, likeness)

    def _pairs(self) -> Iterator[tuple[str, str, str]]:
        for one in self.described:
            for other, code in self.relations.get(one, {}).items():
                if one < other and other in self.described:
                    yield one, other, code

    def _unite(self, group: Group, other: Group) -> None:
        if group is not other:
            small, large = sorted((group, other), key=lambda each: (len(each.records), each.number))
            large.records.update(small.records)
            self.of_number.update(dict.fromkeys(small.records, large))


class Shelf:
    """Works that are there and may match: by the keys of titles, and by related numbers.

    Three statements, however many there are.
    """

    def __init__(self, batch: Batch) -> None:
        related = Edition.objects.filter(isbn13__among=batch.numbers_elsewhere)
        self.of_number = dict(related.values_list("isbn13", "work_id"))
        """The work of each related edition."""
        likely = RawSQL(_LIKELY, _wanted(batch))  # noqa: S611 - values are parameters
        wanted = Q(pk__in=likely) | Q(pk__among=set(self.of_number.values()))
        works = Work.objects.filter(wanted).order_by("pk")
        rows = works.values_list("pk", "match_key", "title", "subtitle")
        self.described: dict[int, Description] = {}
        self.by_title: ByTitle[int] = ByTitle()
        found = list(rows)
        people = _people([row[0] for row in found])
        for pk, key, title, subtitle in found:
            read = titles.read(title, subtitle, "")  # as records ask, so that it is remembered
            described = _with_people(read, frozenset({key} - {""}), people[pk])
            self.described[pk] = described
            self.by_title.add(pk, described)

    def candidates(self, group: Group, batch: Batch) -> Iterator[tuple[int, Likeness]]:
        """The works that a group may be, and how like they are; a work may come more than once."""
        for number, described in group.records.items():
            for other, code in batch.relations.get(number, {}).items():
                if (pk := self.of_number.get(other)) is not None:
                    yield pk, compare(described, self.described[pk], relation=code)
            for pk in self.by_title.like(described):
                yield pk, compare(described, self.described[pk])


def _wanted(batch: Batch) -> tuple[list[str], int, list[str], list[str]]:
    """The parameters of _LIKELY: titles, and people with titles."""
    pairs = {
        (person.sort_name, key)
        for number, record in batch.records.items()
        for person in record.people
        for key in batch.described[number].keys
    }
    keys = {key for described in batch.described.values() for key in described.keys}
    return (
        sorted(keys),
        MOST_OF_TITLE,
        [name for name, _key in pairs],
        [key for _name, key in pairs],
    )


def _people(work_ids: Sequence[int]) -> dict[int, list[Person]]:
    """The people of whole works, not of single editions, in their order."""
    parts = Contribution.objects.filter(work__among=work_ids, edition=None).order_by(
        "ordinal", "id"
    )
    people: dict[int, list[Person]] = defaultdict(list)
    # Values, not rows: there may be tens of thousands.
    for work_id, *values in parts.values_list(
        "work", *(f"contributor__{name}" for name in ("name", "sort_name")), "role", "ordinal",
        *(f"contributor__{name}" for name in ("is_corporate", "birth_year", "death_year")),
    ):  # fmt: skip
        people[work_id].append(Person(*values))
    return people
