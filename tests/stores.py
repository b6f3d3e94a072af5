"""Redis servers of a test's own, which can be stopped and lost, and a switch before a store."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bookstore.embedded.addresses import Engines
from bookstore.embedded.redis import Redis
from tests.shop import free_port

HOST = "127.0.0.1"
START_SECONDS = 60  # a busy machine takes its time
PIECE = 65_536  # bytes


@dataclass(frozen=True)
class Server:
    """A running Redis."""

    port: int
    process: psutil.Popen

    @property
    def url(self) -> str:
        """Its address, as REDIS_URL has it."""
        return f"redis://{HOST}:{self.port}/0"

    def tell(self, *words: str) -> str:
        """What it answers to a command, if that is one line."""
        with socket.create_connection((HOST, self.port), timeout=START_SECONDS) as connection:
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.recv(PIECE).decode()

    def has_caught_up(self) -> bool:
        """Whether, as a replica, it has all that its primary has."""
        said = self.tell("INFO", "replication")
        return "master_link_status:up" in said and "master_sync_in_progress:0" in said


@contextlib.contextmanager
def redis_server(folder: Path, *flags: str) -> Iterator[Server]:
    """A server until the block ends, whatever has become of it; `flags` are those of its own."""
    engines, port = Engines(folder), free_port()
    engines.run_dir.mkdir(parents=True, exist_ok=True)
    command = [*Redis(engines, durable=False).command(), "--port", str(port), *flags]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Server(port, process)
    finally:
        process.kill()
        process.wait(timeout=START_SECONDS)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


class Switch:
    """A port that leads to one store, and at a turn to another: a failover as clients see it."""

    def __init__(self) -> None:
        self._door = socket.create_server((HOST, 0))
        self.port: int = self._door.getsockname()[1]
        self._target: tuple[str, int] | str | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def turn(self, target: tuple[str, int] | str | None, *, does_cut: bool = True) -> None:
        """Lead to this TCP address or Unix socket from now on, or nowhere; cut what is open.

        Without the cut only new connections lead there, as when a name gets another address.
        """
        with self._lock:
            self._target = target
            cut = set(self._open) if does_cut else set()
        for connection in cut:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def url(self, scheme: str, *, user: str = "", path: str = "") -> str:
        """Its address, as the variables of the stores have it."""
        return f"{scheme}://{user}{'@' if user else ''}{HOST}:{self.port}/{path}"

    def close(self) -> None:
        """Lead nowhere for good."""
        self._door.close()
        self.turn(None)

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._door.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            target = self._target
            store = stack.enter_context(_connected(target))
            with self._lock:
                if self._target != target:
                    return  # turned while it was being led, and so it is cut, too
                self._open |= {client, store}
            back = threading.Thread(target=_pour, args=(store, client), daemon=True)
            back.start()
            _pour(client, store)
            back.join()
            with self._lock:
                self._open -= {client, store}


def _connected(target: tuple[str, int] | str | None) -> socket.socket:
    if target is None:
        raise ConnectionRefusedError
    family = socket.AF_UNIX if isinstance(target, str) else socket.AF_INET
    connection = socket.socket(family)
    connection.connect(target)
    return connection


def _pour(source: socket.socket, into: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            into.sendall(piece)
    for end in (source, into):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
