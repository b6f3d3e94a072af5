"""Covers: generated where there is no picture."""

import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from caching import store
from caching.answers import COVER
from catalog import isbn
from catalog.models import Edition
from storefront import release
from storefront.answering import CHECK_AGAIN, FOR_EVER, UNHURRIED, tagged
from storefront.cover_images import CoverImage
from storefront.missing import Missing

SVG = "image/svg+xml"


@require_safe
def show(request: HttpRequest, isbn13: str) -> HttpResponse:
    """The cover of an edition. Under its versioned address browsers need never ask again."""
    if not isbn.is_edition_number(isbn13):
        raise Missing("")
    asked_at = time.time()
    packed = store.remember(
        COVER, lambda: _draw(isbn13), isbn13=isbn13, release=release.digest_of("storefront/covers"),
    )  # fmt: skip
    version, _separator, svg = packed.partition(b"\n")
    # Another version is asked for while two releases draw differently: it will be right soon.
    lifetimes = {version: FOR_EVER, b"": UNHURRIED}
    cache_control = lifetimes.get(request.GET.get("v", "").encode(), CHECK_AGAIN)
    response = tagged(
        request, svg, content_type=SVG, cache_control=cache_control, asked_at=asked_at
    )
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
