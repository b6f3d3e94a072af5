"""The shop, with server-sent events for the stock of a book, which it does not have: to compare.

A WSGI application of its own, for `watching.py` alone. Each stream looks once a second whether the
badge is another one, and tells its page; between that it sleeps, in the thread that it holds.
"""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone

from bookstore import wsgi
from catalog import live_reading

STREAM = "/stream/"
LOOK_SECONDS = 1.0


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A stream for the edition that the address names; whatever the shop says to all others."""
    path: str = environ["PATH_INFO"]
    if not path.startswith(STREAM):
        answer: Iterable[bytes] = wsgi.application(environ, start_response)
        return answer
    start_response("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")])
    return _events(path.removeprefix(STREAM))


def _events(number: str) -> Iterator[bytes]:
    shown = None
    while True:
        (level,) = live_reading.stock_levels([number], on=timezone.localdate())
        changed = level != shown
        shown = level
        # A comment otherwise: whoever has gone is noticed by writing only.
        yield f"data: {json.dumps(level.as_json())}\n\n".encode() if changed else b":\n\n"
        time.sleep(LOOK_SECONDS)
