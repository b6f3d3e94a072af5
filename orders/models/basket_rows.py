"""Plain statements of baskets: their row, and their lines with all that is asked of the editions.

Those come with price, supply, authors and what lies there in one statement, however many they are.
"""

import datetime
from collections.abc import Sequence
from itertools import starmap
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings

from catalog import prepared
from catalog.models import Contribution, Contributor, ContributorRole, Edition, Supply, Work
from catalog.models.price import IN_FORCE
from catalog.models.recommendation import stored_as_json
from catalog.prepared import columns, fields, slices

_EDITION = fields(
    Edition, "id", "work_id", "isbn13", "format", "language", "title", "subtitle",
    "publication_date", "embargo_date", "weight_grams", "is_offered",
)  # fmt: skip
_WORK = fields(Work, "id", "title", "subtitle")
_SUPPLY = fields(
    Supply, "id", "edition_id", "accepts_preorders", "preorder_cap", "promised_date",
    "accepts_backorders", "backorder_days", "awaited",
)  # fmt: skip
_PRICE = ("amount", "tax_rate")
_COPIES = ("available", "held", "most")
_OFFER = {"edition": _EDITION, "work": _WORK, "supply": _SUPPLY, "price": _PRICE}
"""Tables, and what every statement gives of them, in this order."""
# From the names that make the statements, so that no other column can be taken for the price.
_OF_EDITION, _OF_WORK, _OF_SUPPLY, _OF_PRICE, _OF_AUTHORS, _OF_COPIES = slices(
    *_OFFER.values(), ("authors",), _COPIES
)
_OFFER_COLUMNS = ", ".join(starmap(columns, _OFFER.items()))
_COLUMNS = f"""{_OFFER_COLUMNS},
    (SELECT json_agg(json_build_array(person.name, part.role) ORDER BY part.ordinal, part.id)
     FROM catalog_contribution AS part JOIN catalog_contributor AS person
         ON person.id = part.contributor_id
     WHERE part.work_id = work.id AND part.edition_id IS NULL) AS authors"""  # noqa: S608 - names of our own
