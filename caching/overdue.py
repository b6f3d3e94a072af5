"""Bumps that Redis did not take: this process tries again until it does.

A job does the same, but may wait for some seconds when Redis is back, and pages be old until then.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from caching.door import Unavailable
from caching.servers import WORLD

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.25
MOST = 10_000  # names; of more, everything is old


class Overdue:
    """Names whose generations have yet to be raised, and the thread that sees to it."""

    def __init__(self, bump: Callable[[Sequence[str]], None]) -> None:
        self._bump = bump
        self._names: set[str] = set()
        self._is_at_work = False
        self._turn = threading.Lock()

    def add(self, names: Iterable[str]) -> None:
        """Raise these as soon as Redis answers."""
        with self._turn:
            self._names.update(names)
            if len(self._names) > MOST:
                self._names = {WORLD}
            if not self._is_at_work:
                threading.Thread(target=self._work, name="overdue bumps", daemon=True).start()
                self._is_at_work = True

    def forget(self) -> None:
        """Leave them to the job."""
        with self._turn:
            self._names.clear()

    def _work(self) -> None:
        time.sleep(RETRY_SECONDS)
        while names := self._taken():
            try:
                self._bump(names)
            except Unavailable:
                self.add(names)
            except Exception:
                logger.exception("Left %d generations to the job", len(names))
            else:
                logger.warning("Raised %d generations as soon as Redis was back", len(names))
            time.sleep(RETRY_SECONDS)

    def _taken(self) -> list[str]:
        with self._turn:
            names, self._names = sorted(self._names), set()
            self._is_at_work = bool(names)
            return names
