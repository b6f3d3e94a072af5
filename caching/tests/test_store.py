"""Cached answers by generations, with Redis there and gone."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoCaptureOnCommitCallbacks

from caching import jobs, question, store
from caching.answers import Answer
from caching.measuring import spending

ANSWER = Answer("test", 60, lambda *, name, **more: (f"thing:{name}", "all"))


@pytest.fixture
def long_wait(monkeypatch: pytest.MonkeyPatch) -> float:
    """For how many seconds others wait: for longer than a busy machine holds anybody up."""
    monkeypatch.setattr(question, "LOCK_SECONDS", 120)
    monkeypatch.setattr(question, "WAIT_SECONDS", 60.0)
    return 60.0


def counting() -> tuple[Callable[[], bytes], list[int]]:
    """A computation, and the record of how often it ran."""
    runs: list[int] = []

    def compute() -> bytes:
        runs.append(1)
        return f"answer {len(runs)}".encode()

    return compute, runs


def test_an_answer_is_computed_once() -> None:
    compute, runs = counting()
    assert store.remember(ANSWER, compute, name="once") == b"answer 1"
    assert store.remember(ANSWER, compute, name="once") == b"answer 1"
    assert len(runs) == 1


def test_other_arguments_are_another_answer() -> None:
    compute, _runs = counting()
    assert store.remember(ANSWER, compute, name="one") == b"answer 1"
    assert store.remember(ANSWER, compute, name="two") == b"answer 2"


def test_a_hit_is_one_command() -> None:
    store.remember(ANSWER, lambda: b"answer", name="hit")
    with spending() as spent:
        assert store.remember(ANSWER, lambda: b"another", name="hit") == b"answer"
    assert spent.commands == 1


def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    for number in range(5):
        store.bump(["thing:place"])
        store.remember(ANSWER, lambda: b"answer", name="place", day=f"2026-11-0{number}")
    assert len(store.client().keys("answer:*")) == 1


def test_the_day_turns() -> None:
    compute, _runs = counting()
    for day in ("2026-11-28", "2026-11-29"):
        for _time in range(2):
            store.remember(ANSWER, compute, name="turns", day=day)
    assert store.remember(ANSWER, compute, name="turns", day="2026-11-29") == b"answer 2"


def test_around_it_everything_is_computed_anew_and_nothing_kept() -> None:
    compute, runs = counting()
    store.remember(ANSWER, compute, name="around")
    with store.bypassed():
        assert store.remember(ANSWER, compute, name="around") == b"answer 2"
        assert store.remember(ANSWER, compute, name="never asked") == b"answer 3"
    assert store.remember(ANSWER, compute, name="around") == b"answer 1"
    assert store.remember(ANSWER, compute, name="never asked") == b"answer 4"
    assert len(runs) == 4


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 54), (0.5, 60), (0.999, 65)])
def test_lifetimes_are_spread(chance: float, seconds: int) -> None:
    before = time.time()
    kept = store.recall(ANSWER, lambda: b"answer", {"name": "spread"}, chance=lambda: chance)
    (key,) = store.client().keys("answer:*")
    left = store.client().ttl(key)  # in whole seconds
    passed = time.time() - before
    assert 2 * seconds - passed - 1 < left <= 2 * seconds
    assert before + seconds <= kept.expires_at <= before + passed + seconds


def test_who_is_too_slow_leaves_the_next_ones_lock_alone() -> None:
    def slow() -> bytes:
        (lock,) = store.client().keys("lock:*")
        store.client().set(lock, b"another's")  # ours ran out meanwhile
        return b"late"

    assert store.remember(ANSWER, slow, name="slow") == b"late"
    (lock,) = store.client().keys("lock:*")
    assert store.client().get(lock) == b"another's"


@pytest.mark.parametrize("generation", ["thing:stale", "all"])
def test_a_bump_makes_what_depends_on_it_stale(generation: str) -> None:
    compute, _runs = counting()
    store.remember(ANSWER, compute, name="stale")
    store.bump([generation])
    assert store.remember(ANSWER, compute, name="stale") == b"answer 2"


def test_a_bump_leaves_other_answers_alone() -> None:
    compute, runs = counting()
    store.remember(ANSWER, compute, name="calm")
    store.bump(["thing:other"])
    store.remember(ANSWER, compute, name="calm")
    assert len(runs) == 1


def test_a_change_while_computing_is_not_cached() -> None:
    def compute() -> bytes:
        store.bump(["thing:race"])  # a writer commits after our queries
        return b"old"

    assert store.remember(ANSWER, compute, name="race") == b"old"
    assert store.remember(ANSWER, lambda: b"new", name="race") == b"new"


def test_many_asking_at_once_compute_once(long_wait: float) -> None:
    runs: list[int] = []

    def slow() -> bytes:
        runs.append(1)
        time.sleep(0.2)
        return b"slow"

    answers: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: answers.append(store.remember(ANSWER, slow, name="slow")))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"slow"] * 12
    assert len(runs) == 1


def test_who_asks_after_a_change_is_not_given_what_was_begun_before(long_wait: float) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    def old() -> bytes:
        has_begun.set()
        may_end.wait(60)
        return b"old"

    answers: dict[str, bytes] = {}

    def ask(name: str, compute: Callable[[], bytes]) -> threading.Thread:
        def run() -> None:
            answers[name] = store.remember(ANSWER, compute, name="late")

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    runs: list[int] = []

    def new() -> bytes:
        runs.append(1)
        time.sleep(0.1)
        return b"new"

    threads = [ask("first", old)]
    has_begun.wait(60)
    store.bump(["thing:late"])
    threads += [ask(f"after {number}", new) for number in range(4)]
    time.sleep(0.1)
    may_end.set()
    for thread in threads:
        thread.join()
    assert answers.pop("first") == b"old"
    assert set(answers.values()) == {b"new"}
    assert len(runs) == 1


def test_what_another_one_files_between_look_and_claim_is_not_computed_again() -> None:
    arguments = {"name": "late"}
    store.remember(ANSWER, lambda: b"old", **arguments)
    (key,) = store.client().keys("answer:*")
    store.client().delete(key)
    late = question.Question(question.Place(ANSWER, arguments), arguments)
    assert late.look() is None
    store.remember(ANSWER, lambda: b"another's", **arguments)
    given = late.wait_or_claim()
    assert given is not None
    assert given.body == b"another's"
    assert store.client().keys("lock:*") == []


def test_a_failure_is_not_cached_and_frees_the_way(long_wait: float) -> None:
    def fail() -> bytes:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        store.remember(ANSWER, fail, name="fails")
    started = time.monotonic()
    assert store.remember(ANSWER, lambda: b"well", name="fails") == b"well"
    assert time.monotonic() - started < long_wait


def test_those_who_wait_for_a_failure_do_not_wait_long(long_wait: float) -> None:
    def fail() -> bytes:
        time.sleep(0.1)
        raise LookupError("gone")

    def ask() -> None:
        with pytest.raises(LookupError):
            store.remember(ANSWER, fail, name="fails for all")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < long_wait


def test_without_redis_answers_are_computed_each_time(redis_gone: None) -> None:
    compute, runs = counting()
    assert store.remember(ANSWER, compute, name="gone") == b"answer 1"
    assert store.remember(ANSWER, compute, name="gone") == b"answer 2"
    assert len(runs) == 2
    assert "127.0.0.1:1" in store.trouble()


def test_without_redis_a_bump_says_so(redis_gone: None) -> None:
    with pytest.raises(store.Unavailable):
        store.bump(["all"])


@pytest.mark.django_db
def test_a_bump_waits_for_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    compute, runs = counting()
    store.remember(ANSWER, compute, name="commit")
    with django_capture_on_commit_callbacks(execute=True):
        store.bump_after_commit(["thing:commit", "thing:commit"])
        store.remember(ANSWER, compute, name="commit")
        assert len(runs) == 1
    store.remember(ANSWER, compute, name="commit")
    assert len(runs) == 2


@pytest.mark.django_db(transaction=True)
def test_a_bump_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        store.bump_after_commit(["thing:too early"])
    assert not ProcrastinateJob.objects.filter(args__names=["thing:too early"]).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_bumps_nothing() -> None:
    compute, runs = counting()
    store.remember(ANSWER, compute, name="rolled back")
    with pytest.raises(LookupError), transaction.atomic():
        store.bump_after_commit(["thing:rolled back"])
        raise LookupError
    store.remember(ANSWER, compute, name="rolled back")
    assert len(runs) == 1
    assert not ProcrastinateJob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_commit_and_bump_heals_by_the_job(redis_gone: None) -> None:
    with transaction.atomic():
        store.bump_after_commit(["thing:crash"])  # commits; Redis does not hear of it
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("caching.bump", {"names": ["thing:crash"]})
    assert job.status == "todo"


def test_the_job_bumps() -> None:
    compute, runs = counting()
    store.remember(ANSWER, compute, name="job")
    jobs.bump(["thing:job"])
    store.remember(ANSWER, compute, name="job")
    assert len(runs) == 2


def test_the_job_fails_without_redis_so_that_it_is_repeated(redis_gone: None) -> None:
    with pytest.raises(store.Unavailable):
        jobs.bump(["thing:job"])
