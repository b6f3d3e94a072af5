"""Processes that are measured: started on a free port, and stopped."""

import contextlib
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bookstore.roles import FRONTEND

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
OPEN_SECONDS = 120


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    path: str = "/",
) -> Iterator[None]:
    """The command while it answers `path` on `port`; `stop` ends it."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    try:
        _wait_until_it_answers(process, port, path)
        yield
    finally:
        process.send_signal(stop)
        process.wait(timeout=60)


@contextlib.contextmanager
def shop(
    folder: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """`manage.py serve` with the sample catalogue in `folder`; its port."""
    port = free_port()
    serve = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port), *arguments]
    told = {"BOOKSTORE_DATA_DIR": folder, **(environment or {})}
    with running(serve, port, environment=told, stop=signal.SIGINT):
        yield port


@contextlib.contextmanager
def bare(environment: Mapping[str, str]) -> Iterator[int]:
    """A Django view that does nothing (bare.py), under role `frontend`'s gunicorn; its port."""
    config, port = runpy.run_path(str(ROOT / "gunicorn.conf.py")), free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "benchmarks.bare:application", "--config", os.devnull),
        *("--worker-class", config["worker_class"], "--workers", str(config["workers"])),
        *("--threads", str(FRONTEND.threads), "--log-level", "warning"),
        *("--bind", f"{HOST}:{port}"),
    ]
    with running(command, port, environment=environment):
        yield port


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """What a command of manage.py prints."""
    command = [sys.executable, "manage.py", *arguments]
    told = {**os.environ, **environment}
    return subprocess.run(
        command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, path: str) -> None:
    deadline = time.monotonic() + OPEN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"What was to be measured stopped with exit code {process.returncode}.")
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5).close()
            return
        time.sleep(0.2)
    sys.exit("What was to be measured does not answer.")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
