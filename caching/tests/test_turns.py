"""Turns at computing: what is kept needs none, and nobody waits long for one that does not come."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from caching import store, turns
from caching.answers import Answer
from caching.kept import Kept
from caching.turns import NoTurn, Turns
from tests.clock import Clock
from tests.patience import eventually

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}", "all"))


def taken(number: int) -> Iterator[None]:
    """So many threads have a turn of their own."""
    done = threading.Event()
    holding = threading.Semaphore(0)

    def hold() -> None:
        with turns.one():
            holding.release()
            done.wait()

    threads = [threading.Thread(target=hold) for _each in range(number)]
    for thread in threads:
        thread.start()
        holding.acquire()
    yield
    done.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    return turns.PATIENCE_SECONDS


@pytest.fixture
def one_thread_left(monkeypatch: pytest.MonkeyPatch, patience: float) -> Iterator[None]:
    """All threads of a web process but this one compute, and come to no end."""
    monkeypatch.setattr(turns, "_turns", None)
    turns.limit(4)
    yield from taken(3)


def test_no_turn_is_left_for_the_last_thread(one_thread_left: None) -> None:
    with pytest.raises(NoTurn), turns.one():
        pass


def test_what_is_not_kept_is_refused_and_can_be_had_later(one_thread_left: None) -> None:
    for _time in range(2):  # the first one has left no lock behind
        with pytest.raises(NoTurn):
            store.remember(ANSWER, lambda: b"new", name="a")
    with store.bypassed():
        assert store.remember(ANSWER, lambda: b"new", name="a") == b"new"


@pytest.mark.parametrize("seconds", [0, 61])  # it holds, or has outlived its time
def test_what_was_computed_before_is_given(
    monkeypatch: pytest.MonkeyPatch, patience: float, seconds: int
) -> None:
    monkeypatch.setattr(turns, "_turns", None)
    turns.limit(2)
    store.remember(ANSWER, lambda: b"old", name="a")
    holding = taken(1)
    next(holding)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    assert store.remember(ANSWER, lambda: b"new", name="a") == b"old"
    store.bump(["all"])
    with pytest.raises(NoTurn):
        store.remember(ANSWER, lambda: b"new", name="a")
    next(holding, None)
    assert store.remember(ANSWER, lambda: b"new", name="a") == b"new"


def test_what_is_to_be_made_early_waits_for_no_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "_turns", None)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 60.0)
    turns.limit(2)
    store.recall(ANSWER, lambda: b"old", {"name": "a"})
    holding = taken(1)
    next(holding)
    monkeypatch.setattr(Kept, "is_due", lambda *_args, **_more: True)
    assert store.recall(ANSWER, lambda: b"new", {"name": "a"}).body == b"old"
    next(holding, None)
    assert store.recall(ANSWER, lambda: b"new", {"name": "a"}).body == b"new"


def test_after_one_who_waited_in_vain_nobody_waits_for_a_while(
    monkeypatch: pytest.MonkeyPatch, one_thread_left: None
) -> None:
    clock = Clock()
    monkeypatch.setattr(turns, "monotonic", clock)
    with pytest.raises(NoTurn), turns.one():
        pass
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 3600.0)
    with pytest.raises(NoTurn), turns.one():
        pass
    clock.move(turns.CROWDED_SECONDS)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(NoTurn), turns.one():
        pass


def test_a_turn_goes_to_who_waits_and_not_to_who_comes() -> None:
    own, order = Turns(1), []

    def wait() -> None:
        with own.one():
            order.append("who waits")

    with own.one():
        thread = threading.Thread(target=wait)
        thread.start()
        eventually(lambda: own._waiting)
    with own.one():
        order.append("who comes")
    thread.join()
    assert order == ["who waits", "who comes"]


def test_whoever_waits_gets_the_turn_that_comes_free() -> None:
    own, got = Turns(1), threading.Event()

    def wait() -> None:
        with own.one():
            got.set()

    thread = threading.Thread(target=wait)
    with own.one():
        thread.start()
        assert not got.wait(0.1)
    eventually(got.is_set)
    thread.join()


def test_a_thread_needs_one_turn_whatever_it_computes_within() -> None:
    own = Turns(1)
    with ExitStack() as within:
        for _depth in range(3):
            within.enter_context(own.one())
    with own.one():
        pass


def test_a_failure_gives_its_turn_back() -> None:
    own = Turns(1)
    with pytest.raises(LookupError), own.one():
        raise LookupError
    with own.one():
        pass
