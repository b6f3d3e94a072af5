"""Builds of the live answers: one beside the other, and what changes meanwhile."""

import datetime
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caching import store
from catalog import jobs, live_base, live_build, live_reading, live_rows, memory, suggesting
from catalog.models import Contributor, Edition, Stock, Work
from catalog.tests.factories import EditionFactory, ImprintFactory, WorkFactory, sku

pytestmark = pytest.mark.django_db
WRITE = live_base.write


def book(title: str, author: str = "Virginia Woolf", **fields: Any) -> Edition:
    work = WorkFactory.create(title=title, author=author, **fields)
    return EditionFactory.create(work=work, stock=4)


def books(popularity: dict[str, int]) -> list[Edition]:
    """Very many, by nobody."""
    works = Work.objects.bulk_create(
        Work(key=title, title=title, popularity=n) for title, n in popularity.items()
    )
    imprint = ImprintFactory.create()
    return Edition.objects.bulk_create(
        Edition(
            isbn13=sku(5_000 + n), work=work, imprint=imprint, format="paperback", language="en"
        )
        for n, work in enumerate(works)
    )


def suggested(typed: str, limit: int = 8) -> list[str]:
    return [each.label for each in suggesting.suggest(typed, limit=limit)]


def state(edition: Edition) -> str:
    (level,) = live_reading.stock_levels([edition.isbn13], on=timezone.localdate())
    return level.state


def ids() -> set[bytes]:
    return set(store.client().smembers(live_build.ALL))


def test_a_rebuild_says_what_publishing_says() -> None:
    orlando, box = book("Orlando", popularity=3), book("Émile’s Box", "Émile Zola")
    asked = ["o", "orl", "box", "emile", "woolf", "zola e", "v"]
    memory.rebuild()
    built = {typed: suggesting.suggest(typed, limit=5) for typed in asked}
    names = dict(Contributor.objects.values_list("pk", "name"))
    Work.objects.update(title="Nothing")
    Contributor.objects.update(name="Nobody")
    memory.rebuild()
    assert sorted(suggested("no")) == ["Nobody", "Nobody", "Nothing", "Nothing"]
    Work.objects.filter(pk=orlando.work_id).update(title="Orlando")
    Work.objects.filter(pk=box.work_id).update(title="Émile’s Box")
    for pk, name in names.items():
        Contributor.objects.filter(pk=pk).update(name=name)
    memory.publish_works([orlando.work_id, box.work_id])
    assert {typed: suggesting.suggest(typed, limit=5) for typed in asked} == built
    assert suggested("no") == []


def test_another_build_takes_the_place_of_the_one_before() -> None:
    memory.rebuild()
    before = ids()
    edition = book("Orlando")
    assert memory.rebuild() == 1
    assert suggested("orl") == ["Orlando"]
    assert state(edition) == "in_stock"
    assert len(ids()) == 1
    assert not ids() & before
    assert written() == ids()


def test_what_is_near_is_looked_for_among_the_words_of_the_build_that_holds() -> None:
    edition = book("Walden")
    memory.rebuild()
    assert suggested("wadlen") == suggested("wadlen") == ["Walden"]
    Work.objects.filter(pk=edition.work_id).update(title="Wilder")
    memory.rebuild()
    assert suggested("wadlen") == []
    assert suggested("widler") == suggested("widler") == ["Wilder"]


def test_a_slip_after_a_word_that_is_new_since_the_build_is_found() -> None:
    book("Walden")
    memory.rebuild()
    assert suggested("zanzibar wlden") == []
    memory.publish_works([book("Zanzibar Walden").work_id])
    assert suggested("zanzibar wlden") == ["Zanzibar Walden"]


def test_the_first_change_since_a_build_is_suggested_at_once() -> None:
    edition = book("Walden")
    memory.rebuild()
    assert suggested("wald") == ["Walden"]
    Work.objects.filter(pk=edition.work_id).update(title="Walden Pond")
    memory.publish_works([edition.work_id])
    assert suggested("wald") == ["Walden Pond"]


def test_what_is_published_while_a_build_is_written_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition, gone = book("Orlando"), book("Flush")
    memory.rebuild()

    def write_then_change(build: live_build.Build, *, today: datetime.date) -> int:
        works = WRITE(build, today=today)
        Work.objects.filter(pk=edition.work_id).update(title="Another Orlando")
        Edition.objects.filter(pk=gone.pk).update(is_offered=False)
        memory.publish_works([edition.work_id, gone.work_id])
        assert suggested("another") == ["Another Orlando"]  # the build before tells at once
        Stock.objects.allocate_many({edition.stocks.get(): 3}, reference="ORDER")
        memory.publish_stock([edition.isbn13])
        return works

    monkeypatch.setattr(live_base, "write", write_then_change)
    memory.rebuild()
    assert suggested("another") == ["Another Orlando"]
    assert suggested("flush") == []
    assert state(edition) == "few"
    assert state(gone) == "unknown"


