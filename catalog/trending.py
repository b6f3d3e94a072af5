"""What visitors put into their baskets these days: counted and read in Redis alone.

Keys: `live:trending:<date>` (sorted set: isbn13 → times added that day), kept for DAYS days;
`live:cards` (hash: isbn13 → its work, and what a list shows of it).
"""

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from caching import store
from catalog.models import Work

CARDS = "live:cards"
DAYS = 7
HALF_LIFE_DAYS = 2.0
MOST_CANDIDATES = 200  # counted editions looked at; some of them may be withdrawn by now


def _day_key(day: datetime.date) -> str:
    return f"live:trending:{day.isoformat()}"


@store.needs_redis
def note_interest(isbn13: str, *, today: datetime.date) -> None:
    """Count that somebody wants this edition."""
    pipeline = store.client().pipeline(transaction=False)
    pipeline.zincrby(_day_key(today), 1, isbn13)
    pipeline.expire(_day_key(today), (DAYS + 1) * 24 * 3600)
    pipeline.execute()


def write_cards(pipeline: Any, works: Iterable[Work]) -> None:
    """Have the offered editions of these works shown; they are prefetched (`for_cards`)."""
    cards = {
        edition.isbn13: json.dumps(
            {
                "work": work.pk,
                "label": edition.title or work.title,
                "detail": work.byline,
                "url": f"/books/{edition.isbn13}/",
            },
            ensure_ascii=False,
        )
        for work in works
        for edition in work.editions.all()
    }
    if cards:
        pipeline.hset(CARDS, mapping=cards)


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
    client = store.client()
    scored = client.zunion(weights, withscores=True)
    best = sorted(scored, key=lambda item: (-item[1], item[0]))[:MOST_CANDIDATES]
    numbers = [number for number, _score in best]
    cards = client.hmget(CARDS, numbers) if numbers else []
    items: dict[int, dict[str, str]] = {}
    scores: Counter[int] = Counter()
    for (number, score), card in zip(best, cards, strict=True):
        if card:
            about = json.loads(card)
            work_id = about.pop("work")
            items.setdefault(work_id, {"isbn13": number.decode(), **about})
            scores[work_id] += score
    return [items[work_id] for work_id, _score in scores.most_common(limit)]
