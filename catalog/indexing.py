"""Keeps everything derived from works right: search entries, cached pages, suggestions.

Call it inside the transaction that makes the change, after the last write.
"""

# ruff: noqa: S608 - the mark is our own

import datetime
import json
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from caching import store
from caching.jobs import FIRST
from catalog import entry_texts, shelf_sizes
from catalog.models import Edition, Price, SearchDay, SearchEntry, Subject, generations
from catalog.models.price import AMOUNT
from catalog.models.search_entry import COPIES_MARK
from catalog.models.subject import lineage

BATCH = 500
FEW = 50  # works that a person changes at once
MOST_RENEWED = 10_000  # at once, of what an older release wrote
MANY = 2_000  # where nothing but entries is written, or staff waits
MOST_LOCKED = 1_000  # entries; who receives copies of one waits
LONGEST_WRITE = datetime.timedelta(hours=1)  # a transaction that began yesterday has ended by then


@transaction.atomic
def works_changed(work_ids: Collection[int]) -> None:
    """Renew what is derived from these works; ids of works that are gone are welcome too."""
    ids: list[Any] = sorted(set(work_ids))
    stood: dict[int, frozenset[int]] = {}
    stand: dict[int, frozenset[int]] = {}
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        stood |= _standing(batch)
        stand |= _index(batch, today=timezone.localdate())
        store.bump_after_commit(generations.showing(batch))
        # What staff has changed does not wait behind the many batches of a supplier's file.
        priority = FIRST if len(ids) <= FEW else 0
        app.configure_task("catalog.publish_works", priority=priority).defer(work_ids=batch)
    shelf_sizes.moved(stood, stand)  # at the end, so that all shelves are locked in one order


def works_leaving(work_ids: Collection[int]) -> None:
    """Take works off their shelves before their editions leave them and they are deleted.

    Call `works_changed` with them afterwards: it puts those back that have stayed.
    """
    if not work_ids:
        return
    store.bump_after_commit(generations.showing(work_ids))
    shelf_sizes.moved(_standing(sorted(work_ids)), {})
    SearchEntry.objects.filter(work__among=work_ids).delete()


def subject_moved(subject_id: int) -> None:
    """Have the works on and below a subject that has another parent stand below that.

    More than MANY are left to the job that finishes entries; until then they are found as before,
    only not ranked by where their words stand.
    """
    entries = SearchEntry.objects.filter(subjects__contains=[subject_id])
    works = list(entries.order_by("work").values_list("work", flat=True)[: MANY + 1])
    if len(works) > MANY:
        entries.update(head=None)
        return
    works_changed(works)
    shelf_sizes.renew()


