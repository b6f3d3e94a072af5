"""Redis stops answering without going away: the shop does not wait for it."""

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.conftest import NextEdition
from tests.drills import NEEDS_TIME, SECONDS
from tests.drills.mishaps import header
from tests.purchases import add
from tests.shop import Shop, eventually
from tests.visitor import Visitor

pytestmark = [pytest.mark.usefixtures("whole_again"), NEEDS_TIME]

VISITORS = 16
THINKING_SECONDS = 0.7
MOST_SECONDS = 0.3  # that 95 of 100 pages may take
BACK_SECONDS = 3
STOPPED_SECONDS = min(SECONDS, 20)


@dataclass
class Readers:
    """Sixteen who leaf through the shop, and the time that each page took."""

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


def test_a_stopped_redis_is_not_waited_for(
    shop: Shop, visitor: Visitor, next_edition: NextEdition, pages: dict[str, str]
) -> None:
    editions = [next_edition() for _each in range(2 * VISITORS)]
    paths = [*pages.values(), *(edition["url"] for edition in editions)]
    for path in paths:
        visitor.get(path)
    readers, redis = Readers(shop, paths), shop.redis()
    with readers.at_work():
        redis.suspend()
        try:
            time.sleep(STOPPED_SECONDS)
            for edition in editions[:3]:
                started_at = time.perf_counter()
                assert add(visitor, edition).status == 303
                assert edition["title"] in visitor.get("/basket/").text
                assert time.perf_counter() - started_at < 2
            without = shop.outcomes()["away"]
        finally:
            redis.resume()
        seconds, readers.seconds = readers.seconds, []
        hits = shop.outcomes()["hit"]
        eventually(lambda: shop.outcomes()["hit"] > hits + 5, within=BACK_SECONDS)
    assert without > len(seconds) / 2
    assert set(readers.statuses) == {200}
    *_others, p95 = statistics.quantiles(seconds, n=20)
    print(f"\n{len(seconds)} pages without Redis, p95 {1000 * p95:.0f} ms")
    assert p95 < MOST_SECONDS
    eventually(lambda: header(visitor) == 3, within=BACK_SECONDS)
