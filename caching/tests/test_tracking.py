"""Client-side caching: what is remembered is what Redis would say, whatever becomes of it."""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from pytest_django import Settings

from caching import store, tracking, wire
from caching.measuring import spending
from caching.tracking import Memory, Tracked
from caching.wire import packed
from tests.patience import eventually, until
from tests.stores import Server, redis_server

PATIENT_SECONDS = 30.0  # a busy machine may keep a Redis from answering for a while
SURE = 3600.0  # however slowly a test runs


@pytest.fixture(autouse=True)
def _silence_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SURE_SECONDS", SURE)


def question(*keys: str) -> Tracked:
    return Tracked(packed("MGET", *keys), tuple(key.encode() for key in keys))


def said(*keys: str) -> Any:
    return store.client().said(question(*keys))


def trips(ask: Callable[[], object]) -> int:
    """How often Redis is asked."""
    with spending() as spent:
        ask()
    return spent.commands


# --- What is kept -------------------------------------------------------------------------------


def test_a_reply_is_found_until_one_of_its_keys_is_invalidated() -> None:
    memory = Memory()
    both, one = question("a", "b"), question("b")
    memory.keep(both, [b"1", b"2"])
    memory.keep(one, [None])
    memory.invalidate([b"c", b"a"])
    assert (memory.find(both.question), memory.find(one.question)) == (None, [None])
    memory.keep(both, [b"3", b"2"])
    memory.invalidate([b"b"])
    assert (memory.find(both.question), memory.find(one.question)) == (None, None)
    memory.keep(one, [b"4"])
    memory.invalidate(None)
    assert memory.find(one.question) is None
    assert (memory._bytes, memory._reading) == (0, {})


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    memory, half = Memory(), b"x" * (tracking.MOST_BYTES // 2 - 200)
    first, second, third = question("1"), question("2"), question("3")
    for each in (first, second, first, third):  # what is kept again is the newest
        memory.keep(each, [half])
    assert [memory.find(each.question) for each in (second, first, third)] == [None, [half], [half]]
    memory.keep(second, [half * 3])
    assert memory.find(second.question) is None
    assert memory.find(first.question) == [half]
    assert set(memory._reading) == {b"1", b"3"}


def test_what_is_asked_once_is_not_worth_it() -> None:
    memory = Memory()
    assert [memory.is_worth_it(b"a") for _turn in range(3)] == [False, True, False]
    memory.is_worth_it(b"b")
    for number in range(tracking.MOST_ASKED_ONCE):
        memory.is_worth_it(b"%d" % number)
    assert not memory.is_worth_it(b"b")  # long ago


# --- What is heard ------------------------------------------------------------------------------


def pushed(*keys: str) -> bytes:
    told = b"".join(b"$%d\r\n%s\r\n" % (len(key), key.encode()) for key in keys)
    return b">2\r\n$10\r\ninvalidate\r\n*%d\r\n" % len(keys) + told


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_pushes_are_told_from_replies_wherever_they_come(size: int) -> None:
    line = b"".join([
        pushed("a"), b"+OK\r\n", pushed("b", "c"), b"*2\r\n$1\r\nx\r\n_\r\n", pushed(),
        b">2\r\n$10\r\ninvalidate\r\n_\r\n", b">2\r\n$7\r\nmessage\r\n$1\r\nz\r\n",
    ])  # fmt: skip
    pieces = iter([line[at : at + size] for at in range(0, len(line), size)])
    heard: list[Any] = []
    replies = wire.Replies(lambda: next(pieces), heard.append)
    assert replies.read(2) == [b"OK", [b"x", None]]
    for piece in pieces:
        replies.hear(piece)
    assert heard == [[b"a"], [b"b", b"c"], [], None]


class Line:
    """A pool of one connection, at whose other end the test speaks."""

    def __init__(self, line: socket.socket) -> None:
        self._sock = line
        self.socket_timeout = line.gettimeout()

    def get_connection(self) -> "Line":
        return self

    def get_protocol(self) -> int:
        return 3


def tls(purpose: int) -> ssl.SSLContext:
    """Without a certificate, which nobody needs to know whether bytes come through."""
    context = ssl.SSLContext(purpose)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


@pytest.fixture(params=["plain", "encrypted"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a connection: the shop's, and the test's."""
    ours, theirs = socket.socketpair()
    if request.param == "encrypted":
        with ThreadPoolExecutor(1) as pool:
            server = tls(ssl.PROTOCOL_TLS_SERVER)
            greeted = pool.submit(server.wrap_socket, theirs, server_side=True)
            ours = tls(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(ours)
            theirs = greeted.result()
    with ours, theirs:
        yield ours, theirs


def test_what_changes_while_it_is_asked_is_not_remembered(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """The push may come with the reply, behind it."""
    (ours, theirs), asked, reply = ends, question("a"), b"*1\r\n$3\r\nold\r\n"
    ours.settimeout(PATIENT_SECONDS)
    theirs.sendall(b"+OK\r\n")
    one: Any = wire._Wire(cast(redis.ConnectionPool, Line(ours)))
    for following, expected in ((pushed("a"), None), (b"", [b"old"])):
        theirs.sendall(reply)
        assert one.track(asked) == [[b"old"]]
        theirs.sendall(b"+OK\r\n" + reply + following)
        assert one.track(asked) == [[b"old"]]
        assert one.remembered(asked) == expected
    theirs.sendall(pushed("a"))
    assert one.remembered(asked) is None


def test_half_a_push_is_waited_for_and_then_the_connection_is_given_up(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    (ours, theirs), asked, reply = ends, question("a"), b"*1\r\n$3\r\nold\r\n"
    ours.settimeout(0.5)
    theirs.sendall(b"+OK\r\n")
    one: Any = wire._Wire(cast(redis.ConnectionPool, Line(ours)))
    for said_before in (reply, b"+OK\r\n" + reply):
        theirs.sendall(said_before)
        one.track(asked)
    theirs.sendall(pushed("a")[:-3])
    with pytest.raises(redis.ConnectionError):
        one.remembered(asked)


# --- With a Redis -------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[Server]:
    """A Redis of the test's own."""
    with redis_server(tmp_path) as running:
        use(running.url, settings)
        yield running


def use(address: str, settings: Settings) -> None:
    cache = settings.CACHES["default"]
    options = {**cache["OPTIONS"], "SOCKET_TIMEOUT": PATIENT_SECONDS}
    settings.CACHES = {"default": {**cache, "LOCATION": address, "OPTIONS": options}}


def remember(*keys: str) -> Any:
    """Ask until Redis need not be asked again."""
    said(*keys)
    answer = said(*keys)
    assert trips(lambda: said(*keys)) == 0
    return answer


CHANGES: dict[str, Callable[[Any], object]] = {
    "set": lambda client: client.set("a", "new"),
    "unlink": lambda client: client.unlink("a"),
    "expired": lambda client: client.pexpire("a", 1),
    "flushed": lambda client: client.flushall(),
    "made": lambda client: client.set("missing", "new"),
    "script": lambda client: client.eval("redis.call('INCR', KEYS[1])", 1, "number"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_a_key_is_heard(server: Server, change: str) -> None:
    client = store.client()
    keys = ("a", "missing", "number")
    client.mset({"a": "old", "number": 1})
    assert remember(*keys) == [b"old", None, b"1"]
    CHANGES[change](client)
    expected = until(lambda values: values != [b"old", None, b"1"], lambda: client.mget(keys))
    assert until(lambda values: values == expected, lambda: said(*keys)) == expected
    assert remember(*keys) == expected


def test_what_is_evicted_is_heard(server: Server) -> None:
    client = store.client()
    client.set("a", "old")
    assert remember("a") == [b"old"]
    client.config_set("maxmemory-policy", "allkeys-random")
    client.config_set("maxmemory", 1)
    eventually(lambda: not client.exists("a"))
    assert until(lambda values: values == [None], lambda: said("a")) == [None]


def test_who_stops_is_believed_for_a_moment_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.client().set("a", "old")
    assert remember("a") == [b"old"]
    now = time.monotonic()
    monkeypatch.setattr(wire, "monotonic", lambda: now + SURE + 1)
    assert trips(lambda: said("a")) == 1
    assert trips(lambda: said("a")) == 0  # it has said so anew
    monkeypatch.setattr(wire, "monotonic", lambda: now + 2 * SURE + 3)
    server.process.suspend()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(said, "a")
        with pytest.raises(TimeoutError):  # an answer is waited for
            asked.result(timeout=0.2)
        server.process.resume()
        assert asked.result() == [b"old"]


def test_a_connection_that_ended_takes_its_memory_along(server: Server) -> None:
    client = store.client()
    client.set("a", "old")
    assert remember("a") == [b"old"]
    server.tell("CLIENT", "KILL", "TYPE", "normal")
    server.tell("SET", "a", "new")
    assert said("a") == [b"new"]


def test_who_may_not_track_asks_each_time(server: Server) -> None:
    server.tell("ACL", "SETUSER", "default", "-client")
    asks_each_time()


def test_by_the_older_protocol_redis_is_asked_each_time(server: Server, settings: Settings) -> None:
    use(f"{server.url}?protocol=2", settings)
    asks_each_time()


def asks_each_time() -> None:
    store.client().set("a", "old")
    assert [trips(lambda: said("a")) for _turn in range(4)] == [1, 1, 1, 1]
    store.client().set("a", "new")
    assert said("a") == [b"new"]


def test_a_refusal_is_an_error_and_never_remembered(server: Server) -> None:
    wrong = Tracked(packed("MGET"), ())
    for _turn in range(3):
        assert isinstance(store.client().said(wrong), redis.ResponseError)


def test_nobody_is_told_what_was_true_long_before(server: Server) -> None:
    """Threads read what one changes: nothing older than what stood there when they asked."""
    client = store.client()
    keys = [f"key:{number}" for number in range(5)]
    client.mset(dict.fromkeys(keys, 0))
    written, is_over, told_late = dict.fromkeys(keys, 0), threading.Event(), []
    grace_seconds = 0.5  # what Redis pushes is on its way for a moment

    def read() -> None:
        chance = random.Random()
        while not is_over.is_set():
            key = chance.choice(keys)
            then, asked_at = written[key], time.monotonic()
            (value,) = said(key)
            if int(value) < then and not is_recent(key, then, asked_at):
                told_late.append((key, then, value))

    when: dict[tuple[str, int], float] = {}

    def is_recent(key: str, number: int, asked_at: float) -> bool:
        return asked_at - when[key, number] < grace_seconds

    readers = [threading.Thread(target=read) for _reader in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, 400):
        key = keys[number % len(keys)]
        client.set(key, number)
        when[key, number] = time.monotonic()
        written[key] = number
        time.sleep(0.002)
    time.sleep(grace_seconds)
    is_over.set()
    for reader in readers:
        reader.join()
    assert told_late == []
    assert [said(key) for key in keys] == [[b"%d" % written[key]] for key in keys]