def _standing(work_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """The works for sale with their subjects, as they were counted; nobody changes them now."""
    entries = SearchEntry.objects.filter(work__among=work_ids).order_by("work")
    rows = entries.select_for_update(no_key=True).values_list("work", "is_offered", "subjects")
    return {work: frozenset(subjects) for work, is_offered, subjects in rows if is_offered}


def popularity_changed(work_ids: Collection[int]) -> None:
    """Sort these works by their new popularity: no word of them has changed, and no price."""
    if not work_ids:
        return
    ids: list[Any] = sorted(work_ids)
    with connection.cursor() as cursor:
        cursor.execute(SORT, [ids])
    store.bump_after_commit(["catalog"])  # the lists; no book's own page tells its popularity
    app.configure_task("catalog.publish_popularity").defer(work_ids=ids)


def turn_day(*, at: datetime.datetime) -> None:
    """Sort and filter by the prices and dates of the day that it is, and not of the day noted last.

    The days between count, too, should nobody have turned them. Killed halfway, it begins anew. In
    its first hour a day is not noted yet, but turned once more: what is being written since
    yesterday shows the prices of yesterday.
    """
    today = timezone.localdate(at)
    noted = SearchDay.objects.first()  # none in a database that was emptied
    day = noted.day if noted else today - datetime.timedelta(days=1)
    # Sorted, because a clock may have been ahead: then it is turned back.
    works = works_turning(*sorted((day, today)))
    for start in range(0, len(works), MANY):  # on 1 January very many, which others need
        works_changed(works[start : start + MANY])
    SearchDay.objects.note(timezone.localdate(at - LONGEST_WRITE))


def works_turning(day: datetime.date, later: datetime.date) -> list[int]:
    """The works of which another price holds on the later day, or an edition has come out."""
    if day == later:
        return []
    begun = Q(valid_from__gt=day, valid_from__lte=later)
    prices = Price.objects.filter(begun | Q(valid_to__gte=day, valid_to__lt=later))
    released = Q(publication_date__gt=day, publication_date__lte=later)
    released |= Q(embargo_date__gt=day, embargo_date__lte=later)
    turning = Edition.objects.filter(released | Q(pk__in=prices.values("edition")))
    return list(turning.order_by("work").values_list("work", flat=True).distinct())


def unfinished_works() -> list[int]:
    """Some of the works whose entries are to be written anew: found by words alone."""
    entries = SearchEntry.objects.filter(head=None).order_by("work")
    return list(entries.values_list("work", flat=True)[:MOST_RENEWED])


def forget_copies() -> None:
    """Take the mark of copies from entries of works that have none any more.

    And mark those that have some and were missed.
    """
    while SearchEntry.objects.mark_missing_copies(most=MOST_LOCKED):
        pass
    last: int | None = 0
    while last is not None:
        last = SearchEntry.objects.unmark_copies(after=last, most=MOST_LOCKED)


def vocabulary_changed() -> None:
    """A contributor, imprint, series or subject has another name: any page may show it."""
    store.bump_after_commit(["vocabulary"])


def catalog_changed() -> None:
    """So much has changed that every page may show it."""
    store.bump_after_commit(["catalog", "vocabulary"])


def write_entries(
    work_ids: Sequence[int], *, today: datetime.date, progress: Callable[[int], None]
) -> None:
    """Write the search entries of very many works, and nothing else."""
    for start in range(0, len(work_ids), MANY):
        _index(work_ids[start : start + MANY], today=today)
        progress(min(start + MANY, len(work_ids)))


READ = f"""
SELECT work.id, work.title, work.subtitle, work.description, work.keywords, work.popularity,
    EXISTS (SELECT FROM catalog_edition edition JOIN catalog_stock stock
            ON stock.edition_id = edition.id
            WHERE edition.work_id = work.id AND stock.on_hand > stock.allocated),
    (SELECT json_agg(json_build_array(part.contributor_id,
         (SELECT name FROM catalog_contributor person WHERE person.id = part.contributor_id)
     ) ORDER BY part.ordinal, part.id)
     FROM catalog_contribution part WHERE part.work_id = work.id),
    (SELECT json_agg(json_build_array(series.id, series.title))
     FROM catalog_seriesmembership place JOIN catalog_series series ON series.id = place.series_id
     WHERE place.work_id = work.id),
    (SELECT json_agg(tag.subject_id) FROM catalog_work_subjects tag WHERE tag.work_id = work.id),
    (SELECT json_agg(json_build_array(
         edition.title, edition.subtitle, edition.imprint_id,
         (SELECT name FROM catalog_imprint imprint WHERE imprint.id = edition.imprint_id),
         (SELECT name FROM catalog_publisher publisher WHERE publisher.id =
             (SELECT publisher_id FROM catalog_imprint imprint
              WHERE imprint.id = edition.imprint_id)),
         edition.id, edition.isbn13, edition.is_offered, edition.format, edition.language,
         edition.publication_date, greatest(edition.publication_date, edition.embargo_date),
         {AMOUNT}::text
     ) ORDER BY edition.format, edition.id)
     FROM catalog_edition edition WHERE edition.work_id = work.id)
FROM catalog_work work WHERE work.id = ANY(%(ids)s) ORDER BY work.id
"""
"""All that an entry is made of. The order of the ids is the one in which entries are locked.

Names are subqueries, not joins: of tables that an import has just filled PostgreSQL has no
statistics yet, and it would read all contributors or imprints for each work.
"""

KEPT = f"""(EXCLUDED.vector ||
    CASE WHEN entry.vector @@ '''{COPIES_MARK}'''::tsquery
    THEN '''{COPIES_MARK}'''::tsvector ELSE ''::tsvector END)"""
"""The mark of copies stays: some may have come in since `READ`."""

WRITE = f"""
INSERT INTO catalog_searchentry AS entry (
    work_id, names, vector, head, offers, editions, subjects, is_offered, popularity_key, title_key,
    newest_key, price_key
)
SELECT work_id, names, array_to_tsvector(string_to_array(words, ' ')),
    setweight(to_tsvector('simple', titles), 'A') || setweight(to_tsvector('simple', people), 'B'),
    offers, editions, subjects, cardinality(offers) > 0, popularity_key, title_key, newest_key,
    price_key
FROM json_to_recordset(%s) AS new (
    work_id bigint, names text, words text, titles text, people text, offers bigint[],
    editions bigint[], subjects bigint[], popularity_key int, title_key text, newest_key int,
    price_key int
)
ON CONFLICT (work_id) DO UPDATE SET
    names = EXCLUDED.names, vector = {KEPT}, head = EXCLUDED.head,
    offers = EXCLUDED.offers, editions = EXCLUDED.editions, subjects = EXCLUDED.subjects,
    is_offered = EXCLUDED.is_offered, popularity_key = EXCLUDED.popularity_key,
    title_key = EXCLUDED.title_key, newest_key = EXCLUDED.newest_key, price_key = EXCLUDED.price_key
WHERE (
    entry.names, entry.vector, entry.head, entry.offers, entry.editions, entry.subjects,
    entry.is_offered, entry.popularity_key, entry.title_key, entry.newest_key, entry.price_key
) IS DISTINCT FROM (
    EXCLUDED.names, {KEPT}, EXCLUDED.head, EXCLUDED.offers, EXCLUDED.editions,
    EXCLUDED.subjects, EXCLUDED.is_offered, EXCLUDED.popularity_key, EXCLUDED.title_key,
    EXCLUDED.newest_key, EXCLUDED.price_key
)
"""
"""What is as it was is left alone: an index is dear to write."""

SORT = """
UPDATE catalog_searchentry entry SET popularity_key = locked.popularity_key
FROM (
    SELECT old.work_id, -work.popularity AS popularity_key
    FROM catalog_searchentry old JOIN catalog_work work ON work.id = old.work_id
    WHERE old.work_id = ANY(%s) AND old.popularity_key <> -work.popularity
    ORDER BY old.work_id FOR NO KEY UPDATE OF old
) AS locked
WHERE entry.work_id = locked.work_id
"""


def _index(work_ids: Sequence[int], *, today: datetime.date) -> dict[int, frozenset[int]]:
    """Write the entries; the works for sale, with their subjects."""
    above = _subjects_above(work_ids)
    told = {"ids": list(work_ids), "today": today, "currency": settings.SHOP_CURRENCY}
    with connection.cursor() as cursor:
        cursor.execute(READ, told)
        entries = [entry_texts.entry(_source(row, above), today=today) for row in cursor]
        if entries:
            cursor.execute(WRITE, [json.dumps(entries, ensure_ascii=False)])
    return {each["work_id"]: frozenset(each["subjects"]) for each in entries if each["offers"]}


def _subjects_above(work_ids: Sequence[int]) -> dict[int, entry_texts.Tag]:
    """The subjects of these works: their names, and the ids of each and all above it."""
    used = list(
        Subject.objects.filter(works__among=work_ids).distinct().values_list("pk", "path", "name")
    )
    paths = {above for _pk, path, _name in used for above in lineage(path)}
    ids = dict(Subject.objects.filter(path__among=paths).values_list("path", "pk"))
    return {
        pk: entry_texts.Tag(name, [ids[above] for above in lineage(path)])
        for pk, path, name in used
    }


def _source(row: tuple[Any, ...], above: dict[int, entry_texts.Tag]) -> entry_texts.Source:
    *plain, people, series, tags, editions = row
    tags = [above[tag] for tag in tags or []]
    values = [*plain, people or [], series or [], tags, [_edition(*e) for e in editions or []]]
    return entry_texts.Source(*values)


def _edition(*values: Any) -> entry_texts.EditionSource:
    *texts, published, released, amount = values
    days = [datetime.date.fromisoformat(day) if day else None for day in (published, released)]
    said = [*texts, *days, Decimal(amount) if amount else None]
    return entry_texts.EditionSource(*said)
