"""Plans that PostgreSQL keeps: statements of a message that it reads and plans once, not each time.

To read a long statement and to plan it takes as long as to carry it out, where little is found.
`catalog.prepared` has plans kept, too, but each of its statements is a message of its own.
"""

import functools
import hashlib
import re
from collections import OrderedDict
from typing import Any, NamedTuple

from django.db import DatabaseError

MOST_KEPT = 32  # of a connection; each takes 0.1 to 0.4 MB of PostgreSQL's memory
ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
"""PostgreSQL would plan many of them each time, as it thinks that to be worth it."""
OUTDATED = frozenset({"0A000", "26000"})
"""SQLSTATEs of a plan whose columns a migration has changed, and of one that is gone."""
_PLACE = re.compile(r"%\((\w+)\)s")


class Plan(NamedTuple):
    """A statement that is read once, under a name that no other has."""

    name: str
    prepare: str
    """As it is told PostgreSQL, without any value."""
    execute: str
    """How it is carried out, with the parameters of the statement itself."""


@functools.lru_cache(1_024)
def of(sql: str, label: str, ways: frozenset[str]) -> Plan:
    """The plan of a statement to which these ways are open.

    `label` tells people what it is. The name depends on these alone: it means the same to every
    connection.
    """
    told = " ".join([sql, *sorted(ways)])
    name = f"{label}_{hashlib.blake2b(told.encode(), digest_size=8).hexdigest()}"
    places = [*dict.fromkeys(_PLACE.findall(sql))]
    numbers = {place: f"${number}" for number, place in enumerate(places, 1)}
    text = _PLACE.sub(lambda place: numbers[place[1]], sql).replace("%%", "%")
    values = ", ".join(f"%({place})s" for place in places)
    carried_out = f"EXECUTE {name}({values})" if values else f"EXECUTE {name}"
    return Plan(name, f"PREPARE {name} AS {text}", carried_out)


class Plans:
    """Those that a connection of psycopg keeps, whatever they are told."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._kept: OrderedDict[str, None] = OrderedDict()
        raw.execute(ONE_PLAN, prepare=False)

    @classmethod
    def of(cls, raw: Any) -> "Plans":
        """Those of the connection, on which no transaction goes on: that might take them back."""
        plans: Plans | None = getattr(raw, "plans", None)
        if plans is None:
            plans = raw.plans = cls(raw)
        return plans

    def keep(self, plan: Plan) -> None:
        """Have PostgreSQL read it, if it has not; what was asked for least lately goes.

        It is a message of its own: PostgreSQL keeps the whole of it, which values would be part of.
        """
        if plan.name not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._raw.execute(f"DEALLOCATE {self._kept.popitem(last=False)[0]}", prepare=False)
            self._raw.execute(plan.prepare, prepare=False)
            self._kept[plan.name] = None
        self._kept.move_to_end(plan.name)

    def forget(self) -> None:
        """Have PostgreSQL forget all that this connection has planned, psycopg's own as well."""
        self._kept.clear()
        self._raw.execute("DEALLOCATE ALL", prepare=False)


def are_outdated_by(error: DatabaseError) -> bool:
    """Whether a statement failed because of its plan.

    Psycopg, too, has all of them forgotten, after a rollback, and a migration may change columns.
    """
    return getattr(error.__cause__, "sqlstate", None) in OUTDATED
