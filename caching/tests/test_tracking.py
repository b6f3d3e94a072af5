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

from caching import store, wire
from caching.measuring import spending
from caching.replies import Replies
from caching.tests.test_memory import question
from caching.tracking import Tracked
from caching.wire import packed
from tests.patience import eventually, until
from tests.stores import Server, redis_server

PATIENT_SECONDS = 30.0  # a busy machine may keep a Redis from answering for a while
SURE = 3600.0  # however slowly a test runs


@pytest.fixture(autouse=True)
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence means for long that nothing has changed."""
    monkeypatch.setattr(wire, "SURE_SECONDS", SURE)
    monkeypatch.setattr(wire, "REMEMBERED_SECONDS", 10 * SURE)


def said(*keys: str) -> Any:
    return store.client().said(question(*keys))


def trips(ask: Callable[[], object]) -> int:
    """How often Redis is asked."""
    with spending() as spent:
        ask()
    return spent.commands


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
    replies = Replies(lambda: next(pieces), heard.append)
    assert replies.read(2) == [b"OK", [b"x", None]]
    for piece in pieces:
        replies.hear(piece)
    assert heard == [[b"a"], [b"b", b"c"], [], None]


OLD = b"*1\r\n$3\r\nold\r\n"
PRIMARY = b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
ASKED_TWICE = (OLD, b"+OK\r\n" + OLD + PRIMARY)
"""What Redis says to a question that is asked twice, and remembered then."""


class Line:
    """A pool of one connection, at whose other end the test speaks."""

    def __init__(self, line: socket.socket) -> None:
        self._sock = line
        self.socket_timeout = line.gettimeout()
        self.connected = 0

    def get_connection(self) -> "Line":
        self.connected += 1
        return self

    def disconnect(self) -> None:
        self._sock.close()

    def release(self, line: "Line") -> None:
        """It takes no note of who uses it."""

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
    (ours, theirs), asked = ends, question("a")
    ours.settimeout(PATIENT_SECONDS)
    theirs.sendall(b"+OK\r\n")
    one: Any = wire._Wire(cast(redis.ConnectionPool, Line(ours)))
    for following, expected in ((pushed("a"), None), (b"", [b"old"])):
        for said_before in ASKED_TWICE:
            theirs.sendall(said_before + following)
            assert one.track(asked) == [[b"old"]]
        assert one.remembered(asked) == expected
    theirs.sendall(pushed("a"))
    assert one.remembered(asked) is None


def test_an_answer_that_took_long_is_no_younger_for_it(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    (ours, theirs), asked = ends, question("a")
    ours.settimeout(PATIENT_SECONDS)
    theirs.sendall(b"+OK\r\n")
    one: Any = wire._Wire(cast(redis.ConnectionPool, Line(ours)))
    now = [0.0]
    monkeypatch.setattr(wire, "monotonic", lambda: now[0])
    for said_before in ASKED_TWICE:
        theirs.sendall(said_before)
        one.track(asked)
    assert one.remembered(asked) == [b"old"]

    def send_slowly(asked: bytes) -> None:
        now[0] += SURE + 1
        theirs.sendall(b"+PONG\r\n")

    one._send = send_slowly
    one.exchange(packed("PING"), 1)
    assert one.remembered(asked) is None


def test_all_that_was_pushed_is_heard_though_a_piece_ends_with_a_push(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an import 1,024 pushes of 64 bytes are one piece; TLS has records of its own."""
    monkeypatch.setattr(wire, "PIECE", len(pushed("a")))
    (ours, theirs), asked = ends, question("c")
    ours.settimeout(PATIENT_SECONDS)
    theirs.sendall(b"+OK\r\n")
    one: Any = wire._Wire(cast(redis.ConnectionPool, Line(ours)))
    for said_before in ASKED_TWICE:
        theirs.sendall(said_before)
        one.track(asked)
    for key in "abc":
        theirs.sendall(pushed(key))
    assert one.remembered(asked) is None


def test_half_a_push_is_waited_for_and_then_the_connection_is_given_up(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """And none is made instead: a Redis that hangs would be waited for once more, and not noted."""
    (ours, theirs), asked = ends, question("a")
    ours.settimeout(0.5)
    line = Line(ours)
    pool = cast(redis.ConnectionPool, line)
    theirs.sendall(b"+OK\r\n")
    wires = wire.Wires(pool)
    wires._spare.append(wire._Wire(pool))
    for said_before in ASKED_TWICE:
        theirs.sendall(said_before)
        wires.track(asked)
    assert wires.remembered(asked) == [b"old"]
    theirs.sendall(pushed("a")[:-3])
    assert [wires.remembered(asked) for _turn in range(2)] == [None, None]
    assert line.connected == 1
    assert ours.fileno() == -1


# --- With a Redis -------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[Server]:
    """A Redis of the test's own, whose answers are waited for."""
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


def test_what_redis_pushes_nothing_of_is_remembered_for_a_moment_only(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.client().set("a", "old")
    assert remember("a") == [b"old"]
    server.tell("SWAPDB", "0", "1")
    assert said("a") == [b"old"]
    monkeypatch.setattr(wire, "REMEMBERED_SECONDS", SURE / 2)
    now = time.monotonic()
    monkeypatch.setattr(wire, "monotonic", lambda: now + SURE / 2)
    assert said("b") == [None]  # over the same connection, which is sure for longer
    monkeypatch.setattr(wire, "monotonic", lambda: now + SURE)
    assert said("a") == [None]


def test_a_connection_that_ended_takes_its_memory_along(server: Server) -> None:
    client = store.client()
    client.set("a", "old")
    assert remember("a") == [b"old"]
    server.tell("CLIENT", "KILL", "TYPE", "normal")
    server.tell("SET", "a", "new")
    assert said("a") == [b"new"]


@pytest.mark.parametrize("rights", [["-client"], ["-client", "+client|tracking"]])
def test_who_may_not_track_asks_each_time(server: Server, rights: list[str]) -> None:
    server.tell("ACL", "SETUSER", "default", *rights)
    asks_each_time()


def test_who_may_not_ask_whether_it_is_a_replica_remembers(server: Server) -> None:
    server.tell("ACL", "SETUSER", "default", "-role")
    store.client().set("a", "old")
    assert remember("a") == [b"old"]


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
