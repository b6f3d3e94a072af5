"""`docker compose up -d --build`: the shop is bought from, and its parts are kept apart."""

import json
import os
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from bookstore.roles import SPLIT
from deploy.tests.composed import ONE_SHOTS, Composed, composed
from deploy.tests.engine import CHECKOUT, docker, eventually
from tests.conftest import is_plenty
from tests.patience import until
from tests.purchases import (
    add,
    check_out,
    make_basket,
    order_body,
    order_number,
    send_order,
    sign_in,
)
from tests.visitor import Visitor

WELL = {"running healthy", "exited 0"}
READY = {"rds": "/api/ready", "redis": "/live/ready", "frontend": "/ready"}
REACH = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=60):
    print("reached")
"""


@pytest.fixture(scope="module")
def shop(
    official_images: dict[str, str], shop_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    """The shop, for all tests of this file."""
    with composed(tmp_path_factory.mktemp("compose")) as running:
        yield running


@pytest.fixture
def visitor(shop: Composed) -> Visitor:
    """Somebody who comes for the first time."""
    return Visitor(shop.base_url)


@pytest.fixture(scope="module")
def edition(shop: Composed) -> dict[str, Any]:
    """A paperback with plenty in stock."""
    found: list[dict[str, Any]] = Visitor(shop.base_url).call("GET", "editions").json()["items"]
    return next(each for each in found if each["format"] == "paperback" and is_plenty(each))


# --- It is open ---------------------------------------------------------------------------------


def test_every_service_is_well(shop: Composed) -> None:
    # One that was well when it was waited for may miss a check on a busy machine.
    states = until(lambda found: set(found.values()) <= WELL, shop.states)
    assert states.keys() == {
        "postgres", "redis", "migrate", "backend-rds", "backend-redis", "frontend", "worker",
        "nginx",
    }  # fmt: skip
    for service, state in states.items():
        assert state == ("exited 0" if service in ONE_SHOTS else "running healthy"), service


def test_every_role_is_ready_through_nginx(shop: Composed, visitor: Visitor) -> None:
    for role in SPLIT:
        for path in role.ready_paths or ("ready",):
            answer = until(lambda answer: answer.status == 200, partial(visitor.get, f"/{path}"))
            assert (answer.status, answer.json()["role"]) == (200, role.name)


def test_a_guest_buys_through_the_forms(visitor: Visitor, edition: dict[str, Any]) -> None:
    assert edition["title"] in visitor.open(edition["url"]).text
    assert add(visitor, edition).location == "/basket/"
    sent = check_out(visitor, "guest@example.com", payment_method="fake")
    number = order_number(sent)
    page = visitor.follow(sent)
    paid = visitor.submit(page.form(f"/orders/{number}/fake-payment/"), answer="pay")
    order = visitor.follow(paid)
    assert edition["title"] in order.text
    assert "Paid" in order.text


def order(visitor: Visitor, edition: dict[str, Any], *, key: str) -> str:
    """An order over the API; where it can be looked at."""
    basket = make_basket(visitor, (edition["isbn13"], 1))
    answer = send_order(visitor, order_body(basket), key=key)
    assert answer.status == 201, answer.body
    placed = answer.json()
    return f"orders/{placed['number']}?token={placed['token']}"


def test_a_program_buys_over_the_api(visitor: Visitor, edition: dict[str, Any]) -> None:
    where = order(visitor, edition, key="compose-1")
    assert visitor.call("GET", where).json()["status"] == "awaiting_payment"


def test_the_worker_does_the_jobs(
    shop: Composed, visitor: Visitor, edition: dict[str, Any]
) -> None:
    number = order(visitor, edition, key="compose-2").split("/")[1].split("?")[0]
    letters = ("sh", "-c", "cat /var/lib/bookstore/mail/* 2>/dev/null || true")
    eventually(lambda: number in shop.run("worker", *letters).stdout, otherwise="no e-mail")
    assert number not in shop.logs("worker")


def test_staff_get_in_with_the_login_that_was_printed(shop: Composed, visitor: Visitor) -> None:
    found = re.search(r"(\S+)/admin/: (\S+@\S+), password (\S+)", shop.logs("migrate"))
    assert found
    assert found[1] == f"http://localhost:{shop.port}"
    assert sign_in(visitor, found[2], found[3]).status in (302, 303)
    assert visitor.get("/admin/").status == 200


def test_money_and_stock_add_up(shop: Composed) -> None:
    assert shop.manage("audit").stdout.endswith("checks hold.\n")


# --- Its parts are kept apart -------------------------------------------------------------------


def test_nobody_outside_sees_the_metrics(shop: Composed, visitor: Visitor) -> None:
    assert visitor.get("/metrics").status == 404
    inside = ("python", "docker/healthcheck.py", "/metrics")
    eventually(lambda: shop.run("frontend", *inside, is_refusable=True).returncode == 0)


def test_nginx_reaches_the_roles_and_not_the_stores(shop: Composed) -> None:
    def status_of(address: str, seconds: int = 60) -> int:
        curl = ("curl", "--silent", "--output", "/dev/null", "--max-time", str(seconds), address)
        return shop.run("nginx", *curl, is_refusable=True).returncode

    cannot_resolve, cannot_connect, timed_out = 6, 7, 28
    assert status_of("http://frontend:8003/health") == 0
    for service, port in (("postgres", "5432"), ("redis", "6379")):
        address = shop.container(service).address
        reached = shop.run("backend-rds", "python", "-c", REACH, address, port)
        assert reached.stdout == "reached\n"  # so that there is something to reach
        assert status_of(f"http://{service}:{port}/") == cannot_resolve
        assert status_of(f"http://{address}:{port}/", seconds=3) in (cannot_connect, timed_out)


def test_a_role_has_the_login_that_it_may_use_and_no_other(shop: Composed) -> None:
    known = {
        service: {
            line.partition("=")[0]
            for line in shop.container(service).inspect()["Config"]["Env"]
            if re.match(r"\w*(DATABASE|PASSWORD|READER)\w*=.", line)
        }
        for service in ("backend-rds", "backend-redis", "frontend", "worker", "nginx", "redis")
    }
    assert known == {
        "backend-rds": {"DATABASE_URL"},
        "worker": {"DATABASE_URL"},
        "frontend": {"DATABASE_READER_URL"},
        "backend-redis": set(),
        "nginx": set(),
        "redis": set(),
    }


def test_no_container_can_write_where_it_should_not(shop: Composed) -> None:
    for service in ("backend-rds", "backend-redis", "frontend", "worker", "nginx", "redis"):
        refused = shop.run(service, "sh", "-c", "touch /app/x /etc/x /usr/x", is_refusable=True)
        assert "Read-only file system" in refused.stderr
        assert shop.run(service, "id", "-u").stdout.strip() != "0"
    media = shop.run("frontend", "touch", "/var/lib/bookstore/media/x", is_refusable=True)
    assert "Read-only file system" in media.stderr
    assert shop.run("backend-rds", "touch", "/var/lib/bookstore/media/x").returncode == 0


def test_redis_is_set_up_to_lose_the_right_things(shop: Composed) -> None:
    def config(name: str) -> str:
        return shop.run("redis", "redis-cli", "CONFIG", "GET", name).stdout.split()[-1]

    assert config("maxmemory-policy").startswith("volatile-")
    assert int(config("maxmemory")) > 0
    assert config("appendonly") == "no"


# --- It goes on ---------------------------------------------------------------------------------


def test_a_request_is_found_in_the_logs_of_nginx_and_its_role(
    shop: Composed, visitor: Visitor
) -> None:
    number = visitor.get("/basket/").headers["X-Request-ID"]
    nginx = shop.container("nginx")

    def lines_of_the_request() -> list[str]:
        return [line for line in nginx.stdout_lines() if number in line]

    # nginx writes its line once it has answered, and Docker writes it down a little later.
    (line,) = until(bool, lines_of_the_request)
    known = json.loads(line)
    assert (known["path"], known["status"]) == ("/basket/", 200)
    assert known["upstream"].startswith(shop.address_on_front("backend-rds"))


def test_roles_that_got_each_others_address_are_found_again(
    shop: Composed, visitor: Visitor
) -> None:
    before = {name: shop.address_on_front(name) for name in ("backend-rds", "frontend")}
    shop.compose("stop", *before)
    # Docker gives out the lowest address that is free.
    high_first = sorted(before, key=lambda name: int(before[name].split(".")[-1]), reverse=True)
    for name in high_first:
        docker("start", shop.container(name).id)
    after = {name: shop.address_on_front(name) for name in before}
    assert (after["frontend"], after["backend-rds"]) == (before["backend-rds"], before["frontend"])

    def is_found() -> bool:
        answers = {role: visitor.get(path) for role, path in READY.items()}
        told = {
            role: answer.json()["role"] for role, answer in answers.items() if answer.status == 200
        }
        assert all(role == name for role, name in told.items()), told
        assert {answer.status for answer in answers.values()} <= {200, 502, 503, 504}
        return len(told) == len(READY)

    eventually(is_found)


@pytest.mark.parametrize("service", ["backend-rds", "backend-redis", "frontend", "redis", "worker"])
def test_a_restart_loses_nothing(
    shop: Composed, visitor: Visitor, edition: dict[str, Any], service: str
) -> None:
    add(visitor, edition)
    shop.compose("restart", "--no-deps", service)
    eventually(lambda: set(shop.states().values()) <= WELL)
    eventually(lambda: all(visitor.get(path).status == 200 for path in READY.values()))
    assert edition["title"] in visitor.get("/basket/").text
    assert visitor.open(edition["url"]).status == 200


def test_what_was_sold_outlives_the_containers(
    shop: Composed, visitor: Visitor, edition: dict[str, Any]
) -> None:
    where = order(visitor, edition, key="compose-3")
    shop.compose("down", "--timeout", "40")
    shop.up()
    assert visitor.call("GET", where).json()["status"] == "awaiting_payment"
    assert "The tables are up to the code." in shop.logs("migrate")
    assert "sample books" not in shop.logs("migrate")


# --- .env ---------------------------------------------------------------------------------------


def test_without_env_it_says_what_to_run(docker: None) -> None:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    outcome = compose_config(clean)
    assert outcome.returncode != 0
    assert 'run "make env" first' in outcome.stderr


def compose_config(environment: dict[str, str]) -> Any:
    """What Compose makes of compose.yaml, with these variables and no .env."""
    command = ("compose", "--env-file", os.devnull, "--file", str(CHECKOUT / "compose.yaml"))
    return docker(*command, "config", "--quiet", is_refusable=True, environment=environment)
