"""Log lines are alike whoever writes them, and say nothing personal."""

import datetime
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from bookstore.logs import LONGEST, without_personal_data
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
logging.getLogger("procrastinate.worker").warning("Job stalled")
logging.getLogger("botocore.credentials").info("Found credentials in environment variables.")
logging.getLogger("django.request").error("Service Unavailable: %s", "/ready")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("django.request").error("Internal Server Error: %s", "/", exc_info=True)
    logging.getLogger("orders.expiry").exception("Order %s could not expire", "A1")
"""


def test_json_is_one_object_a_line_on_stdout_from_everybody() -> None:
    known = {**ROLE_REDIS, "LOG_FORMAT": "json", "RELEASE": "3f2c1a"}
    outcome = run("-c", SPEAK, environment=known)
    assert outcome.stderr == ""
    lines = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [(line["level"], line["logger"], line["event"]) for line in lines] == [
        ("error", "gunicorn.error", "Worker (pid:7) was sent SIGKILL!"),
        ("warning", "procrastinate.worker", "Job stalled"),
        ("error", "django.request", "Internal Server Error: /"),
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
        "WARNING procrastinate.worker: Job stalled",
        "ERROR django.request: Internal Server Error: /",
    ]
    assert lines[3] == "Traceback (most recent call last):"


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
        ("GET /orders/A1/?token and /?a,b", "GET /orders/A1/?[query] and /?[query]"),
        ("at postgresql://shop:s3cr=et@postgres/x", "at postgresql://[login]@postgres/x"),
        ("at redis://:s3cret@redis:6379/0", "at redis://[login]@redis:6379/0"),
        ("shop:s3cret@postgres says no", "shop:[e-mail] says no"),
        ("(email)=(o'neill@xn--bcher-kva.example).", "(email)=([e-mail])."),
        ("Really? Yes: 3 > 2", "Really? Yes: 3 > 2"),
        ("route /orders/(?P<number>[A-Z]+)/ @atomic", "route /orders/(?P<number>[A-Z]+)/ @atomic"),
    ],
)  # fmt: skip
def test_nothing_personal_is_written_down(said: str, written_down: str) -> None:
    assert without_personal_data(said) == written_down


@given(before=st.text(), after=st.text())
def test_it_is_hidden_whatever_stands_around_it(before: str, after: str) -> None:
    said = without_personal_data(
        f"{before} alice@example.com /orders/A1/?token=s3cret redis://:pa55@redis {after}"
    )
    assert "alice@" not in said
    assert "s3cret" not in said
    assert "pa55" not in said


HIDE = """
from bookstore.logs import without_personal_data
for part in ("a", "a@", "a@b-", "a@b.", "//", "//a", "//a:", "//a:b@", "?", "?a", "?a=", "(?P<",
             "/account/confirm-email/", "DETAIL:", "DETAIL: x\\n", " ", "\\n"):
    for last in ("", "@", " "):
        without_personal_data(part * (1_000_000 // len(part)) + last)
"""


def test_long_texts_take_no_more_than_their_length() -> None:
    # A pattern that looks again at what it has seen would take hours, and `run` waits a minute.
    outcome = run("-c", HIDE, environment=ROLE_REDIS)
    assert outcome.returncode == 0, outcome.stderr


def test_of_a_long_text_the_beginning_and_the_end_are_written() -> None:
    with written() as lines:
        logging.getLogger("shop").error("begins %s ends", "x" * 1_000_000)
    event = lines[0]["event"]
    assert (event[:8], event[-6:]) == ("begins x", "x ends")
    assert len(event) < 2 * LONGEST


def test_exceptions_say_nothing_personal_either() -> None:
    with written() as lines:
        try:
            raise ValueError("alice@example.com is taken")
        except ValueError:
            # What other packages put into `extra` is not for the log: arguments of jobs, requests.
            logging.getLogger("shop").exception("No", extra={"job": {"to": "alice"}})
    assert lines[0]["exception"].endswith("ValueError: [e-mail] is taken")
    assert "job" not in lines[0]
