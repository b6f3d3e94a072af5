"""Statements that are planned once: counted and told as any other, refused in Django's words."""

import contextlib
import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, NotSupportedError, ProgrammingError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from catalog import prepared
from catalog.models import BoughtTogether, Price, Publisher, StockMovement
from catalog.tests.factories import EditionFactory, PublisherFactory

pytestmark = pytest.mark.django_db
DOUBLE = "SELECT id * 2 FROM unnest(%(ids)s::bigint[]) AS id ORDER BY id"


def double(*ids: int) -> list[tuple[int]]:
    return prepared.rows(DOUBLE, {"ids": prepared.array(ids)})


@pytest.mark.django_db(transaction=True)
def test_it_is_planned_once_whatever_it_is_asked_for() -> None:
    assert double(3, 1, 200_000) == [(2,), (6,), (400_000,)]
    assert double() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE 'SELECT id * 2 FROM unnest%'"
        )
        ((plans,),) = cursor.fetchall()  # one statement
    assert plans >= 2


@pytest.mark.django_db(transaction=True)
def test_what_is_first_asked_in_a_transaction_that_ends_in_vain_is_planned_once_later() -> None:
    connection.close()
    with contextlib.suppress(LookupError), transaction.atomic():
        assert double(2) == [(4,)]
        raise LookupError
    double(3)
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("force_generic_plan",)
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (1,)


def test_it_is_counted_and_told() -> None:
    with CaptureQueriesContext(connection) as captured:
        double(1)
    assert [query["sql"] for query in captured.captured_queries] == [DOUBLE]


def test_what_is_wrong_is_told_by_django() -> None:
    with pytest.raises(ProgrammingError):
        prepared.rows("SELECT nothing_of_that_name", {})


def test_new_rows_are_written_by_one_statement_and_know_their_keys() -> None:
    stock = EditionFactory.create(stock=9).stocks.get()
    earlier = stock.movements.count()
    new = [
        StockMovement(
            stock=stock, kind=StockMovement.Kind.RECEIVE, on_hand_change=copies, allocated_change=0
        )
        for copies in (3, 70_000)
    ]
    with CaptureQueriesContext(connection) as captured:
        prepared.insert(new)
        prepared.insert([])
    assert len(captured) == 1
    for before, after in zip(new, stock.movements.order_by("id")[earlier:], strict=True):
        assert before == after
        assert before._state.adding is False
        assert after.on_hand_change == before.on_hand_change
        assert after.created_at == before.created_at
        assert (after.reason, after.actor) == ("", None)


def test_a_new_row_is_held_to_what_the_columns_allow() -> None:
    with pytest.raises(DataError), transaction.atomic():
        prepared.insert([PublisherFactory.build(name="x" * 10_000)])
    assert Publisher.objects.count() == 0


def test_objects_are_whole_models() -> None:
    kept = PublisherFactory.create(name="Kept")
    PublisherFactory.create(name="Other")
    (found,) = prepared.objects(Publisher, "WHERE name = %(name)s", {"name": "Kept"})
    assert (found, found.name, found.get_deferred_fields()) == (kept, "Kept", set())
    found.name = "Renamed"
    found.save()
    kept.refresh_from_db()
    assert kept.name == "Renamed"


@pytest.mark.django_db(transaction=True)
def test_a_column_that_a_migration_widens_is_read_by_a_new_plan() -> None:
    migrating = connection.copy()

    def change(statement: str) -> None:
        with migrating.cursor() as cursor:
            cursor.execute(statement)

    change("CREATE TABLE widened AS SELECT 'a'::varchar(5) AS word")
    try:
        assert prepared.rows("SELECT word FROM widened", {}) == [("a",)]
        change("ALTER TABLE widened ALTER word TYPE varchar(9)")
        assert prepared.rows("SELECT word FROM widened", {}) == [("a",)]
        change("ALTER TABLE widened ALTER word TYPE varchar(12)")
        with pytest.raises(NotSupportedError), transaction.atomic():
            prepared.rows("SELECT word FROM widened", {})
        assert prepared.rows("SELECT word FROM widened", {}) == [("a",)]
    finally:
        change("DROP TABLE widened")
        migrating.close()


@pytest.mark.django_db(transaction=True)
def test_the_cursor_stays_and_a_large_answer_goes() -> None:
    assert double(1) == [(2,)]
    kept = connection.connection.prepared_cursor
    with pytest.raises(ProgrammingError):
        prepared.rows("SELECT nothing_of_that_name", {})
    assert double(4) == [(8,)]
    assert connection.connection.prepared_cursor is kept
    assert len(double(*range(prepared.MOST_HELD + 1))) == prepared.MOST_HELD + 1
    assert not hasattr(connection.connection, "prepared_cursor")
    assert double(5) == [(10,)]


def columns_of(found: Iterable[Model]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in prepared.fields(type(row))} for row in found]


@pytest.mark.parametrize("model", [Price, StockMovement])  # days, amounts; moments, nothing
def test_rows_that_come_as_json_are_as_any_other(model: type[Model]) -> None:
    EditionFactory.create(stock=2)
    edition = EditionFactory.create(price=Decimal("12.50"), stock=3)
    Price.objects.filter(edition=edition).update(valid_to=datetime.date(2100, 2, 28))
    ((text,),) = prepared.rows(f"SELECT {prepared.as_json(model, 'ORDER BY id')}", {})
    found = prepared.from_json(model, text)
    assert len(found) == 2
    assert not any(row._state.adding for row in found)
    assert columns_of(found) == columns_of(model._base_manager.order_by("pk"))


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match=r"BoughtTogether .* FloatField"):
        prepared.as_json(BoughtTogether, "")


def test_no_rows_as_json() -> None:
    ((text,),) = prepared.rows(f"SELECT {prepared.as_json(Price, '')}", {})
    assert prepared.from_json(Price, text) == []
