"""While PostgreSQL is away: answers that have only ended, or are of yesterday, are given."""

import datetime

import pytest
import time_machine
from django.db import InterfaceError, OperationalError

from caching import store
from caching.answers import Answer
from caching.measuring import ANSWERS
from caching.tests.test_generations import Numbered

ANSWER = Answer("test", 60, lambda *, name, **turning: (f"thing:{name}",))
DAY, NEXT_DAY = "2026-11-28", "2026-11-29"
NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)


def gone() -> bytes:
    raise OperationalError("PostgreSQL is gone")


def counted(outcome: str) -> float:
    """How many answers have come about so."""
    counter = ANSWERS.labels("test", outcome)
    return next(iter(counter.collect())).samples[0].value


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_what_only_the_day_made_old_is_given(error: type[Exception]) -> None:
    def fail() -> bytes:
        raise error("gone")

    store.remember(ANSWER, lambda: b"yesterday's", name="a", day=DAY)
    before = counted("stale")
    for _time in range(2):
        assert store.remember(ANSWER, fail, name="a", day=NEXT_DAY) == b"yesterday's"
    assert counted("stale") == before + 2
    assert store.remember(ANSWER, lambda: b"today's", name="a", day=NEXT_DAY) == b"today's"
    assert store.remember(ANSWER, gone, name="a", day=NEXT_DAY) == b"today's"


def test_what_has_ended_is_made_anew_and_given_only_when_that_fails() -> None:
    compute = Numbered()
    with time_machine.travel(NOON, tick=False) as clock:
        clock.move_to(store.recall(ANSWER, compute, {"name": "a"}).expires_at)
        assert store.remember(ANSWER, gone, name="a") == b"1"
        assert store.remember(ANSWER, compute, name="a") == b"2"


def test_what_has_changed_is_never_given() -> None:
    store.remember(ANSWER, lambda: b"old", name="a", day=DAY)
    store.bump(["thing:a"])
    for day in (DAY, NEXT_DAY):
        with pytest.raises(OperationalError):
            store.remember(ANSWER, gone, name="a", day=day)


def test_what_is_there_no_more_is_not_given() -> None:
    def missing() -> bytes:
        raise LookupError("gone")

    store.remember(ANSWER, lambda: b"old", name="a", day=DAY)
    with pytest.raises(LookupError):
        store.remember(ANSWER, missing, name="a", day=NEXT_DAY)
