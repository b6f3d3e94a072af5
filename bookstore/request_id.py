"""Every request's number: nginx gives it, all log lines carry it, error pages show it.

The middleware puts the checked number back into the request, as its header X-Request-ID: there
everybody below, who need not know this module, can read it.
"""

import random
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

HEADER = "X-Request-ID"
META_NAME = "HTTP_X_REQUEST_ID"
PATTERN = re.compile(r"[A-Za-z0-9=:;-]{8,80}")
"""What a number may look like. nginx makes its own; others may come to a role without nginx."""

Answer = Callable[[HttpRequest], HttpResponse]


def current() -> str:
    """The number of the request that is being answered; empty outside of any."""
    number: str = get_contextvars().get("request_id", "")
    return number


def number(environ: dict[str, Any]) -> str:
    """Give the request its number, checked, and have all log lines carry it from now on.

    Left bound when the answer is made: Django and gunicorn may still write about it.
    """
    given: str = environ.get(META_NAME, "")
    checked = given if PATTERN.fullmatch(given) else f"{random.getrandbits(128):032x}"
    environ[META_NAME] = checked
    bind_contextvars(request_id=checked)
    return checked


def forget() -> None:
    """Let what this thread writes from now on carry no number.

    It is all that requests bind: to go through all context variables for others takes 6 µs.
    """
    unbind_contextvars("request_id")


def middleware(get_response: Answer) -> Answer:
    """Number each request; the first of all middleware."""

    def answer(request: HttpRequest) -> HttpResponse:
        own = number(request.META)
        response = get_response(request)
        response[HEADER] = own
        return response

    return answer
