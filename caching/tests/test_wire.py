"""The short wire to Redis: the same answers as redis-py's, over connections that may break."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django import Settings

from caching import store, wire
from caching.away import SILENCE
from caching.measuring import spending
from caching.replies import Replies
from tests.patience import eventually
from tests.stores import Server, redis_server

LIMIT_SECONDS = 0.25
PATIENT_SECONDS = 30.0  # a busy machine may keep a Redis from answering for a while


@pytest.fixture
def limit() -> float:
    """For how long an answer is waited for, in seconds."""
    return PATIENT_SECONDS


@pytest.fixture
def server(tmp_path: Path, settings: Settings, limit: float) -> Iterator[Server]:
    """A Redis of the test's own, over TCP, whose answers are waited for only so long."""
    with redis_server(tmp_path) as running:
        cache = settings.CACHES["default"]
        options = {**cache["OPTIONS"], "SOCKET_TIMEOUT": limit}
        settings.CACHES = {"default": {**cache, "LOCATION": running.url, "OPTIONS": options}}
        yield running


def fill(asking: Any) -> None:
    """Ask for one of each kind."""
    asking.get("text")
    asking.get("nothing")
    asking.hmget("hash", ["é", "none", 7])
    asking.lrange("list", 0, -1)
    asking.lrange("nothing", 0, -1)
    asking.zrangebylex("sorted", b"[a", b"[a\xff", start=0, num=2)
    asking.hmget("text", ["of no hash"])


def test_it_answers_as_redis_py_does() -> None:
    client = store.client()
    client.set("text", b"two\r\nlines")
    client.hset("hash", mapping={"é": "ü", "7": ""})
    client.rpush("list", "a", "b")
    client.zadd("sorted", {"aa": 0, "ab": 0, "ac": 0, "b": 0})
    trip, pipeline = client.trip(), client.pipeline(transaction=False)
    fill(trip)
    fill(pipeline)
    *answers, refusal = trip.execute()
    *expected, expected_refusal = pipeline.execute(raise_on_error=False)
    assert answers == expected
    assert answers[2] == ["ü".encode(), None, b""]
    assert (type(refusal), str(refusal)) == (redis.ResponseError, str(expected_refusal))


def test_what_is_counted_on_the_way_is_no_part_of_the_answers() -> None:
    client = store.client()
    client.set("text", "kept")
    for times in (1, 2):
        trip = client.trip()
        trip.get("text")
        trip.count("counted", 100)
        assert (trip.execute(), trip.counted) == ([b"kept"], times)
    assert 0 < client.ttl("counted") <= 100
    trip.count("text", 100)  # which is no number
    assert (trip.execute(), type(trip.counted)) == ([b"kept"], redis.ResponseError)


def test_what_was_heard_can_be_asked_again() -> None:
    client = store.client()
    client.set("text", "kept")
    with spending() as spent:
        for key in ("text", "nothing"):
            trip = client.trip()
            trip.get(key)
            trip.count("counted", 100)
            trip.execute()
    assert spent.was_all_heard
    again = client.trip()
    for heard in spent.heard:
        again.ask_again(heard.asked)
    assert again.execute() == [reply for heard in spent.heard for reply in heard.replies]
    assert again.execute() == [b"kept", None]
    assert client.get("counted") == b"2"
    with spending() as spent:
        again.execute()
        client.get("text")  # is not heard
    assert not spent.was_all_heard


def test_what_comes_in_many_pieces_is_put_together() -> None:
    long = bytes(range(256)) * (wire.PIECE // 50)
    store.client().set("long", long)
    trip = store.client().trip()
    trip.get("long")
    trip.get("nothing")
    trip.get("long")
    assert trip.execute() == [long, None, long]


def asked(key: str = "text") -> Any:
    trip = store.client().trip()
    trip.get(key)
    (answer,) = trip.execute()
    return answer


def test_a_connection_that_was_closed_meanwhile_is_made_anew(server: Server) -> None:
    store.client().set("text", "kept")
    assert asked() == b"kept"
    for _each in range(3):
        server.tell("CLIENT", "KILL", "TYPE", "normal")
        assert asked() == b"kept"


def answer_in_time(key: str) -> Any:
    """The first answer that does not come too late."""
    answers: list[Any] = []

    def is_answered() -> bool:
        with contextlib.suppress(*SILENCE):
            answers.append(asked(key))
        return bool(answers)

    eventually(is_answered)
    return answers[0]


@pytest.mark.parametrize("limit", [LIMIT_SECONDS])
def test_a_stopped_redis_is_waited_for_only_so_long(server: Server) -> None:
    store.client().set("text", "kept")
    assert answer_in_time("text") == b"kept"
    server.process.suspend()
    with pytest.raises(redis.TimeoutError):
        asked()
    server.process.resume()
    assert answer_in_time("text") == b"kept"  # and not the answer that came too late
    assert answer_in_time("nothing") is None


def test_threads_share_connections_and_none_is_given_anothers_answer(server: Server) -> None:
    client = store.client()
    client.mset({f"key:{number}": number for number in range(8)})
    together = threading.Barrier(8)

    def ask(number: int) -> set[bytes]:
        together.wait()
        return {asked(f"key:{number}") for _each in range(200)}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers == [{b"%d" % number} for number in range(8)]
    assert client.info("clients")["connected_clients"] <= 8 + 1


def said(line: bytes) -> list[Any]:
    return Replies(lambda: line, print).read(1)


def test_a_server_that_is_not_ready_is_no_refusal() -> None:
    with pytest.raises(redis.exceptions.BusyLoadingError):
        said(b"-LOADING Redis is loading the dataset in memory\r\n")


def test_what_is_not_understood_is_an_error() -> None:
    for line in (b"HTTP/1.1 400 Bad Request\r\n", b":1\r\n:2\r\n"):
        with pytest.raises(redis.InvalidResponse):
            said(line)
