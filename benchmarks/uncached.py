"""The shop without its cached answers, to measure what a page costs that nobody has asked for.

A WSGI application of its own, for benchmarks alone: a setting or a header that does this would be
a hole in every shop. Every answer is computed for each request and none is filed.
"""

from collections.abc import Iterable
from typing import Any

from bookstore import wsgi
from caching import store


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What the shop answers when it keeps nothing."""
    with store.bypassed():
        answer: Iterable[bytes] = wsgi.application(environ, start_response)
    return answer
