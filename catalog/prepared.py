"""Statements that pages ask again and again: written by hand, and planned once for a connection.

Django compiles a query anew each time, and PostgreSQL plans what it is sent anew: together that
takes longer than to carry it out. What is asked here is counted, timed and logged as any other.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Model

M = TypeVar("M", bound=Model)
_CURSOR: Any = ServerBindingCursor  # psycopg's own, which django-stubs do not know
ONE_PLAN = "SET plan_cache_mode = force_generic_plan"
"""PostgreSQL would plan many of them each time, as it thinks that to be worth it."""


def rows(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows that the statement gives. PostgreSQL must be able to tell each parameter's type.

    Whatever the parameters are, the plan is the same: this is for what finds few rows by indexes.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: `django.db.connection` looks it up each time
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    try:
        return _run(connection, sql, parameters)
    except NotSupportedError:
        # A migration changed a column that the plan gives, if only its length: plans of before
        # are refused as long as PostgreSQL keeps them. Another connection may have them, too.
        if connection.in_atomic_block:
            raise  # and have psycopg forget them as it rolls back
        connection.connection.execute("DEALLOCATE ALL")
        return _run(connection, sql, parameters)


def _run(
    connection: BaseDatabaseWrapper, sql: str, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    raw = connection.connection
    # What is set in a transaction would be undone if that was; so there nothing is prepared yet.
    if raw.prepare_threshold is None and connection.get_autocommit():
        with connection.wrap_database_errors:
            raw.execute(ONE_PLAN)
        raw.prepare_threshold = 0  # Django's own cursors never prepare
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with make(_CURSOR(raw)) as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    if connection.queries_logged:  # Django asks the cursor, which does not know any more
        connection.queries_log[-1]["sql"] = sql
    return found


def fields(model: type[Model], *names: str) -> tuple[str, ...]:
    """The names in the order in which `from_db` wants the values."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)


def columns(table: str, names: Iterable[str]) -> str:
    """The names as columns of `table`."""
    return ", ".join(f"{table}.{name}" for name in names)


def objects(model: type[M], rest: str, parameters: Mapping[str, Any]) -> list[M]:
    """All columns of the model's rows, with the `rest` of the statement; its table is `this`."""
    names = tuple(field.attname for field in model._meta.concrete_fields)
    sql = f"SELECT {columns('this', names)} FROM {model._meta.db_table} AS this {rest}"  # noqa: S608 - a model's own names
    return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in rows(sql, parameters)]


def array(ids: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array: a list would be of another type by its numbers."""
    return "{" + ",".join(map(str, ids)) + "}"
