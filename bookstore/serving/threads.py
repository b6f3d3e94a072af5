"""The threads of a web process, each of which waits at a bell of its own.

Python's pool has all that wait woken one after the other whenever something is to be done, and each
of them asks for Python's lock to find that another one does it. It makes six objects for each task,
too, by which somebody else could wait for its end.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Task = TypeVar("Task")


class Threads(Generic[Task]):
    """So many threads that do what they are given; whoever was done last is given the next."""

    def __init__(self, number: int, do: Callable[[Task], object]) -> None:
        """`do` is called with each task and must not fail, or there is one thread less."""
        self._do = do
        self._tasks: deque[Task] = deque()
        self._idle: list[threading.Lock] = []
        for place in range(number):
            threading.Thread(target=self._work, name=f"answering-{place}", daemon=True).start()

    def give(self, task: Task) -> None:
        """Have it done as soon as a thread is free."""
        self._tasks.append(task)
        try:
            bell = self._idle.pop()
        except IndexError:
            return  # all are busy, and look for more when they are done
        bell.release()

    def shutdown(self, *, wait: bool = False) -> None:
        """Nothing: they end with the process. gunicorn's worker calls it at its end."""

    def _work(self) -> None:
        bell = threading.Lock()
        bell.acquire()
        while True:
            try:
                task = self._tasks.popleft()
            except IndexError:
                self._wait(bell)
            else:
                self._do(task)

    def _wait(self, bell: threading.Lock) -> None:
        self._idle.append(bell)
        if self._tasks:  # it came before anybody could have rung
            try:
                self._idle.remove(bell)
            except ValueError:
                pass  # somebody rings just now
            else:
                return
        bell.acquire()
