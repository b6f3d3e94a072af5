"""How much one client may ask of answers that cost one trip to Redis: counted on the same trip.

While Redis is away nothing is counted: such an answer then costs nothing either.
"""

import time
from dataclasses import dataclass
from typing import Any


class TooMuch(Exception):
    """The client has asked too often; `seconds` says until when it may not."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Quota:
    """So many questions in so many seconds, of one client."""

    name: str
    times: int
    seconds: int
    client: str

    def count(self, asking: Any) -> None:
        """Add the counting to a trip, as two more commands."""
        key = f"limit:{self.name}:{self.client}:{int(time.time()) // self.seconds}"
        asking.incr(key)
        asking.expire(key, self.seconds)

    def check(self, count: object) -> None:
        """Raise TooMuch if what the first of them answered is too much.

        An error is not: a Redis without memory to spare refuses to count, and answers all else.
        """
        if isinstance(count, int) and count > self.times:
            raise TooMuch(self.seconds - int(time.time()) % self.seconds)
