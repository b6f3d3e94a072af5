"""How many works for sale stand on each shelf: counted now and then, so that no page has to."""

import contextlib

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from caching import store

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
UPDATE catalog_subject subject SET size = coalesce(sizes.size, 0)
FROM catalog_subject old LEFT JOIN sizes ON sizes.shelf_id = old.id
WHERE old.id = subject.id AND subject.size <> coalesce(sizes.size, 0)
"""


@transaction.atomic
def renew() -> int:
    """Count anew, and return how many shelves have another size now; their pages go stale."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        changed: int = cursor.rowcount
    if changed:
        store.bump_after_commit(["subjects"])
    return changed


def renew_soon() -> None:
    """Have a job count anew, once for all that asks for it in the next seconds."""
    job = app.configure_task(JOB, lock=JOB, queueing_lock=JOB, schedule_in={"seconds": SOON})
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(timestamp=0)
