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
from tests.clock import Clock
from tests.patience import eventually
from tests.stores import Server, redis_server

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}",))
LIMIT_SECONDS = 0.5  # more than a busy machine keeps a Redis that runs from answering


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Says how long Redis was left alone."""
    clock = Clock()
    monkeypatch.setattr(away, "monotonic", clock)
    return clock


@pytest.fixture
def server(tmp_path: Path, settings: Settings, clock: Clock) -> Iterator[Server]:
    """Where the shop's answers are kept during the test."""
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


def left_alone(caplog: pytest.LogCaptureFixture) -> list[bool]:
    """Of each answer that was given without Redis: whether it was because that is left alone."""
    without = "Answering test without Redis: "
    said = [line for line in caplog.messages if line.startswith(without)]
    return [line.startswith(f"{without}Left alone") for line in said]


def is_found_again(clock: Clock) -> bool:
    """Whether Redis gives what is kept, once its next turn has come."""
    clock.move(away.AWAY_SECONDS)
    return ask() == b"kept"


def test_a_stopped_redis_costs_a_wait_now_and_then(
    server: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ask(b"kept")
    server.process.suspend()
    waits = [seconds_of(ask) for _strike in range(away.STRIKES)]
    for _turn in range(2):
        caplog.clear()
        assert {ask() for _each in range(50)} == {b"computed"}
        assert left_alone(caplog) == [True] * 50
        clock.move(away.AWAY_SECONDS)
        waits.append(seconds_of(ask))
    assert LIMIT_SECONDS <= min(waits) < 2 * LIMIT_SECONDS
    server.process.resume()
    eventually(lambda: is_found_again(clock))


def test_all_threads_leave_it_alone_and_one_looks_whether_it_is_back(
    server: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ask(b"kept")
    server.process.suspend()
    for _strike in range(away.STRIKES):
        ask()
    clock.move(away.AWAY_SECONDS)
    caplog.clear()
    threads = [threading.Thread(target=ask) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(left_alone(caplog)) == [False] + [True] * 7


def test_one_late_answer_is_no_outage(
    server: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ask(b"kept")
    server.process.suspend()
    assert ask() == b"computed"
    server.process.resume()
    ask()
    assert not any(left_alone(caplog))
    eventually(lambda: is_found_again(clock))


def test_a_refusal_is_an_answer(server: Server) -> None:
    client = store.client()
    client.set("text", "no number")
    for _each in range(2 * away.STRIKES):
        with pytest.raises(redis.ResponseError):
            client.incr("text")
    assert store.trouble() == ""


def test_a_replica_counts_as_away_and_is_not_believed(server: Server, clock: Clock) -> None:
    ask(b"kept")
    client = store.client()
    client.replicaof("127.0.0.1", 1)
    number = client.client_id()
    with pytest.raises(store.Unavailable, match="read only replica"):
        store.bump(["thing:asked"])
    assert ask() == b"computed"  # what it still has may be old
    assert store.trouble() != ""
    for _time in range(2):  # nor is it later, though nobody has anything to write
        clock.move(away.AWAY_SECONDS)
        assert ask() == b"computed"
        assert store.trouble() != ""
    server.tell("REPLICAOF", "NO", "ONE")
    clock.move(away.AWAY_SECONDS)
    assert client.client_id() != number  # asked over a new connection, as the address may lead on
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
