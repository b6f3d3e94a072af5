"""How popular works are: what was sold of late, and what staff add to it (`Work.boost`)."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from catalog import indexing

BATCH = 2_000  # works in a transaction: staff who edit one of them wait no longer than for these
OTHERS = """
SELECT work.id, coalesce(sold.weight, 0)
FROM catalog_work work
LEFT JOIN unnest(%(works)s::bigint[], %(weights)s::int[]) AS sold(work_id, weight)
  ON sold.work_id = work.id
WHERE work.popularity <> work.boost + coalesce(sold.weight, 0)
ORDER BY work.id
"""
RENEW = """
UPDATE catalog_work work SET popularity = work.boost + sold.weight
FROM unnest(%(works)s::bigint[], %(weights)s::int[]) AS sold(work_id, weight)
WHERE sold.work_id = work.id AND work.popularity <> work.boost + sold.weight
RETURNING work.id
"""


def renew(sold: Mapping[int, int]) -> int:
    """Take over the weight of each work's sales; how many works are more or less popular now.

    Rows that stay as they are are not written.
    """
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, {"works": list(sold), "weights": list(sold.values())})
        others = cursor.fetchall()
    return sum(_renew(others[start : start + BATCH]) for start in range(0, len(others), BATCH))


@transaction.atomic
def _renew(weights: Sequence[tuple[int, int]]) -> int:
    works, sold = zip(*weights, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"works": list(works), "weights": list(sold)})
        changed = [work_id for (work_id,) in cursor.fetchall()]
    indexing.popularity_changed(changed)
    return len(changed)
