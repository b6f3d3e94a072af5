"""Answers of which visitors can make up as many as they like: kept when asked for again."""

import threading

import pytest

from caching import question, store
from caching.answers import SUBJECT_PAGE, Answer
from caching.tests.test_generations import Numbered
from tests.patience import eventually

TYPED = Answer("typed", 60, lambda *, words: ("all",), has_any_words=True)


def test_the_second_time_it_is_kept() -> None:
    compute = Numbered()
    given = [store.remember(TYPED, compute, words="emma") for _time in range(4)]
    assert given == [b"1", b"2", b"2", b"2"]


def test_any_number_of_words_leaves_a_handful_of_keys() -> None:
    for number in range(1_000):
        store.remember(TYPED, lambda: b"nothing", words=f"words {number}")
    keys = store.client().keys("*")
    kept = [key for key in keys if key.startswith(b"answer:")]
    assert len(kept) <= 20  # of the 1 that is expected to share another's counter
    assert {key.split(b":")[0] for key in keys if key not in kept} <= {b"asked", b"token", b"era"}
    assert len(keys) - len(kept) <= 5  # one of them where the window of time ended
    assert sum(store.client().memory_usage(key) for key in keys) < 2 * 2**18 + 20 * 1_000


def test_what_was_kept_once_is_renewed_at_once() -> None:
    compute = Numbered()
    for _time in range(2):
        store.remember(TYPED, compute, words="emma")
    store.bump(["all"])
    given = [store.remember(TYPED, compute, words="emma") for _time in range(2)]
    assert given == [b"3", b"3"]


def test_many_at_once_are_often_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "LOCK_SECONDS", 120)  # longer than a busy machine takes
    monkeypatch.setattr(question, "WAIT_SECONDS", 60.0)
    runs: list[int] = []
    at_once = threading.Barrier(8)

    def slow() -> bytes:
        runs.append(1)
        eventually(lambda: times_asked() >= 2)  # or it is not kept
        return b"slow"

    def ask() -> None:
        store.client().ping()  # whoever has still to connect may come too late
        at_once.wait()
        store.remember(TYPED, slow, words="emma")

    threads = [threading.Thread(target=ask) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1


def times_asked() -> int:
    """How often the one answer was asked for, as that is counted: in two bits among many."""
    counters = [store.client().get(key) or b"" for key in store.client().keys("asked:*")]
    some = [byte for each in counters for byte in each.strip(b"\0")]
    return max((byte >> place & 3 for byte in some for place in (0, 2, 4, 6)), default=0)


@pytest.mark.parametrize(
    ("place", "is_kept"),
    [
        ({"after": "", "before": ""}, True),
        ({"after": "k", "before": ""}, False),
        ({"after": "", "before": "k"}, False),
    ],
)
def test_places_in_long_lists_are_kept_likewise(place: dict[str, str], is_kept: bool) -> None:
    compute = Numbered()
    for _time in range(2):
        store.remember(SUBJECT_PAGE, compute, slug="classics", page="2", **place)
    assert (compute() == b"2") == is_kept
