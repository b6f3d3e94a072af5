"""A Redis that has stopped, or is a replica by now, is left alone and found again."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pytest_django import Settings

from caching import away, store
from caching.answers import Answer
from tests.patience import eventually
from tests.stores import Server, redis_server

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}",))
LIMIT_SECONDS = 0.05
BREAK_SECONDS = 0.3


@pytest.fixture
def server(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Where the shop's answers are kept during the test."""
    monkeypatch.setattr(away, "AWAY_SECONDS", BREAK_SECONDS)
    with redis_server(tmp_path) as running:
        cache = settings.CACHES["default"]
        options = {**cache["OPTIONS"], "SOCKET_TIMEOUT": LIMIT_SECONDS}
        settings.CACHES = {"default": {**cache, "LOCATION": running.url, "OPTIONS": options}}
        yield running


def ask(computed: bytes = b"computed") -> bytes:
    return store.remember(ANSWER, lambda: computed, name="asked")


def seconds_of(deed: Callable[[], object]) -> float:
    started_at = time.monotonic()
    deed()
    return time.monotonic() - started_at


def test_a_stopped_redis_costs_a_wait_now_and_then(server: Server) -> None:
    ask(b"kept")
    server.process.suspend()
    for _strike in range(away.STRIKES):
        assert LIMIT_SECONDS <= seconds_of(ask) < LIMIT_SECONDS + BREAK_SECONDS
    many = [ask() for _each in range(5)]
    assert seconds_of(lambda: many.extend(ask() for _each in range(50))) < BREAK_SECONDS
    assert set(many) == {b"computed"}
    server.process.resume()
    eventually(lambda: ask() == b"kept", within=BREAK_SECONDS + 0.2)


def test_all_threads_leave_it_alone_and_one_looks_whether_it_is_back(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    ask(b"kept")
    server.process.suspend()
    for _strike in range(away.STRIKES):
        ask()
    time.sleep(BREAK_SECONDS)
    caplog.clear()
    threads = [threading.Thread(target=ask) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line for line in caplog.messages if line.startswith("Answering test without Redis: ")]
    assert len(lines) == 8
    assert len([line for line in lines if "Left alone" not in line]) == 1  # and not by the clock


def test_one_late_answer_is_no_outage(server: Server) -> None:
    ask(b"kept")
    server.process.suspend()
    assert ask() == b"computed"
    server.process.resume()
    assert ask() == b"kept"


def test_a_refusal_is_an_answer(server: Server) -> None:
    client = store.client()
    client.set("text", "no number")
    for _each in range(2 * away.STRIKES):
        with pytest.raises(redis.ResponseError):
            client.incr("text")
    assert store.trouble() == ""


def test_a_replica_counts_as_away_and_is_not_believed(server: Server) -> None:
    ask(b"kept")
    client = store.client()
    client.replicaof("127.0.0.1", 1)
    number = client.client_id()
    with pytest.raises(store.Unavailable, match="read only replica"):
        store.bump(["thing:asked"])
    assert ask() == b"computed"  # what it still has may be old
    assert store.trouble() != ""
    time.sleep(BREAK_SECONDS)
    assert client.client_id() != number  # asked over a new connection, as the address may lead on
    client.replicaof("NO", "ONE")
    store.bump(["thing:asked"])
    assert ask(b"new") == b"new"


def test_a_replica_is_not_believed_either_where_refusals_are_given_and_not_raised(
    server: Server,
) -> None:
    """As the live answers ask, of which a count may be refused."""
    client = store.client()
    client.set("badge", "old")
    client.replicaof("127.0.0.1", 1)
    asking = client.pipeline(transaction=False)
    asking.get("badge")
    asking.incr("count")
    with pytest.raises(redis.exceptions.ReadOnlyError):
        asking.execute(raise_on_error=False)
    assert store.trouble() != ""
