"""What a container does first: the entry point, waiting for the stores, preparing, being well."""

import contextlib
import http.server
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from bookstore import health
from bookstore.serving import preparation
from bookstore.tests.shell import CHECKOUT, run
from catalog.models import Work

STUB = '#!/bin/sh\necho "$(basename "$0") $*"\ntest "$*" != "manage.py ${FAILING:-}"\n'
STORES = {
    "rds": {"DATABASE_URL": "postgresql://shop:hush@127.0.0.1:1/none"},
    "redis": dict[str, str](),
    "frontend": {"DATABASE_READER_URL": "postgresql://reader:hush@127.0.0.1:1/none"},
}
REDIS = {"REDIS_URL": "redis://:hush@127.0.0.1:2/0"}


# --- The entry point ----------------------------------------------------------------------------


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """Commands that only say how they were called."""
    for name in ("python", "gunicorn"):
        file = tmp_path / name
        file.write_text(STUB)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def enter(stubs: Path, *words: str, failing: str = "nothing") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CHECKOUT / "docker" / "entrypoint", *words],
        env={"PATH": f"{stubs}:{os.environ['PATH']}", "FAILING": failing},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "started"),
    [
        ([], "gunicorn "),
        (["worker"], "python manage.py worker"),
        (["prepare", "--sample-data"], "python manage.py prepare --sample-data"),
    ],
)
def test_the_words_say_what_is_started(stubs: Path, words: list[str], started: str) -> None:
    outcome = enter(stubs, *words)
    assert outcome.stdout.splitlines() == ["python manage.py wait_for_stores", started]
    assert outcome.returncode == 0


def test_nothing_is_started_without_its_stores(stubs: Path) -> None:
    outcome = enter(stubs, "worker", failing="wait_for_stores")
    assert outcome.stdout.splitlines() == ["python manage.py wait_for_stores"]
    assert outcome.returncode == 1


# --- Waiting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", STORES)
def test_silent_stores_are_named_without_their_passwords(role: str, tmp_path: Path) -> None:
    outcome = run(
        "manage.py", "wait_for_stores",
        environment={
            "BOOKSTORE_ROLE": role, "BOOKSTORE_DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 50,
            "STARTUP_SECONDS": "0", **REDIS, **STORES[role],
        },
    )  # fmt: skip
    assert outcome.returncode == 1
    (line,) = [each for each in outcome.stderr.splitlines() if each.startswith("CommandError")]
    assert "After 0 s (STARTUP_SECONDS) there is no answer from redis at 127.0.0.1:2: " in line
    assert ("postgresql at 127.0.0.1:1: " in line) == bool(STORES[role])
    assert "hush" not in outcome.stderr + outcome.stdout
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("STARTUP_SECONDS", "abc"), ("DATABASE_URL", "garbage"), ("REDIS_URL", "nonsense")],
)
def test_a_setting_that_makes_no_sense_is_told_plainly(
    tmp_path: Path, variable: str, value: str
) -> None:
    environment = {
        "BOOKSTORE_ROLE": "rds", "BOOKSTORE_DATA_DIR": str(tmp_path), "SECRET_KEY": "x" * 50,
        **REDIS, **STORES["rds"], variable: value,
    }  # fmt: skip
    outcome = run("manage.py", "wait_for_stores", environment=environment)
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr
    line = outcome.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    assert value in line or variable in line


@pytest.mark.django_db
def test_a_refused_password_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    words = 'FATAL: password authentication failed for user "bookstore"'
    monkeypatch.setattr(health, "checks", lambda: {"postgresql": lambda: words})
    with pytest.raises(CommandError, match="a volume keeps the one of its first start"):
        call_command("wait_for_stores")


@pytest.mark.django_db
def test_stores_that_answer_are_not_waited_for() -> None:
    said = StringIO()
    call_command("wait_for_stores", stdout=said)
    assert said.getvalue() == ""


# --- Preparing ----------------------------------------------------------------------------------


def prepared(*words: str) -> list[str]:
    said = StringIO()
    call_command("prepare", *words, stdout=said)
    return said.getvalue().splitlines()


@pytest.mark.django_db(transaction=True)
def test_a_release_is_prepared_as_often_as_you_like() -> None:
    first = prepared()
    assert first == ["The tables are up to the code.", "The frontend's login reads the catalogue."]
    assert prepared() == first
    assert not Work.objects.exists()


@pytest.mark.django_db
def test_a_trial_gets_books_and_a_login(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    loaded = prepared("--sample-data")
    assert "The sample books were loaded." in loaded
    assert Work.objects.exists()
    password = (tmp_path / "demo_staff_password").read_text()
    assert loaded[-1].endswith(f"/admin/: carol@example.com, password {password}")
    again = prepared("--sample-data")
    assert "The sample books were loaded." not in again
    assert again[-1] == loaded[-1]
    carol = get_user_model().objects.get()
    carol.set_password("her own")
    carol.save()
    assert [line for line in prepared("--sample-data") if "password" in line] == []


@pytest.mark.django_db
def test_only_one_prepares_at_a_time() -> None:
    other = connection.copy()

    def is_free() -> bool:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [preparation.LOCK])
            return bool(cursor.fetchone()[0])

    with contextlib.closing(other):
        with preparation.one_at_a_time():
            assert not is_free()
        assert is_free()


# --- Being well ---------------------------------------------------------------------------------


class Answers(http.server.BaseHTTPRequestHandler):
    """Well at /health, and not at /ready."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield str(server.server_port)
        server.shutdown()


def ask(*words: str, **environment: str) -> tuple[int, str]:
    outcome = subprocess.run(
        [sys.executable, CHECKOUT / "docker" / "healthcheck.py", *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return outcome.returncode, outcome.stderr.strip()


def test_a_role_is_asked_on_its_port(port: str) -> None:
    assert ask(PORT=port) == (0, "")


def test_the_worker_is_asked_on_its_own(port: str) -> None:
    assert ask(PORT="1", METRICS_PORT=port) == (0, "")


def test_who_is_not_well_says_so(port: str) -> None:
    assert ask("/ready", PORT=port, METRICS_PORT="1") == (1, "/ready: 503")
    assert ask(PORT="1", METRICS_PORT="2") == (1, "/health: no answer")
