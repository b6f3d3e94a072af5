"""Queries that found nothing, for the booksellers to see what is asked for.

The pages are made by a role that may not write: it counts in Redis, and a job carries the counts
into PostgreSQL. Kept are folded words and numbers of times, never who asked; what may be an address
or a telephone number is not kept at all.

Key: `live:unanswered` (hash: words → times).
"""

import datetime
import re

from django.db import transaction
from django.db.models import F

from caching import store
from catalog.folding import fold
from catalog.models import UnansweredQuery

NOTED = "live:unanswered"
CARRIED = "live:unanswered:carried"  # what a job is about to write; still there if it was killed
MOST_NOTED = 2_000  # different queries between two jobs
MOST_KEPT = 5_000
LONGEST = 100  # letters
A_WEEK = 7 * 24 * 3600  # seconds
_PRIVATE = re.compile(r"@|\d(?:[\s/().-]*\d){5}")
"""An e-mail address, or six digits in a row: a telephone number, an order, a card."""


@store.needs_redis
def note(text: str) -> None:
    """Count that nothing was found for `text`."""
    words = fold(text)
    if not words or len(words) > LONGEST or _PRIVATE.search(text):
        return
    client = store.client()
    if client.hlen(NOTED) >= MOST_NOTED and not client.hexists(NOTED, words):
        return
    client.hincrby(NOTED, words, 1)
    client.expire(NOTED, A_WEEK)


@store.needs_redis
def carry(*, at: datetime.datetime) -> int:
    """Write what was counted into the table; how many different queries that were."""
    client = store.client()
    if not client.exists(CARRIED):
        if not client.exists(NOTED):
            return 0
        client.rename(NOTED, CARRIED)
    counted = {words.decode(): int(times) for words, times in client.hgetall(CARRIED).items()}
    _write(counted, at)
    client.delete(CARRIED)
    return len(counted)


@transaction.atomic
def _write(counted: dict[str, int], at: datetime.datetime) -> None:
    known = set(UnansweredQuery.objects.filter(words__in=counted).values_list("words", flat=True))
    for words in sorted(known):
        UnansweredQuery.objects.filter(words=words).update(
            times=F("times") + counted[words], last_at=at
        )
    UnansweredQuery.objects.bulk_create(
        UnansweredQuery(words=words, times=times, last_at=at)
        for words, times in counted.items()
        if words not in known
    )
    oldest = UnansweredQuery.objects.order_by("-last_at", "-times").values("pk")[MOST_KEPT:]
    UnansweredQuery.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()
