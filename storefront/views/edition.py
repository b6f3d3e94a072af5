"""The page of a book, in one of its editions."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import EDITION_PAGE
from catalog import isbn
from catalog.models import Edition
from storefront import shelves
from storefront.answering import CHECK_AGAIN, remembered, render_public
from storefront.cover_images import CoverImage
from storefront.missing import Missing


class _Elsewhere(Exception):
    """The edition's page has another address."""


@require_safe
def show(request: HttpRequest, number: str, slug: str = "") -> HttpResponse:
    """The edition with this number; any other notation or slug leads to its one address."""
    isbn13 = _read(number)
    try:
        if isbn13 != number:
            raise _Elsewhere(_find(isbn13).get_absolute_url())
        return remembered(
            request,
            EDITION_PAGE,
            lambda: _render(request, isbn13, slug),
            isbn13=isbn13,
            slug=slug,
        )
    except _Elsewhere as right:
        response = HttpResponsePermanentRedirect(str(right))
        # A title may change again: browsers must not remember the way for ever.
        response["Cache-Control"] = CHECK_AGAIN
        return response


def _read(number: str) -> str:
    try:
        return isbn.normalize(number)
    except isbn.InvalidNumber:
        raise Missing(
            _("“%(number)s” is not a valid ISBN: one of its digits must be wrong.")
            % {"number": number[:40]}
        ) from None


def _find(isbn13: str) -> Edition:
    try:
        return Edition.objects.for_page().get(isbn13=isbn13)
    except Edition.DoesNotExist:
        raise Missing(
            _("We do not sell the book with the number %(number)s.")
            % {"number": isbn.hyphenated(isbn13)}
        ) from None


def _render(request: HttpRequest, isbn13: str, slug: str) -> bytes:
    edition = _find(isbn13)
    if edition.slug != slug:
        raise _Elsewhere(edition.get_absolute_url())
    work, supply = edition.work, edition.own_supply
    recommendations = shelves.around(work)
    kind = edition.promise_kind
    values = {
        "edition": edition,
        "work": work,
        "preorder_date": supply.preorder_date if supply and kind == "preorder" else None,
        "backorder_days": supply.backorder_days if supply and kind == "backorder" else None,
        "cover_alt": _("Cover of %(title)s") % {"title": edition.display_title},
        "cover_url": CoverImage.of(edition, work).url,
        "editions": sorted(work.editions.all(), key=lambda each: each.list_rank),
        "numbers": [each.isbn13 for each in work.editions.all()],
        "recommendations": recommendations,
    }
    return render_public(request, "storefront/edition.html", values)
