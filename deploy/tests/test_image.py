"""The image: what is in it, what it says when something is missing, how it starts and ends."""

import contextlib
import http.client
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from deploy.tests.conftest import BOUNDS, REVISION, Stores, options_of
from deploy.tests.engine import (
    CHECKOUT,
    PATIENCE_SECONDS,
    Container,
    Outcome,
    docker,
    ended,
    eventually,
    started,
)
from tests.patience import until

ROLES = ("rds", "redis", "frontend")
LARGEST_BYTES = 450_000_000  # a third of it is Python itself, a fifth the printing of documents
BUILDS = ("gcc", "cc", "g++", "make", "ld", "git", "curl", "wget")
EVERY_MODULE = """
import importlib, pkgutil, django
django.setup()
for app in ("accounts", "bookstore", "caching", "catalog", "orders", "storefront"):
    package = importlib.import_module(app)
    for module in pkgutil.walk_packages(package.__path__, f"{app}."):
        importlib.import_module(module.name)
"""
PACKAGES = """
from importlib.metadata import distributions
print(*(each.name for each in distributions(path=["/venv/lib/python3.13/site-packages"])))
"""
CHECKED = ("--env=SECRET_KEY=" + "long and random enough for the checks 0123456789 abc",)
DEAD_STORES = (
    "--env=REDIS_URL=redis://:hush@redis.invalid:6379/0",
    "--env=DATABASE_URL=postgresql://shop:hush@postgres.invalid/shop",
    "--env=DATABASE_READER_URL=postgresql://reader:hush@postgres.invalid/shop",
)


def shell(image: str, script: str) -> str:
    """What a shell says in a container of its own."""
    outcome = ended(image, "-c", script, options=(*BOUNDS, "--entrypoint", "sh"))
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def python(image: str, *words: str, role: str = "all") -> Outcome:
    """Python in a container of its own, without stores."""
    told = ("--env=DJANGO_SETTINGS_MODULE=bookstore.settings", f"--env=BOOKSTORE_ROLE={role}")
    options = (*BOUNDS, *CHECKED, *DEAD_STORES, *told, "--entrypoint", "python")
    return ended(image, *words, options=options)


# --- What is in it ------------------------------------------------------------------------------


def test_it_says_what_it_is(shop_image: str) -> None:
    (image,) = json.loads(docker("image", "inspect", shop_image).stdout)
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "/app/docker/healthcheck.py"]
    assert config["Labels"]["org.opencontainers.image.revision"] == REVISION
    assert {"LOG_FORMAT=json", "PORT=8000", f"RELEASE={REVISION}"} <= set(config["Env"])
    assert image["Size"] < LARGEST_BYTES


def test_it_holds_the_locked_packages_and_no_other(shop_image: str) -> None:
    outcome = python(shop_image, "-c", PACKAGES)
    locked = re.findall(
        r"^([\w.-]+)==", (CHECKOUT / "requirements.txt").read_text(), flags=re.MULTILINE
    )

    def names(words: list[str]) -> set[str]:
        return {re.sub(r"[-_.]+", "-", word).lower() for word in words}

    installed = names(outcome.stdout.split())
    assert {"django", "gunicorn"} <= installed <= names(locked)


def test_it_cannot_build_or_fetch_anything(shop_image: str) -> None:
    assert shell(shop_image, f"command -v {' '.join(BUILDS)}; true") == ""
    assert shell(shop_image, "ls /venv/bin | grep -E '^(pip|uv|pytest|ruff)' || true") == ""
    left = "find /app -name tests -o -name embedded -o -name 'requirements*' -o -name '.env*'"
    assert shell(shop_image, left).split() == ["/app/requirements.txt"]


def test_every_module_finds_what_it_needs(shop_image: str) -> None:
    outcome = python(shop_image, "-c", EVERY_MODULE)
    assert outcome.returncode == 0, outcome.stderr


def test_whoever_breaks_in_changes_no_code(shop_image: str) -> None:
    assert shell(shop_image, "id -u").strip() == "10001"
    assert shell(shop_image, "find /app /venv -writable ! -type l") == ""


def test_static_files_are_collected_and_compressed(shop_image: str) -> None:
    manifest = json.loads(shell(shop_image, "cat /app/static/staticfiles.json"))
    names = set(shell(shop_image, "cd /app/static && find . -type f -printf '%P\\n'").split())
    assert set(manifest["paths"].values()) <= names
    sheets = [name for name in manifest["paths"].values() if name.endswith(".css")]
    assert sheets
    assert [name for name in sheets if f"{name}.gz" not in names] == []


def test_it_carries_its_deployment_files(shop_image: str) -> None:
    for path in ("compose.aws.yaml", "compose.stores.yaml", "docker/nginx.conf.template"):
        assert shell(shop_image, f"cat /app/{path}") == (CHECKOUT / path).read_text()
    instance = {path.name for path in (CHECKOUT / "deploy" / "instance").iterdir()}
    assert set(shell(shop_image, "ls /app/deploy/instance").split()) == instance - {"__pycache__"}


