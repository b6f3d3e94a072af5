"""What stands in a running shop's database, read past the shop."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from bookstore.embedded.addresses import Engines
from tests.shop import Shop


class Records:
    """The tables of a shop, each question over a connection of its own."""

    def __init__(self, shop: Shop) -> None:
        self._url = Engines(shop.data_dir).database_url

    @contextlib.contextmanager
    def connected(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """A connection; what it did is committed at the end of the block."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            yield connection

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        with self.connected() as connection:
            return connection.execute(question, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Do something behind the shop's back."""
        with self.connected() as connection:
            connection.execute(statement, values)

    def orders_of(self, email: str) -> list[str]:
        """The numbers of all orders of one customer, whoever was told of them."""
        rows = self.ask("SELECT number FROM orders_order WHERE email = %s ORDER BY number", email)
        return [number for (number,) in rows]

    def stock(self, isbn13: str) -> tuple[int, int]:
        """Copies on hand and allocated, at all locations together."""
        ((on_hand, allocated),) = self.ask(
            "SELECT sum(on_hand), sum(allocated) FROM catalog_stock"
            " JOIN catalog_edition ON catalog_edition.id = edition_id WHERE isbn13 = %s",
            isbn13,
        )
        return int(on_hand), int(allocated)
