"""Answers that are for one visitor alone, so that no cache may keep them.

What Django's `never_cache` says, but for `Expires`, which only HTTP/1.0 needs, and which it writes
anew for each answer.
"""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

NEVER_KEPT = "max-age=0, no-cache, no-store, must-revalidate, private"


def private(view: View[P]) -> View[P]:
    """Have every answer of the view say that it is not to be kept."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = NEVER_KEPT
        return response

    return wrapper
