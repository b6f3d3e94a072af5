"""Plain statements that lock what an order wants: every checkout waits for them, and for others."""

from collections.abc import Collection

from catalog import prepared
from catalog.models.edition import Edition
from catalog.models.location import Location
from catalog.models.stock import Stock
from catalog.models.supply import Supply

# In the order of StockQuerySet.in_locking_order, as whoever changes stock.
_STOCK = """catalog_stock AS stock
JOIN catalog_edition AS edition ON edition.id = stock.edition_id
JOIN catalog_location AS location ON location.id = stock.location_id
WHERE stock.edition_id = ANY(%(editions)s::bigint[])
ORDER BY edition.isbn13, stock.location_id FOR UPDATE OF stock
"""
_SUPPLY = """catalog_supply AS supply
JOIN catalog_edition AS edition ON edition.id = supply.edition_id
WHERE supply.edition_id = ANY(%(editions)s::bigint[])
ORDER BY edition.isbn13 FOR UPDATE OF supply
"""


def locked(editions: Collection[Edition]) -> tuple[list[Stock], list[Supply]]:
    """All stock of these editions with its places, and then their supply; the editions know theirs.

    Call inside a transaction, which keeps them locked.
    """
    known = {edition.pk: edition for edition in editions}
    told = {"editions": prepared.array(known)}
    stocks = []
    for stock, location in prepared.together(_STOCK, told, stock=Stock, location=Location):
        stock.edition, stock.location = known[stock.edition_id], location
        stocks.append(stock)
    supplies = [supply for (supply,) in prepared.together(_SUPPLY, told, supply=Supply)]
    for edition in editions:
        edition._state.fields_cache["supply"] = None
    for supply in supplies:
        supply.edition = known[supply.edition_id]  # which knows it by that, too
    return stocks, supplies
