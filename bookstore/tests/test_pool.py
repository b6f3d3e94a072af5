"""The pool of connections: who gets none is told to come back, and a failover is over at once."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bookstore.pooled.base import DatabaseWrapper
from caching import away
from caching.away import Breaker
from catalog import prepared
from storefront.views.errors import is_outage

ALIAS = "default"
WAIT_SECONDS = 0.2
PID = "SELECT pg_backend_pid()"

pytestmark = pytest.mark.django_db


def wrapper(most: int, *, wait: float = WAIT_SECONDS, **changes: str) -> DatabaseWrapper:
    """What one thread of a web process has."""
    pool = {"min_size": 1, "max_size": most, "timeout": wait}
    known = connection.settings_dict
    options = {**known["OPTIONS"], "pool": pool}
    return DatabaseWrapper({**known, "CONN_MAX_AGE": 0, "OPTIONS": options, **changes}, ALIAS)


@pytest.fixture(autouse=True)
def no_pool_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(DatabaseWrapper, "breaker", Breaker("PostgreSQL"))
    yield
    wrapper(1).close_pool()


def ask(thread: BaseDatabaseWrapper, question: str = PID) -> Any:
    with thread.cursor() as cursor:
        return cursor.execute(question).fetchone()[0]


def lend_at_once(number: int) -> set[int]:
    """So many threads with a connection at the same time; which ones."""
    pids: set[int] = set()
    all_have_one = threading.Barrier(number)

    def take() -> None:
        own = wrapper(number, wait=5)
        pids.add(ask(own))
        all_have_one.wait(10)
        own.close()

    threads = [threading.Thread(target=take) for _each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pids


def test_what_is_given_back_is_lent_again() -> None:
    first, second = wrapper(1), wrapper(1)
    pid = ask(first)
    first.close()
    assert ask(second) == pid
    second.close()


def test_who_waits_too_long_for_a_connection_is_told_to_come_back() -> None:
    first, second = wrapper(1), wrapper(1)
    ask(first)
    with pytest.raises(OperationalError) as refusal:
        ask(second)
    assert is_outage(refusal.value)
    first.close()
    assert ask(second)
    second.close()


def test_only_one_at_a_time_waits_for_a_postgresql_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(away, "AWAY_SECONDS", 0.5)
    thread = wrapper(2, HOST="127.0.0.1", PORT="1")
    seconds = []
    for _each in range(20):
        started_at = time.monotonic()
        with pytest.raises(OperationalError):
            ask(thread)
        seconds.append(time.monotonic() - started_at)
    assert seconds[0] >= WAIT_SECONDS
    assert max(seconds[1:]) < WAIT_SECONDS
    thread.close_pool()
    time.sleep(0.5)
    there = wrapper(2)
    assert ask(there)  # the one that looks whether it is back
    there.close()


def test_after_a_failover_the_first_dead_connection_has_all_made_anew() -> None:
    old = lend_at_once(4)
    assert len(old) == 4
    for pid in old:
        ask(connection, f"SELECT pg_terminate_backend({pid}, 5000)")
    thread, new = wrapper(4, wait=5), set()
    for _each in range(4):
        started_at = time.monotonic()
        new.add(ask(thread))
        assert time.monotonic() - started_at < 0.9  # what the pool waits after a second dead one
        thread.close()
    assert not new & old


def test_a_migration_that_widens_a_column_fails_nobody_whatever_connection_they_get() -> None:
    words, own = "SELECT word FROM widened_too", connections[ALIAS]
    migrating, *threads = (wrapper(3) for _each in range(3))
    with migrating.cursor() as cursor:
        cursor.execute("CREATE TABLE widened_too AS SELECT 'a'::varchar(5) AS word")
        try:
            for thread in threads:
                connections[ALIAS] = thread
                assert prepared.rows(words, {}) == [("a",)]
            cursor.execute("ALTER TABLE widened_too ALTER word TYPE varchar(9)")
            for thread in threads:
                thread.close()
            for thread in threads:
                connections[ALIAS] = thread
                assert prepared.rows(words, {}) == [("a",)]
        finally:
            connections[ALIAS] = own
            for thread in threads:
                thread.close()
            cursor.execute("DROP TABLE widened_too")
    migrating.close()
