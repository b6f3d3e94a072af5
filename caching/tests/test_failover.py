"""A replica takes over: connections are made anew, and nobody is given what the old one has."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from pytest_django import Settings

from caching import away, store, wire
from caching.answers import Answer
from tests.patience import eventually
from tests.stores import HOST, Server, Switch, redis_server

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}",))


class Pair(NamedTuple):
    """Two servers, the address that leads to one of them, and who it is now."""

    primary: Server
    replica: Server
    switch: Switch


@pytest.fixture
def pair(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(away, "AWAY_SECONDS", 0.2)
    with redis_server(tmp_path / "a") as primary:
        follow = ("--replicaof", HOST, str(primary.port), "--repl-diskless-sync-delay", "0")
        with redis_server(tmp_path / "b", *follow) as replica:
            switch = Switch()
            switch.turn((HOST, primary.port))
            settings.CACHES = {
                "default": {**settings.CACHES["default"], "LOCATION": switch.url("redis")}
            }
            yield Pair(primary, replica, switch)
            switch.close()


def ask(computed: bytes, name: str = "asked") -> bytes:
    return store.remember(ANSWER, lambda: computed, name=name)


def test_the_replica_takes_over_under_load(pair: Pair) -> None:
    ask(b"kept")
    eventually(pair.replica.has_caught_up)
    answers: set[bytes] = set()
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            answers.add(ask(b"computed"))

    threads = [threading.Thread(target=keep_asking) for _each in range(4)]
    for thread in threads:
        thread.start()
    pair.replica.tell("REPLICAOF", "NO", "ONE")
    pair.switch.turn((HOST, pair.replica.port))
    pair.primary.process.kill()
    eventually(lambda: store.trouble() == "")
    is_over.set()
    for thread in threads:
        thread.join()
    assert answers <= {b"kept", b"computed"}  # and nobody failed
    assert ask(b"computed") == b"computed"  # for the replica may lack the last bumps
    store.bump(["thing:asked"])
    assert ask(b"new") == b"new"


def test_a_demoted_primary_that_still_answers_is_left(pair: Pair) -> None:
    ask(b"old")
    eventually(pair.replica.has_caught_up)
    pair.replica.tell("REPLICAOF", "NO", "ONE")
    pair.primary.tell("REPLICAOF", HOST, "1")  # and hears of nothing any more
    pair.switch.turn((HOST, pair.replica.port), does_cut=False)
    with pytest.raises(store.Unavailable):
        store.bump(["thing:asked"])  # the job does it again
    eventually(lambda: store.trouble() == "")
    store.bump(["thing:asked"])
    assert ask(b"new") == b"new"
    assert store.client().info("replication")["role"] == "master"


def test_a_demoted_primary_that_still_answers_is_left_by_who_only_reads(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REMEMBERED_SECONDS", 0.05)
    place = store.Place(ANSWER, {"name": "asked"})

    def is_given() -> bool:
        try:
            return store.at_hand(place, {}) is not None
        except store.Unavailable:
            return False

    ask(b"old")
    eventually(pair.replica.has_caught_up)
    eventually(is_given)
    pair.replica.tell("REPLICAOF", "NO", "ONE")
    pair.primary.tell("REPLICAOF", HOST, "1")  # and hears of nothing any more
    pair.switch.turn((HOST, pair.replica.port), does_cut=False)

    def is_left() -> bool:
        if is_given() or store.trouble():
            return False
        role: str = store.client().info("replication")["role"]
        return role == "master"

    eventually(is_left, within=40)  # before the page ends by itself
    assert not is_given()  # for the replica may lack the last bumps
