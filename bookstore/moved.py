"""The mark on a database that the shop has left for another server: nobody shall go on with it.

It is the database's comment, which stays behind: no dump carries it along. People see it by `\\l+`.
"""

from django.db import connection
from psycopg import sql

MARK = "The bookstore has moved to another server. Nothing is sold here any more."
COMMENT = "COMMENT ON DATABASE {} IS {}"
IS_MARKED = """
SELECT shobj_description(oid, 'pg_database') IS NOT DISTINCT FROM %s
FROM pg_database WHERE datname = current_database()
"""


def has_moved() -> bool:
    """Whether the shop has left this database; any login may ask."""
    with connection.cursor() as cursor:
        cursor.execute(IS_MARKED, [MARK])
        return bool(cursor.fetchone()[0])


def mark() -> None:
    """Say so; only the database's owner may."""
    _comment(MARK)


def forget() -> None:
    """Take the mark away: the shop comes back."""
    _comment(None)


def _comment(text: str | None) -> None:
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(COMMENT).format(name, sql.Literal(text)))
