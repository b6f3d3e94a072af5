"""The scripts that a workflow runs: what is deployed, and what stops it."""

import re
import shutil
from pathlib import Path

import pytest

from deploy.tests.runner import (
    CHECKOUT,
    COMMIT,
    NEW,
    OLD,
    OTHER,
    PARAMETER,
    REPOSITORY,
    Runner,
    scan,
)

pytestmark = pytest.mark.skipif(
    shutil.which("jq") is None, reason="NOT TESTED: the pipelines' scripts, because jq is missing"
)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_a_commit_is_deployed_by_its_digest_to_every_instance(runner: Runner) -> None:
    code, said = runner.run("deploy", "backend", COMMIT)
    assert code == 0, said
    assert runner.lines("done")[:2] == [f"i-1 backend {NEW}", f"i-2 backend {NEW}"]
    assert runner.deployed == NEW
    (first, second) = runner.calls("send-command")
    assert first[first.index("--targets") + 1 :][:2] == [
        "Key=tag:bookstore:role,Values=shop",
        "Key=tag:bookstore:environment,Values=staging",
    ]
    assert first == second, "the second is for instances that started meanwhile"


def test_a_failure_stops_the_roll_and_puts_the_old_image_back_where_it_went(
    runner: Runner,
) -> None:
    runner.state["instances"] = {
        "i-1": ["well", "i-1"],
        "i-2": ["broken"],
        "i-3": ["well", "i-3"],
    }
    code, said = runner.run("deploy", "backend", COMMIT)
    assert code == 1
    assert "not well within 120 s" in said
    assert runner.lines("done") == [f"i-1 backend {NEW}", f"i-1 backend {OLD}"]
    assert runner.deployed == OLD


def test_previous_is_what_was_deployed_before(runner: Runner) -> None:
    runner.state["parameters"][PARAMETER] = ["none", OLD, NEW]
    code, said = runner.run("deploy", "backend", "previous")
    assert code == 0, said
    assert runner.lines("done")[0] == f"i-1 backend {OLD}"
    assert runner.deployed == OLD


def test_before_the_first_deployment_there_is_no_previous(runner: Runner) -> None:
    code, said = runner.run("deploy", "backend", "previous")
    assert code == 1
    assert "nothing to go back to" in said
    assert runner.calls("send-command") == []


def test_the_first_image_is_only_written_down_for_the_instances_to_start_from(
    runner: Runner,
) -> None:
    runner.state["parameters"][PARAMETER] = ["none"]
    code, said = runner.run("deploy", "backend", COMMIT)
    assert code == 0, said
    assert runner.deployed == NEW
    assert runner.calls("send-command") == []


def test_no_instance_at_all_is_a_failure(runner: Runner) -> None:
    runner.state["instances"] = {}
    code, said = runner.run("deploy", "backend", COMMIT)
    assert code == 1
    assert "0 of 0 instances" in said
    assert runner.deployed == OLD


def test_an_instance_that_never_ends_is_given_up(runner: Runner) -> None:
    runner.state["instances"] = {"i-1": ["hang"], "i-2": ["well", "i-2"]}
    code, said = runner.run("deploy", "backend", COMMIT, ROLL_SECONDS="1")
    assert code == 1
    assert "no end within 1 s" in said
    assert len(runner.calls("cancel-command")) == 1
    assert runner.lines("done") == []
    assert runner.deployed == OLD


@pytest.mark.parametrize(
    "arguments", [["rds", COMMIT], ["backend"], ["backend", "main"], ["frontend; id", COMMIT]]
)
def test_what_is_no_role_or_no_commit_is_refused(runner: Runner, arguments: list[str]) -> None:
    code, _ = runner.run("deploy", *arguments)
    assert code == 2
    assert runner.calls("send-command") == []


def test_a_commit_without_an_image_is_not_deployed(runner: Runner) -> None:
    code, said = runner.run("deploy", "backend", OTHER)
    assert code == 1
    assert f"no image of {OTHER}" in said
    assert runner.calls("send-command") == []