@pytest.mark.parametrize("tool", ["pg_dump", "pg_restore", "psql"])
def test_postgresql_tools_are_of_the_servers_release(shop_image: str, tool: str) -> None:
    assert re.search(r"\(PostgreSQL\) 17\.", shell(shop_image, f"{tool} --version"))


@pytest.mark.parametrize("role", [*ROLES, "all"])
def test_the_deployment_checks_find_nothing(shop_image: str, role: str) -> None:
    words = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    outcome = python(shop_image, *words, role=role)
    assert outcome.returncode == 0, outcome.stderr


# --- What is missing ----------------------------------------------------------------------------


def test_an_unknown_role_is_told_the_known_ones(shop_image: str) -> None:
    outcome = ended(shop_image, options=(*BOUNDS, "--env=BOOKSTORE_ROLE=frontent"))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Error: BOOKSTORE_ROLE is 'frontent'")
    assert "rds, redis, frontend, all" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("role", "missing"),
    [("rds", "DATABASE_URL"), ("redis", "REDIS_URL"), ("frontend", "DATABASE_READER_URL")],
)
def test_a_missing_variable_is_named(shop_image: str, role: str, missing: str) -> None:
    told = [word for word in DEAD_STORES if not word.startswith(f"--env={missing}=")]
    options = (*BOUNDS, *CHECKED, *told, f"--env=BOOKSTORE_ROLE={role}")
    outcome = ended(shop_image, options=options)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"Error: {missing} is missing: ")
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["worker"]], ids=["gunicorn", "worker"])
def test_a_silent_store_is_named_without_its_password(shop_image: str, words: list[str]) -> None:
    told = ("--env=BOOKSTORE_ROLE=rds", "--env=STARTUP_SECONDS=1")
    outcome = ended(shop_image, *words, options=(*BOUNDS, *CHECKED, *DEAD_STORES, *told))
    assert outcome.returncode == 1
    (line,) = outcome.stderr.splitlines()
    assert "After 1 s (STARTUP_SECONDS) there is no answer" in line
    assert "redis at redis.invalid:6379: " in line
    assert "postgresql at postgres.invalid:5432: " in line
    assert "hush" not in outcome.stdout + outcome.stderr


# --- Roles --------------------------------------------------------------------------------------


def ask(
    container: Container, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(container.address, 8000, timeout=60)
    with contextlib.closing(connection):
        body = "{}" if method == "POST" else None
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Content-Type": "application/json", **names})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def asks_itself(container: Container, *path: str) -> Outcome:
    """What a container's health check finds; it waits three seconds for an answer."""
    return container.run("python", "/app/docker/healthcheck.py", *path, is_refusable=True)


@pytest.fixture(scope="module")
def roles(stores: Stores, shop_image: str) -> Iterator[dict[str, Container]]:
    """A container of every role, with few rights, and every query told of."""
    options = {role: options_of(role, stores, SLOW_QUERY_SECONDS="0.000001") for role in ROLES}
    with contextlib.ExitStack() as stack:
        running = {
            role: stack.enter_context(started(shop_image, options=options[role])) for role in ROLES
        }
        worker = started(shop_image, "worker", options=options["rds"])
        running["worker"] = stack.enter_context(worker)
        for container in running.values():
            container.wait_until_healthy()
        yield running


@pytest.mark.parametrize("role", ROLES)
def test_a_role_starts_and_is_ready(roles: dict[str, Container], role: str) -> None:
    # On a busy machine Redis may take longer than a role waits for it.
    status, _headers, body = until(
        lambda answer: answer[0] == 200, lambda: ask(roles[role], "/ready")
    )
    assert (status, json.loads(body)["role"]) == (200, role)
    eventually(lambda: asks_itself(roles[role], "/ready").returncode == 0)
    assert ask(roles[role], "/metrics")[0] == 200


def test_the_worker_starts_and_is_well(roles: dict[str, Container]) -> None:
    processes = roles["worker"].run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
    assert "manage.py worker" in processes
    assert "gunicorn" not in processes


def test_role_redis_goes_on_without_postgresql(roles: dict[str, Container]) -> None:
    environment = roles["redis"].inspect()["Config"]["Env"]
    assert {"DATABASE_URL=", "DATABASE_READER_URL="} <= set(environment)
    assert ask(roles["redis"], "/live/suggest?q=a")[0] == 200


def test_a_role_that_lost_its_redis_is_up_and_not_ready(
    stores: Stores, roles: dict[str, Container]
) -> None:
    frontend = roles["frontend"]
    docker("stop", stores.redis.id)
    try:
        eventually(lambda: asks_itself(frontend).returncode == 0)
        refused = until(
            lambda outcome: "no answer" not in outcome.stderr,
            lambda: asks_itself(frontend, "/ready"),
        )
        assert (refused.returncode, refused.stderr.strip()) == (1, "/ready: 503")
    finally:
        docker("start", stores.redis.id)
    eventually(lambda: ask(frontend, "/ready")[0] == 200)


def test_every_line_on_stdout_is_json_with_the_requests_number(
    roles: dict[str, Container],
) -> None:
    number = "a-number-from-nginx-1"
    status, headers, _body = ask(roles["rds"], "/api/v1/editions", X_Request_ID=number)
    assert (status, headers["X-Request-ID"]) == (200, number)

    def lines_of_this_request() -> list[dict[str, Any]]:
        lines = map(json.loads, roles["rds"].stdout_lines())
        return [line for line in lines if line.get("request_id") == number]

    # Docker writes down what a container says a little after it was said.
    of_this_request = until(bool, lines_of_this_request)
    assert of_this_request
    assert all(line["role"] == "rds" and line["release"] == REVISION for line in of_this_request)
    for role in ("redis", "frontend", "worker"):
        for line in roles[role].stdout_lines():
            json.loads(line)


# --- Single commands ----------------------------------------------------------------------------


def command(stores: Stores, image: str, *words: str, **environment: str) -> Outcome:
    return ended(image, *words, options=options_of("rds", stores, **environment))


def test_several_machines_prepare_a_release_at_once(stores: Stores, shop_image: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _n: command(stores, shop_image, "prepare"), range(3)))
    assert [outcome.returncode for outcome in outcomes] == [0, 0, 0], outcomes[0].stderr
    assert {outcome.stdout.splitlines()[0] for outcome in outcomes} == {
        "The tables are up to the code."
    }
    assert command(stores, shop_image, "migrate", "--check").returncode == 0


