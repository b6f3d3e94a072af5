"""Readers: they leaf through the public pages, and take the time that each takes to come."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.comers import at_work
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

    def at_work(self) -> AbstractContextManager[None]:
        """Read while the block runs."""
        return at_work(self._read, number=VISITORS)

    def _read(self, place: int, has_to_go: threading.Event) -> None:
        reader = Visitor(self.shop.base_url)
        own = [*self.paths[place:], *self.paths[:place]]
        for turn, known in enumerate(itertools.cycle(own)):
            new = f"/search/?q=pride%20{place}-{turn}"  # which nobody has asked for before
            path = new if turn % 4 == 3 else known
            started_at = time.perf_counter()
            answer = reader.get(path)
            self.seconds.append(time.perf_counter() - started_at)
            self.statuses[answer.status] += 1
            if has_to_go.wait(THINKING_SECONDS):
                return
