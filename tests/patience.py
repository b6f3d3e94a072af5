"""Waiting for what comes true by itself, and does not say when."""

import time
from collections.abc import Callable
from typing import TypeVar

LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 120  # a busy machine takes its time

T = TypeVar("T")


def eventually(question: Callable[[], object], *, within: float = PATIENCE_SECONDS) -> None:
    """Wait until the answer is yes."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline, f"did not come true within {within} seconds"
        time.sleep(LOOK_SECONDS)


def until(is_right: Callable[[T], object], ask: Callable[[], T]) -> T:
    """Ask until the answer is right; that one, or after a while any."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_right(answer := ask()) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return answer
