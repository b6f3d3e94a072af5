"""A process that lacks a variable says which one, in one line, and does not start."""

import json
from pathlib import Path

import pytest

from bookstore.settings import SCHEME
from bookstore.tests.shell import CHECKOUT, run

SECRET = {"SECRET_KEY": "x" * 50}
REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}
LACKING = [
    ("all", {}, "SECRET_KEY"),
    ("all", SECRET, "REDIS_URL"),
    ("all", {**SECRET, **REDIS}, "DATABASE_URL"),
    ("rds", {**SECRET, **REDIS}, "DATABASE_URL"),
    ("frontend", {**SECRET, **REDIS}, "DATABASE_READER_URL"),
    ("redis", SECRET, "REDIS_URL"),
    ("redis", REDIS, "SECRET_KEY"),
]


@pytest.mark.parametrize(("role", "given", "missing"), LACKING)
def test_a_missing_variable_is_named(
    tmp_path: Path, role: str, given: dict[str, str], missing: str
) -> None:
    environment = {"BOOKSTORE_ROLE": role, "BOOKSTORE_DATA_DIR": str(tmp_path), **given}
    outcome = run("manage.py", "check", environment=environment)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"Error: {missing} is missing: ")
    assert len(outcome.stderr.splitlines()) == 1


def test_a_split_role_never_uses_the_embedded_engines(tmp_path: Path) -> None:
    environment = {"BOOKSTORE_ROLE": "rds", "DEBUG": "on", "BOOKSTORE_DATA_DIR": str(tmp_path)}
    outcome = run("manage.py", "check", environment=environment)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Error: SECRET_KEY is missing")
    assert list(tmp_path.iterdir()) == []


def test_e_mails_are_no_log_lines_for_machines() -> None:
    known = {"BOOKSTORE_ROLE": "redis", **SECRET, **REDIS, "EMAIL_URL": "consolemail://"}
    assert run("manage.py", "check", environment=known).returncode == 0
    outcome = run("manage.py", "check", environment={**known, "LOG_FORMAT": "json"})
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Error: EMAIL_URL is consolemail://, which would write ")


def test_gunicorn_names_the_missing_variable() -> None:
    outcome = run("-m", "gunicorn", "--bind", "127.0.0.1:0", environment=SECRET)
    assert outcome.returncode == 1
    assert "Error: REDIS_URL is missing" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_variable_can_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file")
    outcome = run(
        "-c",
        "import json; from bookstore import settings; print(json.dumps(settings.SECRET_KEY))",
        environment={"BOOKSTORE_ROLE": "redis", "SECRET_KEY_FILE": str(secret), **REDIS},
    )
    assert json.loads(outcome.stdout) == "from a file"


def test_the_example_lists_every_variable_and_no_other() -> None:
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    names = [line.split("=")[0] for line in lines if line and not line.startswith("#")]
    assert names == list(SCHEME)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [None, False, False, "UTC"]),
        (
            {"PROXY_COUNT": "1", "SHOP_TIME_ZONE": "Europe/Dublin"},
            [["HTTP_X_FORWARDED_PROTO", "https"], False, False, "Europe/Dublin"],
        ),
    ],
)
def test_what_follows_from_the_environment(given: dict[str, str], expected: list[object]) -> None:
    names = (
        "SECURE_PROXY_SSL_HEADER",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
        "TIME_ZONE",
    )
    outcome = run(
        "-c",
        "import json; from django.conf import settings;"
        f" print(json.dumps([getattr(settings, name) for name in {names!r}]))",
        environment={
            "DJANGO_SETTINGS_MODULE": "bookstore.settings",
            "BOOKSTORE_ROLE": "redis",
            **SECRET,
            **REDIS,
            **given,
        },
    )
    assert json.loads(outcome.stdout) == expected, outcome.stderr
