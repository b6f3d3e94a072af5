"""Starts PostgreSQL and Redis for a test run, before the settings are read.

A pytest plugin (`-p tests.engines`). DATABASE_URL and REDIS_URL win when they are given. Several
runs at once each get a data folder of their own, and so does, inside Redis, each of the processes
that share a run. Besides, Python looks less often for garbage in a process with so many tests.
"""

import contextlib
import gc
import os
import shutil
from collections.abc import Generator
from urllib.parse import parse_qsl, urlencode

import pytest

from bookstore import embedded

CONCURRENT_RUNS = 16
GARBAGE = (50_000, 20, 50)
"""Python's own (700, 10, 10) costs a third of the time that it takes to migrate."""

ENVIRONMENT = {
    "BOOKSTORE_ROLE": "all",
    "DEBUG": "off",
    "HTTPS_ONLY": "off",
    "FAKE_PAYMENTS": "on",
    "RATE_LIMITS": "off",
    "EMAIL_URL": "memorymail://",
    "SECRET_KEY": "only for tests",
}


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later search: thousands of tests, and all modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Have the stores, and the environment that names them, before anything reads it."""
    if embedded.are_needed():
        stack = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        addresses = _start(stack).addresses
        os.environ.update(ENVIRONMENT)
        os.environ["BOOKSTORE_DATA_DIR"] = str(addresses.data_dir)
        os.environ.update(embedded.environment(addresses))
        (addresses.data_dir / "static").mkdir(exist_ok=True)  # WhiteNoise looks whether it is there
    os.environ["REDIS_URL"] = own_redis(os.environ["REDIS_URL"])
    return (yield)


def _start(stack: contextlib.ExitStack) -> embedded.Running:
    for number in range(1, CONCURRENT_RUNS):
        data_dir = embedded.data_folder() / f"test-{number}"
        with contextlib.suppress(embedded.InUse):
            try:
                return stack.enter_context(embedded.start(data_dir, durable=False))
            except embedded.InUse:
                raise
            except embedded.EngineError:
                # Nothing in it is worth keeping, and the machine may have stopped in the middle.
                shutil.rmtree(data_dir)
                return stack.enter_context(embedded.start(data_dir, durable=False))
    raise pytest.UsageError(f"{CONCURRENT_RUNS} test runs at once are too many.")


def own_redis(url: str) -> str:
    """The database of `url` that belongs to this process of the run alone."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")
    address, _, query = url.partition("?")
    options = dict(parse_qsl(query)) | {"db": str(int(worker.removeprefix("gw")) + 1)}
    return f"{address}?{urlencode(options)}"