def test_an_image_with_critical_findings_is_not_deployed(runner: Runner) -> None:
    runner.state["scans"] = [scan("COMPLETE", CRITICAL=2, HIGH=1)]
    code, said = runner.run("deploy", "backend", COMMIT)
    assert code == 1
    assert "2 critical findings" in said
    assert "CVE-CRITICAL" in said
    assert "CVE-HIGH" not in said
    assert runner.calls("send-command") == []


def test_a_scan_is_waited_for(runner: Runner) -> None:
    runner.state["scans"] = [None, scan("IN_PROGRESS"), scan("COMPLETE", MEDIUM=3)]
    code, said = runner.run("wait-for-scan", "sha256:" + "2" * 64)
    assert code == 0, said
    assert len(runner.calls("describe-image-scan-findings")) == 3


@pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE"])
def test_an_image_that_cannot_be_scanned_is_not_deployed(runner: Runner, status: str) -> None:
    runner.state["scans"] = [scan(status)]
    code, said = runner.run("wait-for-scan", "sha256:" + "2" * 64)
    assert code == 1
    assert status in said


def test_a_scan_that_never_ends_is_given_up(runner: Runner) -> None:
    runner.state["scans"] = [scan("IN_PROGRESS")]
    code, said = runner.run("wait-for-scan", "sha256:" + "2" * 64, SCAN_SECONDS="1")
    assert code == 1
    assert "no result within 1 s" in said


def test_a_commit_is_pushed_once(runner: Runner) -> None:
    output = runner.folder / "output"
    code, said = runner.run("push-image", COMMIT, GITHUB_OUTPUT=str(output))
    assert code == 0, said
    assert output.read_text() == f"digest={NEW.partition('@')[2]}\n"
    assert runner.lines("docker") == []


def test_a_push_that_left_no_image_fails(runner: Runner) -> None:
    code, _ = runner.run("push-image", OTHER)
    assert code == 1
    assert runner.lines("docker") == [
        f"login --username AWS --password-stdin {REPOSITORY.partition('/')[0]}",
        f"tag bookstore:local {REPOSITORY}:{OTHER}",
        f"push {REPOSITORY}:{OTHER}",
    ]


def test_the_pipelines_of_both_halves_are_started_by_commit(runner: Runner) -> None:
    assert runner.run("start-deploy", "backend", COMMIT, "--then-frontend")[0] == 0
    assert runner.run("start-deploy", "frontend", COMMIT)[0] == 0
    assert runner.lines("gh") == [
        f"workflow run deploy-backend.yml --ref main --field version={COMMIT}"
        " --field then_frontend=true",
        f"workflow run deploy-frontend.yml --ref main --field version={COMMIT}",
    ]


# --- Without GitHub -----------------------------------------------------------------------------

SAYS = f"""case $4 in
environment) echo production ;;
ecr_repository) echo {REPOSITORY} ;;
deploy_document) echo bookstore-production-deploy ;;
*) exit 1 ;;
esac"""
KEEPS = """echo "$@" >>"{folder}/docker"
[ "$1" != login ] || cat >/dev/null
[ "$1" != build ] || touch "{folder}/built"
if [ "$1" = push ]; then
    [ -e "{folder}/built" ] || exit 1
    jq --arg tag "${{2##*:}}" '.images[$tag] = "{digest}"' "{folder}/state.json" >"{folder}/next"
    mv "{folder}/next" "{folder}/state.json"
fi"""


def commands_of_the_first_release() -> str:
    page = (CHECKOUT / "docs" / "deployment.md").read_text()
    (block,) = (
        block
        for block in re.findall(r"^```\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        if "deploy/pipeline/" in block
    )
    return str(block)


def test_the_page_s_first_release_works_as_it_stands(runner: Runner) -> None:
    runner.state["parameters"] = {
        f"/bookstore/production/{half}-image": ["none"] for half in ("backend", "frontend")
    }
    runner.put("terraform", SAYS)
    runner.put("docker", KEEPS.format(folder=runner.folder, digest=NEW.partition("@")[2]))
    code, said = runner.run_as_typed(commands_of_the_first_release())
    assert code == 0, said
    assert [values[-1] for values in runner.state["parameters"].values()] == [NEW, NEW]
    (build,) = (line for line in runner.lines("docker") if line.startswith("build "))
    assert "--platform linux/amd64" in build, "else an Apple laptop makes what no instance runs"
