"""The shop without its cached answers, to measure what a page costs that nobody has asked for.

A WSGI application of its own, for benchmarks alone: a setting or a header that does this would be
a hole in every shop. Every answer is computed for each request and none is filed. Whoever sends
`scenarios.ALL_CHANGED` gets it as if all works had changed since it was computed the last time:
nothing is used that the process has made of them.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

from benchmarks.scenarios import ALL_CHANGED
from bookstore import wsgi
from caching import store
from catalog import as_it_was

HEADER = "HTTP_" + ALL_CHANGED.upper().replace("-", "_")


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What the shop answers when it keeps nothing."""
    every_work = as_it_was.making_all_anew() if HEADER in environ else contextlib.nullcontext()
    with store.bypassed(), every_work:
        answer: Iterable[bytes] = wsgi.application(environ, start_response)
    return answer
