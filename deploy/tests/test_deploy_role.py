"""What deploy-role refuses before it touches a container; test_rolling has what it does."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
REPOSITORY = "registry.example/bookstore"
OLD, NEW = f"{REPOSITORY}@sha256:{'1' * 64}", f"{REPOSITORY}@sha256:{'2' * 64}"
ASKED = "compose ps --quiet nginx"
ENV = f"IMAGE_REPOSITORY={REPOSITORY}\nBACKEND_IMAGE={OLD}\nFRONTEND_IMAGE={OLD}\n"

pytestmark = pytest.mark.skipif(
    shutil.which("flock") is None, reason="NOT TESTED: deploy-role, because flock is missing"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An instance's folder, and a `docker` that knows nginx and refuses all else."""
    folder = tmp_path / "shop"
    shutil.copytree(CHECKOUT / "deploy" / "instance", folder / "deploy" / "instance")
    (folder / ".env").write_text(ENV)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    answer = f'[ "$*" = "{ASKED}" ] && cat "{tmp_path}/nginx"'
    docker.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/docker"\n{answer}\n')
    docker.chmod(0o755)
    (tmp_path / "nginx").write_text("the-id-of-nginx\n")
    return folder


def docker_was_told(shop: Path) -> list[str]:
    """What Docker was told besides being asked whether nginx runs."""
    log = shop.parent / "docker"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if line != ASKED]


def deploy(shop: Path, *words: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [shop / "deploy" / "instance" / "deploy-role", *words],
        env={"PATH": f"{shop.parent}/bin:/usr/local/bin:/usr/bin:/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("words", [[], ["backend"], ["rds", NEW], ["backend; id", NEW]])
def test_how_it_is_called(shop: Path, words: list[str]) -> None:
    code, said = deploy(shop, *words)
    assert code == 2
    assert said.startswith("usage: deploy-role backend|frontend")
    assert docker_was_told(shop) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["backend", f"elsewhere.example/bookstore@sha256:{'2' * 64}"], "is not of registry"),
        (["backend", f"{REPOSITORY}:latest"], "is not of registry"),
        (["backend", f"{REPOSITORY}@sha256:2222"], "has no digest"),
        (["backend", REPOSITORY], "has no digest"),
        (["frontend", f"{NEW}; id"], "has no digest"),
        (["frontend", "--rollback"], "there is no image to go to with --rollback"),
    ],
)
def test_what_is_not_one_of_our_images_by_digest(shop: Path, words: list[str], reason: str) -> None:
    code, said = deploy(shop, *words)
    assert code == 1
    assert reason in said
    assert docker_was_told(shop) == []
    assert (shop / ".env").read_text() == ENV


def test_two_deployments_never_overlap(shop: Path) -> None:
    with (shop / ".deploy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = deploy(shop, "backend", NEW, LOCK_SECONDS="1")
    assert code == 1
    assert "another deployment is still running" in said
    assert docker_was_told(shop) == []


def test_an_image_that_cannot_be_fetched_changes_nothing(shop: Path) -> None:
    code, said = deploy(shop, "backend", NEW)
    assert code == 1
    assert f"cannot fetch {NEW}" in said
    assert f"backend stays at {OLD}" in said
    assert docker_was_told(shop) == [f"pull --quiet {NEW}"]
    assert (shop / ".env").read_text() == ENV


@pytest.mark.parametrize("words", [["backend", NEW], ["frontend", NEW], ["backend", "--restart"]])
@pytest.mark.parametrize("stage", ["unpacked", "with its settings"])
def test_an_instance_that_has_not_started_is_left_to_itself(
    shop: Path, words: list[str], stage: str
) -> None:
    """Else its first release, once it cannot start, could never be replaced by a better one."""
    if stage == "unpacked":
        (shop / ".env").unlink()
    (shop.parent / "nginx").write_text("")
    code, said = deploy(shop, *words)
    assert code == 0
    assert "it starts by itself" in said
    assert docker_was_told(shop) == []


def test_a_docker_that_does_not_answer_is_no_shop_that_has_not_started(shop: Path) -> None:
    (shop.parent / "nginx").unlink()
    code, said = deploy(shop, "backend", NEW)
    assert code == 1
    assert "Docker does not answer" in said
