"""Lists of works that belong together: by contributor, series, subject, imprint or bookseller."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
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
from catalog import cards, surroundings
from catalog.criteria import Criteria
from catalog.models import (
    Contributor,
    ContributorRole,
    FormerAddress,
    Imprint,
    Series,
    StaffList,
    Subject,
    Work,
)
from catalog.models.former_address import Addressed
from catalog.models.work import WorkQuerySet
from catalog.search import BadKey, listed
from storefront import browsing, shelves
from storefront.answering import remembered, render_public
from storefront.missing import Missing, Moved
from storefront.paging import bad_key, page_of, paging_of, read_key, read_page

BY_POPULARITY = ("-popularity", "title", "id")
WHOLE_TREE = "*"  # no slug: the pages that list all subjects, all lists

T = TypeVar("T", bound=Addressed)


@require_safe
def contributor(request: HttpRequest, slug: str) -> HttpResponse:
    """What a person did: by role where there are several, or all works of one role."""
    role = request.GET.get("role", "")
    if role and role not in ContributorRole.values:
        raise Missing(_("There is nothing at this address any more."))

    def render() -> bytes:
        person = _find(Contributor.objects.all(), slug)
        parts = browsing.parts_of(person)
        values: dict[str, Any] = {"contributor": person, "parts": parts, "role": role}
        if len(parts) > 1 and not role:
            return render_public(request, "storefront/contributor_parts.html", values)
        if not role:
            return _render_found(request, "storefront/contributor.html", f"=c{person.pk}", **values)
        works = Work.objects.offered().filter(pk__in=browsing.works_as(person, role))
        in_order = works.order_by(*BY_POPULARITY)
        return _render(request, "storefront/contributor.html", in_order, **values)

    return _paged(request, CONTRIBUTOR_PAGE, render, slug, role=role)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """A series in its order, with what is missing in it and what is next to come."""

    def render() -> bytes:
        found = _find(Series.objects.all(), slug)
        works = Work.objects.offered().filter(series_memberships__series=found)
        in_order = works.order_by(F("series_memberships__position").asc(nulls_last=True), "id")
        values = {
            "series": found,
            "missing": found.missing_numbers(),
            "coming": found.next_to_come(timezone.localdate()),
        }
        return _render(request, "storefront/series.html", in_order, **values)

    return _paged(request, SERIES_PAGE, render, slug)


@require_safe
def subject(request: HttpRequest, slug: str) -> HttpResponse:
    """What is classified under a subject and everything below it, or gathered on a shelf."""

    def render() -> bytes:
        found = surroundings.around(slug)
        if found is None:
            raise Moved(_find(Subject.objects.all(), slug).get_absolute_url())
        values = {
            "subject": found.here,
            "ancestors": found.above,
            "below": found.below,
            "beside": found.beside,
        }
        template, size = "storefront/subject.html", found.here.size
        return _render_found(request, template, found.mark, size=size, **values)

    return _paged(request, SUBJECT_PAGE, render, slug)


@require_safe
def imprint(request: HttpRequest, slug: str) -> HttpResponse:
    """What a brand publishes."""

    def render() -> bytes:
        found = _find(Imprint.objects.select_related("publisher"), slug)
        sisters = shelves.sister_imprints(found)
        mark = f"=i{found.pk}"
        return _render_found(
            request, "storefront/imprint.html", mark, imprint=found, sisters=sisters
        )

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
    """The shop's own shelves, and the tree of subjects as far as it leads to books."""

    def render() -> bytes:
        roots = shelves.subject_tree()
        values: dict[str, object] = {
            "own": [node for node in roots if node.subject.is_own],
            "tree": [node for node in roots if not node.subject.is_own],
        }
        return render_public(request, "storefront/subjects.html", values)

    return remembered(request, SUBJECT_PAGE, render, slug=WHOLE_TREE)


def _find(rows: "QuerySet[T]", slug: str) -> T:
    """What stands at the address; raises Moved where it once did, and Missing."""
    found = rows.filter(slug=slug).first()
    if found is not None:
        return found
    pk = FormerAddress.objects.target_of(rows.model.address_kind, slug)
    moved = rows.filter(pk=pk).first() if pk else None
    if moved is not None:
        raise Moved(moved.get_absolute_url())
    raise Missing(_("There is nothing at this address any more."))


def _paged(
    request: HttpRequest,
    answer: Answer,
    render: Callable[[], bytes],
    slug: str,
    **arguments: str,
) -> HttpResponse:
    page = {"page": str(read_page(request.GET))}
    page |= {name: read_key(request.GET, name) for name in ("after", "before")}
    return remembered(request, answer, render, slug=slug, **page, **arguments)


def _render(request: HttpRequest, template: str, works: WorkQuerySet, **values: object) -> bytes:
    page, paging = page_of(works.values_list("pk", flat=True), request)
    if values.get("role"):  # the other pages are of the same role
        paging = replace(paging, parameters={"role": str(values["role"])})
    return render_public(request, template, {**values, "works": cards.read(page), "paging": paging})


def _render_found(
    request: HttpRequest, template: str, mark: str, *, size: int | None = None, **values: object
) -> bytes:
    """A list that the search index has: the best known first, cut into pages by keys."""
    after, before = (read_key(request.GET, name) for name in ("after", "before"))
    criteria = Criteria(page=read_page(request.GET), after=after, before=before)
    try:
        results = listed(criteria, mark=mark, size=size)
    except BadKey:
        raise bad_key() from None
    if not results.works and criteria.page > 1:
        raise Missing(_("This list ends before page %(number)d.") % {"number": criteria.page})
    paging = paging_of(results)
    return render_public(request, template, {**values, "works": results.works, "paging": paging})
