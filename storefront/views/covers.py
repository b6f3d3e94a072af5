"""Covers under the edition's number: drawn, or the way to its picture."""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from caching import store
from caching.answers import COVER
from caching.second import UNTIL
from catalog import isbn
from catalog.models import Edition
from storefront import release
from storefront.answering import CHECK_AGAIN, FOR_EVER, tagged
from storefront.cover_images import CoverImage
from storefront.missing import Missing

SVG = "image/svg+xml"


@require_safe
def show(request: HttpRequest, isbn13: str) -> HttpResponse:
    """The cover of an edition. Under its versioned address browsers need never ask again.

    Without a version it is what stands for the edition now: its picture, if there is one. With
    one it is the drawing, which pages link to that knew of no picture yet.
    """
    if not isbn.is_edition_number(isbn13):
        raise Missing("")
    asked_at = time.time()
    packed = store.remember(
        COVER, lambda: _draw(isbn13), isbn13=isbn13, release=release.digest_of("storefront/covers"),
    )  # fmt: skip
    version, picture, svg = packed.split(b"\n", maxsplit=2)
    if picture and "v" not in request.GET:
        return _elsewhere(picture.decode())
    is_right = request.GET.get("v", "").encode() == version
    response = tagged(
        request,
        svg,
        content_type=SVG,
        cache_control=FOR_EVER if is_right else CHECK_AGAIN,
        asked_at=asked_at,
    )
    if "v" in request.GET and not is_right:
        # Asked for while two releases draw differently: it will be right soon. Or it is made up, of
        # which there are as many as somebody likes: nginx shall keep none.
        del response[UNTIL]
    # An SVG that is opened by itself is a document: it may run nothing.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def _elsewhere(url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response["Cache-Control"] = CHECK_AGAIN
    return response


def _draw(isbn13: str) -> bytes:
    """The drawing's version, the picture's address (or nothing) and the drawing, line by line."""
    editions = Edition.objects.select_related("imprint", "work", "cover").prefetch_related(
        "work__contributions__contributor", "work__series_memberships__series"
    )
    edition = editions.filter(isbn13=isbn13).first()
    if edition is None:
        raise Missing("")
    image = CoverImage.of(edition, edition.work)
    picture = edition.own_cover
    url = picture.url(picture.widths[:2][-1], "jpg") if picture else ""
    return b"\n".join((image.version.encode(), url.encode(), image.svg()))
