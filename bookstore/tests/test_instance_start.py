"""deploy/instance/start runs on an instance what its tag says; what it calls is written down."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CALLED = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in login*) cat >/dev/null ;; esac
"""
AWS = """#!/bin/sh
echo "aws $*" >>"$CALLS"
case "$*" in
    *backend-image*) cat "$STATE/backend" ;;
    *frontend-image*) cat "$STATE/frontend" ;;
    *get-login-password*) echo token ;;
    *complete-lifecycle-action*) exit 255 ;;
esac
"""
MOUNTPOINT = """#!/bin/sh
[ -e "$STATE/mounted" ]
"""
IPTABLES = """#!/bin/sh
echo "iptables $*" >>"$CALLS"
case "$*" in *--check*) [ -e "$STATE/ruled" ] ;; esac
"""
CURL = """#!/bin/sh
case "$*" in
    *api/token*) echo token ;;
    *tags/instance/bookstore:role*) cat "$STATE/purpose" ;;
esac
"""
SLEEP = """#!/bin/sh
echo "sleep $*" >>"$CALLS"
echo "123.dkr.ecr.us-east-1.amazonaws.com/bookstore@sha256:aa" >"$STATE/backend"
"""
IMAGE = "123.dkr.ecr.us-east-1.amazonaws.com/bookstore@sha256:{}"


class Instance:
    """The folders of an instance, and stand-ins for what start calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        scripts = folder / "deploy" / "instance"
        scripts.mkdir(parents=True)
        shutil.copy(CHECKOUT / "deploy" / "instance" / "start", scripts)
        for name, content in {
            "aws": AWS,
            "curl": CURL,
            "sleep": SLEEP,
            "mountpoint": MOUNTPOINT,
            "iptables": IPTABLES,
            **dict.fromkeys(("docker", "systemctl", "install"), CALLED),
        }.items():
            self.put(folder / "bin" / name, content)
        self.put(scripts / "fetch-settings", CALLED)
        self.set("mounted", "")
        self.set("backend", IMAGE.format("aa"))
        self.set("frontend", IMAGE.format("bb"))

    def put(self, file: Path, content: str) -> None:
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        file.chmod(0o755)

    def set(self, name: str, value: str) -> None:
        """What AWS says: an image, or the purpose."""
        (self.folder / name).write_text(f"{value}\n")

    def start(self, purpose: str, **described: str) -> list[str]:
        """Run the script; returns what it called."""
        result = self.attempt(purpose, **described)
        assert result.returncode == 0, result.stderr
        return self.calls()

    def calls(self) -> list[str]:
        """What the script has called."""
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def attempt(self, purpose: str, **described: str) -> subprocess.CompletedProcess[str]:
        """Run the script, whatever comes of it."""
        self.set("purpose", purpose)
        known = {
            "ADDRESS": "10.20.0.9",
            "PARAMETERS": "/b/p",
            "PREFIX": "bookstore-production",
            "INSTANCE": "i-1",
            "HTTP_PORT": "80",
            "AWS_BRIDGE": "bookstore-aws",
            "BACKUP_BUCKET": "backups",
            "STORES_DIR": "",
            "LIFECYCLE_HOOK": "",
            **described,
        }
        description = self.folder / "instance.env"
        description.write_text("".join(f"{name}={value}\n" for name, value in known.items()))
        calls = self.folder / "calls"
        calls.unlink(missing_ok=True)
        return subprocess.run(
            [self.folder / "deploy" / "instance" / "start"],
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "CALLS": str(calls),
                "STATE": str(self.folder),
                "INSTANCE_ENV": str(description),
                "LOCK_SECONDS": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def settings(calls: list[str]) -> str:
    [line] = [call for call in calls if call.startswith("fetch-settings")]
    return line


def composed(calls: list[str]) -> list[str]:
    prefix = "docker compose "
    return [call.removeprefix(prefix) for call in calls if call.startswith(prefix)]


def test_step_1_runs_the_stores_then_migrates_then_opens(instance: Instance) -> None:
    calls = instance.start("shop", STORES_DIR="/var/lib/bookstore-stores")

    assert composed(calls) == [
        "up --detach --wait --remove-orphans postgres redis",
        "pull --quiet",
        "run --rm --no-deps -T prepare",
        "up --detach --wait --remove-orphans",
    ]
    said = settings(calls)
    assert "--set COMPOSE_FILE=compose.aws.yaml:compose.stores.yaml" in said
    assert "--set STORES_ADDRESS=10.20.0.9" in said
    assert "--set HTTP_PORT=80" in said
    assert f"--set BACKEND_IMAGE={IMAGE.format('aa')}" in said
    assert f"--set FRONTEND_IMAGE={IMAGE.format('bb')}" in said
    assert "systemctl enable --now bookstore-report.timer" in calls
    assert "systemctl enable --now bookstore-backup.timer" in calls


def test_from_step_2_on_that_instance_runs_the_stores_alone(instance: Instance) -> None:
    calls = instance.start("stores", STORES_DIR="/var/lib/bookstore-stores")

    assert composed(calls) == ["up --detach --wait --remove-orphans postgres redis"]
    assert "--set COMPOSE_FILE=compose.stores.yaml" in settings(calls)
    assert "systemctl disable --now bookstore-backup.timer" in calls


def test_a_new_instance_counts_once_the_shop_answers(instance: Instance) -> None:
    calls = instance.start("shop", HTTP_PORT="8080", LIFECYCLE_HOOK="starting")

    assert composed(calls)[-1] == "up --detach --wait --remove-orphans"
    assert calls[-1].startswith("aws autoscaling complete-lifecycle-action")
    assert "--auto-scaling-group-name bookstore-production-shop" in calls[-1]
    assert "STORES" not in settings(calls)
    assert "systemctl enable --now bookstore-report.timer" in calls
    assert "systemctl enable --now bookstore-backup.timer" in calls


def test_it_waits_for_the_first_release(instance: Instance) -> None:
    instance.set("backend", "none")

    calls = instance.start("shop")

    assert "sleep 15" in calls
    assert composed(calls)[-1] == "up --detach --wait --remove-orphans"


def test_without_its_volume_it_makes_no_empty_shop(instance: Instance) -> None:
    (instance.folder / "mounted").unlink()

    result = instance.attempt("shop", STORES_DIR="/var/lib/bookstore-stores")

    assert result.returncode == 1
    assert "not mounted at /var/lib/bookstore-stores" in result.stderr
    assert instance.calls() == []


def test_an_instance_without_stores_needs_no_volume(instance: Instance) -> None:
    (instance.folder / "mounted").unlink()

    assert composed(instance.start("shop"))[-1] == "up --detach --wait --remove-orphans"


def test_it_does_not_come_between_a_deployment(instance: Instance) -> None:
    with (instance.folder / ".deploy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = instance.attempt("shop")

    assert result.returncode == 1
    assert "A deployment is still running" in result.stderr
    assert composed(instance.calls()) == []
    assert "fetch-settings" not in " ".join(instance.calls())


def test_containers_are_kept_from_the_instances_role(instance: Instance) -> None:
    rule = "DOCKER-USER ! --in-interface bookstore-aws --destination 169.254.169.254 --jump REJECT"

    calls = instance.start("shop")
    instance.set("ruled", "")
    again = instance.start("shop")

    assert calls.index(f"iptables --wait --insert {rule}") < calls.index(
        "docker compose up --detach --wait --remove-orphans"
    )
    assert "--set AWS_BRIDGE=bookstore-aws" in settings(calls)
    assert f"iptables --wait --insert {rule}" not in again
