"""The page of a book, in one of its editions."""

from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import EDITION_PAGE
from catalog import book, isbn, recommending
from catalog.book import Book
from catalog.live_reading import MOST_BADGES
from catalog.models import Edition, FormerAddress
from storefront.answering import moved_to, remembered, render_public
from storefront.cover_images import CoverImage, OneImage
from storefront.missing import Missing, Moved

SUMMARY_LETTERS = 155  # about as many as lists of results show


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
    """The edition with this number, or the one in its place, with its work."""
    offered = Edition.objects.offered().select_related("work")
    edition = offered.filter(isbn13=isbn13).first()
    if edition is None:
        # Staff has put another edition in the place of this one, which was a double.
        pk = FormerAddress.objects.target_of(FormerAddress.Kind.EDITION, isbn13)
        edition = offered.filter(pk=pk).first() if pk else None
    if edition is None:
        raise Missing(_not_sold(isbn13))
    return edition


def _not_sold(isbn13: str) -> str:
    number = isbn.hyphenated(isbn13)
    return _("We do not sell the book with the number %(number)s.") % {"number": number}


def _render(request: HttpRequest, isbn13: str, slug: str) -> bytes:
    found = book.find(isbn13)
    if found is None:
        raise Moved(_find(isbn13).get_absolute_url())
    edition = found.edition
    if edition.slug != slug:
        raise Moved(edition.get_absolute_url())
    supply, kind = edition.own_supply, edition.promise_kind
    drawing = CoverImage.of_book(found)
    watched, *further = _numbers(found)
    values = {
        "edition": edition,
        "work": found.work,
        "book": found,
        "watched": watched,
        "further": further,
        "summary": _summary(found.work.description),
        "preorder_date": supply.preorder_date if supply and kind == "preorder" else None,
        "backorder_days": supply.backorder_days if supply and kind == "backorder" else None,
        "cover_alt": _("Cover of %(title)s") % {"title": edition.display_title},
        "drawing": drawing,
        "cover": OneImage.of(edition.own_cover, drawing),
        "recommendations": recommending.beside_book(found),
    }
    return render_public(request, "storefront/edition.html", values)


def _summary(description: str) -> str:
    is_whole = len(description) <= SUMMARY_LETTERS  # which Django takes long to find out
    return description if is_whole else Truncator(description).chars(SUMMARY_LETTERS)


def _numbers(found: Book) -> list[str]:
    """The numbers of all editions, the one that is shown first, in parts that can be asked about at
    once: a classic has hundreds.
    """
    others = (each.isbn13 for each in found.editions if each is not found.edition)
    numbers = [found.edition.isbn13, *others]
    starts = range(0, len(numbers), MOST_BADGES)
    return [",".join(numbers[start : start + MOST_BADGES]) for start in starts]
