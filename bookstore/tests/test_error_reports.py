"""What fails is reported to Sentry, with the request's number and without who asked."""

import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bookstore.tests.shell import run

KNOWN = {
    "BOOKSTORE_ROLE": "redis",
    "DJANGO_SETTINGS_MODULE": "bookstore.settings",
    "SECRET_KEY": "x" * 50,
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SHOP_URL": "https://staging.shop.example/",
    "HTTPS_ONLY": "off",
    "RELEASE": "3f2c1a",
}
FAIL = """
import io, logging
from bookstore.wsgi import application
import sentry_sdk
from bookstore import urls
from django.test import RequestFactory
from django.urls import path

def broken(request):
    logging.getLogger("shop").warning("bob@example.com came by")
    password = request.POST["password"]
    raise RuntimeError("alice@example.com cannot be saved")

urls.urlpatterns.append(path("broken", broken))
environ = RequestFactory().post(
    "/broken?token=s3cret", "password=hunter2", "application/x-www-form-urlencoded",
    headers={
        "host": "localhost", "X-Request-ID": "f3b1-from-nginx", "Authorization": "Bearer t0ken",
        "Cookie": "visitor=a-session-key",
    },
).environ
environ["wsgi.input"] = io.BytesIO(b"password=hunter2")
list(application(environ, lambda status, headers: print(status)))
sentry_sdk.flush(20)
"""

TWICE = """
import io
from bookstore.wsgi import application
import sentry_sdk
from django.test import RequestFactory

for number in ("the-first-one", "the-second-one"):
    environ = RequestFactory().get(
        "/live/visitor",
        headers={"host": "localhost", "X-Request-ID": number, "Cookie": f"visitor={number}"},
    ).environ
    environ["wsgi.input"] = io.BytesIO()
    list(application(environ, lambda status, headers: print(status)))
sentry_sdk.flush(20)
"""


@pytest.fixture
def reports() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A Sentry of our own: its DSN, and the events that it was sent."""
    received: list[dict[str, Any]] = []

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            parts = [json.loads(line) for line in body.splitlines() if line]
            received.extend(part for part in parts if {"exception", "logentry"} & part.keys())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Sentry)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_failure_is_reported_without_the_person(
    reports: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    dsn, received = reports
    no_files = {"STATIC_ROOT": str(tmp_path)}  # or `make run` has collected some
    outcome = run("-c", FAIL, environment={**KNOWN, **no_files, "SENTRY_DSN": dsn})
    assert outcome.stdout == "500 Internal Server Error\n", outcome.stderr
    # Without collected files the page fails too, and a line in the log reports that.
    event, about_the_page = received
    (failure,) = event["exception"]["values"]
    assert (failure["type"], failure["value"]) == ("RuntimeError", "[e-mail] cannot be saved")
    assert event["tags"] == {"role": "redis", "request_id": "f3b1-from-nginx"}
    assert (event["release"], event["environment"]) == ("3f2c1a", "staging.shop.example")
    assert event["request"] == {"method": "POST", "url": "http://localhost/broken"}
    assert event["transaction"] == "/broken"
    messages = [each.get("message") for each in event["breadcrumbs"]["values"]]
    assert "[e-mail] came by" in messages
    assert about_the_page["logger"] == "storefront.views.errors"
    assert about_the_page["tags"] == event["tags"]
    everything = json.dumps(received)
    for secret in ("example.com cannot", "s3cret", "hunter2", "a-session-key", "t0ken"):
        assert secret not in everything


def test_what_fails_on_the_short_way_is_reported_with_its_own_request(
    reports: tuple[str, list[dict[str, Any]]],
) -> None:
    dsn, received = reports
    outcome = run("-c", TWICE, environment={**KNOWN, "SENTRY_DSN": dsn})
    assert outcome.stdout == "200 OK\n200 OK\n", outcome.stderr
    (event,) = received
    assert event["logentry"]["message"].startswith("%s is away")
    assert event["tags"] == {"role": "redis", "request_id": "the-second-one"}
    assert event["request"] == {"method": "GET", "url": "http://localhost/live/visitor"}
    told = [each["category"] for each in event["breadcrumbs"]["values"]]
    assert told.count("redis") == 1


def test_without_an_address_the_sdk_is_not_loaded() -> None:
    loaded = "import sys, bookstore.wsgi; print('sentry_sdk' in sys.modules)"
    outcome = run("-c", loaded, environment=KNOWN)
    assert outcome.stdout == "False\n", outcome.stderr
