"""Covers: generated where there is no picture."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from caching import store
from caching.answers import COVER
from catalog import isbn
from catalog.models import Edition
from storefront import release
from storefront.answering import FOR_EVER, checked_again
from storefront.cover_images import CoverImage
from storefront.missing import Missing

SVG = "image/svg+xml"


@require_safe
def show(request: HttpRequest, isbn13: str) -> HttpResponse:
    """The cover of an edition. Under its versioned address browsers need never ask again."""
    if not isbn.is_edition_number(isbn13):
        raise Missing("")
    packed = store.remember(
        COVER, lambda: _draw(isbn13), isbn13=isbn13, release=release.digest_of("storefront/covers"),
    )  # fmt: skip
    version, _separator, svg = packed.partition(b"\n")
    response = checked_again(request, svg, content_type=SVG)
    if request.GET.get("v", "").encode() == version:
        response["Cache-Control"] = FOR_EVER
    # An SVG that is opened by itself is a document: it may run nothing.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _draw(isbn13: str) -> bytes:
    """The cover's version and drawing, one after the other."""
    editions = Edition.objects.select_related("imprint", "work").prefetch_related(
        "work__contributions__contributor", "work__series_memberships__series"
    )
    edition = editions.filter(isbn13=isbn13).first()
    if edition is None:
        raise Missing("")
    image = CoverImage.of(edition, edition.work)
    return image.version.encode() + b"\n" + image.svg()
