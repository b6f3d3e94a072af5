"""Which works stand beside which: found in set-based SQL, for some works or for all of them.

Every reason offers candidates (`CANDIDATES`); a work takes a few of each, the first of every reason
before the second of any, so that no reason fills the row. Among the best of a subject each work
takes others, by dice that its id throws: else all of a subject would recommend the same four.
Changed works wait in Redis (`live:affinities`, a set of ids) for a job that takes many at once;
what is lost there the night finds anew, and a job that comes to find nothing at all, at once.
What is stored is a result and no record: it can be thrown away and found again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from caching import store
from caching.jobs import defer_once
from catalog.models import BoughtTogether, Edition, Recommendation, Work
from catalog.models.subject import VISIBLE

BATCH = 5_000  # works in one transaction of the nightly run
KEPT = 12  # recommendations of a work; a page shows half of them, so that some may sell out
MOST_MATES = 500  # works of the same series that are looked at again
TAKEN = 500  # works that wait, in one transaction: together they cost less
TURN = 20_000  # works in one run of the job, so that others have their turn too
SOON = 20  # seconds
KNOWN = 10_000  # best known works, among which the best of most subjects are
LATEST = 2_000  # works of a subject that has few of those
BEST_OF_CONTRIBUTOR = 8
BEST_OF_SUBJECT = 24
BEST_OF_STAFF = 12  # in each part of the tree
JOB = "catalog.recommend_changed"
WAITING = "live:affinities"
_LOCK = 5_113  # any number that nothing else uses

OFFERED = """EXISTS (
  SELECT FROM catalog_edition edition
  WHERE edition.work_id = {work}.id AND edition.is_offered AND edition.format <> 'gift_card')"""

STANDS_IN = """
CREATE TEMP TABLE affinity_subject ON COMMIT PRESERVE ROWS AS
WITH tagged AS (
  SELECT id AS work_id, main_subject_id AS subject_id FROM catalog_work
  WHERE main_subject_id IS NOT NULL AND {of_work}
  UNION
  SELECT work_id, subject_id FROM catalog_work_subjects WHERE {of_tag}
), wanted AS MATERIALIZED (
  SELECT DISTINCT near.id FROM (SELECT DISTINCT subject_id FROM tagged) tagged
  JOIN catalog_subject subject ON subject.id = tagged.subject_id
  JOIN catalog_subject near ON near.id IN (subject.id, subject.parent_id)
  WHERE {near_is_visible}
    AND (near.id = subject.id OR near.parent_id IS NOT NULL)
), shelf AS MATERIALIZED (
  SELECT id AS subject_id, id AS tag_id FROM wanted
  UNION ALL
  SELECT wanted.id, below.id FROM wanted JOIN catalog_subject below ON below.parent_id = wanted.id
), known AS MATERIALIZED (
  SELECT id, main_subject_id FROM catalog_work WHERE is_recommendable
  ORDER BY popularity DESC, id LIMIT {known}
), of_known AS MATERIALIZED (
  SELECT shelf.subject_id, tag.work_id FROM known
  JOIN catalog_work_subjects tag ON tag.work_id = known.id
  JOIN shelf ON shelf.tag_id = tag.subject_id
  UNION
  SELECT wanted.id, known.id FROM known JOIN wanted ON wanted.id = known.main_subject_id
), sparse AS MATERIALIZED (
  SELECT wanted.id FROM wanted LEFT JOIN of_known ON of_known.subject_id = wanted.id
  GROUP BY wanted.id HAVING count(of_known.work_id) < 2 * {most}
), standing AS (
  SELECT subject_id, work_id FROM of_known
  UNION
  SELECT shelf.subject_id, late.work_id FROM sparse
  JOIN shelf ON shelf.subject_id = sparse.id
  CROSS JOIN LATERAL (
    SELECT tag.work_id FROM catalog_work_subjects tag WHERE tag.subject_id = shelf.tag_id
    ORDER BY tag.work_id DESC LIMIT {latest}) late
  UNION
  SELECT sparse.id, late.id FROM sparse
  CROSS JOIN LATERAL (
    SELECT work.id FROM catalog_work work WHERE work.main_subject_id = sparse.id
    ORDER BY work.id DESC LIMIT {latest}) late
), ranked AS (
  SELECT standing.subject_id, work.id, work.audiences, row_number() OVER (
    PARTITION BY standing.subject_id ORDER BY work.popularity DESC, work.id) AS place
  FROM standing CROSS JOIN LATERAL (  -- one by one: a join would read all works there are
    SELECT id, audiences, popularity FROM catalog_work
    WHERE id = standing.work_id AND is_recommendable OFFSET 0) work
)
-- whether a work is for sale is asked of the most popular alone
SELECT work.subject_id, work.id AS work_id, work.audiences, work.place
FROM ranked work WHERE place <= 2 * {most} AND {offered}
"""
"""The best known of all, and where those are few in a subject, the best known of its latest."""

MADE_BY = """
CREATE TEMP TABLE affinity_contributor ON COMMIT PRESERVE ROWS AS
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT contributor_id AS id FROM catalog_contribution
  WHERE edition_id IS NULL AND {of_tag}
), made AS (
  SELECT DISTINCT part.contributor_id, part.work_id FROM catalog_contribution part
  JOIN wanted ON wanted.id = part.contributor_id
  WHERE part.edition_id IS NULL
), ranked AS (
  SELECT made.contributor_id, work.id, row_number() OVER (
    PARTITION BY made.contributor_id ORDER BY work.popularity DESC, work.id) AS place
  FROM made CROSS JOIN LATERAL (
    SELECT id, audiences, popularity FROM catalog_work
    WHERE id = made.work_id AND is_recommendable OFFSET 0) work
)
SELECT * FROM (
  SELECT work.contributor_id, work.id AS work_id, row_number() OVER (
    PARTITION BY work.contributor_id ORDER BY work.place) AS place
  FROM ranked work WHERE place <= 4 * {most} AND {offered}
) best WHERE place <= {most}
"""

PICKED = """
CREATE TEMP TABLE affinity_pick ON COMMIT PRESERVE ROWS AS
WITH entry AS (
  SELECT DISTINCT ON (entry.work_id, root) entry.id, entry.work_id, work.audiences,
    split_part(subject.path, '/', 1) AS root, list.ordinal AS list_ordinal, entry.ordinal
  FROM catalog_stafflistentry entry
  JOIN catalog_stafflist list ON list.id = entry.staff_list_id
  JOIN catalog_work work ON work.id = entry.work_id
  JOIN catalog_subject subject ON subject.id = work.main_subject_id
  WHERE work.is_recommendable AND {offered}
  ORDER BY entry.work_id, root, (entry.note = ''), list.ordinal, entry.ordinal, entry.id
), ranked AS (
  SELECT id, work_id, audiences, root, row_number() OVER (
    PARTITION BY root ORDER BY list_ordinal, ordinal, id) AS place
  FROM entry
)
SELECT * FROM ranked WHERE place <= {most}
"""

# A number from 0 to 1 that is the same for a pair every night.
DICE = "(hashint8(work.id * 7919 + {other}) & 1023) / 1024.0"
FITS = """(work.audiences && {other}.audiences
  OR work.audiences = '{{}}' OR {other}.audiences = '{{}}')"""

CANDIDATES = """
CREATE TEMP TABLE affinity_found ON COMMIT DROP AS
WITH work AS (
  SELECT id, audiences, main_subject_id FROM catalog_work WHERE id = ANY(%(ids)s)
), near AS (
  SELECT work.id AS work_id, work.audiences, subject.id AS subject_id, 0 AS distance
  FROM work JOIN catalog_subject subject ON subject.id = work.main_subject_id
  UNION
  SELECT work.id, work.audiences, subject.parent_id, {most_of_subject}
  FROM work JOIN catalog_subject subject ON subject.id = work.main_subject_id
  JOIN catalog_subject above ON above.id = subject.parent_id AND above.parent_id IS NOT NULL
  UNION
  SELECT work.id, work.audiences, tag.subject_id, 0
  FROM work JOIN catalog_work_subjects tag ON tag.work_id = work.id
  WHERE work.main_subject_id IS NULL
), candidate (
  work_id, other_id, reason, tier, worth, series_id, contributor_id, subject_id, entry_id,
  curation_id
) AS (
  SELECT pin.work_id, other.id, 'pinned', 0, pin.ordinal::float, NULL::bigint, NULL::bigint,
    NULL::bigint, NULL::bigint, pin.id
  FROM catalog_curation pin JOIN catalog_work other ON other.id = pin.other_id
  WHERE pin.kind = 'pin' AND pin.work_id = ANY(%(ids)s) AND {other_offered}
  UNION ALL
  SELECT member.work_id, follower.work_id, 'next', 1, follower.position::float, member.series_id,
    NULL, NULL, NULL, NULL
  FROM catalog_seriesmembership member
  JOIN LATERAL (
    SELECT later.work_id, later.position FROM catalog_seriesmembership later
    JOIN catalog_work other ON other.id = later.work_id
    WHERE later.series_id = member.series_id AND later.position > member.position
      AND other.is_recommendable AND {other_offered}
    ORDER BY later.position, later.id LIMIT 1
  ) follower ON TRUE
  WHERE member.work_id = ANY(%(ids)s)
  UNION ALL
  SELECT pair.work_id, other.id, 'bought', 2, -pair.score, NULL, NULL, NULL, NULL, NULL
  FROM catalog_boughttogether pair JOIN catalog_work other ON other.id = pair.other_id
  WHERE pair.work_id = ANY(%(ids)s) AND other.is_recommendable AND {other_offered}
  UNION ALL
  SELECT part.work_id, best.work_id, 'contributor', 3, part.ordinal * 100 + best.place, NULL,
    part.contributor_id, NULL, NULL, NULL
  FROM catalog_contribution part
  JOIN affinity_contributor best ON best.contributor_id = part.contributor_id
  WHERE part.edition_id IS NULL AND part.work_id = ANY(%(ids)s)
  UNION ALL
  SELECT work.work_id, best.work_id, 'subject', 4,
    work.distance + best.place + {most_of_subject} * {dice_of_subject}, NULL, NULL,
    work.subject_id, NULL, NULL
  FROM near work JOIN affinity_subject best ON best.subject_id = work.subject_id
  WHERE {subject_fits}
  UNION ALL
  SELECT work.id, best.work_id, 'staff', 5, best.place + {most_of_staff} * {dice_of_staff}, NULL,
    NULL, NULL, best.id, NULL
  FROM work
  JOIN catalog_subject subject ON subject.id = work.main_subject_id
  JOIN affinity_pick best ON best.root = split_part(subject.path, '/', 1)
  WHERE {staff_fits}
), once AS (
  SELECT DISTINCT ON (candidate.work_id, candidate.other_id) candidate.*
  FROM candidate
  WHERE candidate.other_id <> candidate.work_id AND NOT EXISTS (
    SELECT FROM catalog_curation veto WHERE veto.kind = 'veto'
      AND veto.work_id = candidate.work_id AND veto.other_id = candidate.other_id)
  ORDER BY candidate.work_id, candidate.other_id, candidate.tier, candidate.worth
), placed AS (
  SELECT once.*, row_number() OVER (
    PARTITION BY work_id, tier ORDER BY worth, other_id) AS place FROM once
), taken AS (
  SELECT placed.*, row_number() OVER (
    PARTITION BY work_id ORDER BY (tier > 0), place * (tier > 0)::int, tier, place) AS rank
  FROM placed
  WHERE place <= (ARRAY[12, 1, 4, 3, 5, 2])[tier + 1]
)
SELECT work_id, other_id, rank::smallint, reason, series_id, contributor_id, subject_id, entry_id,
  curation_id
