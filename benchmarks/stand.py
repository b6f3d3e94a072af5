"""Where everything is measured: a filled shop, its roles cached and uncached, and what is beside.

All of it runs at once and only one is loaded at a time, so that what is compared is measured
within the same seconds. The engines are of this run alone, in a folder of their own.
"""

import contextlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import filling, running
from benchmarks.door import static_file
from benchmarks.running import HOST, ROOT
from bookstore import embedded
from bookstore.serving import nginx
from bookstore.serving.nginx import PLACES

CACHED, UNCACHED = "bookstore.wsgi", "benchmarks.uncached:application"
STORES = ("DATABASE_URL", "DATABASE_READER_URL", "REDIS_URL")
HIDDEN = {
    "all": ("DATABASE_READER_URL",),
    "frontend": ("DATABASE_URL",),
    "redis": ("DATABASE_URL", "DATABASE_READER_URL"),
}
"""What a role is not told, as `manage.py serve` has it."""


class Missing(RuntimeError):
    """A program that measures is not installed."""


@dataclass(frozen=True)
class Stand:
    """Ports of what runs, and what the scenarios ask for."""

    folder: Path
    environment: Mapping[str, str]
    frontend: int
    live: int
    whole: int
    """One shop in the role `all`, with a worker: flows go through several roles' pages."""
    uncached_frontend: int
    uncached_whole: int
    door: int
    """nginx before the cached frontend, with the image's configuration."""
    found: Mapping[str, object]


def check_programs() -> None:
    """Raises Missing, with what to do, unless wrk and nginx are there."""
    programs = [name for name in ("wrk", "nginx") if shutil.which(name, path=PLACES) is None]
    if programs:
        names = " and ".join(programs)
        raise Missing(
            f"This needs {names}: `apt-get install {' '.join(programs)}` (or your system's way)."
        )


@contextlib.contextmanager
def filled(folder: Path, *, editions: int, seed: int) -> Iterator[dict[str, str]]:
    """Engines in `folder`, filled with so many editions; what the shop's processes are told."""
    with embedded.start(folder) as engines:
        told = {
            **embedded.environment(engines.addresses),
            "DJANGO_SETTINGS_MODULE": "bookstore.settings",
            "SLOW_QUERY_SECONDS": "60",
            "EMAIL_URL": "dummymail://",  # as Oscar's: letters are written, and go nowhere
        }
        fill = [sys.executable, "-m", "benchmarks.filling", "--editions", str(editions)]
        fill += ["--seed", str(seed), "--into", str(folder)]
        subprocess.run(fill, cwd=ROOT, env={**os.environ, **told}, check=True)
        yield told


@contextlib.contextmanager
def standing(folder: Path, told: Mapping[str, str]) -> Iterator[Stand]:
    """Everything of ours that is measured, while it runs."""
    with contextlib.ExitStack() as stack:

        def start(role: str, application: str) -> int:
            return stack.enter_context(role_of(role, application, told))

        frontend, live, whole = (start(role, CACHED) for role in ("frontend", "redis", "all"))
        stack.enter_context(_worker(told))
        yield Stand(
            folder=folder,
            environment=told,
            frontend=frontend,
            live=live,
            whole=whole,
            uncached_frontend=start("frontend", UNCACHED),
            uncached_whole=start("all", UNCACHED),
            door=stack.enter_context(_door(folder, frontend=frontend, live=live, whole=whole)),
            found=json.loads((folder / filling.FOUND).read_text()),
        )


@contextlib.contextmanager
def file_of(folder: Path, size: int) -> Iterator[int]:
    """nginx that sends a file of so many bytes; its port."""
    with static_file(folder / "file", b"x" * size) as port:
        yield port


def gunicorn_settings() -> dict[str, object]:
    """Those of the shop, for whatever is measured beside it."""
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


@contextlib.contextmanager
def role_of(role: str, application: str, told: Mapping[str, str]) -> Iterator[int]:
    """The application in that role, under the shop's gunicorn, once it is ready; its port."""
    port = running.free_port()
    command = [sys.executable, "-m", "gunicorn", application]
    command += ["--config", str(ROOT / "gunicorn.conf.py"), "--bind", f"{HOST}:{port}"]
    environment = {name: value for name, value in told.items() if name not in HIDDEN[role]}
    environment |= {"BOOKSTORE_ROLE": role, "SHOP_URL": f"http://{HOST}:{port}"}
    with running.running(command, port, environment=environment, path="/ready"):
        yield port


@contextlib.contextmanager
def _worker(told: Mapping[str, str]) -> Iterator[None]:
    environment = {**os.environ, **told, "BOOKSTORE_ROLE": "all"}
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(timeout=60)


@contextlib.contextmanager
def _door(folder: Path, *, frontend: int, live: int, whole: int) -> Iterator[int]:
    port = running.free_port()
    upstreams = {"frontend": frontend, "redis": live, "rds": whole}
    command = nginx.configure(
        folder / "nginx",
        listen=f"{HOST}:{port}",
        upstreams={role: f"{HOST}:{upstream}" for role, upstream in upstreams.items()},
        NGINX_RATE_LIMITS="off",
    )
    with running.running(command, port):
        yield port
