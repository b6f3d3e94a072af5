"""What the shop puts side by side: a shelf for each subject, the booksellers' picks, an author's
other books. Each costs a fixed number of queries, however much the shop sells.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Subquery, Window
from django.db.models.functions import RowNumber

from catalog.models import Edition, SearchEntry, StaffList, StaffListEntry, Subject, Work
from catalog.models.subject import SubjectQuerySet, lineage

IN_THE_WINDOW = 5
SHELVES = 8
ON_A_SHELF = 3
CANDIDATES = 12  # on each shelf, to choose different authors from
SIZED = 5_000  # of the best known, to tell which subjects are large
LOOKED_AT = 300  # of the best known, to find different subjects among
BY_POPULARITY = ("-popularity", "id")  # as the index has it
MORE_WORKS = 6


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
    sizes = Work.objects.filter(pk__in=known.values("pk")[:SIZED]).order_by().values("main_subject")
    largest = sizes.annotate(size=Count("pk")).order_by("-size", "main_subject")[:SHELVES]
    subjects = Subject.objects.in_bulk([row["main_subject"] for row in largest])
    best = [
        Work.objects.offered().filter(main_subject=pk).order_by(*BY_POPULARITY).values("pk")
        for pk in subjects
    ]
    slices = [works[:CANDIDATES] for works in best]
    found = slices[0].union(*slices[1:], all=True) if slices else []
    by_subject: dict[int | None, list[Work]] = {}
    for work in _cards([row["pk"] for row in found]):
        by_subject.setdefault(work.main_subject_id, []).append(work)
    return [
        Shelf(subjects[row["main_subject"]], _varied(by_subject[row["main_subject"]], ON_A_SHELF))
        for row in largest
        if row["main_subject"] in by_subject
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
    """All subjects under which there are works for sale, from the roots down."""
    used = _used_subjects(Subject.objects.all())
    paths = {above for path in used for above in lineage(path)}
    roots: list[SubjectNode] = []
    nodes: dict[int, SubjectNode] = {}
    for subject in Subject.objects.filter(path__in=paths).order_by("path"):
        node = nodes[subject.pk] = SubjectNode(subject)
        above = nodes.get(subject.parent_id) if subject.parent_id else None
        (above.below if above else roots).append(node)
    return roots


def ancestors(subject: Subject) -> list[Subject]:
    """The subjects above, from the root down."""
    above = Subject.objects.filter(path__in=lineage(subject.path)).exclude(pk=subject.pk)
    return list(above.order_by("path"))


def subjects_below(subject: Subject) -> list[Subject]:
    """The next subjects down that lead to works for sale."""
    used = _used_subjects(Subject.objects.under(subject))
    paths = {above for path in used for above in lineage(path)}
    return list(subject.children.filter(path__in=paths).order_by("name"))


def _used_subjects(subjects: SubjectQuerySet) -> list[str]:
    """The paths of those that works for sale are classified under themselves.

    One such work is looked for at a time: PostgreSQL would rather join all works with all subjects.
    """
    tagged = Work.subjects.through.objects.filter(subject=OuterRef("pk"))
    offered = tagged.filter(work__search_entry__is_offered=True).values("pk")[:1]
    found = subjects.annotate(one=Subquery(offered)).filter(one__isnull=False)
    return list(found.order_by("path").values_list("path", flat=True))


def new(most: int) -> list[Work]:
    """The works that came out last."""
    entries = SearchEntry.objects.filter(is_offered=True).order_by("newest_key", "work")
    ids = list(entries.values_list("work", flat=True)[:most])
    works = Work.objects.for_cards().in_bulk(ids)
    return [works[pk] for pk in ids if works[pk].lead_edition]


def more_by_author(work: Work) -> list[Work]:
    """Other works of the first author, the best known first."""
    if not work.authors:
        return []
    author = work.authors[0].contributor
    others = Work.objects.offered().by_contributor(author).exclude(pk=work.pk)
    return list(others.for_cards().order_by("-popularity", "id")[:MORE_WORKS])


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
