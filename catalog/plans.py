"""Plans that PostgreSQL keeps: statements of a message that it reads and plans once, not each time.

To read a long statement and to plan it takes as long as to carry it out, where little is found.
`catalog.prepared` has plans kept, too, but each of its statements is a message of its own.
"""

import itertools
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError

MOST_KEPT = 32  # of a connection; each takes 0.1 to 0.4 MB of PostgreSQL's memory
OUTDATED = frozenset({"0A000", "26000"})
"""SQLSTATEs of a plan whose columns a migration has changed, and of one that is not there."""
_PLACE = re.compile(r"%\((\w+)\)s")


class Plans:
    """Those that a connection keeps, by what they are of.

    Whether PostgreSQL has them nobody knows for sure: a message may have failed before, and what
    forgets others' plans forgets all. So what fails by one is asked again, with none.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()
        self._numbers = itertools.count(1)

    @classmethod
    def of(cls, raw: Any) -> "Plans":
        """Those of a connection of psycopg."""
        plans: Plans | None = getattr(raw, "plans", None)
        if plans is None:
            plans = raw.plans = cls()
        return plans

    def carrying_out(self, sql: str, *, name: str) -> Iterator[str]:
        """Statements that carry `sql` out, with the same parameters.

        `name` tells people what it is; PostgreSQL must be able to tell each parameter's type.
        """
        places = [*dict.fromkeys(_PLACE.findall(sql))]
        kept_as = self._names.get(sql)
        if kept_as is None:
            kept_as = self._names[sql] = f"{name}_{next(self._numbers)}"
            numbers = {place: f"${number}" for number, place in enumerate(places, 1)}
            yield f"PREPARE {kept_as} AS {_PLACE.sub(lambda place: numbers[place[1]], sql)}"
            if len(self._names) > MOST_KEPT:
                yield f"DEALLOCATE {self._names.popitem(last=False)[1]}"
        self._names.move_to_end(sql)
        told = ", ".join(f"%({place})s" for place in places)
        yield f"EXECUTE {kept_as}({told})" if told else f"EXECUTE {kept_as}"

    @staticmethod
    def are_outdated_by(error: DatabaseError) -> bool:
        """Whether a statement failed because of its plan."""
        return getattr(error.__cause__, "sqlstate", None) in OUTDATED

    def forget(self) -> None:
        """Have each planned anew, under another name: that of before may be taken."""
        self._names.clear()
