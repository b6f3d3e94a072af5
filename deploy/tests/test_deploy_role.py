"""What deploy-role refuses before it touches a container; test_rolling has what it does."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
REPOSITORY = "registry.example/bookstore"
OLD, NEW = f"{REPOSITORY}@sha256:{'1' * 64}", f"{REPOSITORY}@sha256:{'2' * 64}"
ENV = f"IMAGE_REPOSITORY={REPOSITORY}\nBACKEND_IMAGE={OLD}\nFRONTEND_IMAGE={OLD}\n"

pytestmark = pytest.mark.skipif(
    shutil.which("flock") is None, reason="NOT TESTED: deploy-role, because flock is missing"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An instance's folder, and a `docker` that only writes down that it was called."""
    folder = tmp_path / "shop"
    shutil.copytree(CHECKOUT / "deploy" / "instance", folder / "deploy" / "instance")
    (folder / ".env").write_text(ENV)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/docker"\nexit 1\n')
    docker.chmod(0o755)
    return folder


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
    assert not (shop.parent / "docker").exists()


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
    assert not (shop.parent / "docker").exists()
    assert (shop / ".env").read_text() == ENV


def test_two_deployments_never_overlap(shop: Path) -> None:
    with (shop / ".deploy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, said = deploy(shop, "backend", NEW, LOCK_SECONDS="1")
    assert code == 1
    assert "another deployment is still running" in said
    assert not (shop.parent / "docker").exists()


def test_an_image_that_cannot_be_fetched_changes_nothing(shop: Path) -> None:
    code, said = deploy(shop, "backend", NEW)
    assert code == 1
    assert f"cannot fetch {NEW}" in said
    assert f"backend stays at {OLD}" in said
    assert (shop.parent / "docker").read_text() == f"pull --quiet {NEW}\n"
    assert (shop / ".env").read_text() == ENV
