"""What visitors put into their baskets these days: counted and read in Redis alone.

Keys: `live:trending:<date>` (sorted set: isbn13 → times added that day), kept for DAYS days.
"""

import datetime
from collections import Counter
from typing import Any

from caching import store
from catalog import live_reading

DAYS = 7
HALF_LIFE_DAYS = 2.0
MOST_CANDIDATES = 200  # counted editions looked at; some of them may be withdrawn by now


def _day_key(day: datetime.date) -> str:
    return f"live:trending:{day.isoformat()}"


def note_interest(trip: Any, isbn13: str, *, today: datetime.date) -> None:
    """Have a trip, or a pipeline, count that somebody wants this edition."""
    trip.zincrby(_day_key(today), 1, isbn13)
    trip.expire(_day_key(today), (DAYS + 1) * 24 * 3600)


@store.needs_redis
def trending(*, today: datetime.date, limit: int) -> list[dict[str, str]]:
    """At most `limit` works, the most wanted first: isbn13, label, detail, url of one edition.

    A work counts with all its offered editions, and shows the most wanted of them. A day counts
    half as much every HALF_LIFE_DAYS.
    """
    weights = {
        _day_key(today - datetime.timedelta(days=age)): 0.5 ** (age / HALF_LIFE_DAYS)
        for age in range(DAYS)
    }
    scored = store.client().zunion(weights, withscores=True)
    best = sorted(scored, key=lambda item: (-item[1], item[0]))[:MOST_CANDIDATES]
    wanted = {number.decode(): score for number, score in best}
    items: dict[int, dict[str, str]] = {}
    scores: Counter[int] = Counter()
    for card in live_reading.cards(list(wanted)):
        items.setdefault(card.work, card.as_json())
        scores[card.work] += wanted[card.isbn13]
    return [items[work_id] for work_id, _score in scores.most_common(limit)]
