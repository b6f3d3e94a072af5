"""The ways that PostgreSQL may take to rows: said together with what is asked, in one message.

It cannot know how many match two words at once, and would sometimes read the whole table.

Statements of one message are one transaction where none has begun, and what is set LOCAL ends with
it. Where one goes on, the message sets it back at its end; if it does not come to that, the
rollback of what failed does. Django's cursors send such a message as it is, with the parameters
inside its text, as long as the option `server_side_binding` is off.
"""

# ruff: noqa: S608 - what is asked is SQL of our own; what visitors say are parameters

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.db import NotSupportedError, ProgrammingError, connection

from catalog import plans
from catalog.plans import Plan, Plans

ANY = frozenset({"seqscan", "bitmapscan", "indexscan", "sort"})
BY_WORDS = frozenset({"bitmapscan", "sort"})
"""By the index that can tell words."""
IN_ORDER = frozenset({"indexscan"})
"""Along an index that has the order."""
FOUND = "bookstore.found"  # a setting of our own, as any name with a dot may be


@dataclass(frozen=True)
class Question:
    """A SELECT, the ways that may be taken for it, and its parameters.

    Questions of one message mean the same by a parameter that both of them name.
    """

    sql: str
    ways: frozenset[str] = ANY
    told: Mapping[str, Any] = field(default_factory=dict)
    plan: str = ""
    """What to call the plan that is right whatever the parameters are; empty where none is."""

    @property
    def planned(self) -> Plan:
        """The plan."""
        return plans.of(self.sql, self.plan, self.ways)

    def numbered(self, number: int) -> "Question":
        """The same, with parameters that no question of another number names."""
        sql, told = self.sql, {}
        for name, value in self.told.items():
            sql = sql.replace(f"%({name})s", f"%({name}_{number})s")
            told[f"{name}_{number}"] = value
        return replace(self, sql=sql, told=told)


def rows(asked: Question) -> list[tuple[Any, ...]]:
    """All rows that are the answer."""
    (found,) = answers([asked])
    return found


def either(asked: Question, otherwise: Question, *, enough: int) -> list[Question]:
    """Questions whose answers `better` reads: of the first one's; where it has fewer rows than
    `enough`, of the other one's if that has no fewer.

    PostgreSQL itself notes how many there were, and then carries the other one out or does not: all
    is asked at once, whatever is found.
    """
    so_far = f"set_config('{FOUND}', (row_number() OVER ())::text, true)"
    noting = f"SELECT found.*, {so_far} FROM ({asked.sql}) AS found"
    waiting = (
        f"SELECT * FROM ({otherwise.sql}) AS found WHERE current_setting('{FOUND}')::int < {enough}"
    )
    none_yet = Question(f"SET LOCAL {FOUND} = 0", asked.ways)
    return [none_yet, replace(asked, sql=noting), replace(otherwise, sql=waiting)]


def better(found: Sequence[list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """The rows of the better one of `either`, or of the only one."""
    if len(found) == 1:
        return found[0]
    noted, others = found
    return max(others, [row[:-1] for row in noted], key=len)


class Message(str):
    """Statements as they are sent together."""

    asked: Sequence[Question]

    @property
    def in_full(self) -> str:
        """What they ask, where plans stand for it: for people who look for what is slow."""
        return "; ".join(question.sql for question in self.asked)

    @classmethod
    def of(cls, asked: Sequence[Question], *, by_plans: bool) -> Self:
        """The questions, each with its ways."""
        statements: list[str] = []
        ways = ANY
        for question in asked:
            statements += _change(ways, question.ways)
            is_planned = by_plans and question.plan
            statements.append(question.planned.execute if is_planned else question.sql)
            ways = question.ways
        if not by_plans:
            statements += _change(ways, ANY)
        message = cls("; ".join(statements))
        message.asked = asked
        return message


def answers(asked: Sequence[Question]) -> list[list[tuple[Any, ...]]]:
    """The rows of each question, all of which are asked in one message."""
    connection.close_if_health_check_failed()  # or the cursor would do it, and plans with it
    if not connection.get_autocommit():  # a transaction goes on, which must not fail by a plan
        return _answers(asked, by_plans=False)
    try:
        return _by_plans(asked)
    except (NotSupportedError, ProgrammingError) as error:
        if not plans.are_outdated_by(error):
            raise
        return _by_plans(asked, anew=True)


def _by_plans(asked: Sequence[Question], *, anew: bool = False) -> list[list[tuple[Any, ...]]]:
    with connection.wrap_database_errors:
        kept = Plans.of(connection.connection)
        if anew:
            kept.forget()
        for question in asked:
            if question.plan:
                kept.keep(question.planned)
    return _answers(asked, by_plans=True)


def _answers(asked: Sequence[Question], *, by_plans: bool) -> list[list[tuple[Any, ...]]]:
    told: dict[str, Any] = {}
    for question in asked:
        told.update(question.told)
    with connection.cursor() as cursor:
        cursor.execute(Message.of(asked, by_plans=by_plans), told)
        return [result.fetchall() for result in cursor.results() if result.description]


def _change(before: frozenset[str], after: frozenset[str]) -> Iterator[str]:
    for way in sorted(before ^ after):
        yield f"SET LOCAL enable_{way} = {'DEFAULT' if way in after else 'off'}"
