"""One server process of the embedded engines, from its start to its end."""

import contextlib
import importlib.util
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import psutil

from bookstore.embedded.addresses import Engines

START_SECONDS = 60
STOP_SECONDS = 20


class EngineError(RuntimeError):
    """An engine cannot be started; the message says why and what to do."""


class Engine(ABC):
    """One server process: adopted when it already answers, started when it does not."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, engines: Engines, *, durable: bool) -> None:
        """Whether it is `durable` decides if a power cut may cost data."""
        self.engines = engines
        self.durable = durable
        self.process: psutil.Process | None = None

    @abstractmethod
    def pid(self) -> int | None:
        """The process that answers on the engine's socket."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What starts the engine."""

    def leftover(self) -> psutil.Process | None:
        """A process of an earlier owner that runs but does not answer yet, or not any more."""
        return None

    def is_alive(self) -> bool:
        """Whether the process that this engine adopted or started still runs."""
        return self.process is not None and is_alive(self.process)

    def ensure(self) -> None:
        """Adopt or start the process, and wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        self.process, was_spawned = None, False
        while (pid := self.pid()) is None:
            if time.monotonic() > deadline:
                raise EngineError(f"{self.name} does not answer.\n{self._last_words()}")
            if not self.is_alive():
                if was_spawned and not self._may_try_again():
                    raise EngineError(f"{self.name} does not start.\n{self._last_words()}")
                self.process = self.leftover()
                if self.process is None:
                    self.process, was_spawned = self._spawn(), True
            time.sleep(0.02)
        if self.process is None or self.process.pid != pid:
            self.process = psutil.Process(pid)

    def stop(self) -> None:
        """End the process, harder and harder."""
        for number, seconds in ((self.stop_signal, STOP_SECONDS), (signal.SIGKILL, 5)):
            if self.process is None or not self.is_alive():
                break
            with contextlib.suppress(psutil.NoSuchProcess):
                self.process.send_signal(number)
            deadline = time.monotonic() + seconds
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
        if self.process is not None:
            # Takes note of the end of our own child; an adopted one is no longer there to ask.
            with contextlib.suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
                self.process.wait(timeout=0)

    @property
    def _log(self) -> Path:
        return self.engines.data_dir / "log" / f"{self.name.lower()}.log"

    def _last_words(self) -> str:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-8:])

    def _may_try_again(self) -> bool:
        return False

    def _spawn(self) -> psutil.Process:
        self._log.parent.mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            # In a session of its own, so that Ctrl-C reaches the owner first.
            return psutil.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd="/", start_new_session=True,
            )  # fmt: skip


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that has ended and waits for its parent to notice does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def package(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])
