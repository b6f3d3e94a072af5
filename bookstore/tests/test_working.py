"""The worker names and measures its jobs, and says whether it is alive."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from bookstore import working
from bookstore.tests.lines import written
from bookstore.tests.shell import CHECKOUT, NOTHING


def asked(url: str) -> tuple[int, str]:
    """Status and body; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


# --- Jobs ---------------------------------------------------------------------------------------


def run_one(name: str, job: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Has a worker run `job` once; the log lines of that."""
    task = app.task(name=name)(job)
    try:
        task.defer()
        with written() as lines:
            assert isinstance(app.connector, DjangoConnector)
            worker = app.with_connector(app.connector.get_worker_connector())
            # The clock defers nothing meanwhile.
            monkeypatch.setattr(worker.periodic_registry, "periodic_tasks", {})
            worker.run_worker(
                wait=False,
                install_signal_handlers=False,
                listen_notify=False,
                worker_middleware=[working.counted],
                task_middleware=[working.timed],
            )
    finally:
        del app.tasks[name]
    return [line for line in lines if line.get("task") == name]


@pytest.mark.django_db(transaction=True)
def test_a_jobs_lines_name_it_and_its_statements_are_timed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SLOW_QUERY_SECONDS = 0.001

    def job() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
        logging.getLogger("shop").warning("Half done")
        connection.close()

    lines = run_one("test.slow", job, monkeypatch)
    number = ProcrastinateJob.objects.get(task_name="test.slow").pk
    assert [(line["event"], line["job_id"]) for line in lines] == [
        ("Slow query", number),
        ("Half done", number),
    ]
    assert lines[0]["route"] == "test.slow"
    assert working.ENDED.labels("test.slow", "succeeded")._value.get() == 1
    assert working.DATABASE_SECONDS.labels("test.slow")._value.get() >= 0.01
    assert working.SECONDS.labels("test.slow")._sum.get() >= 0.01


@pytest.mark.django_db(transaction=True)
def test_a_failure_names_its_job_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def job() -> None:
        raise RuntimeError("broken on purpose")

    (line,) = run_one("test.broken", job, monkeypatch)
    assert (line["level"], line["logger"]) == ("error", "procrastinate.worker")
    assert line["job_id"] == ProcrastinateJob.objects.get(task_name="test.broken").pk
    assert line["exception"].endswith("RuntimeError: broken on purpose")
    assert working.ENDED.labels("test.broken", "failed")._value.get() == 1
    assert working.ENDED.labels("test.broken", "succeeded")._value.get() == 0


# --- /health and /metrics -----------------------------------------------------------------------


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_loop_that_turns_is_alive(loop: asyncio.AbstractEventLoop) -> None:
    assert working.is_alive(loop)


def test_a_loop_that_is_stuck_is_not(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "ANSWER_SECONDS", 0.05)
    release = threading.Event()
    loop.call_soon_threadsafe(release.wait)
    assert not working.is_alive(loop)
    statuses: list[str] = []
    answer = working.observing(loop)
    body = answer({"PATH_INFO": "/health"}, lambda status, headers: statuses.append(status))
    assert (statuses, list(body)) == (
        ["503 Service Unavailable"], [b"503 Service Unavailable\n"],
    )  # fmt: skip
    release.set()
    monkeypatch.setattr(working, "ANSWER_SECONDS", 30)
    assert working.is_alive(loop)


def test_a_loop_that_has_ended_is_not() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    assert not working.is_alive(loop)


@pytest.mark.django_db(transaction=True)
def test_the_worker_answers_until_it_is_stopped() -> None:
    app.configure_task("orders.forget_baskets").defer(timestamp=0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = os.environ["DATABASE_URL"].replace("/bookstore?", f"/{connection.settings_dict['NAME']}?")
    known = {
        "BOOKSTORE_ROLE": "rds",
        "BOOKSTORE_DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
        "DATABASE_URL": url,
        "METRICS_PORT": str(port),
    }
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"], env={**NOTHING, **known}, cwd=CHECKOUT
    )
    try:
        ran = 'bookstore_jobs_ended_total{outcome="succeeded",task="orders.forget_baskets"} 1.0'
        deadline = time.monotonic() + 60
        while ran not in asked(f"http://127.0.0.1:{port}/metrics")[1]:
            assert time.monotonic() < deadline
            assert worker.poll() is None
            time.sleep(0.1)
        assert asked(f"http://127.0.0.1:{port}/health") == (200, "200 OK\n")
        assert asked(f"http://127.0.0.1:{port}/")[0] == 404
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
