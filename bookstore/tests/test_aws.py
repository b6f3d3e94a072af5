"""What deploy/aws says about the shop is what the shop says about itself."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from bookstore.roles import SPLIT
from bookstore.settings import SCHEME

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
    names = set(
        re.findall(r"^ +\"?([a-z0-9-]+?)(?:-\$\{role\})?\"? = \{$", text("alarms.tf"), re.M)
    )
    page = (CHECKOUT / "docs" / "operations.md").read_text()

    assert len(names) == 15
    assert [name for name in sorted(names) if name not in page] == []


def test_the_page_shows_a_picture_of_each_step() -> None:
    page = (CHECKOUT / "docs" / "aws.md").read_text()

    for step in (1, 2, 3):
        assert f"(aws-step-{step}.svg)" in page
        assert "<title" in (CHECKOUT / "docs" / f"aws-step-{step}.svg").read_text()
