"""The worker names and measures its jobs, and says whether it is alive."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, LiteralString

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Max
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.sql import queries
from psycopg import NotSupportedError, OperationalError
from pytest_django import Settings

from bookstore import backlog, working
from bookstore.models import JobFailure
from bookstore.tests.lines import written
from bookstore.tests.shell import CHECKOUT, NOTHING
from catalog.tests.factories import EditionFactory
from orders.models import OrderMessage
from orders.tests.factories import make_order
from tests.patience import eventually


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
    assert JobFailure.objects.get(job=line["job_id"]).message == "RuntimeError: broken on purpose"
    assert line["exception"].endswith("RuntimeError: broken on purpose")
    assert working.ENDED.labels("test.broken", "failed")._value.get() == 1
    assert working.ENDED.labels("test.broken", "succeeded")._value.get() == 0


@pytest.mark.django_db(transaction=True)
def test_who_cannot_write_down_how_a_job_ended_leaves_it_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = app.task(name="test.done")(lambda: None)
    assert isinstance(app.connector, DjangoConnector)
    worker = app.with_connector(app.connector.get_worker_connector())
    monkeypatch.setattr(worker.periodic_registry, "periodic_tasks", {})
    execute = worker.connector.execute_query_async

    async def lose_what_is_done(query: LiteralString, **arguments: Any) -> None:
        if query == queries["finish_job"]:
            raise ConnectorException from OperationalError("server closed the connection")
        await execute(query, **arguments)

    monkeypatch.setattr(worker.connector, "execute_query_async", lose_what_is_done)

    async def work() -> None:
        await asyncio.wait_for(working._work_until(asyncio.Event(), worker), timeout=60)

    try:
        number = task.defer()
        asyncio.run(work())
    finally:
        del app.tasks["test.done"]
    job = ProcrastinateJob.objects.get(pk=number)
    assert (job.status, job.worker) == ("doing", None)  # nobody's: taken over at once
    assert backlog.state(job) == "Stopped with its worker"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("why", "words"),
    [
        (OperationalError("server closed the connection"), "PostgreSQL does not answer"),
        (NotSupportedError("cached plan must not change result type"), "The worker begins anew"),
    ],
)
def test_a_worker_that_begins_anew_says_why(
    why: Exception, words: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_app: object) -> None:
        raise ConnectorException from why

    monkeypatch.setattr(working, "_work", fail)
    monkeypatch.setattr(working, "AWAY_SECONDS", 0.01)
    asyncio.run(working._work_until(asyncio.Event(), app))
    (line,) = [each for each in caplog.records if each.name == working.__name__]
    assert line.getMessage().startswith(words)
    assert str(why) in line.getMessage()


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


class Running:
    """A worker in a process of its own, as the image starts it."""

    def __init__(self, **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        name = connection.settings_dict["NAME"]
        known = {
            "BOOKSTORE_ROLE": "rds",
            "BOOKSTORE_DATA_DIR": str(settings.DATA_DIR),
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": settings.REDIS_URL,
            "DATABASE_URL": os.environ["DATABASE_URL"].replace("/bookstore?", f"/{name}?"),
            "METRICS_PORT": str(self.port),
            "LOG_FORMAT": "json",
            **variables,
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], env={**NOTHING, **known}, cwd=CHECKOUT,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def asked(self, path: str) -> tuple[int, str]:
        return asked(f"http://127.0.0.1:{self.port}{path}")

    def until_ended(self, task: str, outcome: str) -> None:
        """Wait until such a job has."""
        ran = f'bookstore_jobs_ended_total{{outcome="{outcome}",task="{task}"}} '
        eventually(lambda: self._has_ended() or ran in self.asked("/metrics")[1], within=120)
        assert not self._has_ended()

    def _has_ended(self) -> bool:
        return self.process.poll() is not None

    def stopped(self) -> list[dict[str, Any]]:
        """Tell it to stop; its log lines, of which each is JSON."""
        self.process.send_signal(signal.SIGTERM)
        said, _nothing = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def started() -> Iterator[Callable[..., Running]]:
    """Starts workers that do not outlive the test, and find no jobs of earlier ones."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    with contextlib.ExitStack() as stack:

        def start(**variables: str) -> Running:
            running = Running(**variables)
            stack.callback(running.process.kill)
            return running

        yield start


