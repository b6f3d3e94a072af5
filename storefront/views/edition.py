"""The page of a book, in one of its editions."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import EDITION_PAGE
from catalog import isbn
from catalog.models import Edition, FormerAddress
from storefront import shelves
from storefront.answering import moved_to, remembered, render_public
from storefront.cover_images import CoverImage
from storefront.missing import Missing, Moved


@require_safe
def show(request: HttpRequest, number: str, slug: str = "") -> HttpResponse:
    """The edition with this number; any other notation or slug leads to its one address."""
    isbn13 = _read(number)
    if isbn13 != number:
        return moved_to(_find(isbn13).get_absolute_url())
    return remembered(
        request,
        EDITION_PAGE,
        lambda: _render(request, isbn13, slug),
        isbn13=isbn13,
        slug=slug,
    )


def _read(number: str) -> str:
    try:
        return isbn.normalize(number)
    except isbn.InvalidNumber:
        raise Missing(
            _("“%(number)s” is not a valid ISBN: one of its digits must be wrong.")
            % {"number": number[:40]}
        ) from None


def _find(isbn13: str) -> Edition:
    edition = Edition.objects.for_page().filter(isbn13=isbn13).first()
    if edition is None:
        edition = _in_its_place(isbn13)
    if edition is None:
        raise Missing(
            _("We do not sell the book with the number %(number)s.")
            % {"number": isbn.hyphenated(isbn13)}
        )
    return edition


def _in_its_place(isbn13: str) -> Edition | None:
    """The edition that staff has put in the place of this one, which was a double."""
    pk = FormerAddress.objects.target_of(FormerAddress.Kind.EDITION, isbn13)
    return Edition.objects.offered().select_related("work").filter(pk=pk).first() if pk else None


def _render(request: HttpRequest, isbn13: str, slug: str) -> bytes:
    edition = _find(isbn13)
    if (edition.isbn13, edition.slug) != (isbn13, slug):
        raise Moved(edition.get_absolute_url())
    work, supply = edition.work, edition.own_supply
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
        "more": shelves.more_by_author(work),
        "author": work.authors[0].contributor if work.authors else None,
    }
    return render_public(request, "storefront/edition.html", values)
