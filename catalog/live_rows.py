"""What the live answers are made of, read from PostgreSQL: of everything, or of a few.

Everything comes by COPY and without models, which would be ten times as slow. It says the same as
`Edition.list_rank`, `Edition.availability` and `Work.byline`: a test compares them.
"""

# ruff: noqa: S608 - all that is put into queries is written here

import datetime
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import connection

from catalog import prepared
from catalog.formats import DIGITAL_FORMATS
from catalog.models.price import IN_FORCE
from catalog.roles import ContributorRole


def _plain(text: str) -> str:
    """`text` with spaces for what would end a field or a line, or be escaped."""
    return rf"translate({text}, E'\b\t\n\x0b\f\r', '      ')"


_RANK = """edition.format = ANY(%(digital)s),
    coalesce(greatest(edition.publication_date, edition.embargo_date) > %(today)s, false),
    price.amount NULLS LAST, edition.id"""
_BY_AUTHORS = "FILTER (WHERE part.role = %(author)s)"
WORKS = f"""
SELECT work.id, {_plain("work.title")},
    {_plain("coalesce(people.names, '')")}, coalesce(people.ids, ''),
    work.popularity, lead.numbers, {_plain("lead.title")}
FROM (
    SELECT edition.work_id, string_agg(edition.isbn13, ',' ORDER BY {_RANK}) AS numbers,
        (array_agg(edition.title ORDER BY {_RANK}))[1] AS title
    FROM catalog_edition edition
    LEFT JOIN catalog_price price ON {IN_FORCE}
    WHERE edition.is_offered {{of_editions}}
    GROUP BY edition.work_id
) AS lead
JOIN catalog_work work ON work.id = lead.work_id
LEFT JOIN (
    SELECT part.work_id,
        coalesce(string_agg(person.name, ', ' ORDER BY part.ordinal, part.id) {_BY_AUTHORS},
                 (array_agg(person.name ORDER BY part.ordinal, part.id))[1]) AS names,
        coalesce(string_agg(person.id::text, ',' ORDER BY part.ordinal, part.id) {_BY_AUTHORS},
                 (array_agg(person.id::text ORDER BY part.ordinal, part.id))[1]) AS ids
    FROM catalog_contribution part
    JOIN catalog_contributor person ON person.id = part.contributor_id
    WHERE part.edition_id IS NULL {{of_parts}}
    GROUP BY part.work_id
) AS people ON people.work_id = work.id
ORDER BY work.id
"""
"""Works with something offered; the columns are those of a WorkRecord, after the id."""

CONTRIBUTORS = f"""
SELECT id, {_plain("name")}, slug FROM catalog_contributor ORDER BY id
"""
CONTRIBUTORS_OF_OFFERS = f"""
SELECT person.id, {_plain("person.name")}, person.slug, max(work.popularity)
FROM catalog_contributor person
JOIN catalog_contribution part ON part.contributor_id = person.id AND part.edition_id IS NULL
JOIN catalog_work work ON work.id = part.work_id
WHERE person.id = ANY(%(ids)s)
    AND EXISTS (SELECT FROM catalog_edition edition
                WHERE edition.work_id = work.id AND edition.is_offered)
    AND (part.role = %(author)s OR part.id = (
        SELECT first.id FROM catalog_contribution first
        WHERE first.work_id = part.work_id AND first.edition_id IS NULL
        ORDER BY first.role <> %(author)s, first.ordinal, first.id LIMIT 1))
GROUP BY person.id
"""
"""Those of these contributors whom a byline names; the columns of a ContributorRecord."""

