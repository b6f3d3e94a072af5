"""The pool of connections: who gets none is told to come back, and a failover is over at once."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg_pool.base import AttemptWithBackoff

from bookstore.pooled.base import DatabaseWrapper
from caching import away
from caching.away import Breaker
from catalog import prepared
from storefront.views.errors import is_outage
from tests.clock import Clock
from tests.patience import eventually

ALIAS = "default"
WAIT_SECONDS = 0.2  # for a connection that nobody can have
PATIENCE_SECONDS = 60  # for one that a busy machine gives in the end
PID = "SELECT pg_backend_pid()"

pytestmark = pytest.mark.django_db


def wrapper(most: int, *, wait: float = PATIENCE_SECONDS, **changes: str) -> DatabaseWrapper:
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
        own = wrapper(number)
        pids.add(ask(own))
        all_have_one.wait(PATIENCE_SECONDS)
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
    first, second = wrapper(1, wait=WAIT_SECONDS), wrapper(1)
    assert first.pool
    first.pool.open()
    first.pool.wait(PATIENCE_SECONDS)
    ask(first)
    with pytest.raises(OperationalError) as refusal:
        ask(second)
    assert is_outage(refusal.value)
    first.close()
    assert ask(second)
    second.close()


def is_left_alone(thread: BaseDatabaseWrapper) -> bool:
    """Whether PostgreSQL, which is away, is not even asked."""
    with pytest.raises(OperationalError) as refusal:
        ask(thread)
    return str(refusal.value).startswith("Left alone")


def test_only_one_at_a_time_waits_for_a_postgresql_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(away, "monotonic", clock)
    thread = wrapper(2, wait=WAIT_SECONDS, HOST="127.0.0.1", PORT="1")
    started_at = time.monotonic()
    assert not is_left_alone(thread)
    assert time.monotonic() - started_at >= WAIT_SECONDS
    eventually(lambda: is_left_alone(thread))
    for _second in range(2):
        assert all(is_left_alone(thread) for _each in range(20))
        clock.move(away.AWAY_SECONDS)
        assert not is_left_alone(thread)
    thread.close_pool()
    clock.move(away.AWAY_SECONDS)
    there = wrapper(2)
    assert ask(there)  # the one that looks whether it is back
    there.close()


def test_a_postgresql_that_answers_no_more_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(away, "monotonic", clock)
    first, second = frozen_after(WAIT_SECONDS), frozen_after(WAIT_SECONDS)
    pid = ask(second)
    second.close()  # and in the pool lies one that looks alive
    with pytest.raises(OperationalError) as silence:
        ask(first, "SELECT pg_sleep(2)")
    assert is_outage(silence.value)
    first.close()
    assert is_left_alone(second)
    clock.move(away.AWAY_SECONDS)
    assert ask(second) != pid
    second.close()


def test_a_statement_that_postgresql_ends_itself_is_no_outage() -> None:
    thread = frozen_after(PATIENCE_SECONDS)
    ask(thread)
    with pytest.raises(OperationalError):
        ask(thread, "SET statement_timeout = 20; SELECT pg_sleep(30)")
    assert ask(thread)
    thread.close()


def frozen_after(seconds: float) -> DatabaseWrapper:
    """What a thread has that waits no longer for an answer."""
    thread = wrapper(2)
    thread.settings_dict["LONGEST_SILENCE"] = seconds
    return thread


def test_after_a_failover_the_first_dead_connection_has_all_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What the pool waits after a second dead one: longer than anybody here.
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 10 * PATIENCE_SECONDS)
    old = lend_at_once(4)
    assert len(old) == 4
    for pid in old:
        ask(connection, f"SELECT pg_terminate_backend({pid}, 5000)")
    thread, new = wrapper(4), set()
    for _each in range(4):
        new.add(ask(thread))
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
