"""A migration waits for nobody who would make the shop wait."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from bookstore import migrations
from bookstore.management.commands import migrate
from tests.next_release import migration

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = "9999_drilled_at"
PACKAGE = "migrations_of_the_next_release"


@pytest.fixture(autouse=True)
def next_release(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The shop with one migration more, which is undone in the end."""
    (known,) = migrations.__path__
    last = max(file.stem for file in Path(known).glob("0*.py"))
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text(f"__path__.append({known!r})")
    (package / f"{NEXT}.py").write_text(
        migration(app="bookstore", last=last, table="orders_payment")
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"bookstore": PACKAGE}
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.1)
    yield
    call_command("migrate", "bookstore", last, verbosity=0)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


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


def is_done() -> bool:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "orders_payment")
    is_there = "drilled_at" in [column.name for column in columns]
    assert is_there == (("bookstore", NEXT) in MigrationRecorder(connection).applied_migrations())
    return is_there


def test_it_comes_back_when_a_table_is_in_use(report: psycopg.Connection) -> None:
    class Words(io.StringIO):
        def write(self, text: str) -> int:
            report.rollback()  # the reader has finished by then
            return super().write(text)

    said = Words()
    call_command(AfterALongWait(), verbosity=0, stderr=said)
    assert said.getvalue() == "A table is in use; trying again in 0.1 s.\n"
    assert is_done()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_it_gives_up_in_the_end_and_has_changed_nothing(
    report: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate", verbosity=0, stderr=io.StringIO())
    assert not is_done()
    report.rollback()
