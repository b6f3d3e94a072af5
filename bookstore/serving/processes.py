"""The shop's processes: started in sessions of their own, started again when one dies."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bookstore.embedded.engine import is_alive

STOP_SECONDS = 20
QUICK_DEATHS = 3  # a process that dies this often within its first seconds is given up
QUICK_SECONDS = 10


class GivenUp(RuntimeError):
    """A process of the shop does not stay up."""


@dataclass
class Child:
    """One process and how to start it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    process: psutil.Popen | None = None
    started_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start it; Ctrl-C in the terminal does not reach it, only the one who stops it."""
        self.process = psutil.Popen(
            self.command, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.started_at = time.monotonic()


class Processes:
    """All processes of one data folder, remembered in a file that survives a killed owner."""

    def __init__(self, memory: Path) -> None:
        """`memory` is the file."""
        self._memory = memory
        self._children: list[Child] = []

    def end_leftovers(self) -> int:
        """Stop what an owner that was killed left running; the number of processes."""
        try:
            remembered = json.loads(self._memory.read_text())
        except (FileNotFoundError, ValueError):
            return 0
        leftovers = []
        for pid, created_at in remembered:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if process.create_time() == created_at:  # else the number is somebody else's now
                    leftovers.append(process)
        _stop(leftovers)
        self._memory.unlink()
        return len(leftovers)

    def add(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process and watch it from now on."""
        child = Child(name, command, environment)
        self._children.append(child)
        self._start(child)

    def revive(self) -> list[str]:
        """Start again what has died; the names. Raises GivenUp when one dies again and again."""
        dead = [
            child for child in self._children if child.process and child.process.poll() is not None
        ]
        for child in dead:
            was_quick = time.monotonic() - child.started_at < QUICK_SECONDS
            child.quick_deaths = child.quick_deaths + 1 if was_quick else 0
            if child.quick_deaths >= QUICK_DEATHS:
                raise GivenUp(f"The {child.name} does not stay up; what it said is above.")
            self._start(child)
        return [child.name for child in dead]

    def stop(self) -> None:
        """End them all, the last started first to be asked."""
        _stop([child.process for child in reversed(self._children) if child.process])
        self._children.clear()
        self._memory.unlink(missing_ok=True)

    def _start(self, child: Child) -> None:
        child.start()
        running = [child.process for child in self._children if child.process]
        self._memory.write_text(
            json.dumps([(process.pid, process.create_time()) for process in running])
        )


def _stop(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    for process in _alive_after(processes, STOP_SECONDS):
        # With all that it started: each process has a session, and so a group, of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    _alive_after(processes, 5)


def _alive_after(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while alive := [process for process in processes if is_alive(process)]:
        if time.monotonic() > deadline:
            return alive
        time.sleep(0.02)
    psutil.wait_procs(processes, timeout=0)  # takes note of the end of our own children
    return []