FROM taken WHERE rank <= {kept}
"""

FORGET = """
DELETE FROM catalog_recommendation old WHERE old.work_id = ANY(%(ids)s) AND NOT EXISTS (
  SELECT FROM affinity_found found
  WHERE found.work_id = old.work_id AND found.other_id = old.other_id)
RETURNING old.work_id
"""

COLUMNS = ("rank", "reason", "series_id", "contributor_id", "subject_id", "entry_id", "curation_id")
_WRITE = """
INSERT INTO catalog_recommendation AS old (work_id, other_id, {columns})
SELECT work_id, other_id, {columns} FROM affinity_found found
-- a conflict locks its row, which is a write: most rows are as they were
WHERE NOT EXISTS (
  SELECT FROM catalog_recommendation same
  WHERE same.work_id = found.work_id AND same.other_id = found.other_id
    AND ({of_same}) IS NOT DISTINCT FROM ({of_found}))
ORDER BY work_id, other_id
ON CONFLICT (work_id, other_id) DO UPDATE SET ({columns}) = ({excluded})
RETURNING old.work_id
"""
WRITE = _WRITE.format(
    columns=", ".join(COLUMNS),
    of_same=", ".join(f"same.{name}" for name in COLUMNS),
    of_found=", ".join(f"found.{name}" for name in COLUMNS),
    excluded=", ".join(f"excluded.{name}" for name in COLUMNS),
)


@dataclass(frozen=True)
class Pair:
    """Two works that customers buy together, and how much (cosine, up to 1)."""

    work_id: int
    other_id: int
    score: float


def renew_soon(work_ids: Collection[int]) -> None:
    """Have a job look at these works, once for all that change in the next seconds.

    Raises store.Unavailable.
    """
    if work_ids:
        _wait(work_ids)
        _defer()


def renew_waiting() -> int:
    """Look at works that wait, TURN of them at most: those left get a job of their own.

    A batch that fails waits again. Where nothing waits and nothing was ever found, what waited was
    lost, and all is looked at. Returns how many works something has changed for.
    """
    changed = 0
    for turn in range(TURN // TAKEN):
        ids = _take()
        if not (turn or ids or Recommendation.objects.exists()):
            return renew_all()
        try:
            changed += renew(ids)
        except Exception:
            _wait(ids)
            raise
        if len(ids) < TAKEN:
            return changed
    _defer()
    return changed


def _defer() -> None:
    defer_once(JOB, once=JOB, in_seconds=SOON, timestamp=0)


@store.needs_redis
def _wait(work_ids: Collection[int]) -> None:
    if work_ids:
        store.client().sadd(WAITING, *work_ids)


@store.needs_redis
def _take() -> list[int]:
    taken: list[Any] = store.client().spop(WAITING, TAKEN)
    return [int(work_id) for work_id in taken]


def renew(work_ids: Collection[int]) -> int:
    """Find anew what stands beside these works and their series; how many it has changed for.

    The pages of those go stale. Where these works stand beside others, the night looks: pages show
    nothing that is no longer for sale.
    """
    mates = Work.objects.filter(series__memberships__work__in=work_ids).order_by()
    ids = sorted({*work_ids, *mates.values_list("pk", flat=True)[:MOST_MATES]})
    if not ids:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        # The planner cannot know how few rows these works lead to, and would read whole tables.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off")
        _gather(cursor, ids)
        changed = _renew_batch(cursor, ids)
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_mergejoin = on")
        return changed


def renew_all() -> int:
    """Find all of it anew, a batch at a time; how many works it has changed for."""
    changed = 0
    with connection.cursor() as cursor:
        _gather(cursor, None)
        for ids in _batches():
            with transaction.atomic():
                changed += _renew_batch(cursor, ids)
        _drop(cursor)
    return changed


@transaction.atomic
def bought_together(pairs: Collection[Pair]) -> None:
    """Put these in the place of all pairs that were known; `renew_all` makes use of them."""
    BoughtTogether.objects.all().delete()
    BoughtTogether.objects.bulk_create((BoughtTogether(**vars(each)) for each in pairs), BATCH)


def _batches() -> Iterator[list[int]]:
    works, last = Work.objects.order_by("pk").values_list("pk", flat=True), 0
    while ids := list(works.filter(pk__gt=last)[:BATCH]):
        yield ids
        last = ids[-1]


def _gather(cursor: CursorWrapper, ids: Collection[int] | None) -> None:
    """The best of each subject and contributor that these works (None: all) have to do with."""
    _drop(cursor)
    offered = OFFERED.format(work="work")
    of_work = "TRUE" if ids is None else "id = ANY(%(ids)s)"
    of_tag = "TRUE" if ids is None else "work_id = ANY(%(ids)s)"
    for statement, most in (
        (STANDS_IN, BEST_OF_SUBJECT),
        (MADE_BY, BEST_OF_CONTRIBUTOR),
        (PICKED, BEST_OF_STAFF),
    ):
        text = statement.format(
            of_work=of_work, of_tag=of_tag, offered=offered, most=most, known=KNOWN, latest=LATEST,
            near_is_visible=VISIBLE.format(row="near"),
        )  # fmt: skip
        cursor.execute(text, {"ids": list(ids or [])})
    cursor.execute("ANALYZE affinity_subject, affinity_contributor, affinity_pick")


def _drop(cursor: CursorWrapper) -> None:
    cursor.execute("DROP TABLE IF EXISTS affinity_subject, affinity_contributor, affinity_pick")


def _renew_batch(cursor: CursorWrapper, ids: list[int]) -> int:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])  # of two runs, one after the other
    cursor.execute(
        CANDIDATES.format(
            kept=KEPT,
            most_of_subject=BEST_OF_SUBJECT,
            most_of_staff=BEST_OF_STAFF,
            dice_of_subject=DICE.format(other="best.work_id").replace("work.id", "work.work_id"),
            dice_of_staff=DICE.format(other="best.work_id"),
            subject_fits=FITS.format(other="best"),
            staff_fits=FITS.format(other="best"),
            other_offered=OFFERED.format(work="other"),
        ),
        {"ids": ids},
    )
    changed: set[int] = set()
    for statement in (FORGET, WRITE):
        cursor.execute(statement, {"ids": ids})
        changed.update(work_id for (work_id,) in cursor.fetchall())
    cursor.execute("DROP TABLE affinity_found")
    numbers = Edition.objects.offered().filter(work__in=changed).values_list("isbn13", flat=True)
    store.bump_after_commit(f"edition:{number}" for number in numbers)
    return len(changed)
