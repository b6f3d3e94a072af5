"""What visitors put into their baskets these days: counted and read in Redis alone.

Keys: `live:trending:<date>` (sorted set: isbn13 → times added that day), kept for DAYS days, and
`live:trending:before:<date>`, what the days before that one are worth on it: summed up once a day,
because a robot may want very many editions, and Redis serves nobody else while it adds them up.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from caching import store
from catalog import live_reading
from catalog.live_reading import Card

DAYS = 7
HALF_LIFE_DAYS = 2.0
MOST_CANDIDATES = 200  # counted editions looked at; some of them may be withdrawn by now
A_DAY = 24 * 3600  # seconds

Wanted = Sequence[tuple[bytes, float]]
"""Editions and what they score, the most wanted first."""


def _day_key(day: datetime.date) -> str:
    return f"live:trending:{day.isoformat()}"


def _before_key(day: datetime.date) -> str:
    return f"live:trending:before:{day.isoformat()}"


def note_interest(trip: Any, isbn13: str, *, today: datetime.date) -> None:
    """Have a trip, or a pipeline, count that somebody wants this edition."""
    trip.zincrby(_day_key(today), 1, isbn13)
    trip.expire(_day_key(today), (DAYS + 1) * A_DAY)


@store.needs_redis
def trending(*, today: datetime.date, limit: int) -> list[dict[str, str]]:
    """At most `limit` works, the most wanted first: isbn13, label, detail, url of one edition.

    A work counts with all its offered editions, and shows the most wanted of them. A day counts
    half as much every HALF_LIFE_DAYS.
    """
    asking = store.client().pipeline(transaction=False)
    for key in (_day_key(today), _before_key(today)):
        asking.zrange(key, 0, MOST_CANDIDATES - 1, desc=True, withscores=True)
    wanted_today, wanted_before = asking.execute()
    wanted: Counter[str] = Counter()
    for number, score in (*wanted_today, *(wanted_before or _sum_up_before(today))):
        wanted[number.decode()] += score
    best = sorted(wanted, key=lambda number: (-wanted[number], number))
    shown: dict[int, Card] = {}
    scores: Counter[int] = Counter()
    for card in live_reading.cards(best[:MOST_CANDIDATES]):
        shown.setdefault(card.work, card)
        scores[card.work] += wanted[card.isbn13]
    return [shown[work_id].as_json() for work_id, _score in scores.most_common(limit)]


def _sum_up_before(today: datetime.date) -> Wanted:
    """What was wanted on the days before; nothing where Redis has no room to note that."""
    weights = {
        _day_key(today - datetime.timedelta(days=age)): 0.5 ** (age / HALF_LIFE_DAYS)
        for age in range(1, DAYS)
    }
    try:
        return _noted(_before_key(today), weights)
    except store.OutOfMemory:
        return []


@store.needs_redis
def _noted(key: str, weights: dict[str, float]) -> Wanted:
    summing = store.client().pipeline(transaction=False)
    summing.zunionstore(key, weights)
    summing.zremrangebyrank(key, 0, -MOST_CANDIDATES - 1)
    summing.expire(key, A_DAY)
    summing.zrange(key, 0, -1, desc=True, withscores=True)
    wanted: Wanted = summing.execute()[-1]
    return wanted
