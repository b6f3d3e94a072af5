"""The seeded chance behind every choice: the same work always rolls the same numbers."""

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A stream of reproducible choices.

    Only ``Random.random`` is used: of the generator's methods it alone is promised to give the
    same sequence in every Python version.
    """

    def __init__(self, key: str) -> None:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        self.mark = digest[:4].hex()
        """A short name for the work, to keep element ids apart on a page of inline covers."""
        self._random = random.Random(int.from_bytes(digest, "big"))  # noqa: S311 - no secret

    def real(self, low: float, high: float) -> float:
        """Return a number between the two."""
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """Return true in the given share of cases."""
        return self._random.random() < share

    def pick(self, options: Sequence[Item]) -> Item:
        """Return one of the options."""
        return options[self.whole(0, len(options) - 1)]

    def shuffled(self, options: Sequence[Item]) -> list[Item]:
        """Return the options in a new order."""
        keyed = [(self._random.random(), place) for place in range(len(options))]
        return [options[place] for _, place in sorted(keyed)]
