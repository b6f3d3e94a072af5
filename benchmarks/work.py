"""`make bench ARGS=work`: how long the processor works for a page that nobody has kept.

Asks the shop's WSGI application in this process, one request after the other, with the shop's own
answers bypassed, and adds up what this process and its PostgreSQL have worked: others on the
machine trouble that less than a clock. Beside it stands the bare Django view (bare.py), asked in
the same way a moment before. Flows are a visitor's requests one by one, added up.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import stand
from benchmarks.flows import ADDRESS, EMAIL
from benchmarks.running import ROOT
from benchmarks.session import Page

HOST = "127.0.0.1"
ROLES = {"pages": "frontend", "flows": "all"}
GROUPS = 5  # of requests, each timed together; the least disturbed of them counts

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


class Visitor:
    """Somebody who keeps cookies, before an application in this process."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._send("GET", path, b"")

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send a form."""
        return self._send("POST", path, urlencode(fields).encode())

    def _send(self, method: str, address: str, body: bytes) -> Page:
        path, _mark, query = address.partition("?")
        told: dict[str, str] = {}

        def start(status: str, headers: list[tuple[str, str]], _trouble: object = None) -> None:
            told["status"] = status
            for name, value in headers:
                if name == "Set-Cookie":
                    cookie, _equals, said = value.split(";", 1)[0].partition("=")
                    self._cookies[cookie] = said
                elif name == "Location":
                    told["location"] = value

        answer = self._application(self._environ(method, path, query, body), start)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return Page(address, int(told["status"][:3]), told.get("location", ""), content)

    def _environ(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": HOST, "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": HOST, "HTTP_ORIGIN": f"http://{HOST}", "REMOTE_ADDR": HOST,
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": True,
            "wsgi.run_once": False, **({"HTTP_COOKIE": cookies} if cookies else {}),
        }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 when an answer was not the expected one."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=work", description=__doc__)
    parser.add_argument("--editions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", type=int, default=100, help="for each page")
    parser.add_argument("--folder", help="where the catalogue is kept for the next time")
    parser.add_argument("--only", nargs="*", choices=("pages", "flows"), default=("pages", "flows"))
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = Path(options.folder or stack.enter_context(tempfile.TemporaryDirectory()))
        filled = stand.filled(folder, editions=options.editions, seed=options.seed)
        told = stack.enter_context(filled)
        return max(measured(told, options.requests, only=options.only))


def measured(told: Mapping[str, str], requests: int, *, only: Sequence[str]) -> Iterator[int]:
    """The exit codes of a process for each kind, told its stores as `serve` tells them."""
    for kind in only:
        role = ROLES[kind]
        mine = {name: value for name, value in told.items() if name not in stand.HIDDEN[role]}
        settings = {**mine, "BOOKSTORE_ROLE": role, "RATE_LIMITS": "off", "HTTPS_ONLY": "off"}
        environment = {**os.environ, **settings, "SHOP_URL": f"http://{HOST}"}
        for name in stand.HIDDEN[role]:
            environment.pop(name, None)
        bare = _run(["bare", str(requests)], environment, subprocess.PIPE).stdout.strip()
        yield _run([kind, str(requests), bare], environment).returncode


def _run(
    arguments: Sequence[str], environment: Mapping[str, str], stdout: int | None = None
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks.work", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=dict(environment), stdout=stdout, text=True, check=False
    )


def _bare(requests: int) -> None:
    from benchmarks.bare import application

    visitor = Visitor(application)
    print(_per_request(lambda: visitor.get("/").expect(200), requests * GROUPS, _own_seconds))


def _pages(requests: int, bare: float) -> int:
    from benchmarks.uncached import application

    _head(bare)
    for name, path in _addresses():
        visitor = Visitor(application)
        visitor.get(path).expect(200)
        statements = _counted(lambda: visitor.get(path))  # noqa: B023 - called at once
        worked = _per_request(lambda: visitor.get(path), requests, _seconds)  # noqa: B023 - the same
        _line(name, worked, bare, statements)
    return 0


def _flows(requests: int, bare: float) -> int:
    """Each request of a guest's way from the book to the order, and what they come to."""
    from benchmarks.uncached import application

    _head(bare)
    worked: dict[str, list[float]] = {}
    statements: dict[str, int] = {}

    def step(name: str, ask: Callable[[], Page]) -> Page:
        began = _seconds()
        page: list[Page] = []
        statements[name] = _counted(lambda: page.append(ask()))
        worked.setdefault(name, []).append(_seconds() - began)
        return page[0]

    for _turn in range(requests):
        _buy(Visitor(application), step)
    for group, names in (("into the basket", list(worked)[:3]), ("guest checkout", list(worked))):
        for name in names if group == "into the basket" else names[3:]:
            _line(name, statistics.median(worked[name]), bare, statements[name])
        whole = sum(statistics.median(worked[name]) for name in names)
        _line(f"= {group}", whole, bare, sum(statements[name] for name in names))
    return 0


