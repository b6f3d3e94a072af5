"""How long a role takes from its start until it is ready, and the memory of each of its processes.

`python -m benchmarks start` starts each role alone several times on a shop with the sample books,
asks `/ready` all the time, and after the last start loads it for a while: what a process has read
for its first requests it keeps. Shared pages are counted whole in RSS, and by the share of each
process in PSS, whose sum is what the role takes of the machine. The processor time of gunicorn and
of its slower worker is what a start takes where nobody else wants the cores.
"""

import argparse
import contextlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import running, stand
from benchmarks.load import Scenario, measure
from benchmarks.running import HOST, ROOT
from bookstore import embedded

BOOK = "2900000010017"
READY_SECONDS, WORKER_MB = 3.0, 120.0
ASKS = {
    "frontend": ("/", f"/books/{BOOK}/pride-and-prejudice/", "/search/?q=austen&available=1"),
    "redis": ("/live/suggest?q=pri", f"/live/stock?isbn13={BOOK}", "/live/visitor"),
    "rds": ("/basket/", "/checkout/", "/account/login/", "/api/v1/editions", "/admin/login/"),
}
ROLES = {**ASKS, "all": tuple(path for paths in ASKS.values() for path in paths)}
CLIENTS, LOAD_SECONDS = 8, 2.0
MEGABYTE = 1024  # kilobytes


@dataclass(frozen=True)
class Memory:
    """Of one process, in megabytes."""

    rss: float
    pss: float


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 if any request failed."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=start", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="starts of each role")
    options = parser.parse_args(arguments)
    print(f"ready within {READY_SECONDS:g} s and {WORKER_MB:g} MB a worker are wanted\n")
    print(
        f"{'role':10}{'ready':>8}{'slowest':>9}{'processor':>11}{'MB: RSS / PSS':>24}{'loaded':>24}"
    )
    failures = 0
    with tempfile.TemporaryDirectory() as folder, sample_shop(Path(folder)) as told:
        for role, paths in ROLES.items():
            failures += _measure(role, paths, told, times=options.times)
    print(f"\n{failures} answers were not as expected." if failures else "")
    return 1 if failures else 0


@contextlib.contextmanager
def sample_shop(folder: Path) -> Iterator[dict[str, str]]:
    """Engines with the sample books; what the roles are told."""
    with embedded.start(folder) as engines:
        told = {
            **embedded.environment(engines.addresses),
            "DJANGO_SETTINGS_MODULE": "bookstore.settings",
            "BOOKSTORE_DATA_DIR": str(folder),
            "SLOW_QUERY_SECONDS": "60",
        }
        for command in (["prepare"], ["collectstatic", "--no-input"], ["load_sample_data"]):
            running.manage(*command, environment=told)
        yield told


def _measure(role: str, paths: Sequence[str], told: Mapping[str, str], *, times: int) -> int:
    seconds: list[float] = []
    worked: list[float] = []
    for turn in range(times):
        port = running.free_port()
        with _started(role, told, port) as gunicorn:
            seconds.append(_until_ready(gunicorn, port))
            worked.append(_worked(gunicorn) + max(map(_worked, gunicorn.children())))
            if turn == times - 1:
                fresh = _workers(gunicorn)
                failures = sum(
                    measure(
                        Scenario(path, path), host=HOST, port=port, clients=CLIENTS,
                        seconds=LOAD_SECONDS,
                    ).failures
                    for path in paths
                )  # fmt: skip
                loaded = _workers(gunicorn)
    middle, slowest = statistics.median(seconds), max(seconds)
    print(
        f"{role:10}{middle:6.2f} s{slowest:7.2f} s{min(worked):9.2f} s"
        f"{_shown(fresh):>24}{_shown(loaded):>24}",
        flush=True,
    )
    return failures


@contextlib.contextmanager
def _started(role: str, told: Mapping[str, str], port: int) -> Iterator[psutil.Popen]:
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    hidden = stand.HIDDEN.get(role, ())
    known = {name: value for name, value in {**os.environ, **told}.items() if name not in hidden}
    gunicorn = psutil.Popen(
        [*command, "--bind", f"{HOST}:{port}"], cwd=ROOT, env={**known, "BOOKSTORE_ROLE": role},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield gunicorn
    finally:
        gunicorn.send_signal(signal.SIGTERM)
        gunicorn.wait(timeout=60)


def _until_ready(gunicorn: psutil.Popen, port: int) -> float:
    started_at: float = gunicorn.create_time()
    while True:
        if gunicorn.poll() is not None:
            sys.exit(f"What was to be measured stopped with exit code {gunicorn.returncode}.")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=5).close()
            return time.time() - started_at
        time.sleep(0.01)


def _worked(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _workers(gunicorn: psutil.Popen) -> list[Memory]:
    return [_memory(worker.pid) for worker in gunicorn.children()]


def _memory(pid: int) -> Memory:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB$", text, re.MULTILINE))
    return Memory(int(found["Rss"]) / MEGABYTE, int(found["Pss"]) / MEGABYTE)


def _shown(workers: Sequence[Memory]) -> str:
    return ", ".join(f"{each.rss:.0f} / {each.pss:.0f}" for each in workers)
