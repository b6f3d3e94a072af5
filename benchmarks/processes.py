"""How many processes and threads a role should have: the same requests to each candidate.

`python -m benchmarks processes` (needs `wrk`) starts the sample shop's roles with each number of
processes and threads, all at once, and loads one after the other, several rounds through: what
others do on the machine troubles all of them. The best round of each is shown.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import running, stand, wrk
from benchmarks.load import Outcome, Scenario, measure
from benchmarks.running import HOST, ROOT
from benchmarks.start import BOOK, sample_shop

CANDIDATES = ((1, 8), (2, 2), (2, 4), (2, 8), (2, 16), (4, 4))
"""Processes, and threads of each."""


@dataclass(frozen=True)
class Kind:
    """One kind of request, and the role that answers it."""

    name: str
    role: str
    path: str
    clients: int
    is_slow: bool = False
    """Then wrk would leave its last requests behind for the next candidate."""


KINDS = (
    Kind("page out of Redis", "frontend", f"/books/{BOOK}/pride-and-prejudice/", 64),
    Kind("page computed", "frontend", "/search/?q=austen&available=1", 16, is_slow=True),
    Kind("live answer", "redis", f"/live/stock?isbn13={BOOK}", 64),
    Kind("basket", "rds", "/basket/", 16, is_slow=True),
)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 if any request failed."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=processes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="for each measurement")
    parser.add_argument("--only", nargs="*", help="kinds of requests")
    options = parser.parse_args(arguments)
    stand.check_programs()
    failures = 0
    with tempfile.TemporaryDirectory() as folder, sample_shop(Path(folder)) as told:
        for kind in KINDS:
            if options.only and kind.name not in options.only:
                continue
            print(f"{kind.name}, {kind.clients} clients{'req/s':>12}{'p50':>8}{'p99':>8} ms")
            measured = _measure(kind, told, rounds=options.rounds, seconds=options.seconds)
            for (processes, threads), outcome in measured.items():
                failures += outcome.failures
                print(
                    f"  {processes} processes × {threads:2} threads{outcome.rate:12.0f}"
                    f"{outcome.p50:8.1f}{outcome.p99:8.1f}",
                    flush=True,
                )
    print(f"\n{failures} answers were not as expected." if failures else "")
    return 1 if failures else 0


def _measure(
    kind: Kind, told: Mapping[str, str], *, rounds: int, seconds: int
) -> dict[tuple[int, int], Outcome]:
    best: dict[tuple[int, int], Outcome] = {}
    with contextlib.ExitStack() as stack:
        ports = {each: stack.enter_context(_role(kind.role, told, *each)) for each in CANDIDATES}
        for _round in range(rounds):
            for candidate, port in ports.items():
                outcome = _load(kind, port, seconds)
                if candidate not in best or outcome.rate > best[candidate].rate:
                    best[candidate] = outcome
    return best


def _load(kind: Kind, port: int, seconds: int) -> Outcome:
    if not kind.is_slow:
        return wrk.loop(port, [kind.path], clients=kind.clients, seconds=seconds)
    scenario = Scenario(kind.name, kind.path)
    return Outcome.of(
        measure(scenario, host=HOST, port=port, clients=kind.clients, seconds=seconds)
    )


@contextlib.contextmanager
def _role(role: str, told: Mapping[str, str], processes: int, threads: int) -> Iterator[int]:
    port = running.free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    command += ["--workers", str(processes), "--threads", str(threads), "--bind", f"{HOST}:{port}"]
    hidden = stand.HIDDEN.get(role, ())
    known = {name: value for name, value in {**os.environ, **told}.items() if name not in hidden}
    known |= {"BOOKSTORE_ROLE": role}
    with running.running(command, port, environment=known, path="/ready"):
        yield port