_TABLES = f"""JOIN catalog_work AS work ON work.id = edition.work_id
LEFT JOIN catalog_supply AS supply ON supply.edition_id = edition.id
LEFT JOIN LATERAL (
    SELECT amount, tax_rate FROM catalog_price AS price WHERE {IN_FORCE} LIMIT 1
) AS price ON true"""  # noqa: S608 - the same
_STOCK = """LEFT JOIN LATERAL (
    SELECT coalesce(sum(here) FILTER (WHERE is_for_customers), 0) AS available,
        coalesce(sum(allocated), 0) AS held,
        coalesce(
            greatest(
                max(here) FILTER (WHERE is_for_customers),
                sum(here) FILTER (WHERE serves_shipping
                    AND EXISTS (SELECT FROM orders_seller WHERE splits_orders))),
            0) AS most
    FROM (
        SELECT on_hand - allocated AS here, allocated, serves_shipping,
            serves_shipping OR offers_collection AS is_for_customers
        FROM catalog_stock AS stock JOIN catalog_location AS location
            ON location.id = stock.location_id
        WHERE stock.edition_id = edition.id
    ) AS stock
) AS copies ON true"""
"""`most` is what one order could have: from one place, or from all if the seller splits."""
_STOCKED_OFFER = f"{_OFFER_COLUMNS}, NULL AS authors, {columns('copies', _COPIES)}"
_OF_NUMBER = f"""FROM catalog_edition AS edition {_TABLES} {_STOCK}
WHERE edition.isbn13 = %(isbn13)s AND edition.is_offered"""
_NUMBERED = f"SELECT {_STOCKED_OFFER} {_OF_NUMBER}"
_KNOWN = f"""
SELECT {_OFFER_COLUMNS} FROM catalog_edition AS edition {_TABLES} WHERE edition.id = %(edition)s
"""  # noqa: S608 - the same
LINE = ("id", "basket_id", "edition_id", "quantity", "seen_amount", "added_at")
_LINES = f"""
SELECT {columns("line", LINE)}, {_COLUMNS}
FROM orders_basketline AS line JOIN catalog_edition AS edition ON edition.id = line.edition_id
{_TABLES}
WHERE line.basket_id = %(basket)s ORDER BY line.id
"""  # noqa: S608 - the same
_STOCKED_COLUMNS = f"{columns('line', LINE)}, {_COLUMNS}, {columns('copies', _COPIES)}"
_STOCKED = f"""orders_basketline AS line
JOIN catalog_edition AS edition ON edition.id = line.edition_id {_TABLES} {_STOCK}"""
_LINES_WITH_STOCK = f"""
SELECT {_STOCKED_COLUMNS} FROM {_STOCKED} WHERE line.basket_id = %(basket)s ORDER BY line.id
"""  # noqa: S608 - the same
_RANK = itemgetter(1)  # in a row of `stored_of`
BASKET = ("id", "user_id", "voucher_code", "created_at", "updated_at")
_FILLED = f"""
SELECT {columns("basket", BASKET)}, {_STOCKED_COLUMNS}, {{beside}}
FROM orders_basket AS basket LEFT JOIN ({_STOCKED}) ON line.basket_id = basket.id
WHERE {{whose}} ORDER BY line.id
"""  # noqa: S608 - the same
_OWNERS = {
    "basket": "basket.id = %(basket)s AND basket.user_id IS NULL",
    "user": "basket.user_id = %(user)s",
}
_FILLED_OF = {
    (owner, with_beside): _FILLED.format(
        whose=whose, beside=stored_as_json("edition.work_id") if with_beside else "NULL"
    )
    for owner, whose in _OWNERS.items()
    for with_beside in (True, False)
}
_OF_GUEST = f"""
SELECT {columns("basket", BASKET)} FROM orders_basket AS basket
WHERE id = %(basket)s AND user_id IS NULL
"""  # noqa: S608 - the same
_LOCKED = f"""
SELECT {columns("basket", BASKET)} FROM orders_basket AS basket WHERE id = %(basket)s FOR UPDATE
"""  # noqa: S608 - the same
_QUANTITY = "SELECT coalesce(sum(quantity), 0) FROM orders_basketline WHERE basket_id = %(basket)s"
_TOUCH = "UPDATE orders_basket SET updated_at = %(at)s WHERE id = %(basket)s RETURNING id"
_ORDERED = "SELECT id FROM orders_order WHERE basket_id = %(basket)s"
# One statement each, because somebody waits for every one.
_START = f"""
WITH wanted AS MATERIALIZED (
    SELECT {_STOCKED_OFFER}, edition.id AS wanted_id, price.amount AS wanted_amount {_OF_NUMBER}
), begun AS (
    INSERT INTO orders_basket (id, voucher_code, created_at, updated_at)
    SELECT %(basket)s, '', %(at)s, %(at)s FROM wanted
), line AS (
    INSERT INTO orders_basketline (basket_id, edition_id, quantity, seen_amount, added_at)
    SELECT %(basket)s, wanted_id, %(quantity)s, wanted_amount, %(at)s FROM wanted RETURNING id
)
SELECT wanted.*, line.id FROM line, wanted
"""  # noqa: S608 - the same
_DISCARD = """
WITH gone AS (DELETE FROM orders_basketline WHERE basket_id = %(basket)s)
DELETE FROM orders_basket WHERE id = %(basket)s RETURNING id
"""

Row = Sequence[Any]


def of_guest(basket_id: UUID) -> Row | None:
    """The row of a guest's basket, as BASKET has its columns."""
    return next(iter(prepared.rows(_OF_GUEST, {"basket": basket_id})), None)


def filled(
    *, day: datetime.date, with_beside: bool, **whose: UUID | int
) -> tuple[Row, list[tuple[Row, Edition]], list[Row]] | None:
    """The row of the guest's `basket`, or of the `user`'s, its lines as `lines` gives them, and
    `with_beside` what `catalog.recommending` has to show beside them: the best first, and of
    equals what the line that was added first has.
    """
    (owner,) = whose
    rows = prepared.rows(_FILLED_OF[owner, with_beside], {**whose, **_told(day)})
    if not rows:
        return None
    own = len(BASKET)
    filled = [row[own:] for row in rows if row[own] is not None]
    found = [each for row in filled for each in row[-1] or ()]
    lines = [_line(row, with_stock=True) for row in filled]
    return rows[0][:own], lines, sorted(found, key=_RANK)


