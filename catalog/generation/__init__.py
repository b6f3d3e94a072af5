"""A made-up catalogue of any size, to measure the shop with, and the way to take it away again.

It is written by COPY, and its search entries with it. Every work's key begins with `generated:`.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from catalog import indexing, memory, thema
from catalog.generation.books import (
    COLUMNS,
    KEY,
    PREFIX,
    Around,
    Batch,
    Books,
    Row,
    Start,
    contributor,
)
from catalog.generation.words import Words
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Location,
    Publisher,
    Series,
    Stock,
    StockMovement,
    Subject,
    Work,
)

BATCH = 20_000  # editions, committed together
REMOVED_AT_ONCE = 5_000
EDITIONS_OF_CONTRIBUTOR, EDITIONS_OF_SERIES, EDITIONS_OF_IMPRINT = 8, 40, 1_000
IMPRINTS_OF_PUBLISHER = 3
SLUG = "-generated-"  # in the slugs of what is made up

Numbered = type[Work | Edition | Stock | Contributor | Series | Imprint | Publisher]
Progress = Callable[[str, int, int], None]
"""Told what is being made, how much of it is, and of how much."""


class RealBooks(Exception):
    """The catalogue holds books that somebody sells."""


def generate(
    *, editions: int, seed: int, today: datetime.date, progress: Progress, beside_others: bool
) -> int:
    """Make up `editions` editions with all that hangs on them; the number of their works.

    The same seed makes the same books of an empty catalogue on the same day. Raises RealBooks
    where there are books that are neither samples nor made up, unless `beside_others`.
    """
    others = Edition.objects.filter(is_sample=False).exclude(work__key__startswith=KEY)
    if not beside_others and others.exists():
        raise RealBooks
    if not Subject.objects.exists():
        thema.load()
    chance = Random(seed)  # noqa: S311 - books are made up, no secrets
    words = Words(chance, books=editions)
    around, start = _around(editions, words, today), _start()
    first_work, done = start.work, 0
    for batch in Books(chance, words, around, start).batches(editions, size=BATCH):
        with transaction.atomic():
            _write(batch)
        done += len(batch.rows["edition"])
        progress("editions", done, editions)
    _count_on(Work, Edition, Stock)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    works = range(first_work, start.work)
    indexing.write_entries(
        works, today=today, progress=lambda done: progress("entries", done, len(works))
    )
    _show()
    return len(works)


def _start() -> Start:
    last = Edition.objects.filter(isbn13__startswith=PREFIX).aggregate(last=Max("isbn13"))["last"]
    return Start(
        work=_free(Work),
        edition=_free(Edition),
        stock=_free(Stock),
        serial=int(last[len(PREFIX) : -1]) + 1 if last else 1,
    )


def _free(model: Numbered) -> int:
    last = model._default_manager.aggregate(last=Max("pk"))["last"]
    return (last or 0) + 1


def _around(editions: int, words: Words, today: datetime.date) -> Around:
    """What the works hang on, written."""
    location = Location.objects.order_by("priority", "id").first()
    if location is None:
        location = Location.objects.create(code="main", name="Main shop")
    with transaction.atomic():
        people = _new(Contributor, editions // EDITIONS_OF_CONTRIBUTOR + 1)
        _copy(
            "catalog_contributor",
            "id name sort_name slug is_corporate biography",
            (contributor(words, pk) for pk in people),
        )
        series = _new(Series, editions // EDITIONS_OF_SERIES + 1)
        _copy("catalog_series", "id title slug", (_named(words, "Cycle", pk) for pk in series))
        imprints = _new(Imprint, editions // EDITIONS_OF_IMPRINT + 5)
        publishers = _new(Publisher, len(imprints) // IMPRINTS_OF_PUBLISHER + 1)
        names = ((pk, f"{words.word()} Publishing {pk}") for pk in publishers)
        _copy("catalog_publisher", "id name", names)
        brands = (
            (*_named(words, "Press", pk), publishers[place // IMPRINTS_OF_PUBLISHER])
            for place, pk in enumerate(imprints)
        )
        _copy("catalog_imprint", "id name slug publisher_id", brands)
        _count_on(Contributor, Series, Imprint, Publisher)
    return Around(
        contributors=people,
        imprints=imprints,
        series=series,
        subjects=list(Subject.objects.filter(children=None).order_by("path")),
        location=location.pk,
        currency=settings.SHOP_CURRENCY,
        today=today,
        now=timezone.now(),
    )


def _new(model: type[Contributor | Series | Imprint | Publisher], count: int) -> range:
    first = _free(model)
    return range(first, first + count)


def _named(words: Words, kind: str, pk: int) -> Row:
    name = f"{words.word()} {kind} {pk}"
    return (pk, name, f"{kind.lower()}{SLUG}{pk}")


def _write(batch: Batch) -> None:
    for table, columns in COLUMNS.items():
        _copy(f"catalog_{table}", columns, batch.rows[table])


def _copy(table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor:
        names = ", ".join(columns.split())
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _count_on(
    *models: type[Work | Edition | Stock | Contributor | Series | Imprint | Publisher],
) -> None:
    """Have the next row, written by whomever, get the first id that is free."""
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
                [table, _free(model) - 1 or 1],
            )


def remove(*, progress: Progress) -> int:
    """Take all that was made up away, part by part; how many editions that were.

    Orders keep what they have copied. Killed in between, it goes on when it is called again.
    """
    made_up = Edition.objects.filter(work__key__startswith=KEY)
    total, removed = made_up.count(), 0
    while part := list(made_up.values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        with transaction.atomic():
            _allow_removal()
            StockMovement.objects.filter(stock__edition__in=part).delete()
            Edition.objects.filter(pk__in=part).delete()
        removed += len(part)
        progress("removed", removed, total)
    works = Work.objects.filter(key__startswith=KEY, editions=None)
    while part := list(works.values_list("pk", flat=True)[:REMOVED_AT_ONCE]):
        Work.objects.filter(pk__in=part).delete()
    Contributor.objects.filter(slug__regex=r"-g[0-9]+$", contributions=None).delete()
    Series.objects.filter(slug__contains=SLUG, memberships=None).delete()
    Imprint.objects.filter(slug__contains=SLUG, editions=None).delete()
    Publisher.objects.filter(name__regex=r" Publishing [0-9]+$", imprints=None).delete()
    _show()
    return removed


@transaction.atomic
def _show() -> None:
    """Have pages, suggestions and badges show what there is now."""
    indexing.catalog_changed()
    memory.rebuild_soon(in_seconds=0)


def _allow_removal() -> None:
    """The ledger of stock is append-only; what never was may go with its book."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bookstore.allow_removal = 'on'")
