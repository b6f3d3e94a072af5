"""Lets several threads, each with its own database connection, do something at the same moment."""

import threading
from collections.abc import Callable, Sequence

from django.db import connection

PATIENCE_SECONDS = 240  # a busy machine may take a while


def at_once(actions: Sequence[Callable[[], object]]) -> list[object]:
    """Start all actions together; what each returned, or the exception it ended with.

    Use it in tests marked `django_db(transaction=True)`: other threads see only what is committed.
    """
    gate = threading.Barrier(len(actions))
    outcomes: list[object] = [TimeoutError("still running")] * len(actions)

    def run(place: int, action: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(timeout=PATIENCE_SECONDS)
            outcomes[place] = action()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(place, action), daemon=True)
        for place, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return outcomes
