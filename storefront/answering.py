"""Public pages: rendered without a visitor, kept for everyone, checked again by every browser.

A page is kept in Redis until what it shows changes. Browsers may keep it too but ask each time
whether it still holds (ETag, 304), and so does a CDN, unless CDN_SECONDS lets it go on for a while
(decision 20). nginx answers for the shop during what is left of the second in which the page was
asked for, no longer: decision 7.
"""

import datetime
import functools
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import get_conditional_response

from caching import store
from caching.answers import Answer
from caching.second import UNTIL, end_of_second
from storefront import context, release
from storefront.encodings import accepts_gzip
from storefront.missing import Moved

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
CHECK_AGAIN = "public, max-age=0, must-revalidate"
A_DAY = 86_400
FOR_EVER = "public, max-age=31536000, immutable"
_CONDITIONS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"})
KEPT_AS = "storefront.kept_as"
"""Where the WSGI environment says under what the page that was given is kept."""


@dataclass(frozen=True, slots=True)
class KeptAs:
    """What a kept page is asked for by: enough to give it again without its view."""

    answer: Answer
    arguments: Mapping[str, str]

    @classmethod
    def of(cls, answer: Answer, arguments: Mapping[str, str]) -> Self:
        """As pages of this release are kept."""
        return cls(answer, {**arguments, "release": release.current()})

    @property
    def place(self) -> store.Place:
        """Where it stands."""
        return store.Place(self.answer, self.arguments)

    def asked_at(self, moment: float) -> dict[str, str]:
        """The arguments with the day, by which a page holds; `moment` is in seconds since 1970."""
        return {**self.arguments, **turning(moment)}


def turning(moment: float) -> dict[str, str]:
    """The argument that turns by itself, the same for all pages."""
    return {"day": _day_of(int(moment))}


@functools.lru_cache(maxsize=1)
def _day_of(second: int) -> str:
    zone = timezone.get_default_timezone()
    return datetime.datetime.fromtimestamp(second, zone).date().isoformat()


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
    """The cached body of `answer` for `arguments`, or what `compute` makes of it now.

    Where `compute` raises Moved, the way to the right address; that is not kept.
    """
    asked_at = time.time()  # before any generation is read: what changes later must show in time
    kept_as = KeptAs.of(answer, arguments)
    try:
        kept = store.recall(answer, compute, kept_as.asked_at(asked_at))
    except Moved as right:
        return moved_to(str(right))
    if kept.was_read:
        request.META[KEPT_AS] = kept_as
    is_packed, etag = bool(kept.packed) and accepts_gzip(request), f'"{kept.tag}"'
    response = _without_body(request, etag)
    if response is None:
        response = HttpResponse(kept.packed if is_packed else kept.body, content_type=content_type)
        if is_packed:
            response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    etag = f"W/{etag}" if is_packed else etag  # weak: the same page, in other bytes
    return _labelled(response, etag, for_caches(), asked_at)


def for_caches() -> str:
    """What browsers and CDNs may do with a page; nginx is told apart, and hears nothing of this.

    A CDN may show the last one for a day while the shop fails, as nginx does. Who obeys RFC 9111 to
    the letter takes `s-maxage` for a ban on that, and shows the failure.
    """
    seconds = settings.CDN_SECONDS
    meanwhile = f"stale-while-revalidate={seconds}, " if seconds else ""
    return f"public, max-age=0, s-maxage={seconds}, {meanwhile}stale-if-error={A_DAY}"


def _without_body(request: HttpRequest, etag: str) -> HttpResponse | None:
    """304 where the browser has just that, 412 where it wants another; no body was looked at."""
    if _CONDITIONS.isdisjoint(request.META):
        return None
    response: HttpResponse | None = get_conditional_response(request, etag=etag)
    return response


def moved_to(address: str) -> HttpResponse:
    """301, that no browser remembers for ever: a title or a name may change again."""
    response = HttpResponsePermanentRedirect(address)
    response["Cache-Control"] = CHECK_AGAIN
    return response


def tagged(
    request: HttpRequest,
    body: bytes,
    *,
    content_type: str = HTML,
    cache_control: str = "",
    asked_at: float | None = None,
) -> HttpResponse:
    """`body` with its ETag, or 304 where the browser has just that; a page, unless said otherwise.

    What shows something that changes says when that was looked up, in seconds: `asked_at`.
    """
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    response = _without_body(request, etag) or HttpResponse(body, content_type=content_type)
    return _labelled(response, etag, cache_control or for_caches(), asked_at or time.time())


def _labelled(
    response: HttpResponse, etag: str, cache_control: str, asked_at: float
) -> HttpResponse:
    """With its tag, and who may keep it for how long."""
    response["ETag"] = etag
    if response.status_code == HTTPStatus.PRECONDITION_FAILED:
        response["Cache-Control"] = "no-store"  # whoever keeps what has an end keeps that, too
        return response
    if cache_control != FOR_EVER:
        # Before Cache-Control, or nginx before 1.23 believes that alone.
        response[UNTIL] = end_of_second(asked_at)
    response["Cache-Control"] = cache_control
    return response


def origin() -> str:
    """Scheme and host, for the few addresses that must be absolute: not what a visitor says."""
    shop_url: str = settings.SHOP_URL
    return shop_url.rstrip("/")
