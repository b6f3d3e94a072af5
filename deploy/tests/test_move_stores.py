"""move-stores in earnest: an instance's shop goes over to other stores, and loses nothing.

The tests build on each other: what cannot be moved stays where it was, and goes on selling.
"""

import contextlib
import http.client
import os
import subprocess
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.tests.engine import Container, eventually, started
from deploy.tests.instance import CHECKOUT, SETTINGS, Instance, Registry, missing
from tests.purchases import make_basket, order_body, send_order
from tests.visitor import Visitor

NEW_STORES = SETTINGS.replace("@postgres:", "@new-postgres:").replace("@redis:", "@new-redis:")
NO_ANSWER, NOT_TOLD = 0, -1
ORDERS = "SELECT count(*) FROM orders_order"
WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name ~ 'orders'"


@pytest.fixture(scope="module")
def instance(shop_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    if program := missing():
        pytest.skip(f"NOT TESTED: moving stores, because {program} is missing")
    registry = Registry(shop_image, tmp_path_factory.mktemp("registry"))
    instance = Instance(tmp_path_factory.mktemp("instance"), registry)
    with registry.serving(), instance.running(registry.push("moved")):
        yield instance


@pytest.fixture(scope="module")
def new_postgres(instance: Instance) -> Iterator[Container]:
    """What RDS and ElastiCache would be: other servers, with the shop's login and nothing in it."""
    login = CHECKOUT / "docker" / "postgres-login.sh"
    on = ("--network", f"{instance.project}_back", "--network-alias")
    passwords = ("--env", "POSTGRES_PASSWORD=rehearsal", "--env", "DATABASE_PASSWORD=rehearsal")
    options = (
        *on, "new-postgres", *passwords,
        "--volume", f"{login}:/docker-entrypoint-initdb.d/login.sh:ro",
        "--health-cmd", "pg_isready --host=127.0.0.1 --dbname=bookstore",
        "--health-interval", "1s",
    )  # fmt: skip
    redis = ("redis-server", "--save", "", "--requirepass", "rehearsal")
    with (
        started("redis:8-trixie", *redis, options=(*on, "new-redis")),
        started("postgres:17-trixie", options=options) as postgres,
    ):
        postgres.wait_until_healthy()
        yield postgres


def ask(postgres: Container, query: str) -> int:
    words = ("psql", "--username=postgres", "--dbname=bookstore", "--tuples-only", "--no-align")
    return int(postgres.run(*words, "--command", query).stdout)


def old_postgres(instance: Instance) -> Container:
    return Container(instance.compose("ps", "--quiet", "postgres").strip())


def order(instance: Instance) -> None:
    client = Visitor(instance.base_url)
    basket = make_basket(client, (instance.editions[0]["isbn13"], 1))
    answer = send_order(client, order_body(basket), key=str(uuid.uuid4()))
    assert answer.status == 201, answer.text


def move(instance: Instance, *words: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [instance.folder / "deploy" / "instance" / "move-stores", *words],
        env={**os.environ, "SETTINGS_DIR": instance.setting("SETTINGS_DIR"), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@contextlib.contextmanager
def somebody_reads(instance: Instance) -> Iterator[Counter[tuple[str, int]]]:
    """What pages and baskets answer to somebody who comes again and again."""
    answers: Counter[tuple[str, int]] = Counter()
    has_ended = threading.Event()

    def read() -> None:
        visitor = Visitor(instance.base_url)
        while not has_ended.wait(0.2):
            for path in ("/", "/live/suggest?q=a", "/basket/"):
                try:
                    answer = visitor.get(path)
                except (OSError, http.client.HTTPException):
                    answers[path, NO_ANSWER] += 1
                else:
                    is_told = answer.status < 500 or "Retry-After" in answer.headers
                    answers[path, answer.status if is_told else NOT_TOLD] += 1

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        has_ended.set()
        thread.join(timeout=240)


def test_what_cannot_be_moved_stays_and_goes_on_selling(
    instance: Instance, new_postgres: Container, tmp_path: Path
) -> None:
    order(instance)
    new_postgres.run(
        "psql", "--username=postgres", "--dbname=bookstore", "--command",
        "CREATE TABLE somebody_elses (id int)",
    )  # fmt: skip
    (tmp_path / "next.env").write_text(NEW_STORES)
    code, said = move(instance, str(tmp_path / "next.env"))
    assert code == 1, said
    assert "The database is not empty." in said
    assert "the shop goes on with the old stores" in said
    before = ask(old_postgres(instance), ORDERS)
    order(instance)
    assert ask(old_postgres(instance), ORDERS) == before + 1
    new_postgres.run(
        "psql", "--username=postgres", "--dbname=bookstore", "--command",
        "DROP TABLE somebody_elses",
    )  # fmt: skip


def test_the_shop_goes_over_with_all_that_it_knows(
    instance: Instance, new_postgres: Container, tmp_path: Path
) -> None:
    order(instance)
    sold = ask(old_postgres(instance), ORDERS)
    (tmp_path / "next.env").write_text(NEW_STORES)
    with somebody_reads(instance) as answers:
        eventually(lambda: answers["/basket/", 200])  # and with it the first page, before the move
        code, said = move(instance, str(tmp_path / "next.env"))
    assert code == 0, said
    assert said.endswith("move-stores: the new stores are in use\n")
    assert ask(new_postgres, ORDERS) == sold
    order(instance)
    assert ask(new_postgres, ORDERS) == sold + 1
    assert ask(old_postgres(instance), ORDERS) == sold
    assert instance.command("audit").strip().endswith("checks hold.")
    eventually(lambda: ask(new_postgres, WAITING) == 0)  # the worker runs on them too
    # Pages were there all the time; only what writes had to wait, and was told so.
    statuses = {path: {code for each, code in answers if each == path} for path, _ in answers}
    assert statuses["/"] == {200}
    assert statuses["/basket/"] <= {200, 502, 503, 504}
    print(f"\nwhile it moved: {dict(answers)}")
    settings = Path(instance.setting("SETTINGS_DIR"))
    assert (settings / "shop.env").read_text() == NEW_STORES
    assert (settings / "shop.env.of-old-stores").read_text() == SETTINGS


def test_the_old_stores_stay_frozen(instance: Instance, new_postgres: Container) -> None:
    refused = old_postgres(instance).run(
        "psql", "postgresql://bookstore:rehearsal@127.0.0.1/bookstore", "--command",
        "DELETE FROM orders_basket", is_refusable=True,
    )  # fmt: skip
    assert "read-only transaction" in refused.stderr


def test_nobody_goes_back_once_the_shop_has_switched(
    instance: Instance, new_postgres: Container, tmp_path: Path
) -> None:
    code, said = move(instance, "thaw")
    assert code == 1, said
    assert "this instance has switched to the new stores" in said
    # Another instance, which still has the old settings.
    (tmp_path / "left-behind.env").write_text(SETTINGS)
    code, said = move(instance, "thaw", SHOP_ENV=str(tmp_path / "left-behind.env"))
    assert code == 1, said
    assert "nobody may write here any more" in said


def test_an_instance_backs_itself_up(instance: Instance, new_postgres: Container) -> None:
    done = subprocess.run(
        [instance.folder / "deploy" / "instance" / "backup"],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "BACKUP_KEEP": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is complete in /var/lib/bookstore/backups." in done.stdout
    kept = list(Path(instance.setting("BACKUP_DIR")).glob("bookstore-*"))
    assert len(kept) == 1
