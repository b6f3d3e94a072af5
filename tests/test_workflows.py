"""What the pipelines may do: pinned actions, no secrets, keys of AWS only where AWS is called."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
SIGNS_IN = "aws-actions/configure-aws-credentials"
LOCAL = "./.github/workflows/"

Job = dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    """The workflow; YAML takes its key `on` for true."""
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text())
    workflow["on"] = workflow.pop(True)
    return workflow


def jobs() -> Iterator[tuple[str, str, Job]]:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield path.name, name, job


def steps(job: Job) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = job.get("steps", [])
    return found


def calls_aws(job: Job) -> bool:
    if "uses" in job:
        called = read(FOLDER / job["uses"].removeprefix(LOCAL))["jobs"].values()
        return any(calls_aws(each) for each in called)
    return any(step.get("uses", "").startswith(SIGNS_IN) for step in steps(job))


every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
every_job = pytest.mark.parametrize(
    ("workflow", "name", "job"), [pytest.param(*each, id="/".join(each[:2])) for each in jobs()]
)


def test_the_pipelines_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == [
        "ci", "deploy-backend", "deploy-frontend", "deploy-role", "image",
    ]  # fmt: skip


@every_workflow
def test_nothing_is_allowed_by_default(path: Path) -> None:
    assert read(path)["permissions"] == {}


@every_workflow
def test_every_action_is_pinned_by_commit_and_says_its_version(path: Path) -> None:
    uses = re.findall(r"^\s*(?:- )?uses: (.*)$", path.read_text(), re.MULTILINE)
    assert uses
    for each in uses:
        assert each.startswith(LOCAL) or PINNED.match(each), each


@every_workflow
def test_there_are_no_secrets_and_no_keys(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\bsecrets\b", source)
    assert not re.search(r"aws[-_](secret[-_])?access[-_]key", source, re.IGNORECASE)


@every_workflow
def test_nobody_elses_code_runs_with_our_rights(path: Path) -> None:
    assert not {"pull_request_target", "workflow_run"} & set(read(path)["on"])


@every_job
def test_a_job_has_the_rights_that_it_needs(workflow: str, name: str, job: Job) -> None:
    rights = job["permissions"]
    assert set(rights) <= {"contents", "id-token", "actions"}
    assert rights.get("contents") == "read"
    assert (rights.get("id-token") == "write") == calls_aws(job)
    starts = any("start-deploy" in step.get("run", "") for step in steps(job))
    assert (rights.get("actions") == "write") == starts


@every_job
def test_a_job_ends_and_keeps_no_credentials(workflow: str, name: str, job: Job) -> None:
    if "uses" in job:
        return
    assert job["runs-on"] == "ubuntu-24.04"
    assert 0 < job["timeout-minutes"] <= 100
    for step in steps(job):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@every_job
def test_a_step_runs_one_script_of_ours(workflow: str, name: str, job: Job) -> None:
    targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    for step in steps(job):
        if "run" not in step:
            continue
        line = step["run"]
        assert "\n" not in line.strip()
        assert "${{" not in line, "a stranger's text would be run: pass it by env"
        words = shlex.split(line)
        if words[0] == "make":
            assert words[1] in targets
        else:
            assert words[0].startswith("deploy/pipeline/")
            assert os.access(CHECKOUT / words[0], os.X_OK), words[0]


def test_deployments_go_through_an_environment_one_at_a_time() -> None:
    (job,) = read(FOLDER / "deploy-role.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.environment }}"
    assert job["concurrency"] == {
        "group": "deploy-${{ inputs.environment }}-${{ inputs.role }}",
        "cancel-in-progress": False,
    }


def test_a_deployment_has_the_time_to_put_back_what_it_began() -> None:
    """A roll up to its limit, and the same on the way back, with keys that are valid so long."""
    pipeline = CHECKOUT / "deploy" / "pipeline"
    (roll,) = re.findall(r"ROLL_SECONDS:-(\d+)", (pipeline / "deploy").read_text())
    (scan,) = re.findall(r"SCAN_SECONDS:-(\d+)", (pipeline / "wait-for-scan").read_text())
    (job,) = read(FOLDER / "deploy-role.yml")["jobs"].values()
    (sign_in,) = (each for each in steps(job) if each.get("uses", "").startswith(SIGNS_IN))
    duration = sign_in["with"]["role-duration-seconds"]
    identity = (CHECKOUT / "deploy" / "aws" / "identity.tf").read_text()
    granted = map(int, re.findall(r"max_session_duration += (\d+)", identity))
    assert int(scan) + 2 * int(roll) <= job["timeout-minutes"] * 60 <= duration <= max(granted)


def test_terraform_is_really_asked() -> None:
    """A runner has neither Terraform nor its provider, and tests without them are skipped."""
    delivery = read(FOLDER / "ci.yml")["jobs"]["delivery"]
    uses = [each.get("uses", "").partition("@")[0] for each in steps(delivery)]
    assert "hashicorp/setup-terraform" in uses
    (test,) = (each for each in steps(delivery) if each.get("run") == "make delivery")
    assert test["env"] == {"REQUIRE_TERRAFORM": 1}


@pytest.mark.parametrize("role", ["backend", "frontend"])
def test_each_half_has_a_pipeline_from_staging_to_production(role: str) -> None:
    workflow = read(FOLDER / f"deploy-{role}.yml")
    assert set(workflow["on"]) == {"workflow_dispatch"}
    staging, production = workflow["jobs"]["staging"], workflow["jobs"]["production"]
    for job, environment in [(staging, "staging"), (production, "production")]:
        assert job["uses"] == LOCAL + "deploy-role.yml"
        assert job["with"]["role"] == role
        assert job["with"]["environment"] == environment
    assert production["needs"] == "staging"
    assert "needs.staging.result == 'success'" in production["if"]


def test_an_image_is_made_only_of_what_passed_on_main() -> None:
    ci = read(FOLDER / "ci.yml")
    assert ci["on"]["push"] == {"branches": ["main"]}
    image = ci["jobs"]["image"]
    assert image["needs"] == ["lint", "test", "delivery"]
    assert "github.event_name == 'push'" in image["if"]
    assert set(read(FOLDER / "image.yml")["on"]) == {"workflow_call"}


@pytest.mark.parametrize("script", sorted((CHECKOUT / "deploy" / "pipeline").iterdir()), ids=str)
def test_a_script_stops_at_its_first_error(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert os.access(script, os.X_OK)


def test_aws_trusts_the_subjects_that_these_workflows_have() -> None:
    """A job with an environment is signed as that, any other on main as the branch."""
    terraform = "\n".join(path.read_text() for path in (CHECKOUT / "deploy" / "aws").glob("*.tf"))
    trusted = set(re.findall(r'"repo:\$\{var\.github_repository\}:([^"]+)"', terraform))
    assert trusted == {"ref:refs/heads/main", "environment:${var.environment}"}
    signing = {
        (workflow, job.get("environment"))
        for workflow, _, job in jobs()
        if "steps" in job and calls_aws(job)
    }
    assert signing == {("image.yml", None), ("deploy-role.yml", "${{ inputs.environment }}")}
