"""Lists of works that belong together: by contributor, series, subject, imprint or bookseller."""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import (
    CONTRIBUTOR_PAGE,
    IMPRINT_PAGE,
    LIST_PAGE,
    SERIES_PAGE,
    SUBJECT_PAGE,
    Answer,
)
from catalog.matching import Criteria
from catalog.models import Contributor, Imprint, Series, StaffList, Subject, Work
from catalog.models.work import WorkQuerySet
from catalog.search import BadKey, search
from storefront import shelves
from storefront.answering import remembered, render_public
from storefront.missing import Missing
from storefront.paging import bad_key, page_of, paging_of, read_key, read_page

BY_POPULARITY = ("-popularity", "title", "id")
WHOLE_TREE = "*"  # no slug: the pages that list all subjects, all lists

T = TypeVar("T", bound=Model)


@require_safe
def contributor(request: HttpRequest, slug: str) -> HttpResponse:
    """A person's works, the best known first."""

    def render() -> bytes:
        person = _find(Contributor.objects.all(), slug)
        works = Work.objects.offered().by_contributor(person).order_by(*BY_POPULARITY)
        return _render(request, "storefront/contributor.html", works, contributor=person)

    return _paged(request, CONTRIBUTOR_PAGE, render, slug)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """A series in its order."""

    def render() -> bytes:
        found = _find(Series.objects.all(), slug)
        works = Work.objects.offered().filter(series_memberships__series=found)
        in_order = works.order_by(F("series_memberships__position").asc(nulls_last=True), "id")
        return _render(request, "storefront/series.html", in_order, series=found)

    return _paged(request, SERIES_PAGE, render, slug)


@require_safe
def subject(request: HttpRequest, slug: str) -> HttpResponse:
    """What is classified under a subject and everything below it."""

    def render() -> bytes:
        found = _find(Subject.objects.all(), slug)
        return _render_found(
            request,
            "storefront/subject.html",
            f"=s{found.pk}",
            subject=found,
            ancestors=shelves.ancestors(found),
            below=shelves.subjects_below(found),
        )

    return _paged(request, SUBJECT_PAGE, render, slug)


@require_safe
def imprint(request: HttpRequest, slug: str) -> HttpResponse:
    """What a brand publishes."""

    def render() -> bytes:
        found = _find(Imprint.objects.select_related("publisher"), slug)
        return _render_found(request, "storefront/imprint.html", f"=i{found.pk}", imprint=found)

    return _paged(request, IMPRINT_PAGE, render, slug)


@require_safe
def staff_list(request: HttpRequest, slug: str) -> HttpResponse:
    """What booksellers recommend, and why."""

    def render() -> bytes:
        found = _find(StaffList.objects.all(), slug)
        values = {"staff_list": found, "picks": shelves.picks(found)}
        return render_public(request, "storefront/staff_list.html", values)

    return remembered(request, LIST_PAGE, render, slug=slug)


@require_safe
def staff_lists(request: HttpRequest) -> HttpResponse:
    """All lists of the booksellers."""

    def render() -> bytes:
        values: dict[str, object] = {"shelves": shelves.list_shelves()}
        return render_public(request, "storefront/staff_lists.html", values)

    return remembered(request, LIST_PAGE, render, slug=WHOLE_TREE)


@require_safe
def subjects(request: HttpRequest) -> HttpResponse:
    """All subjects that lead to a book."""

    def render() -> bytes:
        values: dict[str, object] = {"tree": shelves.subject_tree()}
        return render_public(request, "storefront/subjects.html", values)

    return remembered(request, SUBJECT_PAGE, render, slug=WHOLE_TREE)


def _find(rows: "QuerySet[T]", slug: str) -> T:
    found = rows.filter(slug=slug).first()
    if found is None:
        raise Missing(_("There is nothing at this address any more."))
    return found


def _paged(
    request: HttpRequest, answer: Answer, render: Callable[[], bytes], slug: str
) -> HttpResponse:
    page = {"page": str(read_page(request.GET))}
    page |= {name: read_key(request.GET, name) for name in ("after", "before")}
    return remembered(request, answer, render, slug=slug, **page)


def _render(request: HttpRequest, template: str, works: WorkQuerySet, **values: object) -> bytes:
    page, paging = page_of(works.for_cards(), request)
    return render_public(request, template, {**values, "works": page, "paging": paging})


def _render_found(request: HttpRequest, template: str, mark: str, **values: object) -> bytes:
    """A list that the search index has: the best known first, cut into pages by keys."""
    after, before = (read_key(request.GET, name) for name in ("after", "before"))
    criteria = Criteria(page=read_page(request.GET), after=after, before=before)
    try:
        results = search(criteria, scope=mark)
    except BadKey:
        raise bad_key("after" if after else "before") from None
    if not results.works and criteria.page > 1:
        raise Missing(_("This list ends before page %(number)d.") % {"number": criteria.page})
    paging = paging_of(results)
    return render_public(request, template, {**values, "works": results.works, "paging": paging})
