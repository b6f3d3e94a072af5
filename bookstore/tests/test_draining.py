"""A gunicorn shares what comes among its processes, and at its end answers all who came before."""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

from bookstore.roles import REDIS
from bookstore.serving import draining
from bookstore.serving.draining import DrainingWorker
from bookstore.serving.sharing import Shares
from bookstore.tests.web_server import start_gunicorn
from tests.patience import eventually


class Gunicorn:
    """The shop's gunicorn around an application that waits when it is asked to."""

    def __init__(self, tmp_path: Path) -> None:
        self.gate = tmp_path / "gate"
        self.process, self.port = start_gunicorn("bookstore.tests.waiting_app")
        eventually(self.answers, within=120)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), contextlib.closing(self.connect()) as connection:
            return ask(connection) == 200
        return False

    def wait_at_the_gate(self) -> http.client.HTTPConnection:
        """A request that has arrived and is not answered before open_the_gate()."""
        connection = self.connect()
        connection.request("GET", "/", headers={"X-Gate": str(self.gate)})
        eventually(self.gate.with_name("gate.waiting").exists)
        return connection

    def open_the_gate(self) -> None:
        self.gate.touch()

    def is_closed(self) -> bool:
        try:
            self.connect().connect()
        except ConnectionRefusedError:
            return True
        return False


def ask(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/")
    return status(connection)


def status(connection: http.client.HTTPConnection) -> int:
    response = connection.getresponse()
    assert response.read() == b"done"
    return response.status


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[Gunicorn]:
    running = Gunicorn(tmp_path)
    yield running
    running.open_the_gate()
    running.process.terminate()
    assert running.process.wait(timeout=60) == 0


def test_a_request_in_flight_is_answered_and_no_new_one_is_taken(gunicorn: Gunicorn) -> None:
    waiting = gunicorn.wait_at_the_gate()
    gunicorn.process.terminate()
    eventually(gunicorn.is_closed)
    gunicorn.open_the_gate()
    assert status(waiting) == 200


def test_a_request_on_an_idle_connection_is_answered(gunicorn: Gunicorn) -> None:
    idle = gunicorn.connect()
    assert ask(idle) == 200
    waiting = gunicorn.wait_at_the_gate()
    gunicorn.process.terminate()
    assert ask(idle) == 200
    gunicorn.open_the_gate()
    assert status(waiting) == 200


def test_whoever_waits_at_the_door_is_let_in(gunicorn: Gunicorn) -> None:
    (worker,) = gunicorn.process.children()
    worker.suspend()
    early = [gunicorn.connect() for _each in range(5)]
    for connection in early:
        connection.request("GET", "/")
    gunicorn.process.terminate()
    time.sleep(0.5)  # the signal has reached the one that sleeps
    worker.resume()
    assert [status(connection) for connection in early] == [200] * 5


def test_whoever_says_nothing_holds_up_neither_others_nor_the_end(gunicorn: Gunicorn) -> None:
    with ExitStack() as stack:
        for _each in range(2 * REDIS.threads):
            stack.enter_context(socket.create_connection(("127.0.0.1", gunicorn.port)))
        time.sleep(0.2)  # they have been accepted
        began = time.monotonic()
        assert ask(gunicorn.connect()) == 200
        assert time.monotonic() - began < 4.5  # a thread would have waited for five seconds
        workers = gunicorn.process.children()
        gunicorn.process.terminate()
        _gone, alive = psutil.wait_procs(workers, timeout=25)  # one that waited would take longer
        assert not alive


class Accepting(DrainingWorker):
    """A worker that keeps whom it accepts, and does no more."""

    def __init__(self) -> None:
        self.age = 1
        self.cfg = Config()
        self.nr_conns = 0
        self.kept: list[TConn] = []

    def enqueue_req(self, conn: TConn) -> None:
        self.kept.append(conn)


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> Shares:
    """Those of the test alone."""
    shares = Shares(4)
    monkeypatch.setattr(draining, "_shares", shares)
    return shares


def accepted(tries: int) -> int:
    """How many of sixty that came together a process accepts."""
    worker = Accepting()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, ExitStack() as stack:
        listener.setblocking(False)
        for _each in range(60):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        for _try in range(tries):
            worker.accept(listener)
        for conn in worker.kept:
            stack.enter_context(conn.sock)
    return len(worker.kept)


@contextlib.contextmanager
def another_with(connections: int, shares: Shares) -> Iterator[None]:
    """Another process that has so many."""
    with ExitStack() as stack:
        other = stack.enter_context(process_that_sleeps())
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "getpid", lambda: other)
            shares.note(2, connections)
        yield


@contextlib.contextmanager
def process_that_sleeps() -> Iterator[int]:
    with psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_process_without_others_takes_all(shares: Shares) -> None:
    assert accepted(60) == 60


def test_who_has_more_leaves_most_to_another_process(shares: Shares) -> None:
    with another_with(0, shares):
        assert 3 <= accepted(60) <= 55  # 1 + 2 + … + 10: ten are to be expected


def test_who_has_lost_connections_says_so(shares: Shares) -> None:
    worker = Accepting()
    worker.tmp = SimpleNamespace(notify=lambda: None)  # the file that says that it lives
    worker.alive, worker.nr_conns = True, 7
    for connections in (7, 2):
        worker.nr_conns = connections
        worker.notify()
        with process_that_sleeps() as other, pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "getpid", lambda other=other: other)
            assert shares.fewest_of_others() == connections


def test_who_has_fewer_takes_at_once_what_makes_it_even(shares: Shares) -> None:
    with another_with(30, shares):
        assert accepted(1) == 30
    assert accepted(60) == 60  # who has ended is nobody any more


def test_all_processes_see_what_each_has() -> None:
    shares = Shares(3)
    assert shares.fewest_of_others() is None
    shares.note(1, 5)
    assert shares.fewest_of_others() is None
    with another_with(7, shares):
        assert shares.fewest_of_others() == 7
        with process_that_sleeps() as third, pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "getpid", lambda: third)
            assert shares.fewest_of_others() == 5
            shares.note(3, 0)
            shares.note(5, 6)  # in the place of another one
            assert shares.fewest_of_others() == 5
            shares.leave(1)
            assert shares.fewest_of_others() is None
        assert shares.fewest_of_others() is None
    forked = os.fork()
    if not forked:
        shares.note(2, 9)
        time.sleep(600)
    try:
        eventually(lambda: shares.fewest_of_others() == 9)
    finally:
        os.kill(forked, signal.SIGKILL)
        os.waitpid(forked, 0)
    assert shares.fewest_of_others() is None