def locked(basket_id: UUID) -> Row | None:
    """The row of a basket, locked, as BASKET has its columns."""
    return next(iter(prepared.rows(_LOCKED, {"basket": basket_id})), None)


def is_ordered(basket_id: UUID) -> bool:
    """Whether the basket has become an order."""
    return bool(prepared.rows(_ORDERED, {"basket": basket_id}))


def quantity(basket_id: UUID) -> int:
    """How many copies are in the basket."""
    ((total,),) = prepared.rows(_QUANTITY, {"basket": basket_id})
    return int(total)


def start(
    basket_id: UUID, isbn13: str, quantity: int, *, day: datetime.date, at: datetime.datetime
) -> tuple[int, Edition] | None:
    """Begin a guest's basket with one line, of the edition that `numbered` finds; the line's id,
    and the edition. None, and no basket, where it finds none.
    """
    told = {"basket": basket_id, "isbn13": isbn13, "quantity": quantity, "at": at, **_told(day)}
    found = prepared.rows(_START, told)
    return (found[0][-1], _edition(found[0], with_stock=True)) if found else None


def touch(basket_id: UUID, *, at: datetime.datetime) -> bool:
    """Lock the basket as one that changes then; whether there is one."""
    return bool(prepared.rows(_TOUCH, {"basket": basket_id, "at": at}))


def discard(basket_id: UUID) -> None:
    """Delete the basket with its lines."""
    prepared.rows(_DISCARD, {"basket": basket_id})


def numbered(isbn13: str, *, day: datetime.date) -> Edition | None:
    """The offered edition with this number, at its price of that day, and what lies there of it."""
    found = prepared.rows(_NUMBERED, {"isbn13": isbn13, **_told(day)})
    return _edition(found[0], with_stock=True) if found else None


def known(edition_id: int, *, day: datetime.date) -> Edition | None:
    """The edition, offered or not, at its price of that day."""
    found = prepared.rows(_KNOWN, {"edition": edition_id, **_told(day)})
    return _edition(found[0]) if found else None


def lines(basket_id: UUID, *, day: datetime.date, with_stock: bool) -> list[tuple[Row, Edition]]:
    """A basket's lines in the order they were added, as LINE has their columns, each with its
    edition.
    """
    sql = _LINES_WITH_STOCK if with_stock else _LINES
    found = prepared.rows(sql, {"basket": basket_id, **_told(day)})
    return [_line(row, with_stock=with_stock) for row in found]


def _line(row: Row, *, with_stock: bool) -> tuple[Row, Edition]:
    own = len(LINE)
    return row[:own], _edition(row[own:], of_line=True, with_stock=with_stock)


def _told(day: datetime.date) -> dict[str, Any]:
    return {"today": day, "currency": settings.SHOP_CURRENCY}


def _edition(row: Row, *, of_line: bool = False, with_stock: bool = False) -> Edition:
    """The model without what nobody asks who sells it; asking that costs a statement.

    With authors if it is `of_line`: of others nobody asks them either.
    """
    edition = Edition.from_db(None, _EDITION, row[_OF_EDITION])
    work = Work.from_db(None, _WORK, row[_OF_WORK])
    told, supply = row[_OF_SUPPLY], None
    if told[0] is not None:
        supply = Supply.from_db(None, _SUPPLY, told)
        supply._state.fields_cache["edition"] = edition
    edition._state.fields_cache |= {"work": work, "supply": supply}
    edition.price_amount, edition.__dict__["price_tax_rate"] = row[_OF_PRICE]
    if of_line:
        (people,) = row[_OF_AUTHORS]
        work.authors = _authors(people or ())
    if with_stock:
        edition.available_quantity, edition.held_quantity, most = row[_OF_COPIES]
        edition.__dict__["most_for_one_order"] = most
        if supply is not None:
            supply.held_quantity = edition.held_quantity
    return edition


def _authors(people: Sequence[tuple[str, str]]) -> list[Contribution]:
    shown = [each for each in people if each[1] == ContributorRole.AUTHOR] or people[:1]
    return [Contribution(contributor=Contributor(name=name), role=role) for name, role in shown]
