"""Several who come again and again, each in a thread, while a test does something else."""

import contextlib
import threading
from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 240


@contextlib.contextmanager
def at_work(come: Callable[[int, threading.Event], None], *, number: int) -> Iterator[None]:
    """Have `number` people at work while the block runs; all have left at its end.

    Each is `come(place, has_to_go)`, which returns soon after `has_to_go` is set.
    """
    has_to_go = threading.Event()
    threads = [
        threading.Thread(target=come, args=(place, has_to_go), daemon=True)
        for place in range(number)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        has_to_go.set()
        for thread in threads:
            thread.join(timeout=PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "somebody does not leave"
