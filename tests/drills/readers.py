"""Readers: they leaf through the public pages, and take the time that each takes to come."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.shop import Shop
from tests.visitor import Visitor

VISITORS = 16
THINKING_SECONDS = 0.7


@dataclass
class Readers:
    """Sixteen of them, and what they saw."""

    shop: Shop
    paths: Sequence[str]
    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    _have_to_go: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Read while the block runs."""
        threads = [
            threading.Thread(target=self._read, args=(place,), daemon=True)
            for place in range(VISITORS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._have_to_go.set()
            for thread in threads:
                thread.join(timeout=60)

    def _read(self, place: int) -> None:
        reader = Visitor(self.shop.base_url)
        own = [*self.paths[place:], *self.paths[:place]]
        for turn, known in enumerate(itertools.cycle(own)):
            new = f"/search/?q=pride%20{place}-{turn}"  # which nobody has asked for before
            path = new if turn % 4 == 3 else known
            started_at = time.perf_counter()
            answer = reader.get(path)
            self.seconds.append(time.perf_counter() - started_at)
            self.statuses[answer.status] += 1
            if self._have_to_go.wait(THINKING_SECONDS):
                return
