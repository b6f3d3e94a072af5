"""Statements that pages ask again and again: written by hand, and planned once for a connection.

Django compiles a query anew each time, and PostgreSQL plans what it is sent anew: together that
takes longer than to carry it out. What is asked here is counted, timed and logged as any other.
"""

import datetime
import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise, starmap
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Field, Model

from catalog.plans import Plans

M = TypeVar("M", bound=Model)
FEW, BATCH = 20, 1_000  # rows that are written at once: of an order, and of a file
MOST_HELD = 1_000  # rows of an answer that a connection may hold until it is asked again
SAID_BY_JSON = frozenset({
    "ArrayField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "DecimalField",
    "ForeignKey", "IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SlugField",
    "SmallIntegerField", "TextField",
})  # fmt: skip
"""Kinds of columns that come from JSON as from PostgreSQL; lists of text and numbers."""
READ_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "DateField": datetime.date.fromisoformat,
    "DateTimeField": datetime.datetime.fromisoformat,
}
_CURSOR: Any = ServerBindingCursor  # psycopg's own, which django-stubs do not know


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
        Plans.of(connection.connection).forget()
        return _run(connection, sql, parameters)


def _run(
    connection: BaseDatabaseWrapper, sql: str, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    raw = connection.connection
    # What is set in a transaction would be undone if that was; so there nothing is prepared yet.
    if raw.prepare_threshold is None and connection.get_autocommit():
        with connection.wrap_database_errors:
            Plans.of(raw)  # which has it plan each of them once
        raw.prepare_threshold = 0  # Django's own cursors never prepare
    is_logged = connection.queries_logged
    make = connection.make_debug_cursor if is_logged else connection.make_cursor
    cursor = make(_CURSOR(raw) if is_logged else _cursor_of(raw))
    cursor.execute(sql, parameters)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    if len(found) > MOST_HELD:
        vars(raw).pop("prepared_cursor", None)  # it would hold the answer until the next one
    if is_logged:  # Django asks the cursor, which does not know any more
        connection.queries_log[-1]["sql"] = sql
    return found


def _cursor_of(raw: Any) -> Any:
    """The one by which all of these statements go over that connection, and which stays open.

    To make one for each takes a sixth of what a small statement works here: 10 of 64 µs.
    """
    try:
        return raw.prepared_cursor
    except AttributeError:
        raw.prepared_cursor = _CURSOR(raw)
        return raw.prepared_cursor


def fields(model: type[Model], *names: str) -> tuple[str, ...]:
    """The names, or all, in the order in which `from_db` wants the values."""
    known = (field.attname for field in model._meta.concrete_fields)
    return tuple(name for name in known if not names or name in names)


def columns(table: str, names: Iterable[str]) -> str:
    """The names as columns of `table`."""
    return ", ".join(f"{table}.{name}" for name in names)


def slices(*parts: Sequence[str]) -> list[slice]:
    """Where the columns of each part stand in a row that has the parts one after the other."""
    return list(starmap(slice, pairwise(accumulate(map(len, parts), initial=0))))


def objects(model: type[M], rest: str, parameters: Mapping[str, Any]) -> list[M]:
    """All columns of the model's rows, with the `rest` of the statement; its table is `this`."""
    table = f"{model._meta.db_table} AS this {rest}"
    return [this for (this,) in together(table, parameters, this=model)]


def together(
    tables: str, parameters: Mapping[str, Any], **models: type[Model]
) -> list[tuple[Any, ...]]:
    """A model of each alias, in each row of a statement that goes on from `tables`.

    None where an outer join has found nothing. They do not know of each other yet.
    """
    sql, parts = _selecting(tables, tuple(models.items()))
    return [
        tuple(
            None if row[key] is None else model.from_db(DEFAULT_DB_ALIAS, names, row[own])
            for model, names, key, own in parts
        )
        for row in rows(sql, parameters)
    ]


@functools.cache
def _selecting(
    tables: str, models: tuple[tuple[str, type[Model]], ...]
) -> tuple[str, list[tuple[type[Model], tuple[str, ...], int, slice]]]:
    """The statement, and of each model its columns and where its key and they stand in a row."""
    named = [fields(model) for _alias, model in models]
    selected = [columns(alias, names) for (alias, _model), names in zip(models, named, strict=True)]
    parts = [
        (model, names, own.start + names.index(model._meta.pk.attname), own)
        for (_alias, model), names, own in zip(models, named, slices(*named), strict=True)
    ]
    return f"SELECT {', '.join(selected)} FROM {tables}", parts  # noqa: S608 - models' own names


def several(**wanted: tuple[type[Model], str]) -> dict[str, list[Any]]:
    """All columns of rows of several small tables by one statement: each with its `rest`."""
    ((*texts,),) = rows(_gathering(tuple(wanted.values())), {})
    return {
        name: from_json(model, text)
        for (name, (model, _rest)), text in zip(wanted.items(), texts, strict=True)
    }


@functools.cache
def _gathering(wanted: tuple[tuple[type[Model], str], ...]) -> str:
    return f"SELECT {', '.join(as_json(model, rest) for model, rest in wanted)}"


def as_json(model: type[Model], rest: str) -> str:
    """A column for `from_json`: all columns of a few rows, with the `rest` of their statement.

    Their table is `this`; `rest` may also name those of the statement that it is a column of.
    Raises TypeError for a model with columns that JSON cannot say.
    """
    _as_text(model)
    return (
        f"(SELECT coalesce(json_agg(json_build_array({columns('this', fields(model))})), '[]')"  # noqa: S608 - models' own names
        f" FROM (SELECT * FROM {model._meta.db_table} AS this {rest}) AS this)::text"
    )


def from_json(model: type[M], text: str) -> list[M]:
    """The rows that such a column holds."""
    found = json.loads(text, parse_float=Decimal)
    for place, read in _as_text(model):
        for row in found:
            if row[place] is not None:
                row[place] = read(row[place])
    return [model.from_db(DEFAULT_DB_ALIAS, fields(model), row) for row in found]


@functools.cache
def _as_text(model: type[Model]) -> tuple[tuple[int, Callable[[str], Any]], ...]:
    """Of its columns that JSON can only say as text: where they stand, and what reads them."""
    kinds = [field.get_internal_type() for field in model._meta.concrete_fields]
    if unknown := {*kinds} - SAID_BY_JSON - READ_FROM_TEXT.keys():
        raise TypeError(f"{model.__name__} has columns that JSON cannot say: {', '.join(unknown)}.")
    places = enumerate(kinds)
    return tuple((place, READ_FROM_TEXT[kind]) for place, kind in places if kind in READ_FROM_TEXT)


def insert(new: Sequence[Model]) -> None:
    """Write these rows of one model, none of which is written yet; they then know their keys.

    As many as somebody waits for have a statement for their number; more go as Django writes them.
    """
    if len(new) > FEW:
        type(new[0])._base_manager.bulk_create(new, batch_size=BATCH)
    elif new:
        _write(new, _inserting(type(new[0]), len(new), ""))


def insert_once(row: Model) -> bool:
    """Write this row unless a constraint says that there is one already; whether it was written."""
    return _write([row], _inserting(type(row), 1, "ON CONFLICT DO NOTHING")) == 1


Inserting = tuple[str, "list[tuple[str, Field[Any, Any]]]"]
"""The statement that writes rows, and what it names of each."""


def _write(new: Sequence[Model], inserting: Inserting) -> int:
    sql, parts = inserting
    connection = connections[DEFAULT_DB_ALIAS]
    told = {
        f"{name}{place}": field.get_db_prep_save(field.pre_save(row, True), connection)
        for place, row in enumerate(new)
        for name, field in parts
    }
    keys = rows(sql, told)
    for row, (key,) in zip(new, keys, strict=False):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return len(keys)


@functools.cache
def _inserting(model: type[Model], number: int, unless: str) -> Inserting:
    key = model._meta.pk
    fields = (field for field in model._meta.concrete_fields if field is not key)
    parts = [(str(field.column), field) for field in fields]
    names = [name for name, _field in parts]
    values = (f"({', '.join(f'%({name}{place})s' for name in names)})" for place in range(number))
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES {', '.join(values)}"  # noqa: S608 - models' own names
        f" {unless} RETURNING {key.column}",
        parts,
    )


def remember(one: Model, **parts: Iterable[Model]) -> None:
    """Have these rows be all that its relations of those names find, without a look."""
    for name, known in parts.items():
        found = getattr(one, name).all()
        found._result_cache = list(known)
        one.__dict__.setdefault("_prefetched_objects_cache", {})[name] = found


def array(ids: Iterable[int]) -> str:
    """Numbers as PostgreSQL writes an array: a list would be of another type by its numbers."""
    return "{" + ",".join(map(str, ids)) + "}"
