"""What linters say about the Dockerfiles, Compose files and shell scripts."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.tests.conftest import NOT_TESTED
from deploy.tests.engine import CHECKOUT

TOOLS = Path(sys.executable).parent


def lint(tool: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    if not (TOOLS / tool).exists():
        pytest.skip(f"{NOT_TESTED}{tool} is not installed (`make delivery` does it)")
    return subprocess.run(
        [TOOLS / tool, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def shell_scripts() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", ".ci", "deploy", "docker", "scripts"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [CHECKOUT / name for name in listed.stdout.splitlines()]
    # A template of Terraform is no script before it is filled in.
    return [each for each in files if each.suffix != ".tftpl" and is_shell(each)]


def is_shell(file: Path) -> bool:
    with file.open("rb") as opened:
        first = opened.readline()
    return first.startswith(b"#!") and first.rstrip().endswith((b"/sh", b"bash"))


def test_the_dockerfile_is_wise() -> None:
    outcome = lint("hadolint", "docker/Dockerfile")
    assert outcome.returncode == 0, outcome.stdout


def test_compose_understands_the_files() -> None:
    files = sorted(CHECKOUT.glob("compose*.yaml"))
    assert len(files) == 3
    outcome = lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files)
    assert outcome.returncode == 0, outcome.stdout


def test_the_shell_scripts_are_sound() -> None:
    scripts = shell_scripts()
    assert {"entrypoint", "postgres-login.sh", "run", "docker-up"} <= {
        each.name for each in scripts
    }
    outcome = lint("shellcheck", *scripts)
    assert outcome.returncode == 0, outcome.stdout
