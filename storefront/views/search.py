"""The search page: words, filters, or the number of a book."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import SEARCH_PAGE
from catalog import isbn
from catalog.models import Edition, Subject
from catalog.search import MOST_COUNTED, Criteria, search
from storefront import shelves
from storefront.answering import HTML, remembered, render_public
from storefront.criteria import SearchForm, active_filters, normalized, parameters, read_criteria
from storefront.missing import Missing
from storefront.paging import Paging


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The works that match. The number of a book that we sell leads straight to it."""
    criteria, form = read_criteria(request.GET)
    if isbn.looks_like_number(criteria.q) and (edition := _edition_numbered(criteria.q)):
        return redirect(edition)
    if criteria.available:
        # Stock changes by the second and must never stand in a cached page.
        response = HttpResponse(_render(request, criteria, form), content_type=HTML)
        response["Cache-Control"] = "no-store"
        return response
    return remembered(
        request,
        SEARCH_PAGE,
        lambda: _render(request, criteria, form),
        criteria=normalized(criteria),
    )


def _edition_numbered(text: str) -> Edition | None:
    try:
        number = isbn.normalize(text)
    except isbn.InvalidNumber:
        return None
    return Edition.objects.offered().select_related("work").filter(isbn13=number).first()


def _render(request: HttpRequest, criteria: Criteria, form: SearchForm) -> bytes:
    results = search(criteria)
    if results.page > results.pages:
        raise Missing(_("The results end before page %(page)d.") % {"page": results.page})
    form.offer_languages(shelves.languages())
    subject = Subject.objects.filter(slug=criteria.subject).first() if criteria.subject else None
    values = {
        "form": form,
        "criteria": criteria,
        "results": results,
        "most_counted": MOST_COUNTED,
        "filters": active_filters(criteria, subject),
        "paging": Paging(results.page, results.pages, parameters(criteria)),
        "number_trouble": _number_trouble(criteria.q),
        "search_query": criteria.q,
        "has_only_filters": not criteria.q,
    }
    return render_public(request, "storefront/search.html", values)


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
