"""Docker, as the tests use it: whatever is started here is removed here."""

import contextlib
import json
import secrets
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 180  # a container on a busy machine
LABEL = "bookstore.test"

Outcome = subprocess.CompletedProcess[str]


def docker(
    *words: str,
    is_refusable: bool = False,
    environment: Mapping[str, str] | None = None,
    words_in: str | None = None,
) -> Outcome:
    """Run `docker` with these words; unless `is_refusable`, it must succeed."""
    outcome = subprocess.run(
        ["docker", *words], cwd=CHECKOUT, env=environment, input=words_in,
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert is_refusable or outcome.returncode == 0, f"{outcome.stdout}{outcome.stderr}"
    return outcome


def docker_again(*words: str) -> Outcome:
    """Run `docker` for what fetches something on the way: a mirror may be away for a moment."""
    for pause_seconds in (10, 30):
        outcome = docker(*words, is_refusable=True)
        if outcome.returncode == 0:
            return outcome
        time.sleep(pause_seconds)
    return docker(*words)


def remove(*words: str) -> None:
    """Run `docker` to take away what, on a busy machine, it may not have let go of yet."""
    eventually(lambda: docker(*words, is_refusable=True).returncode == 0, otherwise=" ".join(words))


def why_not() -> str:
    """Why Docker cannot be used here; nothing when it can."""
    try:
        asked = docker("compose", "version", is_refusable=True)
        asked = docker("info", is_refusable=True) if asked.returncode == 0 else asked
    except FileNotFoundError:
        return "Docker is not installed (.ci/docker-up does it on Debian)"
    return "" if asked.returncode == 0 else " ".join(asked.stderr.split()) or "no engine answers"


def has_image(name: str) -> bool:
    """Whether the engine has it, or can pull it."""
    known = docker("image", "inspect", name, is_refusable=True).returncode == 0
    return known or docker("pull", "--quiet", name, is_refusable=True).returncode == 0


def eventually(question: Any, *, within: float = PATIENCE_SECONDS, otherwise: str = "") -> None:
    """Wait until the answer is yes."""
    deadline = time.monotonic() + within
    while not question():
        assert time.monotonic() < deadline, f"not within {within} s. {otherwise}"
        time.sleep(0.2)


def own_address() -> str:
    """A loopback address that nobody else has, for stores whose ports cannot be chosen."""
    return ".".join(["127", *(str(secrets.randbelow(250) + 1) for _part in range(3))])


@dataclass(frozen=True)
class Container:
    """One container that runs or has run."""

    id: str

    def inspect(self) -> dict[str, Any]:
        """All that Docker knows of it."""
        (found,) = json.loads(docker("inspect", self.id).stdout)
        known: dict[str, Any] = found
        return known

    @property
    def address(self) -> str:
        """Its address on its network, which this machine reaches too."""
        (network,) = self.inspect()["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def is_healthy(self) -> bool:
        """Whether its own health check says so; fails when it has ended."""
        state = self.inspect()["State"]
        assert state["Running"], self.said()
        return bool(state["Health"]["Status"] == "healthy")

    def wait_until_healthy(self) -> None:
        """Wait for that."""
        eventually(self.is_healthy, otherwise=self.id)

    def said(self) -> str:
        """What it has written to stdout and stderr."""
        logs = docker("logs", self.id)
        return logs.stdout + logs.stderr

    def stdout_lines(self) -> list[str]:
        """What it has written to stdout alone."""
        return docker("logs", self.id).stdout.splitlines()

    def run(self, *command: str, is_refusable: bool = False) -> Outcome:
        """Run another command in it."""
        return docker("exec", self.id, *command, is_refusable=is_refusable)


@contextlib.contextmanager
def started(image: str, *command: str, options: tuple[str, ...] = ()) -> Iterator[Container]:
    """A container until the block ends."""
    name = f"bookstore-test-{uuid.uuid4().hex[:12]}"
    docker("run", "--detach", "--name", name, "--label", LABEL, *options, image, *command)
    try:
        yield Container(name)
    finally:
        remove("rm", "--force", "--volumes", name)


def ended(image: str, *command: str, options: tuple[str, ...] = ()) -> Outcome:
    """A container that ran to its end; its exit code and words."""
    name = f"bookstore-test-{uuid.uuid4().hex[:12]}"
    words = ("run", "--rm", "--name", name, "--label", LABEL, *options, image, *command)
    return docker(*words, is_refusable=True)
