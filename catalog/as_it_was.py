"""As it was: what a process has made of search entries is used again while their rows are the same.

Most of what a shop changes concerns other works than those that somebody looks for. Decision 26.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple

MOST_KEPT = 256  # counts and pages; the counts of a thousand works take 40 kB

VERSION = "hash_record_extended(ROW(ctid, xmin), 0)"
"""Of a row: PostgreSQL changes none, but writes it anew, elsewhere or in another transaction."""
TABLE = (
    "hash_record_extended("
    "ROW(pg_postmaster_start_time(), pg_relation_filenode('catalog_searchentry')), 0)"
)
"""Others may have the same versions in another server, and in the file that VACUUM FULL writes."""
PRINT = f"bit_xor({VERSION}) # {TABLE}"
"""Of all rows together, in SQL; NULL for none."""

_makes_all_anew: ContextVar[bool] = ContextVar("makes_all_anew", default=False)


class Made(NamedTuple):
    """What was made of entries whose versions have this print; shared, and changed by nobody."""

    print: int | None = None
    value: Any = None
    places: str = ""
    """Where the entries stand, as an array of `ctid`s, if that is enough to know them by."""


class Kept:
    """What this process has made, by all that it depends on beside the entries."""

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, Made] = OrderedDict()
        self._keeping = threading.Lock()

    def find(self, key: Hashable) -> Made:
        """What was made the last time; with another print where all is made anew."""
        with self._keeping:
            made = self._made.get(key, Made())
            if made.print is not None:
                self._made.move_to_end(key)
        if is_making_all_anew() and made.print is not None:
            return made._replace(print=~made.print)
        return made

    def keep(self, key: Hashable, made: Made) -> None:
        """Have it found, if it was made of anything.

        Where there is too much, what nobody has asked for the longest goes: rare words come and go.
        """
        if made.print is None:
            return
        with self._keeping:
            self._made[key] = made
            self._made.move_to_end(key)
            if len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)

    def forget(self) -> None:
        """Find nothing any more."""
        with self._keeping:
            self._made.clear()


@contextlib.contextmanager
def making_all_anew() -> Iterator[None]:
    """Use nothing inside the block that was made before, as after a change of all works."""
    token = _makes_all_anew.set(True)
    try:
        yield
    finally:
        _makes_all_anew.reset(token)


def is_making_all_anew() -> bool:
    """Whether nothing may be used here that was made before."""
    return _makes_all_anew.get()
