"""A frozen shop: everybody reads, nobody writes, and who tries is told to come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test.client import Client

from bookstore.tests.backups import Database, only_backup, second_database
from catalog.tests.factories import EditionFactory
from tests.people import bearer, carol

TITLES = "SELECT count(*) FROM catalog_work"
DELETE = "DELETE FROM catalog_work"


@pytest.fixture
def other(transactional_db: None, tmp_path: Path) -> Iterator[Database]:
    with second_database() as database:
        assert database.manage("migrate", "--verbosity=0").returncode == 0
        yield database


def test_nobody_writes_until_it_ends(other: Database, tmp_path: Path) -> None:
    with psycopg.connect(other.url, autocommit=True) as open_before:
        frozen = other.manage("freeze")
        assert frozen.stdout == "The database is frozen; 1 connections begin anew.\n"
        with pytest.raises(psycopg.OperationalError):
            open_before.execute(DELETE)
    with psycopg.connect(other.url) as begun_after:
        assert begun_after.execute(TITLES).fetchone() == (0,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            begun_after.execute(DELETE)
    assert other.manage("backup", str(tmp_path / "kept")).returncode == 0
    assert only_backup(tmp_path / "kept").is_dir()
    ended = other.manage("freeze", "--end")
    assert ended.stdout == "The database is open for writing again; 0 connections begin anew.\n"
    with psycopg.connect(other.url) as begun_after:
        begun_after.execute(DELETE)


@contextmanager
def frozen() -> Iterator[None]:
    """This process's connection, as if it had begun while all is frozen."""
    characteristics = "SET SESSION CHARACTERISTICS AS TRANSACTION READ"
    with connection.cursor() as cursor:
        cursor.execute(f"{characteristics} ONLY")
        try:
            yield
        finally:
            cursor.execute(f"{characteristics} WRITE")


@pytest.mark.django_db(transaction=True)
def test_who_wants_to_write_is_told_to_come_back() -> None:
    edition = EditionFactory.create(stock=3)
    token = bearer(carol())
    client = Client(raise_request_exception=False, headers={"Sec-Fetch-Site": "same-origin"})
    line = {"isbn13": edition.isbn13, "quantity": "1"}
    with frozen():
        added = client.post("/basket/lines/", line)
        counted = client.put(
            f"/api/v1/stock/{edition.isbn13}", {"on_hand": 9},
            content_type="application/json", headers=token,
        )  # fmt: skip
        assert client.get(edition.get_absolute_url()).status_code == 200
    for response, kind in ((added, "text/html"), (counted, "application/problem+json")):
        assert response.status_code == 503
        assert response["Retry-After"] == "10"
        assert response["Content-Type"].startswith(kind)
    assert edition.stocks.get().on_hand == 3
