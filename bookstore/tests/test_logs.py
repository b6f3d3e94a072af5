"""Log lines are alike whoever writes them, and say nothing personal."""

import datetime
import json
import logging

import pytest
from structlog.contextvars import bound_contextvars

from bookstore.logs import without_personal_data
from bookstore.tests.lines import formatter, written
from bookstore.tests.shell import run

ROLE_REDIS = {
    "BOOKSTORE_ROLE": "redis",
    "SECRET_KEY": "x" * 50,
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DJANGO_SETTINGS_MODULE": "bookstore.settings",
}
SPEAK = """
import logging
from gunicorn.config import Config
from gunicorn.glogging import Logger
gunicorn = Logger(Config())
import django
django.setup()
gunicorn.error("Worker (pid:%s) was sent SIGKILL!", 7)
logging.getLogger("django.request").error("Internal Server Error: %s", "/")
logging.getLogger("procrastinate.worker").warning("Job stalled")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("orders.expiry").exception("Order %s could not expire", "A1")
"""


def test_json_is_one_object_a_line_on_stdout_from_everybody() -> None:
    known = {**ROLE_REDIS, "LOG_FORMAT": "json", "RELEASE": "3f2c1a"}
    outcome = run("-c", SPEAK, environment=known)
    assert outcome.stderr == ""
    lines = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [(line["level"], line["logger"], line["event"]) for line in lines] == [
        ("error", "gunicorn.error", "Worker (pid:7) was sent SIGKILL!"),
        ("error", "django.request", "Internal Server Error: /"),
        ("warning", "procrastinate.worker", "Job stalled"),
        ("error", "orders.expiry", "Order A1 could not expire"),
    ]
    assert {(line["role"], line["release"]) for line in lines} == {("redis", "3f2c1a")}
    for line in lines:
        written_at = datetime.datetime.fromisoformat(line["timestamp"].replace("Z", "+00:00"))
        assert written_at.utcoffset() == datetime.timedelta(0)
    assert lines[3]["exception"].endswith("ZeroDivisionError: division by zero")
    assert "exception" not in lines[0]


def test_text_is_for_people_on_stderr() -> None:
    outcome = run("-c", SPEAK, environment=ROLE_REDIS)
    assert outcome.stdout == ""
    lines = outcome.stderr.splitlines()
    assert lines[:3] == [
        "ERROR gunicorn.error: Worker (pid:7) was sent SIGKILL!",
        "ERROR django.request: Internal Server Error: /",
        "WARNING procrastinate.worker: Job stalled",
    ]
    assert lines[4] == "Traceback (most recent call last):"


def test_a_text_line_ends_with_the_beginning_of_the_requests_number() -> None:
    record = logging.LogRecord("shop", logging.INFO, "", 0, "Open", None, None)
    with bound_contextvars(request_id="0123456789abcdef"):
        assert formatter("text").format(record) == "INFO shop: Open [01234567]"


def test_an_unknown_format_is_refused_by_name() -> None:
    outcome = run("manage.py", "check", environment={**ROLE_REDIS, "LOG_FORMAT": "xml"})
    assert outcome.returncode == 1
    assert outcome.stderr == (
        "Error: LOG_FORMAT is 'xml', which is no form of log lines. Known ones: text, json.\n"
    )


@pytest.mark.parametrize(
    ("said", "written_down"),
    [
        ("No mail for alice.l+x@mail.example.com, again", "No mail for [e-mail], again"),
        ("Failed: /orders/A1/?token=s3cret&a=b now", "Failed: /orders/A1/?[query] now"),
        ("From https://shop.example/?q=my%20illness on", "From https://shop.example/?[query] on"),
        ("/account/password/reset/key/1-a-d/ failed", "/account/password/reset/key/[key]/ failed"),
        ("/account/confirm-email/MQ:1x:y/ failed", "/account/confirm-email/[key]/ failed"),
        ("no\nDETAIL:  Key (name)=(Alice) exists.\nend", "no\nDETAIL: [row]\nend"),
        ("Really? Yes: 3 > 2", "Really? Yes: 3 > 2"),
    ],
)  # fmt: skip
def test_nothing_personal_is_written_down(said: str, written_down: str) -> None:
    assert without_personal_data(said) == written_down


def test_exceptions_say_nothing_personal_either() -> None:
    with written() as lines:
        try:
            raise ValueError("alice@example.com is taken")
        except ValueError:
            # What other packages put into `extra` is not for the log: arguments of jobs, requests.
            logging.getLogger("shop").exception("No", extra={"job": {"to": "alice"}})
    assert lines[0]["exception"].endswith("ValueError: [e-mail] is taken")
    assert "job" not in lines[0]
