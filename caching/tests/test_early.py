"""Answers that are made anew shortly before they end, by one, while all others go on."""

import datetime
import time
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import OperationalError

from caching import store
from caching.answers import Answer
from caching.kept import made_of

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}",))
NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("seconds_left", "chance", "is_due"),
    [
        (60, 0.999, False),
        (10, 0.5, False),
        (1, 0.5, False),
        (1, 0.9, True),  # ln(0.1) is -2.3
        (0.3, 0.5, True),
        (0.3, 0.0, False),
        (0, 0.0, True),
    ],
)
def test_the_nearer_the_end_the_likelier(seconds_left: float, chance: float, is_due: bool) -> None:
    kept = made_of(b"took half a second", took_seconds=0.5, expires_at=1_000.0)
    assert kept.is_due(at=1_000.0 - seconds_left, chance=chance) == is_due


@pytest.mark.parametrize("chance", [0.0, 0.9, 0.999999])
def test_what_took_no_time_is_due_at_its_end(chance: float) -> None:
    kept = made_of(b"took nothing", took_seconds=0.0, expires_at=1_000.0)
    assert not kept.is_due(at=999.9, chance=chance)
    assert kept.is_due(at=1_000.0, chance=chance)


# --- Computing ----------------------------------------------------------------------------------

NEAR = 1 - 2**-53  # nearest to 1: an answer is due 36 times as long ahead as it took


def early(compute: Callable[[], bytes]) -> bytes:
    """Ask as somebody whose chance it is."""
    return store.recall(ANSWER, compute, {"name": "a"}, chance=lambda: NEAR).body


@pytest.fixture
def old() -> Iterator[bytes]:
    """The answer that is kept, and ends in a second, while the clock stands."""

    def compute() -> bytes:
        time.sleep(0.05)
        return b"old"

    with time_machine.travel(NOON, tick=False) as clock:
        kept = store.recall(ANSWER, compute, {"name": "a"})
        clock.move_to(kept.expires_at - 1)
        yield kept.body


def test_who_has_the_chance_makes_it_anew(old: bytes) -> None:
    assert early(lambda: b"new") == b"new"
    assert store.recall(ANSWER, lambda: b"never", {"name": "a"}, chance=lambda: 0.0).body == b"new"


def test_all_others_are_given_what_holds_still(old: bytes) -> None:
    given: list[bytes] = []

    def new() -> bytes:
        given.extend(early(lambda: b"never") for _time in range(3))  # the others, meanwhile
        return b"new"

    assert early(new) == b"new"
    assert given == [old] * 3


def test_who_comes_a_moment_late_is_given_what_was_just_made(old: bytes) -> None:
    def another_is_quicker() -> float:
        assert early(lambda: b"new") == b"new"
        return NEAR

    kept = store.recall(ANSWER, lambda: b"never", {"name": "a"}, chance=another_is_quicker)
    assert kept.body == b"new"


def test_without_postgresql_the_old_one_holds_still(old: bytes) -> None:
    def fail() -> bytes:
        raise OperationalError("PostgreSQL is gone")

    assert early(fail) == old
    assert early(lambda: b"new") == b"new"  # and the way is free


def test_what_fails_otherwise_is_told(old: bytes) -> None:
    def fail() -> bytes:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        early(fail)


def test_what_is_stale_is_never_given_however_early(old: bytes) -> None:
    store.bump(["thing:a"])
    assert early(lambda: b"new") == b"new"
