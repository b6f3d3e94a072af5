"""What each process counts of its requests, and `/metrics`, where Prometheus reads it.

docs/observability.md says what each figure means. Labels are few on purpose: a route is the pattern
of an address, never the address itself.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from bookstore import figures, health
from bookstore.queries import watched
from bookstore.roles import DatabaseAccess
from caching.measuring import Spent, labelled, spending

PATH = "/metrics"
NO_ROUTE = "none"  # static files, unknown addresses, what was refused before it was looked up
MATCH = "bookstore.match"  # where the WSGI environment says which address answered
TRIED = "bookstore.tried"  # and where, since when something was tried in vain, and what that spent
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds

Answer = Callable[[HttpRequest], HttpResponse]

REQUESTS = Counter("bookstore_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "bookstore_request_seconds", "Time until the answer was made.", ["route"], buckets=BUCKETS
)
DATABASE_SECONDS = Counter(
    "bookstore_request_database_seconds", "Time that requests spent in PostgreSQL.", ["route"]
)
QUERIES = Counter("bookstore_request_queries", "Statements that requests sent.", ["route"])
REDIS_SECONDS = Counter(
    "bookstore_request_redis_seconds", "Time that requests spent in Redis.", ["route"]
)
REDIS_COMMANDS = Counter(
    "bookstore_request_redis_commands",
    "Commands that requests sent to Redis; a pipeline is one.",
    ["route"],
)


def middleware(get_response: Answer) -> Answer:
    """Count each request; answer `/metrics` to whoever asks this process itself."""

    def answer(request: HttpRequest) -> HttpResponse:
        # Before hosts are checked: Prometheus comes by the address of the machine. Whoever came
        # through a proxy is a visitor, for whom there is no such page.
        if request.path_info == PATH and "X-Forwarded-For" not in request.headers:
            return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
        started_at, tried = request.META.get(TRIED, (time.perf_counter(), None))
        with watched(lambda: route_of(request.resolver_match)) as watch, spending(tried) as spent:
            response = get_response(request)
        if is_probe(request):
            return response
        match = request.META[MATCH] = request.resolver_match
        route = route_of(match)
        method = request.method if request.method in METHODS else "other"
        count(route, method, response.status_code, time.perf_counter() - started_at, spent)
        if watch.statements:
            labelled(DATABASE_SECONDS, route).inc(watch.seconds)
            labelled(QUERIES, route).inc(watch.statements)
        return response

    return answer


def count(route: str, method: str, status: int, seconds: float, spent: Spent) -> None:
    """One request answered, `seconds` after it came, with what it `spent` in Redis."""
    labelled(REQUESTS, route, method, str(status)).inc()
    labelled(SECONDS, route).observe(seconds)
    if spent.commands:
        labelled(REDIS_SECONDS, route).inc(spent.seconds)
        labelled(REDIS_COMMANDS, route).inc(spent.commands)


def is_probe(request: HttpRequest) -> bool:
    """Whether a balancer or container asks how this process is: that is no visitor's request."""
    match = request.resolver_match
    return match is not None and match.func in (health.health, health.ready)


def route_of(match: ResolverMatch | None) -> str:
    """The pattern of a request's address, as the URL configuration has it."""
    return f"/{match.route}" if match else NO_ROUTE


def exposition() -> bytes:
    """All figures in Prometheus's own text: of all workers together, and as of now."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # set by gunicorn.conf.py
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    now = CollectorRegistry()
    now.register(AsOfNow())
    return generate_latest(registry) + generate_latest(now)


class AsOfNow:
    """What is looked up when Prometheus asks, and not counted along the way."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures, one family after the other; none of them can fail the others."""
        yield from _memory()
        up = GaugeMetricFamily("bookstore_up", "Whether a store answers.", labels=["store"])
        answering = {store: not trouble() for store, trouble in health.checks().items()}
        for store, is_up in answering.items():
            up.add_metric([store], is_up)
        yield up
        if settings.ROLE.database is DatabaseAccess.OWNER and answering["postgresql"]:
            yield from figures.collect()


def _memory() -> Iterator[GaugeMetricFamily]:
    """Resident memory of gunicorn's master and its workers together, where Linux tells it."""
    family = GaugeMetricFamily("bookstore_memory_bytes", "Resident memory, all workers together.")
    master = os.getppid() if "PROMETHEUS_MULTIPROC_DIR" in os.environ else os.getpid()
    try:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except OSError:
        return
    pages = sum(_resident_pages(pid) for pid in (str(master), *children))
    family.add_metric([], pages * os.sysconf("SC_PAGE_SIZE"))
    yield family


def _resident_pages(pid: str) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:  # it has ended meanwhile
        return 0
