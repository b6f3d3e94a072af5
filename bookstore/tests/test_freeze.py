"""A frozen shop: everybody reads, nobody writes, and who tries is told to come back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test.client import Client

from bookstore import moved
from bookstore.tests.backups import Database, only_backup, second_database
from catalog.tests.factories import EditionFactory
from tests.frozen import frozen as nobody_writes
from tests.patience import eventually
from tests.people import bearer, carol

TITLES = "SELECT count(*) FROM work"
DELETE = "DELETE FROM work"
ADD = "INSERT INTO work VALUES ('Emma')"


@pytest.fixture
def other(transactional_db: None, tmp_path: Path) -> Iterator[Database]:
    with second_database() as database:
        with psycopg.connect(database.url) as owner:
            owner.execute("CREATE TABLE work (title text)")
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


def test_what_has_begun_ends_before_nobody_writes(other: Database) -> None:
    with (
        psycopg.connect(other.url) as sending,
        psycopg.connect(other.url, autocommit=True) as idle,
        ThreadPoolExecutor() as elsewhere,
    ):
        sending.execute(ADD)  # the job has marked its e-mail, and waits for the mail server
        freezing = elsewhere.submit(other.manage, "freeze")
        eventually(lambda: is_ended(idle), within=120)  # from then on whoever connects is a new one
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            other.rows(f"{DELETE} RETURNING 1")
        sending.commit()
        outcome = freezing.result()
        assert outcome.stdout == "The database is frozen; 2 connections begin anew.\n"
        with pytest.raises(psycopg.OperationalError):
            sending.execute(ADD)
    assert other.rows(TITLES) == [(1,)]


def test_what_does_not_end_is_ended(other: Database) -> None:
    with psycopg.connect(other.url) as forgotten:
        forgotten.execute(ADD)
        outcome = other.call("freeze", "--wait", "0.5", beside=1)
        assert outcome.stdout == "The database is frozen; 1 connections begin anew.\n"
        with pytest.raises(psycopg.OperationalError):
            forgotten.execute(ADD)
    assert other.rows(TITLES) == [(0,)]


def is_ended(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def test_nobody_goes_on_with_a_database_that_the_shop_has_left(
    other: Database, tmp_path: Path
) -> None:
    assert other.call("freeze", "--moved").returncode == 0
    backup = other.call("backup", str(tmp_path / "kept"))
    assert "The shop has moved to another database" in backup.stderr
    assert not (tmp_path / "kept").exists()
    refused = other.call("freeze", "--end")
    assert "nobody may write here any more" in refused.stderr
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        other.rows(f"{DELETE} RETURNING 1")

    assert other.call("freeze", "--end", "--although-moved").returncode == 0
    other.rows(f"{DELETE} RETURNING 1")
    assert other.call("backup", str(tmp_path / "kept")).returncode == 0


def test_an_instance_that_was_left_behind_is_not_ready(client: Client, db: None) -> None:
    assert client.get("/ready").status_code == 200
    moved.mark()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["stores"] == {"postgresql": False, "redis": True}
    moved.forget()
    assert client.get("/ready").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_wants_to_write_is_told_to_come_back() -> None:
    edition = EditionFactory.create(stock=3)
    token = bearer(carol())
    client = Client(raise_request_exception=False, headers={"Sec-Fetch-Site": "same-origin"})
    line = {"isbn13": edition.isbn13, "quantity": "1"}
    with nobody_writes():
        added = client.post("/basket/lines/", line)
        assert connection.connection is None  # the next one may lead to who can write
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
