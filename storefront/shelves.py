"""What the shop puts side by side: a shelf for each subject, the booksellers' picks, what goes with
a book. Each costs a fixed number of queries, however much the shop sells.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from catalog import cards, prepared
from catalog.cards import Card
from catalog.models import Edition, Imprint, SearchEntry, StaffList, StaffListEntry, Subject

IN_THE_WINDOW = 5
SHELVES = 8
ON_A_SHELF = 3
CANDIDATES = 12  # on each shelf, to choose different authors from
SIZED = 2_000  # of the best known, to tell which subjects are large and what is best in each
LOOKED_AT = 300  # of the best known, to find different subjects among
SISTERS = 24
BEST_KNOWN = f"""
SELECT main_subject_id, count(*), min(place), (array_agg(id ORDER BY place))[:{CANDIDATES}]
FROM (
    SELECT id, main_subject_id, row_number() OVER (ORDER BY popularity DESC, id) AS place
    FROM (
        SELECT id, main_subject_id, popularity FROM catalog_work AS work
        WHERE main_subject_id IS NOT NULL AND EXISTS (
            SELECT FROM catalog_edition AS edition
            WHERE edition.work_id = work.id AND edition.is_offered)
        ORDER BY popularity DESC, id LIMIT {SIZED}
    ) AS best
) AS known
GROUP BY main_subject_id
"""  # noqa: S608 - numbers of our own


class Best(NamedTuple):
    """The best known works of a main subject, as far as they are among the best known of all."""

    subject_id: int
    size: int
    place: int
    """Of the first of them among all, from 1 on."""
    works: Sequence[int]


@dataclass(frozen=True)
class Shelf:
    """A subject or a list, and some of the works that stand there."""

    of: Subject | StaffList
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True)
class Pick:
    """A work on a staff list, and what is said of it."""

    card: Card
    note: str


@dataclass(frozen=True)
class SubjectNode:
    """A subject and those below it, as far as there are works."""

    subject: Subject
    below: list["SubjectNode"] = field(default_factory=list)


def best_known() -> list[Best]:
    """By main subject, the best known works that are for sale."""
    return [Best(*row) for row in prepared.rows(BEST_KNOWN, {})]


def window(best: Iterable[Best]) -> list[Card]:
    """The best known works, each of another subject and by another author."""
    first = [each for each in best if each.place <= LOOKED_AT]
    first.sort(key=lambda each: each.place)
    works = [each.works[0] for each in first[: IN_THE_WINDOW * 4]]
    return cards.read(_varied(works, IN_THE_WINDOW, cards.bylines(works)))


def subject_shelves(best: Iterable[Best]) -> list[Shelf]:
    """The subjects with the most of the best known works for sale, each with its best known."""
    largest = sorted(best, key=lambda each: (-each.size, each.subject_id))[:SHELVES]
    bylines = cards.bylines([work for each in largest for work in each.works])
    shown = {each.subject_id: _varied(each.works, ON_A_SHELF, bylines) for each in largest}
    read = {
        card.work_id: card
        for card in cards.read([work for works in shown.values() for work in works])
    }
    subjects = Subject.objects.in_bulk(list(shown))
    shelves = [
        Shelf(subjects[pk], [read[work] for work in works if work in read])
        for pk, works in shown.items()
        if pk in subjects  # or it went this moment
    ]
    return [shelf for shelf in shelves if shelf.cards]


def picks(staff_list: StaffList, *, most: int | None = None) -> list[Pick]:
    """The list's entries, in order, whose works are for sale."""
    entries = _offered(staff_list.entries.order_by("ordinal", "id"))
    notes = dict(entries.values_list("work", "note")[:most])
    return [Pick(card, notes[card.work_id]) for card in cards.read(list(notes))]


def list_shelves() -> list[Shelf]:
    """Every staff list that holds something for sale, with its first works."""
    entries = (
        _offered(StaffListEntry.objects.all())
        .annotate(
            place=Window(
                RowNumber(), partition_by=F("staff_list"), order_by=(F("ordinal"), F("id"))
            )
        )
        .filter(place__lte=ON_A_SHELF)
        .order_by("staff_list__ordinal", "staff_list_id", "place")
        .select_related("staff_list")
    )
    found = list(entries)
    read = {card.work_id: card for card in cards.read({each.work_id: None for each in found})}
    shelves: dict[int, Shelf] = {}
    for entry in found:
        shelf = shelves.setdefault(entry.staff_list_id, Shelf(entry.staff_list))
        if entry.work_id in read:
            shelf.cards.append(read[entry.work_id])
    return [shelf for shelf in shelves.values() if shelf.cards]


def _offered(entries: "QuerySet[StaffListEntry]") -> "QuerySet[StaffListEntry]":
    return entries.filter(Exists(Edition.objects.offered().filter(work=OuterRef("work"))))


def subject_tree() -> list[SubjectNode]:
    """The roots of the tree under which works are for sale, each with the next subjects down.

    The shop's own shelves come first, by their place. How many works each has was counted before.
    """
    two_levels = Q(parent=None) | Q(parent__parent=None)
    roots: dict[int, SubjectNode] = {}
    below: list[Subject] = []
    for subject in Subject.objects.shown().filter(two_levels).in_order():
        if subject.parent_id is None:
            roots[subject.pk] = SubjectNode(subject)
        else:
            below.append(subject)
    for subject in below:
        if subject.parent_id in roots:
            roots[subject.parent_id].below.append(SubjectNode(subject))
    return list(roots.values())


def sister_imprints(imprint: Imprint) -> list[Imprint]:
    """The publisher's other imprints that something is for sale of."""
    offered = Edition.objects.offered().filter(imprint=OuterRef("pk"))
    others = Imprint.objects.filter(publisher=imprint.publisher_id).exclude(pk=imprint.pk)
    return list(others.filter(Exists(offered)).order_by("name")[:SISTERS])


def new(most: int) -> list[Card]:
    """The works that came out last."""
    entries = SearchEntry.objects.filter(is_offered=True).order_by("newest_key", "work")
    return cards.read(list(entries.values_list("work", flat=True)[:most]))


def _varied(works: Collection[int], most: int, bylines: dict[int, str]) -> list[int]:
    """`most` of the works, in their order, but new authors before more of the same."""
    chosen: list[int] = []
    left_over: list[int] = []
    seen: set[str] = set()
    for work in filter(bylines.__contains__, works):  # or it went this moment
        (left_over if bylines[work] in seen else chosen).append(work)
        seen.add(bylines[work])
    return [*chosen, *left_over][:most]