@pytest.mark.django_db(transaction=True)
def test_the_worker_answers_until_it_is_stopped(started: Callable[..., Running]) -> None:
    app.configure_task("orders.forget_baskets").defer(timestamp=0)
    worker = started()
    worker.until_ended("orders.forget_baskets", "succeeded")
    assert worker.asked("/health") == (200, "200 OK\n")
    assert worker.asked("/")[0] == 404
    worker.stopped()


@pytest.mark.django_db(transaction=True)
def test_who_connects_and_says_nothing_keeps_nobody_waiting(
    started: Callable[..., Running],
) -> None:
    app.configure_task("orders.forget_baskets").defer(timestamp=0)
    worker = started()
    worker.until_ended("orders.forget_baskets", "succeeded")
    with socket.create_connection(("127.0.0.1", worker.port)) as silent:
        assert worker.asked("/health") == (200, "200 OK\n")
        silent.settimeout(60)
        assert silent.recv(1) == b""  # it is put out after a while
    with socket.create_connection(("127.0.0.1", worker.port)):
        worker.stopped()


@pytest.mark.django_db(transaction=True)
def test_connections_that_postgresql_has_ended_are_made_anew_at_once() -> None:
    async def asked_again() -> tuple[set[int], int]:
        asking = working.connector()
        await asking.open_async()

        async def pid() -> int:
            row = await asking.execute_query_one_async("SELECT pg_backend_pid() AS pid")
            return int(row["pid"])

        before = {await pid() for _turn in range(12)}  # they take turns
        await asyncio.to_thread(end, before)
        after = await asyncio.wait_for(pid(), timeout=20)
        await asking.close_async()
        return before, after

    def end(pids: set[int]) -> None:
        with contextlib.closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [[*pids]])

    before, after = asyncio.run(asked_again())
    assert after not in before


@pytest.mark.django_db(transaction=True)
def test_the_worker_outlives_postgresql_going_away(started: Callable[..., Running]) -> None:
    app.configure_task("orders.forget_baskets").defer(timestamp=0)
    worker = started()
    worker.until_ended("orders.forget_baskets", "succeeded")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    app.configure_task("bookstore.forget_sessions").defer(timestamp=0)
    worker.until_ended("bookstore.forget_sessions", "succeeded")
    # What the clock does goes over another connection.
    clock = ProcrastinateJob.objects.filter(task_name="catalog.heal_memory")
    latest = clock.aggregate(latest=Max("pk"))["latest"] or 0
    eventually(clock.filter(pk__gt=latest).exists, within=60)
    worker.stopped()


# --- E-mails ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_purchases_e_mail_is_no_log_line(tmp_path: Path, started: Callable[..., Running]) -> None:
    order = make_order({EditionFactory.create(stock=1): 1})
    worker = started(EMAIL_URL=f"filemail:///{tmp_path}")
    worker.until_ended("orders.send_message", "succeeded")
    assert order.email not in str(worker.stopped())
    letters = [file.read_text() for file in tmp_path.iterdir()]
    assert any(f"To: {order.email}" in letter for letter in letters)


@pytest.mark.django_db(transaction=True)
def test_without_a_mail_server_the_e_mail_waits(started: Callable[..., Running]) -> None:
    order = make_order({EditionFactory.create(stock=1): 1})
    worker = started()
    worker.until_ended("orders.send_message", "failed")
    lines = worker.stopped()
    # The order is an old one, which the worker may cancel and write about, too.
    job = ProcrastinateJob.objects.get(task_name="orders.send_message", args__kind="placed")
    said = [line for line in lines if line.get("job_id") == job.pk]
    (line,) = (line for line in said if line["event"] != "Slow query")  # on a busy machine
    assert (line["level"], line["event"]) == (
        "error", "EMAIL_URL is missing, so no e-mail can leave.",
    )  # fmt: skip
    assert order.email not in str(lines)
    assert (job.status, job.attempts) == ("todo", 1)
    waiting = OrderMessage.objects.waiting().get(order=order, kind="placed")
    assert "EMAIL_URL is missing" in waiting.problem
