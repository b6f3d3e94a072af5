"""What deploy/aws says about the shop is what the shop says about itself."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookstore.roles import FRONTEND, RDS, SPLIT
from bookstore.settings import SCHEME
from bookstore.working import CONCURRENCY, PROMPT_CONCURRENCY

CHECKOUT = Path(__file__).resolve().parents[2]
MODULE = CHECKOUT / "deploy" / "aws"
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.aws.yaml").read_text())
COMPOSE_TEXT = "".join(
    (CHECKOUT / name).read_text() for name in ("compose.aws.yaml", "compose.stores.yaml")
)


def text(name: str) -> str:
    return (MODULE / name).read_text()


def block(name: str, of: str) -> str:
    """The lines of a map called `of` in one of the module's files."""
    found = re.search(rf"^  {of} +=.*?^  \S*[\])}}]", text(name), flags=re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def test_the_load_balancer_sends_each_prefix_to_the_role_of_the_table() -> None:
    said = json.loads(text("roles.json"))

    assert {name: role["prefixes"] for name, role in said.items()} == {
        role.name: [f"/{route.prefix}" for route in role.routes if route.prefix] for role in SPLIT
    }


def test_the_load_balancer_asks_each_role_where_it_answers_through_nginx() -> None:
    said = json.loads(text("roles.json"))

    assert {name: role["ready_path"] for name, role in said.items()} == {
        role.name: f"/{role.ready_paths[0]}" if role.ready_paths else "/ready" for role in SPLIT
    }


def test_every_setting_is_a_variable_of_the_shop() -> None:
    names = re.findall(r"\b([A-Z][A-Z_]+) += ", block("settings.tf", "shop_settings"))

    assert {"ALLOWED_HOSTS", "SHOP_URL", "AWS_STORAGE_BUCKET_NAME"} <= set(names)
    assert set(names) <= SCHEME.keys()


def test_every_setting_of_compose_is_a_variable_of_its_files() -> None:
    names = re.findall(r"\b([A-Z][A-Z_]+) += ", block("settings.tf", "compose_settings"))
    start = (CHECKOUT / "deploy" / "instance" / "start").read_text()
    names += re.findall(r"--set \"?([A-Z_]+)=", start)
    known = {
        *re.findall(r"\$\{([A-Z_]+)[:}]", COMPOSE_TEXT),
        "COMPOSE_FILE",
        "COMPOSE_PROJECT_NAME",
    }

    assert {"FORWARDED_PROTO", "TRUSTED_PROXIES", "HTTP_PORT", "BACKEND_IMAGE"} <= set(names)
    # Read by deploy-role and by backup, not by Compose.
    assert set(names) - {"IMAGE_REPOSITORY", "BACKUP_DESTINATION"} <= known


def test_the_certificates_of_rds_reach_every_container_that_asks_the_database() -> None:
    for service in ("backend-rds", "frontend", "worker", "prepare"):
        mounts = COMPOSE["services"][service]["volumes"]
        assert [each for each in mounts if each.endswith(":/etc/bookstore/certificates:ro")]


# What each service of compose.aws.yaml must never be told.
KEPT_FROM = {
    "backend-redis": {"DATABASE_URL", "DATABASE_READER_URL"},
    "frontend": {"DATABASE_URL"},
}


@pytest.mark.parametrize("service", KEPT_FROM)
def test_a_role_without_sessions_is_told_no_secret_that_it_does_not_use(service: str) -> None:
    told = COMPOSE["services"][service]["environment"]
    role = next(role for role in SPLIT if role.name == told["BOOKSTORE_ROLE"])

    assert not role.has_sessions
    assert told["SECRET_KEY"] == "signs-nothing"
    hidden = {"EMAIL_URL", "SECRET_KEY_FALLBACKS", *KEPT_FROM[service]}
    assert {name for name in hidden if told[name] == ""} == hidden


def test_only_what_saves_files_reaches_the_instances_role() -> None:
    reach = {
        name: "aws" in service["networks"]
        for name, service in COMPOSE["services"].items()
        if not (name == "frontend" and service["environment"]["AWS_S3_UNSIGNED"] != "on")
    }
    networks = COMPOSE["networks"]

    assert {name for name, does in reach.items() if does} == {"backend-rds", "worker", "prepare"}
    assert reach["frontend"] is reach["backend-redis"] is reach["nginx"] is False
    # Docker sends what leaves a container through the network whose name comes first.
    assert min(networks) == "aws"
    named = networks["aws"]["driver_opts"]["com.docker.network.bridge.name"]
    assert named == "${AWS_BRIDGE:-}"
    bridge = re.search(r"^AWS_BRIDGE=(\S+)$", text("user-data.sh.tftpl"), re.M)
    assert bridge and len(bridge[1]) <= 15  # as long as an interface's name may be


def most_connections() -> int:
    """What the largest group of instances opens, in the middle of a deployment."""
    most = re.search(r"default += \{ min = \d+, max = (\d+) \}", text("variables.tf"))
    processes = re.search(r"WEB_CONCURRENCY:-(\d+)", COMPOSE_TEXT)
    assert most and processes
    worker = CONCURRENCY + PROMPT_CONCURRENCY + 4  # and its own, for the queue and its locks
    commands = 20  # backup, psql, PostgreSQL's own reserve
    instance = int(processes[1]) * (RDS.threads + FRONTEND.threads) + worker
    return int(most[1]) * instance + instance + commands


def test_postgresql_takes_the_connections_of_all_instances_in_a_deployment() -> None:
    postgres = yaml.safe_load((CHECKOUT / "compose.stores.yaml").read_text())["services"][
        "postgres"
    ]
    own = re.search(r"max_connections=\$\{POSTGRES_CONNECTIONS:-(\d+)\}", str(postgres["command"]))
    managed = re.search(r"database_connections = (\d+)", text("stores.tf"))

    assert own and managed
    assert int(own[1]) >= most_connections()
    assert int(managed[1]) >= most_connections()
    assert int(managed[1]) * 0.8 >= most_connections()  # above which an alarm tells
    assert postgres["pids_limit"] > int(own[1])  # each is a process


def test_docker_waits_for_the_volume_with_the_records() -> None:
    said = text("user-data.sh.tftpl")
    docker = said[said.index("docker.service.d/bookstore.conf") :]
    docker = docker[: docker.index("\nUNIT")]
    shop = said[said.index("system/bookstore.service") :]

    assert "$${STORES_VOLUME:+RequiresMountsFor=$STORES_DIR}" in docker
    assert "RequiresMountsFor=/var/lib $${STORES_VOLUME:+$STORES_DIR}" in shop
    assert "--insert $rule" in docker
    # They are there before Docker is started for the first time.
    assert said.index("bookstore.conf") < said.index("systemctl enable --now docker")
    assert said.index('mount "$STORES_DIR"') < said.index("systemctl enable --now docker")


def test_requests_are_waited_for_as_long_as_they_may_take() -> None:
    delay = re.search(r"deregistration_delay += (\d+)", text("balancer.tf"))
    gunicorn = (CHECKOUT / "gunicorn.conf.py").read_text()
    timeout = re.search(r"^timeout = (\d+)", gunicorn, flags=re.MULTILINE)
    graceful = re.search(r"^graceful_timeout = (\d+)", gunicorn, flags=re.MULTILINE)

    assert delay and timeout and graceful
    assert int(delay[1]) > max(int(timeout[1]), int(graceful[1]))


def test_nginx_keeps_connections_longer_than_the_load_balancer() -> None:
    idle = re.search(r"idle_timeout += (\d+)", text("balancer.tf"))
    template = (CHECKOUT / "docker" / "nginx.conf.template").read_text()
    keepalive = re.search(r"keepalive_timeout (\d+)s", template)

    assert idle and keepalive
    assert int(idle[1]) < int(keepalive[1])


def test_every_alarm_is_explained_on_the_operating_page() -> None:
    row = r"^ +\"?([a-z0-9-]+?)(?:-\$\{(?:role|node)\})?\"? = \{$"
    names = set(re.findall(row, text("alarms.tf"), re.M))
    page = (CHECKOUT / "docs" / "operations.md").read_text()

    assert len(names) == 19
    assert [name for name in sorted(names) if name not in page] == []


def test_the_page_shows_a_picture_of_each_step() -> None:
    page = (CHECKOUT / "docs" / "aws.md").read_text()

    for step in (1, 2, 3):
        assert f"(aws-step-{step}.svg)" in page
        assert "<title" in (CHECKOUT / "docs" / f"aws-step-{step}.svg").read_text()
