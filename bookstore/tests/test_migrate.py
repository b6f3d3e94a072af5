"""A migration waits for nobody who would make the shop wait."""

import io
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import make_conninfo

from bookstore.management.commands import migrate

pytestmark = pytest.mark.django_db(transaction=True)
LAST = ("orders", "0005_wider_amounts")


@pytest.fixture(autouse=True)
def all_migrated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.1)
    yield
    call_command("migrate", verbosity=0)


@pytest.fixture
def report() -> Iterator[psycopg.Connection]:
    """Somebody who reads payments, and takes his time."""
    known = ("dbname", "host", "port", "user", "password")
    parameters = connection.get_connection_params()
    address = make_conninfo(**{name: parameters[name] for name in known if name in parameters})
    with psycopg.connect(address) as other:
        other.execute("SELECT count(*) FROM orders_payment")
        yield other


class AfterALongWait(migrate.Command):
    """The migration before has set the limit off, as one does that is no transaction."""

    def migration_progress_callback(self, *args: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
        super().migration_progress_callback(*args, **kwargs)


def is_undone() -> bool:
    return LAST not in MigrationRecorder(connection).applied_migrations()


def test_it_comes_back_when_a_table_is_in_use(report: psycopg.Connection) -> None:
    class Words(io.StringIO):
        def write(self, text: str) -> int:
            report.rollback()  # the reader has finished by then
            return super().write(text)

    said = Words()
    call_command(AfterALongWait(), "orders", "0004", verbosity=0, stderr=said)
    assert said.getvalue() == "A table is in use; trying again in 0.1 s.\n"
    assert is_undone()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_it_gives_up_in_the_end_and_has_changed_nothing(
    report: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate", "orders", "0004", verbosity=0, stderr=io.StringIO())
    assert not is_undone()
    report.rollback()
