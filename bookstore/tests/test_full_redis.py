"""A Redis that has too little memory, whatever it does about that: answers are never old."""

import datetime
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from caching import store
from caching.answers import Answer
from catalog import jobs, live_base, live_build, live_reading, memory, suggesting
from catalog.models import Contributor, Edition, Stock, Work
from catalog.tests.factories import EditionFactory, WorkFactory
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


# --- Live answers -------------------------------------------------------------------------------


@pytest.fixture(params=["volatile-lru", "noeviction"])
def full(
    request: pytest.FixtureRequest, small: str, settings: Settings
) -> Iterator[Callable[[bool], None]]:
    """Has a server of its own take nothing more, or whatever comes."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": small}}
    server = store.client()

    def turn(is_full: bool) -> None:
        server.config_set("maxmemory", 1 if is_full else 0)

    turn(False)
    server.flushall()
    server.config_set("maxmemory-policy", request.param)
    yield turn
    turn(False)


def book(title: str, *, popularity: int = 0) -> Edition:
    work = WorkFactory.create(title=title, author="Émile Zola", popularity=popularity)
    return EditionFactory.create(work=work, stock=5)


def neighbours() -> list[Edition]:
    """So many that begin alike that the best of them are kept ready."""
    titles = {f"Zed {number:03}": number for number in range(130)}
    return [book(title, popularity=number) for title, number in titles.items()]


def rename(edition: Edition, title: str) -> None:
    Work.objects.filter(pk=edition.work_id).update(title=title)


def sell_all(edition: Edition) -> None:
    Stock.objects.allocate_many({edition.stocks.get(): 5}, reference="ORDER")


def suggested(typed: str) -> list[str]:
    return [each.label for each in suggesting.suggest(typed, limit=8)]


def state(edition: Edition) -> tuple[str, int | None]:
    (level,) = live_reading.stock_levels([edition.isbn13], on=timezone.localdate())
    return level.state, level.quantity


UNKNOWN, SOLD, THERE = ("unknown", None), ("out", 0), ("in_stock", 5)


@pytest.mark.django_db
def test_live_answers_are_unknown_rather_than_old(
    full: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "AT_ONCE", 1)  # so that more than one batch is refused
    *_some, beside = neighbours()[: -live_build.FEWEST_BUCKETS + 3]
    best, flip, sold, other = (book("Zed Best", popularity=999), *map(book, ("Flip", "Su", "Ot")))
    memory.rebuild()
    rename(flip, "Flop")
    memory.publish_works([flip.work_id])
    full(True)
    rename(best, "Zed Most")
    rename(flip, "Flip")
    Contributor.objects.update(name="Émile Anyone")
    sell_all(best)
    sell_all(sold)
    changes: list[tuple[Callable[[list[Any]], None], list[Any]]] = [
        (memory.publish_works, [best.work_id, flip.work_id]),
        (memory.publish_stock, [sold.isbn13]),
    ]
    for publish, names in changes:
        with pytest.raises(store.OutOfMemory):
            publish(names)
    jobs.heal_memory(0)  # which has no memory for a build either
    assert [state(each) for each in (best, sold, beside)] == [UNKNOWN] * 3
    assert state(other) == THERE
    assert [suggested(typed) for typed in ("z", "zed best", "fl", "emile")] == [[]] * 4
    assert suggested("zed 000") == ["Zed 000"]
    assert live_reading.cards([best.isbn13, flip.isbn13]) == []
    full(False)
    for publish, names in changes:
        publish(names)  # as their jobs do
    assert [state(each) for each in (best, sold, beside)] == [SOLD, SOLD, UNKNOWN]
    assert [suggested(typed) for typed in ("zed m", "fl", "zola", "emile")] == [
        ["Zed Most"], ["Flip"], [], ["Émile Anyone"],
    ]  # fmt: skip
    jobs.heal_memory(0)
    assert [state(each) for each in (best, sold, beside)] == [SOLD, SOLD, THERE]
    assert suggested("z")[:2] == ["Zed Most", "Zed 129"]


@pytest.mark.django_db
def test_a_build_that_could_not_be_told_of_a_change_never_holds(
    full: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = book("Sold")
    memory.rebuild()
    write = live_base.write

    def write_then_sell(build: live_build.Build, *, today: datetime.date) -> int:
        works = write(build, today=today)
        full(True)
        sell_all(sold)
        with pytest.raises(store.OutOfMemory):
            memory.publish_stock([sold.isbn13])
        full(False)
        return works

    monkeypatch.setattr(live_base, "write", write_then_sell)
    with pytest.raises(store.Unavailable, match="lost"):
        memory.rebuild()
    assert state(sold) == UNKNOWN
    sell_all(sold)  # again: in this test the build's transaction was that of the sale, too
    memory.publish_stock([sold.isbn13])
    assert state(sold) == SOLD
