"""deploy/instance/fetch-settings writes what the containers of an instance are told."""

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import environ
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = CHECKOUT / "deploy" / "instance"
AWS = """#!/usr/bin/env python3
import json, os, sys
answers = json.load(open(os.environ["ANSWERS"]))
answer = answers.get(f"{sys.argv[2]} {sys.argv[4]}")
if answer is None:
    sys.exit(f"An error occurred (ResourceNotFoundException): {sys.argv[4]}")
print(json.dumps(answer))
"""
SECRETS = {
    "SECRET_KEY": "key$with 'all' sorts",
    "DATABASE_PASSWORD": "owner/p@ss",
    "READER_PASSWORD": "reader",
    "REDIS_PASSWORD": "cache",
    "POSTGRES_PASSWORD": "super",
    "EMAIL_URL": "smtp+tls://a:b@mail.example:587",
}


def parameters(path: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "Parameters": [{"Name": f"{path}/{name}", "Value": value} for name, value in values.items()]
    }


class Instance:
    """An instance's folders, and an AWS that answers what it is told."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.shop, self.bin = (
            folder / name for name in ("etc", "opt/bookstore", "bin")
        )
        (self.shop / "deploy").mkdir(parents=True)
        shutil.copytree(SCRIPTS, self.shop / "deploy" / "instance")
        self.settings.mkdir()
        self.bin.mkdir()
        (self.bin / "aws").write_text(AWS)
        (self.bin / "aws").chmod(0o755)
        (self.bin / "python3").symlink_to(sys.executable)
        self.describe(STORES_DIR="")
        self.answers: dict[str, Any] = {
            "get-secret-value bookstore-production": {"SecretString": json.dumps(SECRETS)},
            "get-parameters-by-path /b/p/settings": parameters(
                "/b/p/settings",
                {"ALLOWED_HOSTS": "shop.example", "SHOP_NAME": "Bob's Books & Co"},
            ),
            "get-parameters-by-path /b/p/compose": parameters(
                "/b/p/compose", {"TRUSTED_PROXIES": "set_real_ip_from 10.20.0.0/16;"}
            ),
            "get-parameters-by-path /b/p/stores": parameters(
                "/b/p/stores",
                {
                    "instance": '{"postgresql": "10.20.0.9", "redis": "10.20.0.9"}',
                    "managed": json.dumps(
                        {"postgresql": "db.example", "redis": "cache.example", "master": "arn:m"}
                    ),
                },
            ),
            "get-parameter /b/p/current-stores": {"Parameter": {"Value": "instance"}},
            "get-secret-value arn:m": {
                "SecretString": json.dumps({"username": "master", "password": "m#1"})
            },
        }

    def describe(self, **values: str) -> None:
        """Write what user-data writes about the instance."""
        known = {
            "AWS_REGION": "us-east-1",
            "ADDRESS": "10.20.1.7",
            "PARAMETERS": "/b/p",
            "SECRET": "bookstore-production",
            **values,
        }
        lines = "".join(f"{name}={value}\n" for name, value in known.items())
        (self.settings / "instance.env").write_text(lines)

    def fetch(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        answers = self.settings / "answers.json"
        answers.write_text(json.dumps(self.answers))
        return subprocess.run(
            [self.shop / "deploy" / "instance" / "fetch-settings", *words],
            env={
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "SETTINGS_DIR": str(self.settings),
                "ANSWERS": str(answers),
            },
            capture_output=True,
            text=True,
            check=False,
        )


def read(file: Path) -> dict[str, str]:
    """An environment file's values, as a shell reads them."""
    said = subprocess.run(
        ["/bin/sh", "-c", f"set -a; . {shlex.quote(str(file))}; exec env -0"],
        env={},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    values = dict(line.split("=", 1) for line in said.split("\0") if line)
    return {name: value for name, value in values.items() if name not in {"PWD", "_", "SHLVL"}}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def test_it_writes_settings_secrets_and_addresses(instance: Instance) -> None:
    result = instance.fetch()

    assert result.returncode == 0, result.stderr
    shop = read(instance.settings / "shop.env")
    assert shop == {
        "AWS_DEFAULT_REGION": "us-east-1",
        "ALLOWED_HOSTS": "shop.example,10.20.1.7,127.0.0.1",
        "SHOP_NAME": "Bob's Books & Co",
        "SECRET_KEY": "key$with 'all' sorts",
        "EMAIL_URL": "smtp+tls://a:b@mail.example:587",
        "DATABASE_URL": "postgresql://bookstore:owner%2Fp%40ss@10.20.0.9:5432/bookstore",
        "DATABASE_READER_URL": "postgresql://bookstore_reader:reader@10.20.0.9:5432/bookstore",
        "REDIS_URL": "redis://:cache@10.20.0.9:6379/0",
    }
    assert environ.Env.db_url_config(shop["DATABASE_URL"])["PASSWORD"] == "owner/p@ss"
    assert stat.S_IMODE((instance.settings / "shop.env").stat().st_mode) == 0o600
    assert not (instance.settings / "stores.env").exists()


def test_the_managed_stores_are_spoken_to_by_tls(instance: Instance) -> None:
    instance.answers["get-parameter /b/p/current-stores"] = {"Parameter": {"Value": "managed"}}

    instance.fetch()

    shop = read(instance.settings / "shop.env")
    database = environ.Env.db_url_config(shop["DATABASE_URL"])
    assert (database["HOST"], database["OPTIONS"]) == (
        "db.example",
        {
            "sslmode": "verify-full",
            "sslrootcert": "/etc/bookstore/certificates/rds.pem",
        },
    )
    assert shop["REDIS_URL"] == "rediss://:cache@cache.example:6379/0"


def test_other_stores_can_be_looked_at_without_changing_over(
    instance: Instance, tmp_path: Path
) -> None:
    result = instance.fetch("--stores", "managed", "--output", str(tmp_path / "next.env"))

    assert result.returncode == 0, result.stderr
    assert "db.example" in read(tmp_path / "next.env")["DATABASE_URL"]
    assert not (instance.settings / "shop.env").exists()
    assert not (instance.shop / ".env").exists()


def test_the_instance_with_the_stores_is_told_their_passwords(instance: Instance) -> None:
    instance.describe(STORES_DIR="/var/lib/bookstore-stores")

    instance.fetch()

    assert read(instance.settings / "stores.env") == {
        "DATABASE_PASSWORD": "owner/p@ss",
        "REDIS_PASSWORD": "cache",
        "POSTGRES_PASSWORD": "super",
    }


def test_what_a_deployment_has_set_stays(instance: Instance) -> None:
    (instance.shop / ".env").write_text("BACKEND_IMAGE=r@sha256:1\nHTTP_PORT=80\n")

    instance.fetch("--set", "HTTP_PORT=8080")
    instance.fetch()

    assert read(instance.shop / ".env") == {
        "BACKEND_IMAGE": "r@sha256:1",
        "HTTP_PORT": "8080",
        "TRUSTED_PROXIES": "set_real_ip_from 10.20.0.0/16;",
    }


def test_logins_are_made_by_the_master(instance: Instance, tmp_path: Path) -> None:
    result = instance.fetch("--master", str(tmp_path / "master.env"))

    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "master.env").read_text().splitlines()
    assert "PGPASSWORD=m#1" in lines
    assert "PGSSLMODE=verify-full" in lines
    assert "DATABASE_PASSWORD=owner/p@ss" in lines


def test_it_says_what_a_secret_lacks_and_writes_nothing(instance: Instance) -> None:
    few = {"SecretString": json.dumps({"SECRET_KEY": "x"})}
    instance.answers["get-secret-value bookstore-production"] = few

    result = instance.fetch()

    assert result.returncode == 1
    assert "lacks DATABASE_PASSWORD, READER_PASSWORD" in result.stderr
    assert "put_secrets.py" in result.stderr
    assert not (instance.settings / "shop.env").exists()


def test_it_says_what_aws_refused(instance: Instance) -> None:
    del instance.answers["get-secret-value bookstore-production"]

    result = instance.fetch()

    assert result.returncode == 1
    assert result.stderr.startswith("fetch-settings: aws secretsmanager get-secret-value failed")
    assert "ResourceNotFoundException" in result.stderr


def test_a_value_that_no_file_can_hold_is_refused(instance: Instance) -> None:
    many = parameters("/b/p/settings", {"SHOP_BANK_ACCOUNT": "one\ntwo"})
    instance.answers["get-parameters-by-path /b/p/settings"] = many

    result = instance.fetch()

    assert result.returncode == 1
    assert "SHOP_BANK_ACCOUNT has a line break" in result.stderr
