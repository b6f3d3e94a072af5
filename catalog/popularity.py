"""How popular works are: what was sold of late, and what staff add to it (`Work.boost`)."""

from collections.abc import Mapping

from django.db import connection, transaction

from catalog import indexing

RENEW = """
UPDATE catalog_work work SET popularity = work.boost + coalesce(sold.weight, 0)
FROM catalog_work old
LEFT JOIN unnest(%(works)s::bigint[], %(weights)s::int[]) AS sold(work_id, weight)
  ON sold.work_id = old.id
WHERE old.id = work.id AND work.popularity <> work.boost + coalesce(sold.weight, 0)
RETURNING work.id
"""


@transaction.atomic
def renew(sold: Mapping[int, int]) -> int:
    """Take over the weight of each work's sales; how many works are more or less popular now.

    Rows that stay as they are are not written.
    """
    with connection.cursor() as cursor:
        cursor.execute(RENEW, {"works": list(sold), "weights": list(sold.values())})
        changed = [work_id for (work_id,) in cursor.fetchall()]
    indexing.works_changed(changed)
    return len(changed)
