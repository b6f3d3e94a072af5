"""The shop as `docker compose` starts it, under a name and on a port of its own."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.tests.engine import CHECKOUT, Container, Outcome, docker
from scripts.make_env import new_env
from tests.shop import free_port

UP_SECONDS = "600"
ONE_SHOTS = {"migrate"}


@dataclass(frozen=True)
class Composed:
    """A running shop of compose.yaml."""

    project: str
    port: int
    env_file: Path

    @property
    def base_url(self) -> str:
        """Where nginx answers."""
        return f"http://127.0.0.1:{self.port}"

    def compose(self, *words: str, is_refusable: bool = False) -> Outcome:
        """`docker compose` on this shop alone."""
        project = ("--project-name", self.project, "--env-file", str(self.env_file))
        # Without what the environment of the tests says about other stores.
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        command = ("compose", *project, *words)
        return docker(*command, is_refusable=is_refusable, environment=clean)

    def up(self) -> None:
        """Start it, or bring it up to the code; back when all is well."""
        self.compose("up", "--detach", "--build", "--wait", "--wait-timeout", UP_SECONDS)

    def manage(self, *words: str, is_refusable: bool = False) -> Outcome:
        """A command of manage.py, as the docs have it."""
        command = ("run", "--rm", "--no-deps", "migrate", *words)
        return self.compose(*command, is_refusable=is_refusable)

    def container(self, service: str) -> Container:
        """The one container of a service."""
        return Container(self.compose("ps", "--all", "--quiet", service).stdout.strip())

    def address_on_front(self, service: str) -> str:
        """Where nginx finds a role."""
        networks = self.container(service).inspect()["NetworkSettings"]["Networks"]
        return str(networks[f"{self.project}_front"]["IPAddress"])

    def run(self, service: str, *command: str, is_refusable: bool = False) -> Outcome:
        """A command in a service's container."""
        return self.container(service).run(*command, is_refusable=is_refusable)

    def states(self) -> dict[str, str]:
        """How every service is: running and healthy, or ended with its exit code."""
        lines = self.compose("ps", "--all", "--format", "json").stdout.splitlines()
        found: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return {
            each["Service"]: f"{each['State']} {each['Health'] or each['ExitCode']}"
            for each in found
        }

    def logs(self, service: str) -> str:
        """What a service has said."""
        return self.compose("logs", "--no-log-prefix", "--no-color", service).stdout


@contextlib.contextmanager
def composed(folder: Path) -> Iterator[Composed]:
    """compose.yaml, started as a newcomer does; afterwards nothing is left."""
    port = free_port()
    text, _added = new_env("", (CHECKOUT / "compose.yaml").read_text())
    env_file = folder / ".env"
    env_file.write_text(f"{text}HTTP_PORT={port}\n")
    shop = Composed(f"bookstore-test-{uuid.uuid4().hex[:8]}", port, env_file)
    try:
        shop.up()
        yield shop
    finally:
        shop.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
        docker("image", "rm", f"{shop.project}:local", is_refusable=True)
