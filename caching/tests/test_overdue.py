"""What Redis did not take is raised by the process that changed it, as soon as Redis is back."""

from collections.abc import Sequence

import pytest
from django.db import transaction
from pytest_django import Settings

from caching import overdue, store
from caching.answers import Answer
from caching.overdue import Overdue
from tests.patience import eventually

ANSWER = Answer("test", 60, lambda *, name: (f"thing:{name}", "all"))


def shown() -> bytes:
    return store.remember(ANSWER, lambda: b"new", name="a")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_redis_missed_is_shown_without_the_job(settings: Settings) -> None:
    there = settings.CACHES
    store.remember(ANSWER, lambda: b"old", name="a")
    settings.CACHES = {"default": {**there["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    with transaction.atomic():
        store.bump_after_commit(["thing:a"])
    settings.CACHES = there
    eventually(lambda: shown() == b"new")


def test_what_is_missed_while_another_is_tried_is_tried_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overdue, "RETRY_SECONDS", 0)
    tried: list[Sequence[str]] = []

    def bump(names: Sequence[str]) -> None:
        tried.append(names)
        if len(tried) == 1:
            own.add(["b"])
            raise store.Unavailable
        if len(tried) == 2:
            own.add(["a"])

    own = Overdue(bump)
    own.add(["a"])
    eventually(lambda: tried == [["a"], ["a", "b"], ["a"]])
    own.add(["c"])
    eventually(lambda: tried[3:] == [["c"]])


def test_after_what_nobody_foresaw_the_next_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "RETRY_SECONDS", 0)
    tried: list[Sequence[str]] = []

    def bump(names: Sequence[str]) -> None:
        tried.append(names)
        if len(tried) == 1:
            raise RuntimeError

    own = Overdue(bump)
    own.add(["a"])
    eventually(lambda: not own._is_at_work)
    own.add(["b"])
    eventually(lambda: tried == [["a"], ["b"]])


def test_of_too_many_all_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "RETRY_SECONDS", 0)
    monkeypatch.setattr(overdue, "MOST", 2)
    tried: list[Sequence[str]] = []
    Overdue(tried.append).add(["a", "b", "c"])
    eventually(lambda: tried == [["world"]])


def test_what_is_forgotten_is_left_to_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "RETRY_SECONDS", 0.05)
    tried: list[Sequence[str]] = []
    own = Overdue(tried.append)
    own.add(["a"])
    own.forget()
    eventually(lambda: not own._is_at_work)
    assert tried == []
