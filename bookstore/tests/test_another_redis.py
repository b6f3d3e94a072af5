"""Another Redis at the same address: what its memory lacks makes no page old."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from bookstore.embedded.addresses import Engines
from bookstore.embedded.redis import Redis
from caching import servers, store
from caching.answers import Answer
from caching.tests.test_generations import Numbered
from tests.patience import eventually

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}",))
START_SECONDS = 60  # a busy machine takes its time


class Own:
    """A Redis server at one address, which can be stopped and started with another memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        engines = Engines(folder)
        engines.run_dir.mkdir(parents=True, exist_ok=True)
        command = Redis(engines, durable=False).command()
        self._socket = Path(command[command.index("--unixsocket") + 1])
        self._command = [*command, "--dir", str(folder)]
        self.url = f"unix://{self._socket}?db=0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        eventually(self._is_open, within=START_SECONDS)

    def _is_open(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self._socket)) == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(timeout=START_SECONDS)
        self._socket.unlink(missing_ok=True)


@pytest.fixture
def own(tmp_path: Path, settings: Settings) -> Iterator[Own]:
    server = Own(tmp_path)
    server.start()
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
    yield server
    server.kill()


def test_who_takes_its_place_with_an_older_memory_gives_no_old_answer(own: Own) -> None:
    compute = Numbered()
    assert store.remember(ANSWER, compute, name="a") == b"1"
    store.client().save()
    store.bump(["thing:a"])  # which the memory in the file does not know of
    own.kill()
    own.start()
    for _time in range(2):
        assert store.client().exists("token:thing:a") == 1
        assert store.remember(ANSWER, compute, name="a") == b"2"


def test_who_comes_back_from_another_server_ends_the_world_that_others_began(own: Own) -> None:
    compute = Numbered()
    store.remember(ANSWER, compute, name="a")
    # This process was at another server meanwhile, and only that one heard its last bump.
    (address,) = [each for each in servers._known if str(own.folder) in each]
    servers._known[address] = b"another"
    store.client().connection_pool.disconnect()
    assert store.remember(ANSWER, compute, name="a") == b"2"


def test_a_new_connection_to_the_same_server_changes_nothing(own: Own) -> None:
    compute = Numbered()
    store.remember(ANSWER, compute, name="a")
    for _time in range(3):
        store.client().connection_pool.disconnect()
        assert store.remember(ANSWER, compute, name="a") == b"1"


def test_a_replica_counts_as_away(own: Own) -> None:
    store.client().replicaof("127.0.0.1", "1")
    store.client().connection_pool.disconnect()
    assert "is a replica" in store.trouble()


def test_a_server_without_memory_to_spare_ends_the_world_all_the_same(own: Own) -> None:
    server = store.client()
    server.set(servers.ERA, "its primary")
    server.set("token:world", "old")
    server.config_set("maxmemory-policy", "noeviction")
    server.config_set("maxmemory", 1)
    server.connection_pool.disconnect()
    assert server.get("token:world") is None
    assert server.get(servers.ERA) != b"its primary"


def test_a_server_that_may_not_say_who_it_is_is_asked_all_the_same(own: Own) -> None:
    compute = Numbered()
    store.client().acl_setuser("default", enabled=True, nopass=True, categories=["-@dangerous"])
    for _time in range(2):
        store.client().connection_pool.disconnect()
        assert store.remember(ANSWER, compute, name="a") == b"1"


def test_what_holds_by_itself_is_written_anew_once_an_era(own: Own) -> None:
    compute = Numbered()

    def renew(*, is_needed: bool = False) -> None:
        store.once_an_era("note", lambda: store.client().set("n", compute()), is_needed=is_needed)

    renew()  # as after an update of the shop: what is there holds
    assert store.client().get("n") is None
    renew(is_needed=True)
    for number in (b"1", b"2"):
        renew()
        assert store.client().get("n") == number
        store.client().save()
        own.kill()
        own.start()
    store.client().flushall()
    renew(is_needed=True)
    renew()
    assert store.client().get("n") == b"3"
