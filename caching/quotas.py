"""How much one client may ask of answers that cost one trip to Redis: counted on the same trip.

While Redis is away nothing is counted: such an answer then costs nothing either.
"""

import time
from dataclasses import dataclass
from typing import Any

from caching.wire import Trip


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

    def answered(self, asking: Trip) -> list[Any]:
        """What a trip is answered, on which one more is counted; raises TooMuch.

        A Redis without memory to spare refuses to count, and answers all else: nobody is refused
        for that.
        """
        key = f"limit:{self.name}:{self.client}:{int(time.time()) // self.seconds}"
        asking.count(key, self.seconds)
        replies = asking.execute()
        if isinstance(asking.counted, int) and asking.counted > self.times:
            raise TooMuch(self.seconds - int(time.time()) % self.seconds)
        return replies
