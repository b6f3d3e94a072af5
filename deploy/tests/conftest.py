"""What the delivery tests stand on: an engine, our image, and stores for it."""

import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.tests import engine
from deploy.tests.aws_shop import (  # noqa: F401 - fixtures
    shop,
    step_1,
    step_2,
    step_3,
    to_step_2,
    to_step_3,
)
from deploy.tests.engine import CHECKOUT, Container, docker, started

REVISION = "0123456789abcdef0123456789abcdef01234567"
BASE = "python:3.13-slim-trixie"
NOT_TESTED = "NOT TESTED: "


@dataclass(frozen=True)
class Stores:
    """PostgreSQL and Redis on a network that only they and what is tested are in."""

    network: str
    postgres: Container
    redis: Container

    database_url = "postgresql://bookstore:hush-owner@postgres:5432/bookstore"
    reader_url = "postgresql://bookstore_reader:hush-reader@postgres:5432/bookstore"
    redis_url = "redis://redis:6379/0"

    def sql(self, statement: str) -> str:
        """What PostgreSQL answers to its superuser."""
        psql = ("psql", "--username=postgres", "--dbname=bookstore", "--tuples-only", "--no-align")
        return self.postgres.run(*psql, "--command", statement).stdout.strip()


@pytest.fixture(scope="session", name="docker")
def docker_or_skip() -> None:
    """An engine; without one the test is left out, and says so."""
    if why := engine.why_not():
        pytest.skip(f"{NOT_TESTED}this needs Docker, and {why}")


@pytest.fixture(scope="session")
def official_images(docker: None) -> dict[str, str]:
    """The images of compose.yaml that are not ours, by service."""
    compose = (CHECKOUT / "compose.yaml").read_text()
    names = re.findall(r"^    image: ((\w+):\S+-trixie)$", compose, flags=re.MULTILINE)
    found = {service: image for image, service in names}
    assert found.keys() == {"postgres", "redis", "nginx"}
    missing = [image for image in found.values() if not engine.has_image(image)]
    if missing:
        pytest.skip(f"{NOT_TESTED}{', '.join(missing)} cannot be pulled (see .ci/docker-up)")
    return found


@pytest.fixture(scope="session")
def shop_image(docker: None) -> Iterator[str]:
    """Our image, built from this checkout, under a name of its own: others may build theirs."""
    if not engine.has_image(BASE):
        pytest.skip(f"{NOT_TESTED}{BASE} cannot be pulled (see .ci/docker-up)")
    name = f"bookstore:test-{uuid.uuid4().hex[:8]}"
    engine.docker_again(
        "build", "--quiet", "--file", "docker/Dockerfile",
        "--build-arg", f"REVISION={REVISION}", "--tag", name, ".",
    )  # fmt: skip
    yield name
    engine.docker("image", "rm", name, is_refusable=True)


@pytest.fixture(scope="session")
def stores(official_images: dict[str, str], shop_image: str) -> Iterator[Stores]:
    """PostgreSQL as compose.yaml has it, Redis, and the shop's tables in them."""
    network = f"bookstore-test-{uuid.uuid4().hex[:8]}"
    login = CHECKOUT / "docker" / "postgres-login.sh"
    on = ("--network", network, "--network-alias")
    postgres_options = (
        *on, "postgres", "--env", "POSTGRES_PASSWORD=hush", "--env", "DATABASE_PASSWORD=hush-owner",
        "--volume", f"{login}:/docker-entrypoint-initdb.d/login.sh:ro",
        "--health-cmd", "pg_isready --host=127.0.0.1 --dbname=bookstore",
        "--health-interval", "1s",
    )  # fmt: skip
    redis_command = ("redis-server", "--save", "", "--protected-mode", "no")
    docker("network", "create", "--label", engine.LABEL, network)
    try:
        with contextlib.ExitStack() as stack:
            redis = stack.enter_context(
                started(official_images["redis"], *redis_command, options=(*on, "redis"))
            )
            postgres = stack.enter_context(
                started(official_images["postgres"], options=postgres_options)
            )
            postgres.wait_until_healthy()
            running = Stores(network, postgres, redis)
            prepared = engine.ended(shop_image, "prepare", options=options_of("rds", running))
            assert prepared.returncode == 0, prepared.stderr
            yield running
    finally:
        engine.remove("network", "rm", network)


def options_of(role: str, stores: Stores, **environment: str) -> tuple[str, ...]:
    """How `docker run` is told to start a role, with all bounds that Compose sets."""
    told = {
        "BOOKSTORE_ROLE": role,
        "SECRET_KEY": "only-for-these-tests-and-long-enough-for-all-of-the-checks-0123456789",
        "REDIS_URL": stores.redis_url,
        "DATABASE_URL": stores.database_url if role == "rds" else "",
        "DATABASE_READER_URL": stores.reader_url if role != "redis" else "",
        "ALLOWED_HOSTS": "*",
        "HTTPS_ONLY": "off",
        **environment,
    }
    return (
        "--init", "--network", stores.network, *BOUNDS,
        *(word for name, value in told.items() for word in ("--env", f"{name}={value}")),
    )  # fmt: skip


BOUNDS = (
    "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--memory=512m",
    "--tmpfs=/tmp:size=64m,mode=1777",
    "--tmpfs=/run/bookstore:size=16m,uid=10001,gid=10001,mode=0700",
)  # fmt: skip
