"""How many works for sale stand on each shelf: kept with each change, so that no page has to count.

`moved` keeps the numbers in the transaction of the change. `renew` counts everything: where the
shelves themselves change, and now and then, to repair what `moved` has not heard of.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, transaction

from caching import store
from caching.jobs import defer_once

JOB = "catalog.count_shelves"
SOON = 20  # seconds: of many changes that come one after the other, the count is made once

COUNT = """
WITH belongs AS (
  -- each subject to itself and to all above it
  SELECT above.id AS shelf_id, below.id AS subject_id
  FROM catalog_subject below
  CROSS JOIN LATERAL string_to_array(rtrim(below.path, '/'), '/') AS parts
  CROSS JOIN LATERAL generate_series(1, array_length(parts, 1)) AS depth
  JOIN catalog_subject above ON above.path = array_to_string(parts[:depth], '/') || '/'
), stands AS (
  SELECT shelf_id, subject_id FROM belongs
  UNION
  -- what a shelf gathers stands on it, and on all that it stands on
  SELECT shelf.shelf_id, gathered.subject_id
  FROM catalog_subject_gathers gathers
  JOIN belongs shelf ON shelf.subject_id = gathers.from_subject_id
  JOIN belongs gathered ON gathered.shelf_id = gathers.to_subject_id
), offered AS MATERIALIZED (
  SELECT DISTINCT work_id FROM catalog_edition WHERE is_offered
), standing AS (
  SELECT DISTINCT stands.shelf_id, tagged.work_id
  FROM catalog_work_subjects tagged
  JOIN offered ON offered.work_id = tagged.work_id
  JOIN stands ON stands.subject_id = tagged.subject_id
), sizes AS (
  SELECT shelf_id, count(*) AS size FROM standing GROUP BY shelf_id
)
SELECT subject.id, subject.size, coalesce(sizes.size, 0)
FROM catalog_subject subject LEFT JOIN sizes ON sizes.shelf_id = subject.id
WHERE subject.size <> coalesce(sizes.size, 0)
"""

CORRECT = """
UPDATE catalog_subject subject SET size = locked.size
FROM (
    SELECT subject.id, counted.size
    FROM catalog_subject subject
    JOIN unnest(%(ids)s::bigint[], %(were)s::int[], %(sizes)s::int[]) AS counted (id, was, size)
      ON counted.id = subject.id AND counted.was = subject.size
    ORDER BY subject.id FOR NO KEY UPDATE OF subject
) AS locked
WHERE locked.id = subject.id
"""
"""What has another size than before the count was changed meanwhile, and knows better."""

MOVE = """
UPDATE catalog_subject subject SET size = greatest(subject.size + locked.more, 0)
FROM (
    SELECT subject.id, moved.more
    FROM catalog_subject subject
    JOIN unnest(%(ids)s::bigint[], %(more)s::int[]) AS moved (id, more) ON moved.id = subject.id
    ORDER BY subject.id FOR NO KEY UPDATE OF subject
) AS locked
WHERE locked.id = subject.id
"""
"""All in the order of their ids, or two imports would wait for each other at a root for ever."""

GATHERED = """
SELECT gathers.to_subject_id, above.id
FROM catalog_subject_gathers gathers
JOIN catalog_subject shelf ON shelf.id = gathers.from_subject_id
CROSS JOIN LATERAL string_to_array(rtrim(shelf.path, '/'), '/') AS parts
CROSS JOIN LATERAL generate_series(1, array_length(parts, 1)) AS depth
JOIN catalog_subject above ON above.path = array_to_string(parts[:depth], '/') || '/'
WHERE gathers.to_subject_id = ANY(%s)
"""
"""What gathers these subjects, with all above it."""

Standing = Mapping[int, frozenset[int]]
"""Works by their ids that are for sale, each with the ids of its subjects and of all above them."""


def moved(before: Standing, after: Standing) -> None:
    """Count what these works stood on and stand on; call it inside the change's transaction.

    No page needs to be told: whoever changes a work makes stale all that lists show.
    """
    changed = [work for work in {*before, *after} if before.get(work) != after.get(work)]
    touched = {each for work in changed for side in (before, after) for each in side.get(work, ())}
    if not touched:
        return
    gathered: dict[int, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GATHERED, [sorted(touched)])
        for subject, shelf in cursor.fetchall():
            gathered.setdefault(subject, set()).add(shelf)
    more: Counter[int] = Counter()
    for work in changed:
        more.update(_shelves(after.get(work, ()), gathered))
        more.subtract(_shelves(before.get(work, ()), gathered))
    differences = {shelf: by for shelf, by in more.items() if by}
    with connection.cursor() as cursor:
        cursor.execute(MOVE, {"ids": list(differences), "more": list(differences.values())})


def _shelves(subjects: Iterable[int], gathered: Mapping[int, set[int]]) -> set[int]:
    return {*subjects, *(shelf for each in subjects for shelf in gathered.get(each, ()))}


@transaction.atomic
def renew() -> int:
    """Count anew, and return how many shelves have another size now; their pages go stale."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        wrong: list[Any] = cursor.fetchall()
        if not wrong:
            return 0
        ids, were, sizes = map(list, zip(*wrong, strict=True))
        cursor.execute(CORRECT, {"ids": ids, "were": were, "sizes": sizes})
        changed: int = cursor.rowcount
    if changed:
        store.bump_after_commit(["subjects"])
    return changed


def renew_soon() -> None:
    """Have a job count anew, once for all that asks for it in the next seconds."""
    defer_once(JOB, once=JOB, in_seconds=SOON, timestamp=0)
