"""Generations as tokens: a forgotten one means unknown."""

import itertools

import pytest

from caching import store
from caching.answers import Answer
from caching.question import TOKEN_SECONDS

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}", "all"))


class Numbered:
    """Computes 1, then 2 …"""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> bytes:
        return str(next(self._numbers)).encode()


def test_a_bump_leaves_nothing_behind() -> None:
    store.remember(ANSWER, Numbered(), name="a")
    kept = [b"token:all", b"token:thing:a", b"token:world"]
    assert sorted(store.client().keys("token:*")) == kept
    store.bump(["all", "thing:a", "thing:never asked for"])
    assert store.client().keys("token:*") == [b"token:world"]


def test_where_nothing_stands_no_token_is_left() -> None:
    def fail() -> bytes:
        raise LookupError("nothing")

    for number in range(20):
        with pytest.raises(LookupError):
            store.remember(ANSWER, fail, name=str(number))
    # What others share stays, or who looks for what is not there would renew their pages.
    assert sorted(store.client().keys("token:*")) == [b"token:all", b"token:world"]


def test_tokens_go_when_nobody_asks_any_more() -> None:
    store.remember(ANSWER, Numbered(), name="a")
    assert 0 < store.client().ttl("token:all") <= TOKEN_SECONDS


@pytest.mark.parametrize("forgotten", ["token:all", "token:thing:a"])
def test_a_generation_that_redis_forgot_is_unknown(forgotten: str) -> None:
    compute = Numbered()
    store.remember(ANSWER, compute, name="a")
    before = store.client().get(forgotten)
    store.client().delete(forgotten)
    assert store.remember(ANSWER, compute, name="a") == b"2"
    assert store.client().get(forgotten) != before
    assert store.remember(ANSWER, compute, name="a") == b"2"


def test_a_bump_of_what_redis_forgot_meanwhile_is_a_change_too() -> None:
    compute = Numbered()
    store.remember(ANSWER, compute, name="a")
    store.client().delete("token:all")
    store.bump(["all"])
    assert store.remember(ANSWER, compute, name="a") == b"2"


def test_what_is_not_known_in_time_is_not_kept() -> None:
    def compute() -> bytes:
        store.client().delete("token:all")
        return b"old"

    assert store.remember(ANSWER, compute, name="a") == b"old"
    assert store.remember(ANSWER, lambda: b"new", name="a") == b"new"
