"""What stands in a running shop's database, read past the shop."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg

from bookstore.embedded.addresses import Engines
from tests.drills.persistent import Purchase
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

    def unfinished_jobs(self) -> list[tuple[Any, ...]]:
        """Which jobs wait, run or have failed, with their workers and reasons."""
        return self.ask(
            "SELECT j.id, j.task_name, j.status, j.attempts, j.scheduled_at, j.args, f.message,"
            " j.worker_id, now() - w.last_heartbeat FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
            " LEFT JOIN bookstore_jobfailure f ON f.job_id = j.id"
            " WHERE j.status IN ('todo', 'doing', 'failed') ORDER BY j.id LIMIT 20"
        )

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

    def status(self, number: str) -> str:
        """How far an order is."""
        ((status,),) = self.ask("SELECT status FROM orders_order WHERE number = %s", number)
        return str(status)

    def statuses(self, *purchases: Purchase) -> list[str]:
        """How far each is."""
        return [self.status(each.number) for each in purchases]

    def events(self, number: str, kind: str) -> int:
        """How often something happened to an order."""
        ((times,),) = self.ask(
            "SELECT count(*) FROM orders_orderevent e JOIN orders_order o ON o.id = e.order_id"
            " WHERE o.number = %s AND e.kind = %s",
            number,
            kind,
        )
        return int(times)

    def payments(self, number: str) -> list[Decimal]:
        """What came in for an order."""
        return self._amounts("SELECT p.amount FROM orders_payment p", number)

    def refunds(self, number: str) -> list[Decimal]:
        """What went back."""
        return self._amounts("SELECT p.amount FROM orders_refund p", number)

    def _amounts(self, select: str, number: str) -> list[Decimal]:
        joined = f"{select} JOIN orders_order o ON o.id = p.order_id WHERE o.number = %s"
        return [amount for (amount,) in self.ask(f"{joined} ORDER BY p.id", number)]
