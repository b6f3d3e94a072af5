"""deploy-role in earnest: people shop while images replace each other, good ones and bad ones.

An instance of step 1 on this machine, from images of a registry on the loopback address. The tests
build on each other: each leaves the shop running, whatever it deployed.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.tests.engine import eventually
from deploy.tests.instance import CHECKOUT, HEALTH_SECONDS, Instance, Registry, missing
from deploy.tests.runner import COMMIT, Runner
from tests.crowd import Crowd

BACKEND = ("backend-rds", "backend-redis", "worker")
FRONTEND = ("frontend",)
ALL = (*BACKEND, *FRONTEND, "nginx")

MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("catalog", "{after}")]
    operations = [migrations.RunSQL("{sql}")]
"""
ENDS = """#!/bin/sh
[ "$#" -eq 0 ] || exec python manage.py "$@"
echo "broken on purpose"
exit 1
"""
TEMPLATE = (CHECKOUT / "docker" / "nginx.conf.template").read_text()


def migration(name: str, sql: str) -> dict[str, str]:
    """One more migration of the catalogue, as a file of an image."""
    last = max(path.stem for path in (CHECKOUT / "catalog" / "migrations").glob("0*.py"))
    return {f"catalog/migrations/{name}.py": MIGRATION.format(after=last, sql=sql)}


