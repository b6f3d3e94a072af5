"""Other shop systems, measured by the same clients on the same machine in the same run.

A peer is installed into a folder of its own below `var/`, never into the shop's environment, is
filled with the same books, and runs in processes of its own; nothing of it is imported here. It
names its pages and flows as benchmarks.scenarios does, as far as it has them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks import scenarios
from benchmarks.flows import Flow
from benchmarks.scenarios import Asked
from benchmarks.session import Session

Book = Mapping[str, Any]
"""A book as a peer's own filling tells of it."""


@dataclass(frozen=True)
class Running:
    """A peer that answers."""

    port: int
    pages: Mapping[str, Asked]
    flows: Mapping[str, Flow]


class Peer(Protocol):
    """What the harness has to know of a peer."""

    name: str

    def install(self) -> None:
        """Bring it to this machine, unless it is here."""

    def running(self, folder: Path, told: Mapping[str, str]) -> AbstractContextManager[Running]:
        """Fill it with the books of `folder` and run it; `told` names the shop's own stores."""


def flows_of(
    books: Sequence[Book],
    basket: Callable[[Session, Book], None],
    check_out: Callable[[Session], None],
) -> dict[str, Flow]:
    """The scenarios that take several requests, by a peer's own ways, with the books in turns."""

    def fill_basket(session: Session, turn: int) -> None:
        basket(session, books[turn % len(books)])

    def order(session: Session, turn: int) -> None:
        fill_basket(session, turn)
        check_out(session)

    return {scenarios.BASKET: fill_basket, scenarios.CHECKOUT: order}


def make_database(name: str, database_url: str, *, anew: bool = False) -> None:
    """A database for a peer beside the shop's, of the same login; what stands in it goes if `anew`.

    `database_url` is the shop's own.
    """
    address = urlsplit(database_url)
    superuser = f"postgresql://postgres@/postgres?{address.query}"
    database, login = Identifier(name), Identifier(address.username or "")
    with psycopg.connect(superuser, autocommit=True) as connection:
        if anew:
            connection.execute(SQL("DROP DATABASE IF EXISTS {}").format(database))
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if not known.fetchall():
            connection.execute(SQL("CREATE DATABASE {} OWNER {}").format(database, login))