def test_a_rebuild_that_is_killed_leaves_the_answers_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition = book("Orlando")
    memory.rebuild()
    book("Flush")

    def write_half(build: live_build.Build, *, today: datetime.date) -> int:
        WRITE(build, today=today)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(live_base, "write", write_half)
        memory.rebuild()
    assert suggested("orl") == ["Orlando"]
    assert suggested("flush") == []
    assert state(edition) == "in_stock"
    Work.objects.filter(pk=edition.work_id).update(title="Orlando Again")
    memory.publish_works([edition.work_id])
    assert suggested("orl") == ["Orlando Again"]
    assert len(ids()) == 2
    memory.rebuild()
    assert suggested("flush") == ["Flush"]
    assert len(ids()) == 1


def test_an_empty_redis_is_filled_again_by_itself() -> None:
    edition = book("Orlando")
    assert not memory.is_built()
    memory.publish_works([edition.work_id])  # which waits for that
    assert suggested("orl") == []
    jobs.heal_memory(0)
    assert memory.is_built()
    assert state(edition) == "in_stock"
    assert suggested("orl") == ["Orlando"]


def test_what_is_lost_while_it_is_written_is_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book("Orlando")

    def lose_all_then_write(build: live_build.Build, *, today: datetime.date) -> int:
        store.client().flushdb()  # somebody empties Redis at this very moment
        return WRITE(build, today=today)

    with monkeypatch.context() as patch:
        patch.setattr(live_base, "write", lose_all_then_write)
        jobs.heal_memory(0)
    assert not memory.is_built()
    jobs.heal_memory(0)
    assert memory.is_built()
    assert suggested("orl") == ["Orlando"]


def written() -> set[bytes]:
    """The builds of which there is anything."""
    return {key.split(b":")[2] for key in store.client().scan_iter(match="live:b:*")}


def test_what_is_lost_halfway_is_written_again_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    books({f"Zed {n:03}": n for n in range(140)})  # so many that the best are kept ready
    read = live_rows.all_contributors

    def lose_all_then_read() -> Iterator[tuple[str, str]]:
        store.client().flushdb()  # between the works and their phrases
        return read()

    with monkeypatch.context() as patch:
        patch.setattr(live_rows, "all_contributors", lose_all_then_read)
        jobs.heal_memory(0)
    assert written() == set()
    jobs.heal_memory(0)
    assert suggested("z", limit=1) == ["Zed 139"]


@pytest.mark.parametrize("part", ["stock", "firsts", "blocks", "best", "slips", "works", "parts"])
def test_what_a_full_redis_has_dropped_is_written_again_but_not_all_the_time(part: str) -> None:
    books({f"Zedd {n:03}": n for n in range(140)})
    memory.rebuild()
    memory.publish_works([book("Orlando").work_id])
    assert memory.is_built()
    for is_written_again in (True, False):
        build = live_build.current()
        assert build is not None
        store.client().delete(build.key(part))
        assert not memory.is_built()
        jobs.heal_memory(0)
        assert (live_build.current() != build) is is_written_again
        memory.publish_works([book("Flush").work_id])


def test_who_has_lost_its_turn_replaces_nothing_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book("Orlando")
    memory.rebuild()
    holds = ids()
    others: list[live_build.Build] = []

    def write_and_lose_the_turn(build: live_build.Build, *, today: datetime.date) -> int:
        works = WRITE(build, today=today)
        others.append(live_build.begin(editions=1))  # PostgreSQL went away, and let the next one in
        store.client().set(build.key("firsts"), b"")  # and this one goes on
        return works

    monkeypatch.setattr(live_base, "write", write_and_lose_the_turn)
    with pytest.raises(store.Unavailable, match="lost"):
        memory.rebuild()
    assert suggested("orl") == ["Orlando"]
    assert live_build.both()[0] == others[0]
    assert written() == holds
    assert ids() == holds | {others[0].id.encode()}