def _buy(visitor: Visitor, step: Callable[[str, Callable[[], Page]], Page]) -> None:
    url = _book()
    page = step("book", lambda: visitor.get(url)).expect(200)
    form = page.form("/basket/lines/")
    added = step("its button", lambda: visitor.post("/basket/lines/", form)).expect(303)
    step("basket", lambda: visitor.get(added.location)).expect(200)
    page = step("checkout", lambda: visitor.get("/checkout/")).expect(200)
    typed = {**page.form("/checkout/"), **ADDRESS, "email": EMAIL, "payment_method": "offline"}
    placed = step("its button: the order", lambda: visitor.post("/checkout/", typed)).expect(303)
    step("the order's page", lambda: visitor.get(placed.location)).expect(200)


def _addresses() -> Iterator[tuple[str, str]]:
    from catalog.models import Edition, Recommendation, StaffList, Subject

    subject = Subject.objects.filter(parent=None).order_by("-size", "path")[0]
    works = Recommendation.objects.order_by("work").values("work")[:1]
    books = Edition.objects.offered().select_related("work")
    book = books.filter(work__in=works).first() or books.order_by("pk")[100]
    yield "book", book.get_absolute_url()
    yield "subject", subject.get_absolute_url()
    yield "search, no word", "/search/"
    yield "search, common word", "/search/?q=house"
    yield "search, rare word", "/search/?q=orchard+meadow"
    yield "contributor", book.work.contributions.all()[0].contributor.get_absolute_url()
    yield "imprint", book.imprint.get_absolute_url()
    yield "new", "/new/"
    yield "home", "/"
    for staff_list in StaffList.objects.all()[:1]:
        yield "staff list", staff_list.get_absolute_url()


def _book() -> str:
    from catalog.models import Edition

    edition = Edition.objects.filter(stocks__on_hand__gte=1_000).select_related("work")[0]
    return edition.get_absolute_url()


def _per_request(ask: Callable[[], object], requests: int, clock: Callable[[], float]) -> float:
    """Seconds of work, of the least disturbed of GROUPS groups of requests."""
    for _turn in range(10):
        ask()
    found = []
    for _group in range(GROUPS):
        began = clock()
        for _turn in range(max(1, requests // GROUPS)):
            ask()
        found.append((clock() - began) / max(1, requests // GROUPS))
    return min(found)


def _seconds() -> float:
    """What this process and its PostgreSQL have worked."""
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return _own_seconds() + int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _own_seconds() -> float:
    return time.process_time()


def _counted(ask: Callable[[], object]) -> int:
    """How many statements it takes."""
    from django.db import connection

    counted: Counter[str] = Counter()

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        counted["statements"] += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        ask()
    return counted["statements"]


def _head(bare: float) -> None:
    from django.conf import settings

    from bookstore.serving.warmth import warm_up

    # One connection, so that its process works all that PostgreSQL works for us.
    settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 1
    warm_up()  # as gunicorn's processes do
    print(f"load {os.getloadavg()[0]:.1f}; bare Django view {bare * 1000:.3f} ms\n")
    print(f"{'':28}{'work':>9}{'ratio':>8}{'statements':>12}", flush=True)


def _line(name: str, worked: float, bare: float, statements: int) -> None:
    print(f"{name:28}{worked * 1000:6.2f} ms{bare / worked:8.3f}{statements:12}", flush=True)


if __name__ == "__main__":
    kind, number, *rest = sys.argv[1:]
    if kind == "bare":
        _bare(int(number))
        sys.exit(0)
    from bookstore import wsgi  # sets Django up as gunicorn has it, with a pool of connections

    assert wsgi.application  # noqa: S101 - imported for what it does
    sys.exit({"pages": _pages, "flows": _flows}[kind](int(number), float(rest[0])))
