"""The writer is killed between its commit and its bump, while the worker is busy for long."""

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from bookstore.embedded.addresses import Engines
from bookstore.working import CONCURRENCY
from catalog import affinities
from tests.conftest import NextEdition
from tests.drills import SECONDS
from tests.patience import eventually
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

WITHIN_SECONDS = 5.0 if SECONDS else 30.0  # on a machine that runs all other tests beside it
CHANGE = """
import os, signal, time
from decimal import Decimal
from django.db import transaction
from django.utils import timezone
from catalog import indexing
from catalog.models import Edition

def die():
    print("committed at", time.time(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

with transaction.atomic():
    transaction.on_commit(die)  # before the bumps
    edition = Edition.objects.select_related("work").get(isbn13="{isbn13}")
    edition.set_price(Decimal("1234.00"), valid_from=timezone.localdate())
    edition.work.title += " Zyzzyva"
    edition.work.save()
    stock = edition.stocks.get()
    stock.adjust(1 - stock.available, reason="found broken")
    indexing.works_changed([edition.work_id])
"""


@pytest.fixture
def long_jobs(shop: Shop) -> Iterator[None]:
    """As many jobs as the worker runs at once wait for a lock, and it for them."""
    with psycopg.connect(Engines(shop.data_dir).database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [affinities._LOCK])
        for _job in range(CONCURRENCY):
            connection.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
                " VALUES ('default', 'catalog.recommend', '{\"timestamp\": 0}')"
            )

        def are_running() -> bool:
            row = connection.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            ).fetchone()
            return row == (CONCURRENCY,)

        eventually(are_running)
        yield


def test_all_is_shown_within_seconds_all_the_same(
    shop: Shop, visitor: Visitor, next_edition: NextEdition, long_jobs: None
) -> None:
    people: list[str] = []
    while not people:  # some books have no author
        edition = next_edition()
        people = re.findall(r'href="(/contributors/[^"]+)"', page(visitor, edition["url"]))
    shows = {
        edition["url"]: "1,234.00",  # at its new address, to which the old one leads
        people[0]: "Zyzzyva",  # cards show the cheapest edition
        f"/search/?q={quote(edition['title'])}": "Zyzzyva",
        "/sitemap.xml": "zyzzyva",
        "/live/suggest?q=zyzz": "Zyzzyva",
        f"/live/stock?isbn13={edition['isbn13']}": "Only 1 left",
    }
    for _time in range(2):
        assert [words for path, words in shows.items() if words in page(visitor, path)] == []
    changed = shop.manage("shell", "-c", CHANGE.format(**edition))
    committed_at = float(re.findall(r"committed at (\S+)", changed.stdout)[0])
    assert changed.returncode == -9
    late: dict[str, float] = {}
    while len(late) < len(shows):
        for path, words in shows.items():
            if path not in late and words in page(visitor, path):
                late[path] = time.time() - committed_at
        assert time.time() - committed_at < WITHIN_SECONDS + 5, shows.keys() - late.keys()
        time.sleep(0.05)
    print(f"Shown after {max(late.values()):.2f} s: {late}")
    assert max(late.values()) < WITHIN_SECONDS


def page(visitor: Visitor, path: str) -> str:
    """What stands there, or where it has moved."""
    return visitor.open(path).body.decode()
