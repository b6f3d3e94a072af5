"""Answers that are given again while Redis says what it said when they were made.

Redis is asked each time, and all in one trip; what is spared is to read its words and to write them
down and pack them once more. Many type the same first letters, and look at the same lists.
"""

import threading
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from caching import store
from caching.measuring import Spent
from caching.quotas import Quota, TooMuch
from caching.second import UNTIL, end_of_second
from caching.wire import Asked

MOST_KEPT = 8_000_000  # bytes in each process, about: two thousand answers or more
LARGEST_KEPT = (
    64_000  # bytes of one answer and of what it was made of: a hundred badges take 50,000
)
BESIDE = 1_000  # bytes that Python's own objects take of each
LASTING = ("200 OK", "204 No Content")  # a refusal is made of more than what Redis says


@dataclass(slots=True)
class Answer:
    """What is said: the status with its words, all headers, and the body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Made:
    """An answer, and what it was made of."""

    asked: Asked
    replies: Sequence[Any]
    answer: Answer
    size: int
    """Bytes, about."""

    @classmethod
    def of(cls, asked: Hashable, spent: Spent, answer: Answer) -> Self:
        """What was made of what was asked and heard."""
        question = b"".join(each.asked.question for each in spent.heard)
        replies = [reply for each in spent.heard for reply in each.replies]
        own = Answer(answer.status, [*answer.headers], answer.body)  # whoever says it adds more
        size = BESIDE + len(question) + sum(len(repr(each)) for each in (asked, replies, own))
        return cls(Asked(question, len(replies)), replies, own, size)


class Repeats:
    """What this process has made, by what was asked."""

    def __init__(self) -> None:
        self._made: dict[Hashable, _Made] = {}
        self._size = 0
        self._keeping = threading.Lock()

    def again(self, asked: Hashable, quota: Quota | None) -> Answer | None:
        """The answer to what was `asked`: all that it is made of beside what Redis says.

        None where it has to be made, and where Redis does not answer or the client has asked too
        often, for which the view has words.
        """
        made, asked_at = self._made.get(asked), time.time()
        if made is None:
            return None
        try:
            if _said(made.asked, quota) != made.replies:
                return None
        except (store.Unavailable, TooMuch):
            return None
        return _until_the_second_ends(made.answer, asked_at)

    def keep(self, asked: Hashable, spent: Spent, answer: Answer) -> None:
        """Give it again while Redis says what it said when this was `spent`."""
        with self._keeping:
            self._forget(asked)
        if not spent.was_all_heard or answer.status not in LASTING:
            return
        made = _Made.of(asked, spent, answer)
        if made.size > LARGEST_KEPT:
            return
        with self._keeping:
            self._forget(asked)
            self._made[asked] = made
            self._size += made.size
            while self._size > MOST_KEPT:
                self._forget(next(iter(self._made)))

    def _forget(self, asked: Hashable) -> None:
        if former := self._made.pop(asked, None):
            self._size -= former.size


@store.needs_redis
def _said(asked: Asked, quota: Quota | None) -> list[Any]:
    asking = store.client().trip()
    asking.ask_again(asked)
    replies: list[Any] = quota.answered(asking) if quota else asking.execute()
    return replies


def _until_the_second_ends(answer: Answer, asked_at: float) -> Answer:
    headers = [
        (name, end_of_second(asked_at) if name == UNTIL else value)
        for name, value in answer.headers
    ]
    return Answer(answer.status, headers, answer.body)
