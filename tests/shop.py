"""The real shop in processes of its own: `manage.py serve`, started and stopped as people do."""

import contextlib
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bookstore.embedded.addresses import REDIS_SOCKET, Engines
from bookstore.embedded.redis import answering_pid
from bookstore.serving.preparation import STAFF_EMAIL
from bookstore.tests.shell import CHECKOUT, NOTHING, run
from tests.patience import eventually

OPEN_SECONDS = 300  # a first start on a busy machine
CLOSE_SECONDS = 120
LISTENING_PORTS = range(20_000, 32_000)
"""Below those that Linux (from 32768) and others (from 49152) give to connections."""


@dataclass(frozen=True)
class Shop:
    """A running shop: where it answers, and where it keeps what it knows."""

    base_url: str
    data_dir: Path
    log: Path
    serve_pid: int
    stores: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The addresses of its stores, where they are not its own."""

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py on this shop's stores."""
        known = {"BOOKSTORE_DATA_DIR": str(self.data_dir), **self.stores}
        if self.stores:  # a command that is told of stores wants to be told of this, too
            known["SECRET_KEY"] = (self.data_dir / "secret_key").read_text()
        return run("manage.py", *arguments, environment=known)

    def audit(self) -> str:
        """What the audit finds fault with: nothing, unless something is wrong."""
        outcome = self.manage("audit")
        return "" if outcome.returncode == 0 else f"{outcome.stdout}{outcome.stderr}"

    def staff_token(self) -> str:
        """A new API token of the demo member of staff."""
        outcome = self.manage("create_api_token", STAFF_EMAIL)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout.split()[-1]

    @property
    def staff_login(self) -> tuple[str, str]:
        """The demo member of staff's address and password, as the terminal shows them."""
        found = re.search(r"(\S+@\S+), password (\S+)", self.log.read_text())
        assert found, "no login was printed"
        return found[1], found[2]

    def role_masters(self, role: str) -> list[psutil.Process]:
        """The gunicorn of a role, without the processes that it has started itself."""
        masters = []
        for process, command in children(psutil.Process(self.serve_pid)):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "gunicorn" in command and process.environ().get("BOOKSTORE_ROLE") == role:
                    masters.append(process)
        return masters

    def workers(self) -> list[psutil.Process]:
        """Those that run jobs."""
        known = children(psutil.Process(self.serve_pid))
        return [process for process, command in known if command[-1] == "worker"]

    def redis(self) -> psutil.Process:
        """The shop's Redis."""
        pid = answering_pid(Engines(self.data_dir))
        assert pid is not None, "Redis does not answer"
        return psutil.Process(pid)

    def metrics(self, role: str) -> str:
        """What a role tells Prometheus, asked behind nginx, which hides it."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(Engines(self.data_dir).run_dir / f"{role}.http"))
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()

    def outcomes(self) -> Counter[str]:
        """How many public pages were a hit so far, a miss, or computed with Redis away."""
        found = re.findall(
            r'^bookstore_cached_answers_total\{.*outcome="(\w+)".*\} ([\d.e+]+)$',
            self.metrics("frontend"),
            re.MULTILINE,
        )
        outcomes: Counter[str] = Counter()
        for outcome, number in found:
            outcomes[outcome] += int(float(number))
        return outcomes

    def flush_redis(self) -> None:
        """Have Redis forget everything."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(Engines(self.data_dir).run_dir / REDIS_SOCKET))
            connection.sendall(b"FLUSHALL\r\n")
            assert connection.recv(64) == b"+OK\r\n"

    def postgresql(self) -> psutil.Process:
        """The first of the shop's PostgreSQL processes."""
        pid_file = self.data_dir / "postgresql" / "postmaster.pid"
        return psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))


@contextlib.contextmanager
def opened(data_dir: Path, *arguments: str, **stores: str) -> Iterator[Shop]:
    """Run `manage.py serve` with `arguments` until the block ends; afterwards nothing is left.

    On `stores` (DATABASE_URL and so on), or on its own.
    """
    port = free_port()
    log = data_dir.with_name(f"{data_dir.name}.log")
    with log.open("wb") as output:
        serve = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port), *arguments],
            env={**NOTHING, "BOOKSTORE_DATA_DIR": str(data_dir), **stores}, cwd=CHECKOUT,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        eventually(
            lambda: "The shop is open" in log.read_text() or serve.poll() is not None,
            within=OPEN_SECONDS,
        )
        assert serve.poll() is None, f"The shop did not open.\n{log.read_text()}"
        yield Shop(f"http://127.0.0.1:{port}", data_dir, log, serve.pid, stores)
    finally:
        left = _close(serve, data_dir)
    assert serve.returncode == 0, log.read_text()
    assert left == [], "these outlived the shop"


def _close(serve: "subprocess.Popen[bytes]", data_dir: Path) -> list[str]:
    serve.send_signal(signal.SIGINT)
    try:
        serve.wait(timeout=CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        serve.kill()
    left = processes_of(data_dir)
    described = [f"{process.pid} {process.name()}" for process in left]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return described


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Whatever runs on this data folder, whoever started it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_told = process.environ().get("BOOKSTORE_DATA_DIR") == str(data_dir)
            if is_told or any(str(data_dir) in word for word in process.cmdline()):
                found.append(process)
    return found


def children(parent: psutil.Process) -> list[tuple[psutil.Process, list[str]]]:
    """The processes that it has started, and their commands; without those that just ended."""
    found = []
    for child in parent.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if command := child.cmdline():
                found.append((child, command))
    return found


def free_port() -> int:
    """A port that nobody listens on, and that no connection is given by itself.

    Whoever asks for it may listen a minute later. Until then somebody's connection could have taken
    one of those that the system gives out.
    """
    while True:
        port = secrets.choice(LISTENING_PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