def test_where_redis_has_no_memory_for_it_that_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def fill(build: live_build.Build, *, today: datetime.date) -> int:
        tried.append(build)
        store.client().set(build.key("firsts"), b"")
        raise store.OutOfMemory

    monkeypatch.setattr(live_base, "write", fill)
    with pytest.raises(store.OutOfMemory):
        jobs.heal_memory(0)
    jobs.heal_memory(0)
    assert len(tried) == 1
    assert ids() == set()
    assert not store.client().exists(tried[0].key("firsts"), live_build.BUILDING)


def test_what_shows_nothing_new_is_not_written(django_assert_num_queries: Any) -> None:
    edition = book("Orlando")
    memory.rebuild()
    memory.publish_works([edition.work_id])
    build = live_build.current()
    assert build is not None
    assert not store.client().exists(build.key("changed"), build.key("works"), build.key("more"))


def test_much_that_has_changed_makes_another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_CHANGED", 2)
    memory.rebuild()
    for place, title in enumerate(("One", "Two", "Three", "Four")):
        memory.publish_works([book(title, author=f"Nobody {place % 2}").work_id])
    waiting = ProcrastinateJob.objects.get(task_name=memory.REBUILD)
    assert waiting.queueing_lock == memory.REBUILD
    jobs.rebuild_live(0)
    build = live_build.current()
    assert build is not None
    assert not store.client().exists(build.key("changed"))
    assert suggested("two") == ["Two"]


def test_a_redis_without_memory_for_another_build_is_not_asked_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "MOST_CHANGED", 0)
    memory.rebuild()
    store.client().set(memory.FULL, "1")
    edition = book("Orlando")
    memory.publish_works([edition.work_id])
    assert suggested("orl") == ["Orlando"]
    assert not ProcrastinateJob.objects.filter(task_name=memory.REBUILD).exists()


@pytest.fixture
def of_two(transactional_db: None) -> Edition:
    return book("Orlando")


@pytest.mark.django_db(transaction=True)
def test_the_older_of_two_readings_is_not_the_one_that_stays(
    of_two: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reads and is held up; the other one has read later, and writes later."""
    memory.rebuild()
    has_read, may_write = threading.Event(), threading.Event()
    read = live_rows.works

    def read_and_wait(ids: list[int], *, today: datetime.date) -> dict[str, str]:
        lines = read(ids, today=today)
        if not has_read.is_set():
            has_read.set()
            assert may_write.wait(60)
        return lines

    monkeypatch.setattr(live_rows, "works", read_and_wait)

    def publish() -> None:
        try:
            memory.publish_works([of_two.work_id])
        finally:
            connection.close()

    Work.objects.filter(pk=of_two.work_id).update(title="Orlando Old")
    threads = [threading.Thread(target=publish) for _ in range(2)]
    threads[0].start()
    assert has_read.wait(60)
    Work.objects.filter(pk=of_two.work_id).update(title="Orlando New")
    threads[1].start()
    threads[1].join(0.3)
    assert threads[1].is_alive()  # it waits for its turn
    may_write.set()
    for thread in threads:
        thread.join(60)
    assert suggested("orl") == ["Orlando New"]


def test_a_contributor_is_suggested_while_something_of_theirs_is_offered() -> None:
    first, second = book("Orlando"), book("Flush")
    memory.rebuild()
    Edition.objects.filter(pk=first.pk).update(is_offered=False)
    memory.publish_works([first.work_id])
    assert suggested("woolf") == ["Virginia Woolf"]
    Edition.objects.filter(pk=second.pk).update(is_offered=False)
    memory.publish_works([second.work_id])
    assert suggested("woolf") == []
    Edition.objects.update(is_offered=True)
    memory.publish_works([second.work_id])
    assert suggested("woolf") == ["Virginia Woolf"]


def test_where_the_best_have_gone_the_next_are_suggested() -> None:
    works = books({f"Zed {n:03}": n for n in range(140)})
    memory.rebuild()
    assert suggested("z", limit=2) == ["Zed 139", "Zed 138"]
    Edition.objects.filter(pk__in=[each.pk for each in works[-20:]]).update(is_offered=False)
    memory.publish_works([each.work_id for each in works[-20:]])
    assert suggested("z", limit=2) == ["Zed 119", "Zed 118"]
    assert len(suggested("z", limit=8)) == 8


def test_the_best_known_are_found_by_one_letter() -> None:
    books({f"Aa {n}": n for n in range(300)} | {"Azure": 999})
    memory.rebuild()
    assert suggested("a", limit=2) == ["Azure", "Aa 299"]
    assert suggested("aa 1", limit=2) == ["Aa 199", "Aa 198"]