def test_a_superuser_is_made(stores: Stores, shop_image: str) -> None:
    words = ("createsuperuser", "--no-input", "--email", "carol@example.com")
    outcome = command(stores, shop_image, *words, DJANGO_SUPERUSER_PASSWORD="down the rabbit hole")
    assert outcome.returncode == 0, outcome.stderr
    counted = "SELECT count(*) FROM accounts_user WHERE is_superuser"
    assert stores.sql(counted) == "1"


def test_the_audit_runs(stores: Stores, shop_image: str) -> None:
    outcome = command(stores, shop_image, "audit")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.endswith("checks hold.\n")


# --- The end ------------------------------------------------------------------------------------


class Lock:
    """A table that nobody else reads or writes until the block ends, or `let_go` is called.

    Whoever waits is counted in the same session: a program more for each look could take longer
    than role rds waits for a lock, which is ten seconds.
    """

    def __init__(self, stores: Stores, table: str) -> None:
        words = ("--username=postgres", "--dbname=bookstore", "--set=ON_ERROR_STOP=1")
        self._psql = subprocess.Popen(
            ["docker", "exec", "-i", stores.postgres.id, "psql", "--quiet", "-tA", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._table = table

    def __enter__(self) -> "Lock":
        self._psql.__enter__()
        lock = f"BEGIN; LOCK TABLE {self._table} IN ACCESS EXCLUSIVE MODE; SELECT 'is locked';"
        assert self._ask(lock) == "is locked"
        return self

    def __exit__(self, *error: Any) -> None:
        self._psql.__exit__(*error)

    def has_a_writer_waiting(self) -> bool:
        """Whether somebody wants to write to the table."""
        where = f"relation = '{self._table}'::regclass AND mode = 'RowExclusiveLock'"
        return self._ask(f"SELECT count(*) FROM pg_locks WHERE {where};") != "0"

    def let_go(self) -> None:
        """Let them."""
        assert self._psql.stdin is not None
        self._psql.stdin.close()

    def _ask(self, statements: str) -> str:
        assert self._psql.stdin is not None
        assert self._psql.stdout is not None
        self._psql.stdin.write(f"{statements}\n")
        self._psql.stdin.flush()
        return self._psql.stdout.readline().strip()


def test_what_was_begun_is_answered_before_the_end(stores: Stores, shop_image: str) -> None:
    answers: list[int] = []
    with started(shop_image, options=options_of("rds", stores)) as container:
        container.wait_until_healthy()
        buyer = threading.Thread(
            target=lambda: answers.append(ask(container, "/api/v1/baskets", "POST")[0])
        )
        with Lock(stores, "orders_basket") as lock:
            buyer.start()
            eventually(lock.has_a_writer_waiting)
            docker("kill", "--signal", "TERM", container.id)
            with pytest.raises(subprocess.TimeoutExpired):
                subprocess.run(["docker", "wait", container.id], timeout=1, check=True)
            assert answers == []
            lock.let_go()
        buyer.join(timeout=PATIENCE_SECONDS)
        docker("wait", container.id)
        assert answers == [201]
        assert container.inspect()["State"]["ExitCode"] == 0
        for line in container.stdout_lines():
            json.loads(line)


def test_an_idle_worker_ends_by_itself(stores: Stores, shop_image: str) -> None:
    with started(shop_image, "worker", options=options_of("rds", stores)) as container:
        container.wait_until_healthy()
        docker("stop", "--time", str(PATIENCE_SECONDS), container.id)
        state = container.inspect()["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
