"""compose.stores.yaml: PostgreSQL and Redis on an instance of our own."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.tests.engine import Outcome, docker, own_address

SECRETS = "POSTGRES_PASSWORD='hush-super'\nDATABASE_PASSWORD='hush-owner'\nREDIS_PASSWORD='hush'\n"
ADDRESS = own_address()


class Stores:
    """The two, under a name of their own."""

    def __init__(self, env_file: Path) -> None:
        """`env_file` is what stands beside the file on an instance."""
        project = ("--project-name", f"bookstore-test-{uuid.uuid4().hex[:8]}")
        files = ("--env-file", str(env_file), "--file", "compose.stores.yaml")
        self._words = ("compose", *project, *files)

    def compose(self, *words: str, is_refusable: bool = False) -> Outcome:
        """`docker compose` on them."""
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return docker(*self._words, *words, is_refusable=is_refusable, environment=clean)

    def up(self) -> None:
        """Start them."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300")

    def sql(self, statement: str) -> str:
        """What PostgreSQL answers to the shop's own login, asked over the network."""
        where = "postgresql://bookstore:hush-owner@127.0.0.1/bookstore"
        psql = ("psql", where, "--tuples-only", "--no-align", "--quiet", "--command", statement)
        return self.compose("exec", "--no-TTY", "postgres", *psql).stdout.strip()

    def redis(self, script: str) -> str:
        """What a shell beside Redis says."""
        return self.compose("exec", "--no-TTY", "redis", "sh", "-c", script).stdout


@pytest.fixture(scope="module")
def stores(
    official_images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stores]:
    """They, until the last test of this file."""
    folder = tmp_path_factory.mktemp("stores")
    (folder / "stores.env").write_text(SECRETS)
    known = {
        "SETTINGS_DIR": folder,
        "STORES_DIR": folder / "volume",
        "STORES_ADDRESS": ADDRESS,
        "POSTGRES_IMAGE": official_images["postgres"],
        "REDIS_IMAGE": official_images["redis"],
    }
    env_file = folder / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in known.items()))
    running = Stores(env_file)
    with contextlib.ExitStack() as stack:
        stack.callback(running.compose, "down", "--timeout", "60")
        running.up()
        yield running


def test_the_shops_login_is_no_superuser(stores: Stores) -> None:
    asked = "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert stores.sql(asked) == "f|t"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'bookstore'"
    assert stores.sql(owner) == "bookstore"


def test_postgresql_takes_the_connections_of_many_instances(stores: Stores) -> None:
    assert stores.sql("SHOW max_connections") == "300"


def test_redis_asks_for_its_password(stores: Stores) -> None:
    assert "NOAUTH" in stores.redis("redis-cli ping")
    assert stores.redis('REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping') == "PONG\n"
    processes = stores.redis("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert "redis-server" in processes
    assert "hush" not in processes


def test_the_records_outlive_the_containers(stores: Stores) -> None:
    stores.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    stores.compose("down", "--timeout", "60")
    stores.up()
    assert stores.sql("SELECT answer FROM kept") == "42"


def test_they_listen_where_they_were_told_alone(stores: Stores) -> None:
    ports = stores.compose("ps", "--format", "{{.Ports}}").stdout.split()
    published = [port for port in ports if "->" in port]
    assert sorted(published) == [f"{ADDRESS}:5432->5432/tcp", f"{ADDRESS}:6379->6379/tcp"]
