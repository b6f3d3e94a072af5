"""A Redis that has too little memory, whatever it does about that: answers are never old."""

import functools
import os
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from caching import store
from caching.answers import Answer
from tests.stores import redis_server

ANSWER = Answer("test", 3600, lambda *, name: (f"thing:{name}", "all"))
MEMORY = 3_000_000
THINGS = [str(number) for number in range(70)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


@pytest.mark.parametrize("policy", ["volatile-lru", "volatile-ttl", "allkeys-lru", "noeviction"])
def test_answers_are_never_old(policy: str, small: str, settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": small}}
    server = store.client()
    server.flushall()
    server.config_set("maxmemory", MEMORY)
    server.config_set("maxmemory-policy", policy)
    server.config_resetstat()
    prices = dict.fromkeys(THINGS, 0)

    def page(name: str) -> bytes:
        return b"%d " % prices[name] + os.urandom(45_000)  # which nothing makes smaller

    for turn in range(6):
        for name in THINGS if turn % 3 == 0 else THINGS[turn::7]:
            prices[name] += 1
        changed = ["all"] if turn % 3 == 0 else [f"thing:{name}" for name in THINGS[turn::7]]
        store.bump(changed)  # which is never refused
        for name in [*THINGS, *THINGS[::3]]:
            answer = store.remember(ANSWER, functools.partial(page, name), name=name)
            assert int(answer.split()[0]) == prices[name]
    assert int(server.info("memory")["used_memory"]) < MEMORY + 500_000
    errors = server.info("errorstats").get("errorstat_OOM", {}).get("count", 0)
    evicted = server.info("stats")["evicted_keys"]
    assert (evicted > 0, errors > 0) == (policy != "noeviction", policy == "noeviction")
