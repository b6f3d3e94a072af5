"""The search page: words, filters, or the number of a book."""

import contextlib
from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching import store
from caching.answers import AVAILABLE_COUNT, SEARCH_PAGE
from catalog import isbn, search, unanswered
from catalog.models import Edition
from catalog.search import MOST_COUNTED, BadKey, Criteria
from storefront import facet_links
from storefront.answering import HTML, remembered, render_public
from storefront.criteria import (
    SORT_NAMES,
    ActiveFilter,
    active_filters,
    asked_for,
    parameters,
)
from storefront.missing import Missing
from storefront.paging import bad_key, paging_of
from storefront.templatetags.facets import number_of_books


class Numbered(Exception):
    """What was typed is the number of a book that we sell; the text is its address."""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The works that match. The number of a book that we sell leads straight to it."""
    criteria, kept_under = asked_for(_query_string(request))
    try:
        if not criteria.available:
            return remembered(
                request, SEARCH_PAGE, lambda: _render(request, criteria), criteria=kept_under
            )
        # Stock changes by the second and must never stand in a cached page.
        response = HttpResponse(_render(request, criteria), content_type=HTML)
        response["Cache-Control"] = "no-store"
    except Numbered as address:
        return redirect(str(address))
    return response


@require_safe
def count_available(request: HttpRequest) -> HttpResponse:
    """How many of the works that match can be had at once, as it stands beside that filter.

    The page with the filter is kept for longer than stock stays as it is, so it asks for this
    apart. At a million titles the count takes as long as a page: it is made once a second at most.
    """
    criteria, _kept_under = asked_for(_query_string(request))

    def count() -> bytes:
        counts = search.count_available(criteria)
        return number_of_books(counts.total, counts.has_more).encode()

    body = store.remember(AVAILABLE_COUNT, count, criteria=urlencode(parameters(criteria)))
    response = HttpResponse(body, content_type=HTML)
    response["Cache-Control"] = "no-store"
    return response


def _query_string(request: HttpRequest) -> str:
    text: str = request.META.get("QUERY_STRING", "")
    return text


def _check_number(text: str) -> None:
    """Raises Numbered."""
    if not isbn.looks_like_number(text):
        return
    try:
        number = isbn.normalize(text)
    except isbn.InvalidNumber:
        return
    edition = Edition.objects.offered().select_related("work").filter(isbn13=number).first()
    if edition:
        raise Numbered(edition.get_absolute_url())


def _render(request: HttpRequest, criteria: Criteria) -> bytes:
    _check_number(criteria.q)
    try:
        results = search.search(criteria)
    except BadKey:
        raise bad_key() from None
    if not results.works and criteria.page > 1:
        raise Missing(_("The results end before page %(page)d.") % {"page": results.page})
    filters = active_filters(criteria, results.subject)
    if criteria.q and not results.total and not filters:
        with contextlib.suppress(store.Unavailable):
            unanswered.note(criteria.q)
    used = parameters(criteria)
    values = {
        "sort_names": SORT_NAMES,
        "criteria": criteria,
        "results": results,
        "most_counted": MOST_COUNTED,
        "heading": _heading(criteria, filters),
        "filters": filters,
        "sort": used.get("sort", ""),
        "kept": {name: value for name, value in used.items() if name != "sort"},
        "facets": facet_links.written(results, criteria),
        "paging": paging_of(results, used),
        "number_trouble": _number_trouble(criteria.q),
        "search_query": criteria.q,
        "has_only_filters": not criteria.q,
    }
    return render_public(request, "storefront/search.html", values)


def _heading(criteria: Criteria, filters: Sequence[ActiveFilter]) -> str:
    """What the page is a list of: its order alone makes no old book new."""
    if criteria.q:
        return _("Results for “%(q)s”") % {"q": criteria.q}
    if filters:
        return _("Books: %(filters)s") % {"filters": ", ".join(each.label for each in filters)}
    return _("New books") if criteria.sort == "newest" else _("All books")


def _number_trouble(text: str) -> str:
    """Why someone who typed a number sees no book."""
    if not isbn.looks_like_number(text):
        return ""
    try:
        number = isbn.hyphenated(isbn.normalize(text))
    except isbn.InvalidNumber:
        trouble = _("“%(text)s” looks like an ISBN, but one of its digits must be wrong.")
        return trouble % {"text": text}
    return _("We do not have the book with the number %(number)s.") % {"number": number}