@pytest.fixture(scope="module")
def registry(shop_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    if program := missing():
        pytest.skip(f"NOT TESTED: the rolling deployment, because {program} is missing")
    registry = Registry(shop_image, tmp_path_factory.mktemp("registry"))
    with registry.serving():
        yield registry


@pytest.fixture(scope="module")
def instance(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("instance"), registry)
    with instance.running(registry.push("first")):
        yield instance


@pytest.fixture
def crowd(instance: Instance, capsys: pytest.CaptureFixture[str]) -> Iterator[Crowd]:
    """People who shop during the test; nobody is disappointed, and every order is there once."""
    crowd = Crowd(instance.base_url, instance.editions)
    with crowd.at_work():
        yield crowd
        eventually(crowd.has_done_everything)  # some deployments end before the slowest visitor
    with capsys.disabled():
        print(f"\n{crowd.report()}")
    assert crowd.faults == []
    assert crowd.has_done_everything()


@pytest.fixture
def seconds(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What took how long, for whoever reads along."""
    notes: list[str] = []
    yield notes
    with capsys.disabled():
        print("\n" + "; ".join(notes))


def timed(
    instance: Instance, seconds: list[str], *words: str, **environment: str
) -> tuple[int, str]:
    started_at = time.monotonic()
    code, said = instance.deploy(*words, **environment)
    seconds.append(
        f"deploy-role {words[0]}: exit {code} after {time.monotonic() - started_at:.1f} s"
    )
    return code, said


@pytest.mark.usefixtures("crowd")
def test_a_new_backend_migrates_and_leaves_the_frontend_alone(
    instance: Instance, registry: Registry, seconds: list[str]
) -> None:
    frontend, old = instance.containers(FRONTEND), instance.setting("BACKEND_IMAGE")
    column = "ALTER TABLE catalog_edition ADD COLUMN rehearsal text"
    new = registry.push("second", migration("9001_rehearsal", column))
    code, said = timed(instance, seconds, "backend", new)
    assert code == 0, said
    assert list(instance.containers(BACKEND).values()) == [new, new, new]
    assert instance.containers(FRONTEND) == frontend
    assert "[X] 9001_rehearsal" in instance.command("showmigrations", "catalog")
    assert instance.setting("BACKEND_IMAGE") == new
    assert instance.setting("BACKEND_IMAGE_PREVIOUS") == old
    code, said = instance.deploy("backend", new)
    assert (code, "runs" in said and "already" in said) == (0, True)


@pytest.mark.usefixtures("crowd")
def test_a_new_frontend_leaves_the_backend_alone(
    instance: Instance, registry: Registry, seconds: list[str]
) -> None:
    backend = instance.containers((*BACKEND, "nginx"))
    new = registry.push("third")
    code, said = timed(instance, seconds, "frontend", new)
    assert code == 0, said
    assert list(instance.containers(FRONTEND).values()) == [new]
    assert instance.containers((*BACKEND, "nginx")) == backend
    assert instance.setting("FRONTEND_IMAGE") == new


def bad_images() -> Iterator[tuple[str, str, dict[str, str], str]]:
    """Role, name, files that make it bad, and what deploy-role says of it."""
    ends = {"docker/entrypoint": ENDS}
    yield "backend", "ends-at-once", ends, "ended right after its start"
    yield "frontend", "ends-at-once", ends, "ended right after its start"
    ill = {"docker/healthcheck.py": "raise SystemExit('never well')\n"}
    yield "backend", "never-well", ill, "was not well within 20 s"
    yield "frontend", "never-well", ill, "was not well within 20 s"
    fails = migration("9002_fails", "SELECT 1/0")
    yield "backend", "migration-fails", fails, "the database could not be prepared"
    yield "frontend", "migration-missing", fails, "deploy its backend first"
    wrong = {"docker/nginx.conf.template": TEMPLATE + "\nno_such_directive on;\n"}
    yield "backend", "nginx-refuses", wrong, "nginx does not take its configuration"


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("role", "name", "files", "reason"),
    [pytest.param(*each, id=f"{each[0]}-{each[1]}") for each in bad_images()],
)
def test_a_bad_image_is_taken_back_by_itself(
    instance: Instance,
    registry: Registry,
    seconds: list[str],
    role: str,
    name: str,
    files: dict[str, str],
    reason: str,
) -> None:
    before = instance.containers(ALL), instance.files()
    variables = (instance.folder / ".env").read_text()
    bad = registry.push(name, files)
    limit = "20" if name == "never-well" else HEALTH_SECONDS
    code, said = timed(instance, seconds, role, bad, HEALTH_SECONDS=limit)
    assert code == 1, said
    assert reason in said
    assert ("broken on purpose" in said) == (name == "ends-at-once")
    assert f"{role} stays at {instance.setting(f'{role.upper()}_IMAGE')}" in said
    assert (instance.containers(ALL), instance.files()) == before
    assert (instance.folder / ".env").read_text() == variables
    instance.compose("exec", "-T", "nginx", "nginx", "-t")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("role", ["backend", "frontend"])
def test_going_back_is_one_word(instance: Instance, seconds: list[str], role: str) -> None:
    variable = f"{role.upper()}_IMAGE"
    now, before = instance.setting(variable), instance.setting(f"{variable}_PREVIOUS")
    code, said = timed(instance, seconds, role, "--rollback")
    assert code == 0, said
    services = BACKEND if role == "backend" else FRONTEND
    assert set(instance.containers(services).values()) == {before}
    assert instance.setting(variable) == before
    assert instance.setting(f"{variable}_PREVIOUS") == now


@pytest.mark.usefixtures("crowd")
def test_changed_settings_are_taken_up_by_new_containers(
    instance: Instance, seconds: list[str]
) -> None:
    before = instance.containers(BACKEND)
    code, said = timed(instance, seconds, "backend", "--restart")
    assert code == 0, said
    after = instance.containers(BACKEND)
    assert list(after.values()) == list(before.values())
    assert not after.keys() & before.keys()


@pytest.mark.usefixtures("crowd")
def test_the_pipeline_deploys_the_image_of_a_commit(
    instance: Instance, registry: Registry, tmp_path: Path
) -> None:
    new = registry.push("of-a-commit")
    parameter = "/bookstore/rehearsal/frontend-image"
    runner = Runner(tmp_path)
    (tmp_path / "bin" / "docker").unlink()  # the real one is wanted here
    runner.state |= {
        "images": {COMMIT: new.partition("@")[2]},
        "parameters": {parameter: ["none", instance.setting("FRONTEND_IMAGE")]},
        "instances": {"i-1": [str(instance.folder / "deploy" / "instance" / "deploy-role")]},
    }
    code, said = runner.run(
        "deploy",
        "frontend",
        COMMIT,
        ENVIRONMENT="rehearsal",
        ECR_REPOSITORY=registry.repository,
        HOME=str(Path.home()),
        HEALTH_SECONDS=HEALTH_SECONDS,
    )
    assert code == 0, said
    assert list(instance.containers(FRONTEND).values()) == [new]
    assert runner.state["parameters"][parameter][-1] == new
    assert f"frontend runs {new} already" in said, "the second time, for new instances"


def test_all_of_it_adds_up(instance: Instance) -> None:
    instance.command("audit")
