"""Fills the shop that is measured, and writes down what stands in it; a process of its own.

`python -m benchmarks.filling --editions 10000 --seed 1 --into FOLDER`, told its stores by the
environment. FOLDER/books.jsonl has a line for each edition (what a peer is filled with) and
FOLDER/found.json what the scenarios ask for. Books that stand there already are left as they are.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

BOOKS, FOUND = "books.jsonl", "found.json"
WANTED = 32  # books with copies for every order of the run
COPIES = 1_000_000
SHORTEST_WORD = 4  # letters of a word that is looked for
ALL_AT_ONCE = 2_000


def main(arguments: Sequence[str]) -> int:
    """Fill and describe."""
    import django

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editions", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args(arguments)
    django.setup()
    _fill(options.editions, options.seed)
    with (options.into / BOOKS).open("w") as file:
        titles = [_written(book, file) for book in _books()]
    common, rare = words(titles)
    found = {"common": common, "rare": rare, "subject": _subject(), "books": _wanted()}
    (options.into / FOUND).write_text(json.dumps({**found, "count": len(titles)}))
    return 0


def words(titles: Iterable[str]) -> tuple[str, str]:
    """The word of the most titles, and the first by the alphabet of those of the fewest."""
    counted = Counter(
        word
        for title in titles
        for word in set(title.lower().split())
        if len(word) >= SHORTEST_WORD and word.isascii() and word.isalpha()
    )
    common = min(counted, key=lambda word: (-counted[word], word))
    return common, min(counted, key=lambda word: (counted[word], word))


def _fill(editions: int, seed: int) -> None:
    from django.core.management import call_command

    from catalog import shelf_sizes, spelling
    from catalog.models import Edition
    from orders.models import Seller, TaxArea, TaxRate

    call_command("prepare", stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0)
    if not Edition.objects.exists():
        call_command("generate_catalog", editions=editions, seed=seed, stdout=sys.stderr)
        spelling.count_words()
    if not _wanted():  # also in a folder that another benchmark has filled
        Seller.objects.get_or_create(defaults={"country": "GB"})
        TaxArea.objects.get_or_create(name="Here", defaults={"treatment": "seller"})
        TaxRate.objects.get_or_create(country="GB", kind="print", defaults={"rate": 0})
        _receive_copies()
        _run_jobs()
    shelf_sizes.renew()  # as every night
    call_command("rebuild_live", stdout=sys.stderr)


def _receive_copies() -> None:
    from django.db.models import Q

    from catalog.models import Edition, Location

    place = Location.objects.get(code="main")
    priced = Edition.objects.offered().with_price().filter(Q(price_amount__gt=0))
    paper = priced.filter(format="paperback", language="en", publication_date__lt="2020-01-01")
    for edition in paper.order_by("pk")[:WANTED]:
        stock, _made = edition.stocks.get_or_create(location=place)
        stock.receive(COPIES, reason="Benchmark")


def _run_jobs() -> None:
    """Everything that the books have put off, so that nobody does it while we measure."""
    from django.db import connection
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    assert isinstance(app.connector, DjangoConnector)  # noqa: S101 - Procrastinate's own setup
    worker = app.with_connector(app.connector.get_worker_connector())
    worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)


def _books() -> Iterator[dict[str, Any]]:
    """Each edition, as far as a peer can show it."""
    from catalog.models import Edition, Subject

    shelves = dict(Subject.objects.filter(parent=None).values_list("path", "name"))
    editions = (
        Edition.objects.offered()
        .with_price()
        .select_related("work__main_subject")
        .prefetch_related("work__contributions__contributor")
        .order_by("pk")
    )
    for edition in editions.iterator(ALL_AT_ONCE):
        work = edition.work
        path = work.main_subject.path if work.main_subject else ""
        yield {
            "isbn13": edition.isbn13,
            "title": edition.display_title,
            "author": work.byline,
            "description": work.description,
            "price": str(edition.price_amount or "10.00"),
            "shelf": shelves.get(path.partition("/")[0] + "/", ""),
        }


def _written(book: dict[str, Any], file: Any) -> str:
    file.write(json.dumps(book) + "\n")
    title: str = book["title"]
    return title


def _subject() -> str:
    """The address of the largest of the outermost subjects."""
    from catalog.models import Subject

    return Subject.objects.filter(parent=None).order_by("-size", "path")[0].get_absolute_url()


def _wanted() -> list[dict[str, str]]:
    """The books that have copies for everybody."""
    from catalog.models import Edition

    editions = Edition.objects.filter(stocks__on_hand__gte=COPIES // 2).select_related("work")
    return [
        {"isbn13": edition.isbn13, "url": edition.get_absolute_url()}
        for edition in editions.order_by("pk")
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
