"""Waiting for what comes true by itself, and does not say when."""

import time
from collections.abc import Callable

LOOK_SECONDS = 0.02


def eventually(question: Callable[[], object], *, within: float = 30) -> None:
    """Wait until the answer is yes."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline, f"did not come true within {within} seconds"
        time.sleep(LOOK_SECONDS)
