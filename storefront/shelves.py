"""What the shop puts side by side: a shelf for each subject, the booksellers' picks, what goes with
a book. Each costs a fixed number of queries, however much the shop sells.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import (
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    Window,
    prefetch_related_objects,
)
from django.db.models.functions import RowNumber

from catalog import recommending
from catalog.models import (
    Contribution,
    Edition,
    Imprint,
    Recommendation,
    SearchEntry,
    StaffList,
    StaffListEntry,
    Subject,
    Work,
)
from catalog.models.subject import lineage
from catalog.models.work import card_parts

IN_THE_WINDOW = 5
SHELVES = 8
ON_A_SHELF = 3
CANDIDATES = 12  # on each shelf, to choose different authors from
SIZED = 5_000  # of the best known, to tell which subjects are large and what is best in each
LOOKED_AT = 300  # of the best known, to find different subjects among
SISTERS = 24
BY_POPULARITY = ("-popularity", "id")  # as the index has it


@dataclass(frozen=True)
class Shelf:
    """A subject or a list, and some of the works that stand there."""

    of: Subject | StaffList
    works: list[Work] = field(default_factory=list)


@dataclass(frozen=True)
class SubjectNode:
    """A subject and those below it, as far as there are works."""

    subject: Subject
    below: list["SubjectNode"] = field(default_factory=list)


def window() -> list[Work]:
    """The best known works, each of another subject and by another author."""
    best = Work.objects.offered().exclude(main_subject=None).order_by(*BY_POPULARITY)
    of_subject: dict[int | None, int] = {}
    for pk, subject_id in best.values_list("pk", "main_subject")[:LOOKED_AT]:
        of_subject.setdefault(subject_id, pk)
    works = _cards(list(of_subject.values())[: IN_THE_WINDOW * 4])
    return _varied(works, IN_THE_WINDOW)


def subject_shelves() -> list[Shelf]:
    """The subjects with the most of the best known works for sale, each with its best known."""
    known = Work.objects.offered().exclude(main_subject=None).order_by(*BY_POPULARITY)
    best: dict[int, list[int]] = {}
    for pk, subject_id in known.values_list("pk", "main_subject")[:SIZED]:
        best.setdefault(subject_id, []).append(pk)
    largest = sorted(best, key=lambda subject_id: (-len(best[subject_id]), subject_id))[:SHELVES]
    subjects = Subject.objects.in_bulk(largest)
    by_subject: dict[int | None, list[Work]] = {}
    for work in _cards([pk for subject_id in largest for pk in best[subject_id][:CANDIDATES]]):
        by_subject.setdefault(work.main_subject_id, []).append(work)
    return [
        Shelf(subjects[subject_id], _varied(by_subject[subject_id], ON_A_SHELF))
        for subject_id in largest
        if subject_id in by_subject
    ]


def picks(staff_list: StaffList, *, most: int | None = None) -> list[StaffListEntry]:
    """The list's entries, in order, whose works are for sale."""
    offered = Edition.objects.offered().filter(work=OuterRef("work"))
    entries = (
        staff_list.entries.filter(Exists(offered))
        .order_by("ordinal", "id")
        .prefetch_related(Prefetch("work", Work.objects.for_cards()))
    )
    return list(entries[:most])


def list_shelves() -> list[Shelf]:
    """Every staff list that holds something for sale, with its first works."""
    first = Work.objects.for_cards()
    offered = Edition.objects.offered().filter(work=OuterRef("work"))
    entries = (
        StaffListEntry.objects.filter(Exists(offered))
        .annotate(
            place=Window(
                RowNumber(), partition_by=F("staff_list"), order_by=(F("ordinal"), F("id"))
            )
        )
        .filter(place__lte=ON_A_SHELF)
        .order_by("staff_list__ordinal", "staff_list_id", "place")
        .select_related("staff_list")
        .prefetch_related(Prefetch("work", first))
    )
    shelves: dict[int, Shelf] = {}
    for entry in entries:
        shelf = shelves.setdefault(entry.staff_list_id, Shelf(entry.staff_list))
        shelf.works.append(entry.work)
    return list(shelves.values())


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


def ancestors(subject: Subject) -> list[Subject]:
    """The subjects above, from the root down."""
    above = Subject.objects.filter(path__in=lineage(subject.path)).exclude(pk=subject.pk)
    return list(above.order_by("path"))


def subjects_around(subject: Subject) -> tuple[list[Subject], list[Subject]]:
    """The next subjects down, and those beside it; only what leads to works for sale."""
    beside = Q(parent=subject.parent_id) if subject.parent_id else Q(pk=None)
    near = Subject.objects.shown().filter(Q(parent=subject.pk) | beside).exclude(pk=subject.pk)
    found = list(near.in_order())
    below = [each for each in found if each.parent_id == subject.pk]
    return below, [each for each in found if each.parent_id != subject.pk]


def sister_imprints(imprint: Imprint) -> list[Imprint]:
    """The publisher's other imprints that something is for sale of."""
    offered = Edition.objects.offered().filter(imprint=OuterRef("pk"))
    others = Imprint.objects.filter(publisher=imprint.publisher_id).exclude(pk=imprint.pk)
    return list(others.filter(Exists(offered)).order_by("name")[:SISTERS])


def new(most: int) -> list[Work]:
    """The works that came out last."""
    entries = SearchEntry.objects.filter(is_offered=True).order_by("newest_key", "work")
    ids = list(entries.values_list("work", flat=True)[:most])
    works = Work.objects.for_cards().in_bulk(ids)
    return [works[pk] for pk in ids if works[pk].lead_edition]


def around(work: Work) -> list[Recommendation]:
    """What is recommended beside the work, which itself gets all that its editions' pages show.

    Five queries for both together, however many editions and companions the work has.
    """
    found = recommending.stored_for(work)
    works = [work, *(each.other for each in found)]
    people = Contribution.objects.all()  # of single editions, too
    editions = Edition.objects.offered().with_price()  # without stock: the page is kept
    editions = editions.select_related("imprint__publisher", "supply")
    parts = card_parts(editions, contributions=people)
    prefetch_related_objects(works, *parts)
    prefetch_related_objects([work], "subjects")
    return recommending.choose(found, without=[work.pk], first=recommending.is_out)


def _cards(ids: list[int]) -> list[Work]:
    """These works with all that cards show, in the order of their popularity."""
    return list(Work.objects.filter(pk__in=ids).order_by(*BY_POPULARITY).for_cards())


def _varied(works: Iterable[Work], most: int) -> list[Work]:
    """`most` of the works, in their order, but new authors before more of the same."""
    chosen: list[Work] = []
    left_over: list[Work] = []
    seen: set[str] = set()
    for work in works:
        (left_over if work.byline in seen else chosen).append(work)
        seen.add(work.byline)
    return [*chosen, *left_over][:most]
