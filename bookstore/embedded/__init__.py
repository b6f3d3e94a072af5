"""PostgreSQL and Redis out of wheels, for development and tests.

Both keep their data in one folder. Whoever starts them holds the folder's lock; engines that
outlived a killed owner are adopted by the next one.
"""

import contextlib
import fcntl
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from bookstore.embedded.addresses import Engines
from bookstore.embedded.engine import Engine, EngineError
from bookstore.embedded.postgresql import PostgreSQL
from bookstore.embedded.postgresql import answers as postgresql_answers
from bookstore.embedded.redis import Redis
from bookstore.embedded.redis import answering_pid as redis_pid
from bookstore.secret_file import secret

CHECKOUT = Path(__file__).resolve().parent.parent.parent

__all__ = [
    "EngineError", "Engines", "InUse", "Running",
    "are_needed", "data_folder", "engines", "environment", "find_running",
    "finish_undisturbed", "owned", "start",
]  # fmt: skip


class InUse(EngineError):
    """Another process already runs the engines of this data folder."""


class Running:
    """The engines while this process owns them."""

    def __init__(self, addresses: Engines, engines: tuple[Engine, ...]) -> None:
        """Made by start()."""
        self.addresses = addresses
        self._engines = engines

    def heal(self) -> list[str]:
        """Start again whatever was killed; the names of what was."""
        fallen = [engine for engine in self._engines if not engine.is_alive()]
        for engine in fallen:
            engine.ensure()
        return [engine.name for engine in fallen]


def are_needed() -> bool:
    """Whether the environment names neither a database nor a Redis."""
    return not any(_is_given(name) for name in ("DATABASE_URL", "DATABASE_READER_URL", "REDIS_URL"))


def data_folder() -> Path:
    """Where the engines of this checkout keep their data."""
    return Path(os.environ.get("BOOKSTORE_DATA_DIR") or CHECKOUT / "var").resolve()


def find_running(data_dir: Path) -> Engines | None:
    """The engines of `data_dir` when both answer, else None."""
    addresses = Engines(data_dir.resolve())
    both = redis_pid(addresses) and postgresql_answers(addresses)
    return addresses if both else None


@contextlib.contextmanager
def owned(data_dir: Path) -> Iterator[Engines]:
    """Hold the data folder for this process alone until the block ends, however it ends.

    Raises InUse when another process holds it.
    """
    addresses = Engines(data_dir.resolve())
    _make(addresses.data_dir)
    with _lock(addresses.data_dir), _ends_on_signals():
        _make_private(addresses.run_dir)
        yield addresses


@contextlib.contextmanager
def engines(addresses: Engines, *, durable: bool = True) -> Iterator[Running]:
    """Run the engines of an owned data folder until the block ends.

    `durable=False` is for data that may be lost when the machine stops. Raises EngineError when
    one does not start.
    """
    both = (PostgreSQL(addresses, durable=durable), Redis(addresses, durable=durable))
    with contextlib.ExitStack() as stack:
        for engine in both:
            stack.callback(engine.stop)
            engine.ensure()
        stack.callback(finish_undisturbed)
        yield Running(addresses, both)


@contextlib.contextmanager
def start(data_dir: Path, *, durable: bool = True) -> Iterator[Running]:
    """Own the data folder and run its engines."""
    with owned(data_dir) as addresses, engines(addresses, durable=durable) as running:
        yield running


def environment(addresses: Engines, *, with_stores: bool = True) -> dict[str, str]:
    """The variables that a shop for development needs and the environment does not give."""
    data_dir = addresses.data_dir
    _make(data_dir)
    stores = {
        "DATABASE_URL": addresses.database_url,
        "DATABASE_READER_URL": addresses.reader_url,
        "REDIS_URL": addresses.redis_url,
    }
    wanted = {
        "SECRET_KEY": secret(data_dir / "secret_key"),
        "BOOKSTORE_DATA_DIR": str(data_dir),
        "HTTPS_ONLY": "off",
        "FAKE_PAYMENTS": "on",
        "RATE_LIMITS": "off",
        "EMAIL_URL": f"filemail:///{quote(str(data_dir / 'mail'))}",
        **(stores if with_stores else {}),
    }
    return {name: value for name, value in wanted.items() if not _is_given(name)}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"BOOKSTORE_DATA_DIR cannot be used: {error}.") from error


def _is_given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


@contextlib.contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    # The system drops the lock with the process, however it ends; nothing can go stale.
    with (data_dir / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise InUse(
                f"Process {file.read().strip()} already runs a shop on the data folder {data_dir}."
                " Stop it first, or choose another folder with BOOKSTORE_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.contextmanager
def _ends_on_signals() -> Iterator[None]:
    """Let SIGTERM, SIGHUP and Ctrl-C end the block in order.

    Ctrl-C too, because what a script starts in the background inherits that it is ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def finish_undisturbed() -> None:
    """Ignore further signals: processes are being stopped, and would only be left behind."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EngineError(f"{directory} belongs to somebody else: remove it.")
    directory.chmod(0o700)
