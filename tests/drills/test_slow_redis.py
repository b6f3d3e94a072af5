"""Redis stops answering without going away: the shop does not wait for it."""

import statistics
import time

import pytest

from tests.conftest import NextEdition
from tests.drills import NEEDS_TIME, SECONDS
from tests.drills.mishaps import header
from tests.drills.readers import VISITORS, Readers
from tests.patience import eventually
from tests.purchases import add
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = [pytest.mark.usefixtures("whole_again"), NEEDS_TIME]

MOST_SECONDS = 0.3  # that 95 of 100 pages may take
BACK_SECONDS = 3
STOPPED_SECONDS = min(SECONDS, 20)


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
