"""`/metrics` counts what happened by route, and looks up how the shop stands."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.urls import resolve
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from bookstore import metrics
from bookstore.tests.shell import CHECKOUT, NOTHING, run
from catalog.tests.factories import EditionFactory
from orders.models import Order
from orders.refunds import refund_by_staff
from orders.tests.factories import NOW, make_order
from storefront.tests.shop import open_shop
from tests.people import carol

FIGURES_QUERIES = 6
ASK = """
import sys
import django
django.setup()
from django.test import Client
response = Client().get("/metrics", headers={"host": "10.0.0.7:8000"})
sys.stdout.write(response.content.decode())
assert response.status_code == 200, response
"""


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def samples(text: str) -> dict[str, float]:
    """The value of each sample, by name and labels as Prometheus writes them."""
    return {
        sample.name + "".join(f" {value}" for _name, value in sorted(sample.labels.items())):
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }  # fmt: skip


def scraped(client: Client) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    return samples(response.content.decode())


# --- Requests -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_address(client: Client) -> None:
    address = open_shop().get_absolute_url()
    assert client.get(address).status_code == 200
    route = f"/{resolve(address).route}"
    assert route != address
    labels = {"route": route, "method": "GET", "status": "200"}
    before = counted("bookstore_requests_total", **labels)
    slowest = counted("bookstore_request_seconds_bucket", route=route, le="+Inf")
    assert client.get(address).status_code == 200
    assert counted("bookstore_requests_total", **labels) == before + 1
    assert counted("bookstore_request_seconds_bucket", route=route, le="+Inf") == slowest + 1
    assert address not in client.get("/metrics").content.decode()


@pytest.mark.django_db
def test_what_asks_whether_a_role_is_well_is_no_request(client: Client) -> None:
    for path in ("/health", "/ready", "/api/ready", "/live/ready"):
        assert client.get(path).status_code == 200
    assert "/health" not in (text := client.get("/metrics").content.decode())
    assert "ready" not in text


@pytest.mark.parametrize(
    ("method", "said", "address", "status"),
    [("GET", "GET", "/no/such/page/", 404), ("BREW", "other", "/live/suggest", 405)],
)
def test_what_anybody_may_invent_makes_no_label(
    client: Client, method: str, said: str, address: str, status: int
) -> None:
    labels = {
        "route": metrics.NO_ROUTE if status == 404 else address,
        "method": said,
        "status": str(status),
    }
    before = counted("bookstore_requests_total", **labels)
    assert client.generic(method, address).status_code == status
    assert counted("bookstore_requests_total", **labels) == before + 1


@pytest.mark.django_db
def test_queries_and_redis_are_counted_by_route(client: Client) -> None:
    address = open_shop().get_absolute_url()
    route = f"/{resolve(address).route}"
    names = (
        "bookstore_request_queries_total",
        "bookstore_request_redis_commands_total",
        "bookstore_request_database_seconds_total",
        "bookstore_request_redis_seconds_total",
    )
    before = [counted(name, route=route) for name in names]
    assert client.get(address).status_code == 200
    queries, commands, *seconds = (
        counted(name, route=route) - earlier for name, earlier in zip(names, before, strict=True)
    )
    assert queries == int(queries) >= 1
    assert commands == int(commands) >= 1
    assert all(0 < each < 60 for each in seconds)


@pytest.mark.django_db
def test_cached_answers_are_counted_by_outcome(client: Client) -> None:
    def outcomes() -> list[float]:
        return [
            counted("bookstore_cached_answers_total", answer="home_page", outcome=outcome)
            for outcome in ("miss", "hit")
        ]

    misses, hits = outcomes()
    client.get("/")
    client.get("/")
    assert outcomes() == [misses + 1, hits + 1]


# --- Who may ask --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_prometheus_comes_by_the_machines_address(client: Client) -> None:
    response = client.get("/metrics", headers={"host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")


def test_who_came_through_a_proxy_finds_nothing(client: Client) -> None:
    response = client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})
    assert response.status_code == 404
    assert "bookstore_requests" not in response.content.decode()


# --- The shop's figures -------------------------------------------------------------------------


@pytest.fixture
def busy_shop() -> dict[str, Order]:
    """Two copies each in an order that waits, one that is paid, and one that was refunded."""
    edition = EditionFactory.create(stock=6)
    EditionFactory.create(stock=1)
    EditionFactory.create(format="ebook")
    clerk = carol()
    orders = {state: make_order({edition: 2}) for state in ("waiting", "paid", "refunded")}
    for state in ("paid", "refunded"):
        orders[state].mark_paid(at=NOW, actor=clerk)
    orders["refunded"].cancel(actor=clerk, at=NOW)
    refund_by_staff(order=orders["refunded"], at=NOW, actor=clerk, amount=Decimal("4.00"))
    EditionFactory.create()
    return orders


@pytest.mark.django_db
def test_the_figures_are_the_records(
    client: Client,
    busy_shop: dict[str, Order],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH old AS (UPDATE procrastinate_events SET at = now() - interval '90 seconds')"
            " UPDATE procrastinate_jobs SET scheduled_at = NULL"
        )
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status)"
            " VALUES ('default', 'any', 0, '{}', 'failed'), ('default', 'any', 0, '{}', 'failed')"
        )
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        (waiting,) = cursor.fetchone()
    with django_assert_num_queries(FIGURES_QUERIES + 1):  # and whether PostgreSQL answers
        seen = scraped(client)
    total = float(busy_shop["paid"].total_amount)
    expected = {
        "bookstore_orders awaiting_payment": 1,
        "bookstore_orders paid": 1,
        "bookstore_orders shipped": 0,
        "bookstore_orders completed": 0,
        "bookstore_orders canceled": 1,
        "bookstore_payments USD": 2,
        "bookstore_payments_amount USD": 2 * total,
        "bookstore_refunds USD": 1,
        "bookstore_refunds_amount USD": 4,
        "bookstore_editions_offered": 4,
        "bookstore_editions_out_of_stock": 1,
        "bookstore_jobs waiting": waiting,
        "bookstore_jobs running": 0,
        "bookstore_jobs failed": 2,
        "bookstore_up postgresql": 1,
        "bookstore_up redis": 1,
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert 90 <= seen["bookstore_oldest_job_seconds"] < 90 + 600


@pytest.mark.django_db
def test_an_empty_shop_has_figures_too(client: Client) -> None:
    seen = scraped(client)
    assert seen["bookstore_orders paid"] == 0
    assert seen["bookstore_refunds_amount USD"] == 0
    assert seen["bookstore_oldest_job_seconds"] == 0
    assert seen["bookstore_memory_bytes"] > 1_000_000


@pytest.mark.django_db
def test_a_figure_that_fails_does_not_fail_the_rest(client: Client) -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if 'FROM "orders_order"' in sql:
            raise OperationalError("too slow")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        seen = scraped(client)
    assert "bookstore_orders paid" not in seen
    assert seen["bookstore_jobs failed"] == 0
    assert seen["bookstore_payments USD"] == 0


@pytest.mark.parametrize("gone", [FileNotFoundError, ProcessLookupError])
def test_a_worker_that_ends_meanwhile_takes_no_memory(
    monkeypatch: pytest.MonkeyPatch, gone: type[OSError]
) -> None:
    def read(path: Path) -> str:
        if path.name == "statm":
            raise gone
        return "1 2"

    monkeypatch.setattr(Path, "read_text", read)
    (family,) = metrics._memory()
    assert family.samples[0].value == 0


def environment(role: str, **variables: str) -> dict[str, str]:
    return {
        "BOOKSTORE_ROLE": role,
        "DJANGO_SETTINGS_MODULE": "bookstore.settings",
        "BOOKSTORE_DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
        **variables,
    }


def test_without_its_stores_a_role_still_answers() -> None:
    dead = "postgresql://nobody@127.0.0.1:1/none"
    known = environment("rds", DATABASE_URL=dead, REDIS_URL="redis://127.0.0.1:1/0")
    outcome = run("-c", ASK, environment=known)
    assert outcome.returncode == 0, outcome.stderr
    seen = samples(outcome.stdout)
    assert (seen["bookstore_up postgresql"], seen["bookstore_up redis"]) == (0, 0)
    assert "bookstore_orders paid" not in seen


def test_role_redis_tells_of_redis_alone() -> None:
    outcome = run("-c", ASK, environment=environment("redis"))
    assert outcome.returncode == 0, outcome.stderr
    seen = samples(outcome.stdout)
    assert seen["bookstore_up redis"] == 1
    assert "bookstore_up postgresql" not in seen
    assert not [name for name in seen if name.startswith("bookstore_orders")]


# --- Several processes --------------------------------------------------------------------------


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[int]:
    """The port of role redis under gunicorn, in two processes, that writes to `tmp_path`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    known = environment("redis", WEB_CONCURRENCY="2", TMPDIR=str(tmp_path), HTTPS_ONLY="off")
    gunicorn = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"],
        env={**NOTHING, **known}, cwd=CHECKOUT,
    )  # fmt: skip
    yield port
    gunicorn.send_signal(signal.SIGTERM)
    assert gunicorn.wait(timeout=60) == 0
    assert list(tmp_path.glob("bookstore-metrics-*")) == []


def fetched(url: str) -> str:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return str(response.read().decode())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_workers_count_together(two_workers: int, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{two_workers}"
    for _each in range(10):
        fetched(f"{address}/live/suggest?q=a")
    seen = samples(fetched(f"{address}/metrics"))
    assert seen["bookstore_requests_total GET /live/suggest 200"] == 10
    assert seen["bookstore_memory_bytes"] > 50_000_000  # a master and two workers
    (folder,) = tmp_path.glob("bookstore-metrics-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert folder.stat().st_uid == os.getuid()
    written_by = {re.sub(r"\D", "", file.name) for file in folder.glob("counter_*.db")}
    assert 1 <= len(written_by) <= 2
