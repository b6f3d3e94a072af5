"""`make bench ARGS="catalog --editions 1000000"`: the public pages of a large catalogue.

Makes the catalogue up (`manage.py generate_catalog`) in engines of its own, or takes one that was
left in `--folder`, and asks for each page in this process, one after the other. The answers that
the shop keeps are made stale before every request, so each is computed; PostgreSQL is warm.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import manage
from bookstore import embedded

DEEP = 500  # the page that must cost what the first one costs
OF_THE_SITEMAP = 100  # a page of books; of a small catalogue, the last one
LIMIT_MS = 100.0


@dataclass(frozen=True)
class Page:
    """An address that is measured."""

    name: str
    url: str
    limit_ms: float = LIMIT_MS


PAGES = (
    Page("no query", "/search/"),
    Page("a word of every third title", "/search/?q=the"),
    Page("a common word", "/search/?q=house"),
    Page("two common words", "/search/?q=house+garden"),
    Page("a beginning of two letters", "/search/?q=ho"),
    Page("a rare word", "/search/?q=orchard+meadow"),
    Page("title and author", "/search/?q=anna+mirror"),
    Page("a typo", "/search/?q=gardne+mirorr"),
    Page("nothing found", "/search/?q=xqzvw+kkjjhh"),
    Page("two filters", "/search/?format=hardback&language=de"),
    Page("word and three filters", "/search/?q=house&format=paperback&language=en&price=10-20"),
    Page("a decade, newest first", "/search/?year=1990s&sort=newest"),
    Page("in stock now", "/search/?available=1"),
    Page("word, in stock now", "/search/?q=house&available=1&format=paperback"),
    Page("how many in stock", "/search/available/"),
    Page("how many with a common word in stock", "/search/available/?q=house"),
    Page("by price", "/search/?sort=price"),
    Page("hardbacks by price", "/search/?format=hardback&sort=price"),
    Page("by title", "/search/?sort=title"),
    Page("newest", "/search/?sort=newest"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when an answer was not 200."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=catalog", description=__doc__)
    parser.add_argument("--editions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=20, help="for each page")
    parser.add_argument("--folder", help="where the catalogue is kept for the next time")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(options.folder or stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(embedded.start(folder))
        told = embedded.environment(running.addresses)
        os.environ.update({**told, "DJANGO_SETTINGS_MODULE": "bookstore.settings"})
        _fill(options, told)
        return _measure(options.requests)


def _fill(options: argparse.Namespace, told: dict[str, str]) -> None:
    import django

    manage("migrate", "--verbosity", "0", environment=told)
    manage("collectstatic", "--noinput", "--verbosity", "0", environment=told)
    django.setup()
    from catalog import shelf_sizes, spelling
    from catalog.models import Edition

    if not Edition.objects.exists():
        began = time.perf_counter()
        counts = ("--editions", str(options.editions), "--seed", str(options.seed))
        print(manage("generate_catalog", *counts, environment=told).strip())
        spelling.count_words()
        print(f"{options.editions / (time.perf_counter() - began):.0f} editions a second\n")
    shelf_sizes.renew()  # as every night


def _measure(requests: int) -> int:
    from bookstore.serving.warmth import warm_up

    warm_up()  # as gunicorn's processes do
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {requests} requests each\n")
    print(f"{'':34}{'p50':>8}{'p95':>8} ms {'work':>8} {'statements':>10}")
    failures = sum(_run(page, requests) for page in [*PAGES, *_found_pages()])
    print(f"\n{failures} answers were not as expected." if failures else "")
    return 1 if failures else 0


def _found_pages() -> Iterator[Page]:
    """Pages whose addresses depend on what was made up."""
    from catalog import affinities
    from catalog.models import Contributor, Edition, Imprint, Subject
    from storefront import sitemap

    of_books = min(OF_THE_SITEMAP, sitemap.pages()[-1])
    subject = Subject.objects.filter(parent=None).order_by("path")[0]
    for name, url in (
        ("subject", subject.get_absolute_url()),
        (f"subject, page {DEEP}", _deep(subject.get_absolute_url())),
        (f"no query, page {DEEP}", _deep("/search/")),
        ("contributor", Contributor.objects.order_by("pk")[0].get_absolute_url()),
        ("imprint", Imprint.objects.order_by("pk")[0].get_absolute_url()),
        ("home", "/"),
        ("subjects", "/subjects/"),
        ("sitemap", "/sitemap.xml"),
        (f"sitemap, page {of_books}", f"/sitemap.xml?page={of_books}"),
    ):
        yield Page(name, url)
    edition = Edition.objects.offered().select_related("work").order_by("pk")[100]
    affinities.renew([edition.work_id])  # what stands beside it, as every night
    yield Page("book", edition.get_absolute_url(), 15.0)


def _deep(url: str) -> str:
    """The address of the page that is that deep, as somebody who turns pages comes to it."""
    from catalog.listing import BY_POPULARITY, write_key
    from catalog.models import SearchEntry

    place = min(DEEP * 24, SearchEntry.objects.count() // 2)
    columns = BY_POPULARITY.columns
    entries = SearchEntry.objects.filter(is_offered=True).order_by(*columns)
    key = entries.values_list("popularity_key", "title_key", "work_id")[place]
    return f"{url}?page={DEEP}&after={write_key(tuple(key), order=BY_POPULARITY.name)}"


def _run(page: Page, requests: int) -> int:
    from django.db import connection
    from django.test import Client

    from caching import store

    client = Client(headers={"host": "localhost"})
    times, failures, counts, worked = [], 0, 0, 0.0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal counts
        counts += 1
        return execute(*arguments)

    for number in range(requests + 1):
        store.bump(["catalog", "vocabulary"])
        if number == 1:
            worked = _worked_ms()
        counts, began = 0, time.perf_counter()
        with connection.execute_wrapper(count):
            answer = client.get(page.url)
        if number:  # the first one warms PostgreSQL up
            times.append((time.perf_counter() - began) * 1000)
        failures += answer.status_code != 200
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    worked = (_worked_ms() - worked) / requests
    mark = "" if p95 <= page.limit_ms else f"  over {page.limit_ms:g}"
    row = f"{page.name:34}{p50:8.1f}{p95:8.1f}    {worked:8.1f} {counts:10}{mark}"
    print(row, flush=True)
    return failures


def _worked_ms() -> float:
    """What this process and its PostgreSQL have worked: others trouble it less than the clock."""
    from django.db import connection

    pid = connection.connection.info.backend_pid
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])  # user and system time, after the name: proc(5)
    return (ticks / os.sysconf("SC_CLK_TCK") + time.process_time()) * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
