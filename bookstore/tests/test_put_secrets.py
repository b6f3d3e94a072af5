"""deploy/aws/put_secrets.py fills the shop's secret, and nothing leaks on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "aws" / "put_secrets.py"
MADE = {"SECRET_KEY", "DATABASE_PASSWORD", "READER_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD"}
AWS = """#!{python}
import json, pathlib, sys
folder = pathlib.Path({folder!r})
file = sys.argv[sys.argv.index("--cli-input-json") + 1].removeprefix("file://")
request = json.loads(pathlib.Path(file).read_text())
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([sys.argv[1:], request]) + "\\n")
secret = folder / "secret"
if "get-secret-value" in sys.argv:
    if not secret.exists():
        sys.exit("There is no secret value for staging label: AWSCURRENT")
    print(json.dumps({{"SecretString": secret.read_text()}}))
elif "put-secret-value" in sys.argv:
    secret.write_text(request["SecretString"])
"""


class Account:
    """An AWS account with the shop's secret, and the command line to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = folder / "bin" / "aws"
        command.parent.mkdir()
        command.write_text(AWS.format(python=sys.executable, folder=str(folder)))
        command.chmod(0o755)

    @property
    def secret(self) -> dict[str, str]:
        """What stands in the secret."""
        values: dict[str, str] = json.loads((self.folder / "secret").read_text())
        return values

    def calls(self) -> list[tuple[list[str], dict[str, Any]]]:
        """The words and the request of each call."""
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    def put(self, *words: str) -> str:
        """Run the script; what it says."""
        result = subprocess.run(
            [sys.executable, SCRIPT, "bookstore-production", *words],
            env={"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "PATIENCE": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_it_makes_what_is_missing_at_random(account: Account) -> None:
    said = account.put()

    assert account.secret.keys() == MADE
    assert len(set(account.secret.values())) == 5
    assert {len(value) for value in account.secret.values()} == {64}
    assert not [value for value in account.secret.values() if value in said]


def test_what_is_there_stays(account: Account) -> None:
    account.put()
    before = account.secret

    said = account.put()

    assert account.secret == before
    assert said == "bookstore-production has all it needs.\n"


def test_one_value_is_renewed(account: Account) -> None:
    account.put()
    before = account.secret

    account.put("--renew", "SECRET_KEY")

    changed = {name for name in MADE if account.secret[name] != before[name]}
    assert changed == {"SECRET_KEY"}
    assert account.secret["SECRET_KEY_FALLBACKS"] == before["SECRET_KEY"]


def test_keys_of_before_stay_valid(account: Account) -> None:
    account.put()
    first = account.secret["SECRET_KEY"]
    account.put("--renew", "SECRET_KEY")
    second = account.secret["SECRET_KEY"]
    account.put("--renew", "SECRET_KEY")

    assert account.secret["SECRET_KEY_FALLBACKS"] == f"{second},{first}"


def test_the_cache_takes_its_password_alone_only_when_told(account: Account) -> None:
    def changes() -> list[tuple[str, str]]:
        asked = [each for words, each in account.calls() if "modify-replication-group" in words]
        return [(each["AuthTokenUpdateStrategy"], each["AuthToken"]) for each in asked]

    account.put("--cache")
    password = account.secret["REDIS_PASSWORD"]
    assert changes() == [("ROTATE", password)]
    account.put("--cache-alone")
    assert changes() == [("ROTATE", password), ("SET", password)]


def test_no_secret_stands_among_the_arguments(account: Account) -> None:
    account.put("--cache")

    files = [word for words, _ in account.calls() for word in words if word.startswith("file://")]
    assert not [file for file in files if Path(file.removeprefix("file://")).exists()]
    arguments = " ".join(word for words, _ in account.calls() for word in words)
    assert not [value for value in account.secret.values() if value in arguments]
