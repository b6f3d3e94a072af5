"""Many rows in one statement: ids ahead of them, COPY for new ones, one UPDATE for changed ones."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql


def new_ids(model: type[models.Model], number: int) -> list[int]:
    """So many ids that no row of the model has or will get from another."""
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, number],
        )
        return [row[0] for row in cursor.fetchall()]


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Collection[Sequence[Any]]
) -> None:
    """Write new rows. Columns that are not named get what the database says."""
    if not rows:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def update(
    model: type[models.Model], columns: Sequence[str], rows: Collection[dict[str, Any]]
) -> None:
    """Give rows new values, each a dict of `columns` and the primary key, as JSON has them."""
    if not rows:
        return
    table = sql.Identifier(model._meta.db_table)
    key = sql.Identifier(str(model._meta.pk.column))
    names = [sql.Identifier(name) for name in columns]
    statement = sql.SQL(
        "UPDATE {table} AS old SET {settings}"
        " FROM json_populate_recordset(NULL::{table}, %s::json) AS new WHERE old.{key} = new.{key}"
    ).format(
        table=table,
        key=key,
        settings=sql.SQL(", ").join(
            sql.SQL("{name} = new.{name}").format(name=name) for name in names
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(list(rows))])


def array(texts: Iterable[str]) -> str:
    """Codes as PostgreSQL writes an array of them; they hold letters and digits only."""
    return "{" + ",".join(texts) + "}"
