"""The mark of copies in search entries: set where copies come, taken away after they went."""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest
from django.db import connection, transaction
from django.db.models import Func, Value
from django.test.utils import CaptureQueriesContext

from catalog import indexing
from catalog.models import Edition, SearchEntry
from catalog.models.search_entry import COPIES_MARK, MARKED
from catalog.search import Criteria, search
from catalog.tests.factories import EditionFactory, WorkFactory, put_in_stock


def is_marked(edition: Edition) -> bool:
    entries = SearchEntry.objects.filter(work=edition.work_id)
    return entries.extra(where=["vector @@ %s::tsquery"], params=[MARKED]).exists()


def in_stock() -> list[str]:
    return [work.title for work in search(Criteria(available=True)).works]


def indexed() -> Edition:
    edition: Edition = EditionFactory.create(work=WorkFactory.create(title="Emma"))
    indexing.works_changed([edition.work_id])
    return edition


@pytest.mark.django_db
def test_a_book_is_found_in_stock_from_its_first_copy_to_its_last() -> None:
    edition = indexed()
    assert (is_marked(edition), in_stock()) == (False, [])
    stock = put_in_stock(edition, 1)
    assert (is_marked(edition), in_stock()) == (True, ["Emma"])
    stock.damage(1, reason="Wet")
    assert (is_marked(edition), in_stock()) == (True, [])  # the stock itself says so
    indexing.forget_copies()
    assert not is_marked(edition)
    stock.receive(1)
    assert (is_marked(edition), in_stock()) == (True, ["Emma"])


@pytest.mark.django_db
def test_the_job_leaves_those_with_copies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MOST_LOCKED", 1)  # each batch ends after one
    editions = [indexed() for _ in range(3)]
    stocks = [put_in_stock(edition, 2) for edition in editions]
    stocks[1].damage(2, reason="Wet")
    indexing.forget_copies()
    assert [is_marked(edition) for edition in editions] == [True, False, True]


@pytest.mark.django_db
@pytest.mark.parametrize("by_migration", [False, True])
def test_what_was_missed_is_marked(monkeypatch: pytest.MonkeyPatch, *, by_migration: bool) -> None:
    migration = import_module("catalog.migrations.0019_mark_of_copies")
    monkeypatch.setattr(indexing, "MOST_LOCKED", 1)
    monkeypatch.setattr(migration, "BATCH", 1)
    editions = [indexed() for _ in range(3)]
    for edition in editions[:2]:
        put_in_stock(edition, 1)
    SearchEntry.objects.update(vector=Func("vector", Value(COPIES_MARK), function="ts_delete"))
    assert in_stock() == []
    if by_migration:
        migration.fill(None, None)
    else:
        indexing.forget_copies()
    assert [is_marked(edition) for edition in editions] == [True, True, False]
    assert in_stock() == ["Emma", "Emma"]


@pytest.mark.django_db
def test_writing_an_entry_anew_keeps_the_mark_and_notes_what_is_there() -> None:
    edition = indexed()
    stock = put_in_stock(edition, 1)
    stock.damage(1, reason="Wet")
    indexing.works_changed([edition.work_id])
    assert is_marked(edition)
    SearchEntry.objects.filter(work=edition.work_id).delete()
    indexing.works_changed([edition.work_id])
    assert not is_marked(edition)
    stock.receive(1)
    SearchEntry.objects.filter(work=edition.work_id).delete()
    indexing.works_changed([edition.work_id])
    assert is_marked(edition)


@pytest.mark.django_db
def test_more_copies_of_what_is_there_cost_no_look_at_entries() -> None:
    stock = put_in_stock(indexed(), 1)
    with CaptureQueriesContext(connection) as statements:
        stock.receive(3)
    assert not [each for each in statements if "searchentry" in each["sql"]]


@pytest.mark.django_db(transaction=True)
def test_copies_that_come_while_the_job_runs_stay_marked() -> None:
    with transaction.atomic():
        edition = indexed()
    stock = put_in_stock(edition, 1)
    stock.damage(1, reason="Wet")
    received, job_began = threading.Event(), threading.Event()

    def receive() -> None:
        with transaction.atomic():
            stock.receive(1)
            received.set()
            job_began.wait(60)
            threading.Event().wait(0.2)  # the job waits for the entry meanwhile
        connection.close()

    def forget() -> None:
        received.wait(60)
        job_began.set()
        indexing.forget_copies()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(receive), pool.submit(forget)]:
            done.result()
    assert (is_marked(edition), in_stock()) == (True, ["Emma"])
