"""The shop without its cached answers, to measure what a page costs that nobody has asked for.

A WSGI application of its own, for benchmarks alone: a setting or a header that does this would be
a hole in every shop. Every answer is computed for each request and none is filed.
"""

from collections.abc import Callable

from bookstore.wsgi import application
from caching import store
from caching.answers import Answer

__all__ = ["application"]


def _compute_always(answer: Answer, compute: Callable[[], bytes], **arguments: str) -> bytes:
    return compute()


store.remember = _compute_always
