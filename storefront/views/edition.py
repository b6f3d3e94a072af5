"""The page of a book, in one of its editions."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from caching.answers import EDITION_PAGE
from catalog import isbn
from catalog.models import Edition, FormerAddress
from storefront import shelves
from storefront.answering import moved_to, remembered, render_public
from storefront.cover_images import OneImage
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
    """The edition with its work; what else its page shows comes with the work's editions."""
    edition = Edition.objects.to_be_found().filter(isbn13=isbn13).order_by("pk").first()
    if edition is None:
        edition = _in_its_place(isbn13)
    if edition is None:
        raise Missing(_not_sold(isbn13))
    return edition


def _not_sold(isbn13: str) -> str:
    number = isbn.hyphenated(isbn13)
    return _("We do not sell the book with the number %(number)s.") % {"number": number}


def _in_its_place(isbn13: str) -> Edition | None:
    """The edition that staff has put in the place of this one, which was a double."""
    pk = FormerAddress.objects.target_of(FormerAddress.Kind.EDITION, isbn13)
    return Edition.objects.offered().select_related("work").filter(pk=pk).first() if pk else None


def _render(request: HttpRequest, isbn13: str, slug: str) -> bytes:
    found = _find(isbn13)
    if (found.isbn13, found.slug) != (isbn13, slug):
        raise Moved(found.get_absolute_url())
    work = found.work
    recommendations = shelves.around(work)
    edition = next((each for each in work.editions.all() if each.pk == found.pk), None)
    if edition is None:  # it went this moment
        raise Missing(_not_sold(isbn13))
    supply, kind = edition.own_supply, edition.promise_kind
    values = {
        "edition": edition,
        "work": work,
        "preorder_date": supply.preorder_date if supply and kind == "preorder" else None,
        "backorder_days": supply.backorder_days if supply and kind == "backorder" else None,
        "cover_alt": _("Cover of %(title)s") % {"title": edition.display_title},
        "cover": OneImage.of(edition),
        "editions": sorted(work.editions.all(), key=lambda each: each.list_rank),
        "numbers": [each.isbn13 for each in work.editions.all()],
        "recommendations": recommendations,
    }
    return render_public(request, "storefront/edition.html", values)
