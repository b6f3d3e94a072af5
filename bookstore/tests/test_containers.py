"""What the containers are told agrees with the role table, the settings and nginx's template."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bookstore.roles import ROLES, SPLIT, DatabaseAccess, get_role
from bookstore.settings import SCHEME
from bookstore.tests.shell import CHECKOUT
from caching import question, turns

HERE, AWS, STORES = "compose.yaml", "compose.aws.yaml", "compose.stores.yaml"
# What others than our settings read in our own containers: gunicorn, and Python itself.
READ_ELSEWHERE = {"WEB_CONCURRENCY", "PORT", "TMPDIR"}
DATABASE_URLS = {
    DatabaseAccess.OWNER: {"DATABASE_URL"},
    DatabaseAccess.READER: {"DATABASE_READER_URL"},
    DatabaseAccess.NONE: set[str](),
}
ALL_DATABASE_URLS = {"DATABASE_URL", "DATABASE_READER_URL"}
PREPARING = {"migrate", "prepare"}  # they make the reader's login, and so know both
FROM_THE_ENVIRONMENT = re.compile(r"\$\{(SECRET_KEY_FALLBACKS|STRIPE_[A-Z_]+):-\}")
FILLED_IN_BY_MAKE_ENV = re.compile(r"\$\{[A-Z_]+:\?run \"make env\" first\}")


def services(file: str) -> dict[str, dict[str, Any]]:
    read: dict[str, Any] = yaml.safe_load((CHECKOUT / file).read_text())
    found: dict[str, dict[str, Any]] = read["services"]
    return found


def ours(file: str) -> dict[str, dict[str, Any]]:
    """The services that run our own image."""
    return {
        name: service
        for name, service in services(file).items()
        if "BOOKSTORE_ROLE" in service.get("environment", {})
    }


EVERY_SERVICE = [
    pytest.param(name, service, id=f"{file}-{name}")
    for file in (HERE, AWS, STORES)
    for name, service in services(file).items()
]
OUR_SERVICES = [
    pytest.param(file, name, service, id=f"{file}-{name}")
    for file in (HERE, AWS)
    for name, service in ours(file).items()
]
each_file = pytest.mark.parametrize("file", [HERE, AWS])


# --- Roles --------------------------------------------------------------------------------------


@each_file
def test_every_role_has_a_service_and_one_runs_the_worker(file: str) -> None:
    web = {name: each for name, each in ours(file).items() if not each.get("command")}
    started = {service["environment"]["BOOKSTORE_ROLE"]: name for name, service in web.items()}
    assert started == {"rds": "backend-rds", "redis": "backend-redis", "frontend": "frontend"}
    assert set(started) == {role.name for role in SPLIT}
    worker = ours(file)["worker"]
    assert worker["command"] == ["worker"]
    assert get_role(worker["environment"]["BOOKSTORE_ROLE"]).database is DatabaseAccess.OWNER


@pytest.mark.parametrize(("file", "name", "service"), OUR_SERVICES)
def test_a_service_knows_the_logins_that_its_role_may_use(
    file: str, name: str, service: dict[str, Any]
) -> None:
    environment = service["environment"]
    role = ROLES[environment["BOOKSTORE_ROLE"]]
    allowed = ALL_DATABASE_URLS if name in PREPARING else DATABASE_URLS[role.database]
    if service.get("env_file"):  # names them all: what is not allowed must be emptied
        emptied = {each for each in ALL_DATABASE_URLS if environment.get(each) == ""}
        assert emptied == ALL_DATABASE_URLS - allowed
    else:
        assert environment.keys() & ALL_DATABASE_URLS == allowed


@pytest.mark.parametrize(("file", "name", "service"), OUR_SERVICES)
def test_every_variable_is_one_that_the_settings_read(
    file: str, name: str, service: dict[str, Any]
) -> None:
    assert service["environment"].keys() - READ_ELSEWHERE <= SCHEME.keys()


@each_file
def test_nginx_is_told_all_that_its_template_asks_for(file: str) -> None:
    environment = services(file)["nginx"]["environment"]
    template = (CHECKOUT / "docker" / "nginx.conf.template").read_text()
    code = "\n".join(line.partition("#")[0] for line in template.splitlines())
    entry_point = {"NGINX_ENTRYPOINT_QUIET_LOGS"}  # what it says is no JSON
    assert set(environment) - entry_point == set(re.findall(r"\$\{([A-Z_]+)\}", code))
    upstreams = {role.name: environment[f"{role.name.upper()}_UPSTREAM"] for role in SPLIT}
    assert upstreams == {
        service["environment"]["BOOKSTORE_ROLE"]: f"{name}:{service['environment']['PORT']}"
        for name, service in ours(file).items()
        if not service.get("command")
    }


@each_file
def test_no_role_answers_at_the_address_of_another(file: str) -> None:
    """Docker may give a container the address that another one had, and nginx asks there still."""
    ports = {
        name: service["environment"]["PORT"]
        for name, service in ours(file).items()
        if not service.get("command")
    }
    assert len(set(ports.values())) == len(SPLIT)
    script = (CHECKOUT / "deploy" / "instance" / "deploy-role").read_text()
    told = re.findall(r"services=\((.*)\)\n.*\n +ports=\((.*)\)", script)
    pairs = [zip(names.split(), numbers.split(), strict=False) for names, numbers in told]
    assert dict(pair for each in pairs for pair in each) == ports


# --- What a container may do --------------------------------------------------------------------


@pytest.mark.parametrize(("name", "service"), EVERY_SERVICE)
def test_a_container_has_few_rights_and_bounds(name: str, service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert float(service["cpus"]) <= 1  # more than a small machine has is refused
    assert ("cap_add" in service) == (name == "postgres")


@pytest.mark.parametrize(("file", "name", "service"), OUR_SERVICES)
def test_two_of_a_role_can_stand_side_by_side(
    file: str, name: str, service: dict[str, Any]
) -> None:
    assert not service.keys() & {"container_name", "ports"}


@pytest.mark.parametrize(("file", "name", "service"), OUR_SERVICES)
def test_nobody_is_cut_off_in_the_middle(file: str, name: str, service: dict[str, Any]) -> None:
    gunicorn = (CHECKOUT / "gunicorn.conf.py").read_text()
    found = re.search(r"^graceful_timeout = (\d+)", gunicorn, flags=re.MULTILINE)
    assert found
    assert int(service["stop_grace_period"].removesuffix("s")) >= int(found[1]) + 15


def test_a_role_that_stops_answers_all_that_nginx_still_waits_for() -> None:
    gunicorn = (CHECKOUT / "gunicorn.conf.py").read_text()
    nginx = (CHECKOUT / "docker" / "nginx.conf.template").read_text()
    graceful = re.search(r"^graceful_timeout = (\d+)", gunicorn, flags=re.MULTILINE)
    longest = re.findall(r"proxy_read_timeout (\d+)s", nginx)
    assert graceful and longest
    assert int(graceful[1]) > max(map(int, longest))


def test_nginx_waits_for_a_page_longer_than_it_may_take() -> None:
    shop = (CHECKOUT / "bookstore" / "wsgi.py").read_text()
    nginx = (CHECKOUT / "docker" / "nginx.conf.template").read_text()
    statement = re.search(r"READER: (\d+),", shop)
    late = re.search(r"^LATE = (\d+)", shop, flags=re.MULTILINE)
    page = re.search(r"location / \{.*?proxy_read_timeout (\d+)s", nginx, flags=re.DOTALL)
    assert statement and late and page
    longest = turns.PATIENCE_SECONDS + question.WAIT_SECONDS + int(statement[1]) + int(late[1])
    assert int(page[1]) > longest


@each_file
def test_nginx_and_the_stores_have_no_network_in_common(file: str) -> None:
    together = {**services(STORES), **services(file)}
    assert together["nginx"]["networks"] == ["front"]
    assert together["postgres"]["networks"] == together["redis"]["networks"] == ["back"]


@pytest.mark.parametrize("file", [HERE, STORES])
def test_redis_keeps_what_has_no_lifetime(file: str) -> None:
    command = " ".join(services(file)["redis"]["command"])
    assert re.search(r"--maxmemory-policy volatile-\w+", command)
    assert re.search(r"--maxmemory \S+", command)


def test_only_this_machine_reaches_the_trial_shop() -> None:
    published = {name: each["ports"] for name, each in services(HERE).items() if "ports" in each}
    assert published == {"nginx": ["127.0.0.1:${HTTP_PORT:-8080}:8080"]}


def test_log_files_do_not_grow_for_ever() -> None:
    for service in services(HERE).values():
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}


# --- Secrets ------------------------------------------------------------------------------------


def secret_values(file: str) -> list[str]:
    return [
        value
        for service in services(file).values()
        for name, value in service.get("environment", {}).items()
        if value not in ("", "signs-nothing")
        and not FROM_THE_ENVIRONMENT.fullmatch(value)
        and re.search(r"SECRET|PASSWORD|DATABASE_\w*URL", name)
    ]


def test_no_secret_stands_in_a_compose_file() -> None:
    values = secret_values(HERE)
    assert len(values) >= 4
    assert [value for value in values if not FILLED_IN_BY_MAKE_ENV.search(value)] == []
    assert secret_values(AWS) == secret_values(STORES) == []


def test_git_and_the_image_leave_the_secrets_alone() -> None:
    assert ".env" in (CHECKOUT / ".gitignore").read_text().splitlines()
    wanted = (CHECKOUT / ".dockerignore").read_text().splitlines()
    first = next(line for line in wanted if line and not line.startswith("#"))
    assert first == "*"
    assert [line for line in wanted if line.startswith("!.")] == []


def test_the_deployment_files_travel_with_the_image() -> None:
    wanted = Path(CHECKOUT / ".dockerignore").read_text().splitlines()
    assert {"!compose.aws.yaml", "!compose.stores.yaml", "!docker", "!deploy/instance"} <= {*wanted}
