"""The threads of a web process: everything they are given is done, once, by as many as are free."""

import threading
import time

from bookstore.serving.threads import Threads
from tests.patience import eventually


def test_so_many_work_at_once_and_what_is_more_waits_its_turn() -> None:
    together = threading.Barrier(4, timeout=60)
    done: list[int] = []

    def work(task: int) -> None:
        together.wait()
        done.append(task)

    threads = Threads(4, work)
    for task in range(8):
        threads.give(task)
    eventually(lambda: sorted(done) == list(range(8)))


def test_one_after_the_other_where_there_is_one() -> None:
    done: list[int] = []
    threads = Threads(1, done.append)
    for task in range(100):
        threads.give(task)
    eventually(lambda: len(done) == 100)
    assert done == list(range(100))


def test_nothing_is_lost_or_done_twice() -> None:
    done: list[tuple[int, int]] = []
    threads = Threads(3, done.append)

    def give(giver: int) -> None:
        for number in range(3_000):
            threads.give((giver, number))
            if number % 10 == 0:
                time.sleep(0.0001)  # so that threads fall asleep, just now or then

    givers = [threading.Thread(target=give, args=(giver,)) for giver in range(2)]
    for each in givers:
        each.start()
    for each in givers:
        each.join()
    eventually(lambda: len(done) >= 6_000)
    assert sorted(done) == [(giver, number) for giver in range(2) for number in range(3_000)]
