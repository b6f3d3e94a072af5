"""Both stores fail over under shoppers: connections are made anew, nothing is lost or doubled."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from bookstore import embedded
from bookstore.embedded.addresses import DATABASE, OWNER, POSTGRESQL_SOCKET, READER
from tests.conftest import is_plenty
from tests.drills import NEEDS_TIME, SECONDS
from tests.drills.persistent import Shoppers
from tests.drills.readers import Readers
from tests.pages import public_pages
from tests.patience import eventually
from tests.shop import Shop, opened
from tests.stores import HOST, Server, Switch, redis_server
from tests.visitor import Visitor

pytestmark = NEEDS_TIME

BACK_SECONDS = 5
CALM_SECONDS = min(SECONDS / 4, 15)


class Stores(NamedTuple):
    """What the shop runs on, and the switches before it."""

    engines: embedded.Running
    primary: Server
    replica: Server
    postgresql: Switch
    redis: Switch


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    folder = tmp_path_factory.mktemp("stores")
    with (
        embedded.start(folder / "engines") as engines,
        redis_server(folder / "a") as primary,
        redis_server(folder / "b", "--replicaof", HOST, str(primary.port)) as replica,
    ):
        both = Stores(engines, primary, replica, Switch(), Switch())
        both.postgresql.turn(_socket(engines))
        both.redis.turn((HOST, primary.port))
        yield both
        both.postgresql.close()
        both.redis.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def far_shop(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop in three roles, which reaches its stores through the switches."""
    folder = tmp_path_factory.mktemp("far")
    addresses = {
        "DATABASE_URL": stores.postgresql.url("postgresql", user=OWNER, path=DATABASE),
        "DATABASE_READER_URL": stores.postgresql.url("postgresql", user=READER, path=DATABASE),
        "REDIS_URL": stores.redis.url("redis", path="0"),
    }
    with opened(folder / "shop", "--split", **addresses) as shop:
        yield shop
    shutil.rmtree(folder)


def _socket(engines: embedded.Running) -> str:
    return str(Path(engines.addresses.run_dir) / POSTGRESQL_SOCKET)


def test_redis_fails_over_under_shoppers(far_shop: Shop, stores: Stores) -> None:
    visitor = Visitor(far_shop.base_url)
    shoppers, readers = _people(far_shop, visitor)
    with shoppers.at_work(), readers.at_work():
        time.sleep(CALM_SECONDS)
        eventually(stores.replica.has_caught_up)
        stores.replica.tell("REPLICAOF", "NO", "ONE")
        stores.redis.turn((HOST, stores.replica.port))
        stores.primary.process.kill()
        eventually(lambda: visitor.get("/live/ready").status == 200, within=BACK_SECONDS)
        hits = far_shop.outcomes()["hit"]
        eventually(lambda: far_shop.outcomes()["hit"] > hits, within=BACK_SECONDS)
        time.sleep(CALM_SECONDS)
    assert set(readers.statuses) == {200}
    assert set(shoppers.answers) <= {201, 204, 409}
    _assert_in_order(far_shop, shoppers)


def test_postgresql_fails_over_under_shoppers(far_shop: Shop, stores: Stores) -> None:
    visitor = Visitor(far_shop.base_url)
    shoppers, readers = _people(far_shop, visitor)
    with shoppers.at_work(), readers.at_work():
        time.sleep(CALM_SECONDS)
        stores.postgresql.turn(None)
        _kill_postgresql(stores.engines)
        eventually(lambda: stores.engines.heal() == ["PostgreSQL"])
        stores.postgresql.turn(_socket(stores.engines))
        answering_at = time.monotonic()
        eventually(lambda: visitor.get("/basket/").status == 200, within=BACK_SECONDS)
        eventually(lambda: visitor.get("/search/?q=new").status == 200, within=BACK_SECONDS)
        time.sleep(max(0, BACK_SECONDS - (time.monotonic() - answering_at)))
        readers.statuses, shoppers.answers = Counter(), Counter()  # from here on all is well
        time.sleep(CALM_SECONDS)
        assert set(readers.statuses) == {200}
        assert set(shoppers.answers) <= {201, 204, 409}
    _assert_in_order(far_shop, shoppers)


def _people(shop: Shop, visitor: Visitor) -> tuple[Shoppers, Readers]:
    pages = list(public_pages(visitor).values())
    found = visitor.call("GET", "editions").json()["items"]
    editions = [edition for edition in found if is_plenty(edition)]
    readers = Readers(shop, [*pages, *(edition["url"] for edition in editions)])
    return Shoppers(shop, editions[:4]), readers


def _assert_in_order(shop: Shop, shoppers: Shoppers) -> None:
    print(f"\n{len(shoppers.purchases)} orders, {len(shoppers.refused)} refused")
    assert shoppers.faults == []
    assert shoppers.purchases
    assert shop.audit() == ""


def _kill_postgresql(engines: embedded.Running) -> None:
    pid_file = engines.addresses.data_dir / "postgresql" / "postmaster.pid"
    psutil.Process(int(pid_file.read_text().split("\n", 1)[0])).kill()