_OUT = "greatest(edition.publication_date, edition.embargo_date)"
_FIRST_DAY = "(date '0001-01-01' - 1)"  # as Python counts days
EDITIONS = f"""
SELECT edition.isbn13, edition.work_id,
    CASE WHEN edition.format <> ALL(%(digital)s)
        THEN coalesce(stock.free, 0) - coalesce(supply.awaited, 0) END,
    {_OUT} - {_FIRST_DAY},
    CASE WHEN supply.accepts_preorders
        THEN coalesce(supply.promised_date, {_OUT}) - {_FIRST_DAY} END,
    CASE WHEN edition.format <> ALL(%(digital)s)
        AND supply.preorder_cap <= supply.awaited + coalesce(stock.held, 0) THEN 1 END,
    CASE WHEN supply.accepts_backorders THEN supply.backorder_days END,
    {_plain("edition.title")}
FROM catalog_edition edition
LEFT JOIN catalog_supply supply ON supply.edition_id = edition.id
LEFT JOIN (
    SELECT stock.edition_id, sum(stock.allocated) AS held,
        sum(stock.on_hand - stock.allocated)
            FILTER (WHERE place.serves_shipping OR place.offers_collection) AS free
    FROM catalog_stock stock JOIN catalog_location place ON place.id = stock.location_id
    {{of_stock}} GROUP BY stock.edition_id
) AS stock ON stock.edition_id = edition.id
WHERE edition.is_offered {{of_editions}}
"""
"""Offered editions; the columns are those of an EditionRecord, after the number."""


def _told(today: datetime.date, **more: Any) -> dict[str, Any]:
    return {
        "today": today,
        "currency": settings.SHOP_CURRENCY,
        "digital": [str(value) for value in DIGITAL_FORMATS],
        "author": str(ContributorRole.AUTHOR),
        **more,
    }


# --- Everything ---------------------------------------------------------------------------------


def all_works(*, today: datetime.date) -> Iterator[tuple[str, str]]:
    """Each work's id and line, by id."""
    return _copied(WORKS.format(of_editions="", of_parts=""), _told(today))


def all_contributors() -> Iterator[tuple[str, str]]:
    """Each contributor's id and the beginning of its line, by id, whether it has works or not."""
    return _copied(CONTRIBUTORS, {})


def all_editions(*, today: datetime.date) -> Iterator[tuple[str, str]]:
    """Each offered edition's number and line."""
    return _copied(EDITIONS.format(of_stock="", of_editions=""), _told(today))


def _copied(query: str, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The first column of each row, and the others with tabs between them."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (NULL '')", told) as copy,
    ):
        for row in copy:
            line = bytes(row).decode()[:-1]
            key, _tab, rest = line.partition("\t")
            # Nothing else is escaped (_plain).
            yield key, rest.replace("\\\\", "\\") if "\\" in rest else rest


# --- A few --------------------------------------------------------------------------------------


def works(ids: Collection[int], *, today: datetime.date) -> dict[str, str]:
    """The lines of those of these works of which something is offered, by id."""
    of = {
        "of_editions": "AND edition.work_id = ANY(%(ids)s)",
        "of_parts": "AND part.work_id = ANY(%(ids)s)",
    }
    return _lines(WORKS.format(**of), _told(today, ids=list(ids)))


def contributors(ids: Collection[int]) -> dict[str, str]:
    """The lines of those of these contributors who wrote something that is offered, by id."""
    told = {"ids": list(ids), "author": str(ContributorRole.AUTHOR)}
    return _lines(CONTRIBUTORS_OF_OFFERS, told)


def editions(numbers: Collection[str], *, today: datetime.date) -> dict[str, str]:
    """The lines of those of these editions that are offered, by number."""
    of = {
        "of_editions": "AND edition.isbn13 = ANY(%(numbers)s)",
        "of_stock": "WHERE stock.edition_id IN"
        " (SELECT id FROM catalog_edition WHERE isbn13 = ANY(%(numbers)s))",
    }
    # Planned once: each order has it asked.
    found = prepared.rows(EDITIONS.format(**of), _told(today, numbers=list(numbers)))
    return _as_lines(found)


def numbers_of(work_ids: Collection[int]) -> set[str]:
    """The numbers of all editions of these works, offered or not."""
    with connection.cursor() as cursor:
        query = "SELECT isbn13 FROM catalog_edition WHERE work_id = ANY(%s)"
        cursor.execute(query, [list(work_ids)])
        return {number for (number,) in cursor.fetchall()}


def _lines(query: str, told: dict[str, Any]) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(query, told)
        return _as_lines(cursor.fetchall())


def _as_lines(rows: Iterable[tuple[Any, ...]]) -> dict[str, str]:
    return {
        str(key): "\t".join("" if value is None else str(value) for value in row)
        for key, *row in rows
    }
