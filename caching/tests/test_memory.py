"""What a connection remembers: until when a reply is found, and how many are."""

import tracemalloc
from typing import Any

import pytest

from caching import tracking
from caching.tracking import Memory, Tracked
from caching.wire import packed


def question(*keys: str) -> Tracked:
    return Tracked(packed("MGET", *keys), tuple(key.encode() for key in keys))


class Kept(Memory):
    """Filled and looked at with no time passing."""

    def fill(self, tracked: Tracked, *reply: bytes | None) -> None:
        self.keep(tracked, [*reply], read_at=0.0)

    def at_hand(self, *asked: Tracked) -> list[Any]:
        return [self.find(each.question, read_since=0.0) for each in asked]


def test_a_reply_is_found_until_one_of_its_keys_is_invalidated() -> None:
    memory = Kept()
    both, one = question("a", "b"), question("b")
    memory.fill(both, b"1", b"2")
    memory.fill(one, None)
    memory.invalidate([b"c", b"a"])
    assert memory.at_hand(both, one) == [None, [None]]
    memory.fill(both, b"3", b"2")
    memory.invalidate([b"b"])
    assert memory.at_hand(both, one) == [None, None]
    memory.fill(one, b"4")
    memory.invalidate(None)
    assert memory.at_hand(one) == [None]
    assert (memory._bytes, memory._reading) == (0, {})


def test_a_reply_is_found_until_it_is_read_anew() -> None:
    memory, asked = Memory(), question("a")
    memory.keep(asked, [b"1"], read_at=5.0)
    assert memory.find(asked.question, read_since=5.0) == [b"1"]
    assert memory.find(asked.question, read_since=5.1) is None
    assert memory.is_worth_it(asked.question)
    memory.keep(asked, [b"2"], read_at=6.0)
    assert memory.find(asked.question, read_since=5.1) == [b"2"]


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    memory, half = Kept(), b"x" * (tracking.MOST_BYTES // 2 - 500)
    first, second, third = question("1"), question("2"), question("3")
    for each in (first, second, first, third):  # what is kept again is the newest
        memory.fill(each, half)
    assert memory.at_hand(second, first, third) == [None, [half], [half]]
    memory.fill(second, half * 3)
    assert memory.at_hand(second, first) == [None, [half]]
    assert set(memory._reading) == {b"1", b"3"}


def test_what_is_kept_takes_hardly_more_than_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pages are; or Redis had no memory for them, and they are not there."""
    monkeypatch.setattr(tracking, "MOST_BYTES", 150_000)
    tracemalloc.start()
    try:
        memory = Kept()
        for number in range(700):
            keys = [f"token:edition:{number}:{place}" for place in range(8)]
            memory.fill(question(*keys), *(b"%d" % number for _key in keys[1:]), None)
        taken, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tracking.MOST_BYTES * 0.9 < memory._bytes <= tracking.MOST_BYTES
    assert taken < tracking.MOST_BYTES * 1.5


def test_what_is_asked_once_is_not_worth_it() -> None:
    memory = Memory()
    assert [memory.is_worth_it(b"a") for _turn in range(3)] == [False, True, False]
    memory.is_worth_it(b"b")
    for number in range(tracking.MOST_ASKED_ONCE):
        memory.is_worth_it(b"%d" % number)
    assert not memory.is_worth_it(b"b")  # long ago
