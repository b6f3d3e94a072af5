"""Refuses POSTs that other sites make browsers send, for forms without a CSRF token.

A page that is cached for everyone cannot carry a token of one visitor, and the basket's page is to
outlive who signs in beside it (decision 3). Browsers themselves say where a request comes from, and
a page of another site cannot forge what they say:

1. What comes from an `Origin` in CSRF_TRUSTED_ORIGINS may pass: that is what the setting is for.
2. Else `Sec-Fetch-Site` (all browsers since 2023, over HTTPS and on localhost) is decisive when it
   is there: `same-origin` is a page of the shop, `none` is the person (address bar, bookmark);
   `same-site` and `cross-site` are refused. A sister host (`blog.example.org`) is not the shop.
3. Without it, `Origin`, which every browser adds to a POST, must be this very origin (scheme, host
   and port). `null` (sandboxed frames, files) is nobody's origin.
4. Without both it is no browser that could be tricked into sending along a visitor's cookie, but
   a program that holds its own; it may pass.

Go's net/http.CrossOriginProtection reasons in the same way. Behind this stands the cookie itself,
which is SameSite=Lax: another site's POST does not carry it.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.http import is_same_domain
from django.views.decorators.csrf import csrf_exempt

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class FromElsewhere(PermissionDenied):
    """Another site made the browser send this."""


def same_origin(view: View[P]) -> View[P]:
    """In place of Django's token: answer 403 to whatever another site makes a browser send."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method not in SAFE_METHODS and not is_same_origin(request):
            raise FromElsewhere
        return view(request, *args, **kwargs)

    return csrf_exempt(wrapper)


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the request comes from a page of the shop, or from no browser at all."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if origin is not None and _is_trusted(origin):
        return True
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def _is_trusted(origin: str) -> bool:
    scheme, _separator, host = origin.partition("://")
    for trusted in settings.CSRF_TRUSTED_ORIGINS:
        trusted_scheme, _separator, pattern = trusted.partition("://")
        # As Django reads the setting: `https://*.example.org` means all hosts below.
        if scheme == trusted_scheme and is_same_domain(host, pattern.lstrip("*")):
            return True
    return False
