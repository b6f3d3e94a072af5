"""Public pages: rendered without a visitor, kept for everyone, checked again by every browser.

A page is kept in Redis until what it shows changes. Browsers and CDNs may keep it too but ask each
time whether it still holds (ETag, 304): an old price is never shown.
"""

import hashlib
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response

from caching import store
from caching.answers import Answer
from storefront import context, release

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
CHECK_AGAIN = "public, max-age=0, must-revalidate"
FOR_EVER = "public, max-age=31536000, immutable"


def render_public(request: HttpRequest, template: str, values: Mapping[str, object]) -> bytes:
    """A public page as bytes, knowing `origin` besides `values`."""
    return render_frame(request, template, {"origin": origin(), **values})


def render_frame(request: HttpRequest, template: str, values: Mapping[str, object]) -> bytes:
    """A page that needs nothing but itself: no store, no visitor, no valid host.

    The template gets no request: a cached page must not be able to show a user, a session or a
    CSRF token, in whatever role it is rendered.
    """
    return render_to_string(template, {**context.shop(request), **values}).encode()


def remembered(
    request: HttpRequest,
    answer: Answer,
    compute: Callable[[], bytes],
    *,
    content_type: str = HTML,
    **arguments: str,
) -> HttpResponse:
    """The cached body of `answer` for `arguments`, or what `compute` makes of it now."""
    body = store.remember(
        answer,
        compute,
        day=timezone.localdate().isoformat(),
        release=release.current(),
        **arguments,
    )
    return checked_again(request, body, content_type=content_type)


def checked_again(request: HttpRequest, body: bytes, *, content_type: str = HTML) -> HttpResponse:
    """`body` with its ETag, or 304 where the browser has just that."""
    response = HttpResponse(body, content_type=content_type)
    response["Cache-Control"] = CHECK_AGAIN
    response["ETag"] = etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return get_conditional_response(request, etag=etag, response=response) or response


def origin() -> str:
    """Scheme and host, for the few addresses that must be absolute: not what a visitor says."""
    shop_url: str = settings.SHOP_URL
    return shop_url.rstrip("/")
