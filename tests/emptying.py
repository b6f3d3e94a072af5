"""Has the database be as it was migrated after a test that commits.

Django truncates all tables, those that migrations have filled too, so that what comes later in the
same process finds neither a shop nor a way to ship; and it writes its content types and permissions
anew. Here only tables that hold something are emptied, and what migrations wrote comes back.
"""

from functools import cache

from django.db import connection, transaction

KEPT = {"django_content_type", "auth_permission"}
"""What Django writes after a migration: as much a part of the tables as their columns."""

JOBS = "procrastinate_jobs"  # which no model of ours manages

_migrated: dict[str, bytes] = {}


def remember() -> None:
    """Take note of what the migrations have written."""
    with connection.cursor() as cursor:
        for table in _filled():
            with cursor.copy(f"COPY {connection.ops.quote_name(table)} TO STDOUT") as rows:
                _migrated[table] = b"".join(bytes(each) for each in rows)


@transaction.atomic
def restore() -> None:
    """Leave in the tables what the migrations have written, and nothing else."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(map(quote, [*_filled(), JOBS]))} CASCADE")
        for table, rows in _migrated.items():
            with cursor.copy(f"COPY {quote(table)} FROM STDIN") as into:
                into.write(rows)


def _filled() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_which_hold_something())
        return [name for (name,) in cursor.fetchall()]


@cache
def _which_hold_something() -> str:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(name)})"
        for name in sorted(set(names) - KEPT)
    )
