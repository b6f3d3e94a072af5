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
        leftovers = [
            process
            for pid, created_at in remembered
            for process in _left_of_session(pid, created_at)
        ]
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
            _end_group(child)
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


def _left_of_session(leader_pid: int, created_at: float) -> list[psutil.Process]:
    """What still runs of the session that this process began: itself, or what outlived it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        leader = psutil.Process(leader_pid)
        # Another time means that the number is somebody else's now.
        return [leader] if leader.create_time() == created_at else []
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            is_member = os.getsid(process.pid) == leader_pid
            if is_member and process.create_time() >= created_at:
                left.append(process)
    return left


def _end_group(child: Child) -> None:
    """End what a dead process has left behind: an nginx without its master keeps the port."""
    if child.process:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)


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
