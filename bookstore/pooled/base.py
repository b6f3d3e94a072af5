"""The database backend: one pool for all threads of a process, emptied when a connection has died.

Django's own pool looks at each connection before it lends it. After a failover all are dead, and
each would be found out by another request, the second of which waits for a second. Here the first
one that is dead has all of them made anew. And while PostgreSQL is away only one thread at a time
waits for a connection; the others are free for pages out of Redis. One that is frozen, with its
machine or by a debugger, keeps connections that look alive: who has waited on one for longer than
PostgreSQL itself lets a statement run has it ended, and PostgreSQL counts as away.
"""

import select
from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar, TypeVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import BaseConnection, Connection, OperationalError
from psycopg.abc import PQGen
from psycopg_pool import ConnectionPool

from caching.away import STRIKES, Breaker

T = TypeVar("T")


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread, lent by the pool for one request."""

    breaker = Breaker("PostgreSQL")
    _connection_pools: ClassVar[dict[str, ConnectionPool[Any]]] = {}  # where Django closes them
    _configure_connection: Callable[[Connection[Any]], Any]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Borrow one; raises psycopg's OperationalError where none is to be had."""
        if not self.breaker.may_ask():
            raise OperationalError(f"Left alone for a moment: {self.breaker.why}")
        lent = super().get_new_connection(conn_params)
        self.breaker.greet()
        return lent

    @property
    def pool(self) -> ConnectionPool[Any] | None:
        """The pool of this process, if the settings want one."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        pools = self._connection_pools
        if self.alias not in pools:
            pools.setdefault(self.alias, self._new_pool(options))  # another thread may be first
        return pools[self.alias]

    def _new_pool(self, options: dict[str, Any]) -> ConnectionPool[Any]:
        def check_all(lent: Connection[Any]) -> None:
            try:
                check(lent)
            except OperationalError:
                pool.drain()
                raise

        def configure(new: Noticed) -> None:
            new.longest_silence = self.settings_dict.get("LONGEST_SILENCE")
            self._configure_connection(new)

        pool: ConnectionPool[Any] = ConnectionPool(
            kwargs={**self.get_connection_params(), "autocommit": True},  # Django sets it itself
            open=False,  # at the first question: before that the process may still fork
            configure=configure,
            check=check_all,
            connection_class=Noticed,
            **options,
        )
        return pool


def check(lent: BaseConnection[Any]) -> None:
    """Raise OperationalError where PostgreSQL has ended it.

    It says nothing unasked, so what can be read is its last word. A question whether it lives would
    be one more trip for every request.
    """
    ear = select.poll()
    ear.register(lent.fileno(), select.POLLIN)
    if ear.poll(0):
        raise OperationalError("PostgreSQL has ended this connection")


class Noticed(Connection[Any]):
    """A connection whose failure to come about is noticed, and that it was answered no more; that
    all are lent is no outage.
    """

    longest_silence: float | None = None  # seconds; None: for ever

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Go on with what was asked; raises OperationalError after `longest_silence`."""
        limit = self.longest_silence if timeout is None else timeout
        began_at = monotonic()
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as error:
            if limit is None or monotonic() - began_at < limit:
                raise
            DatabaseWrapper.breaker.miss(error, strikes=STRIKES)
            self.close()
            if isinstance(self._pool, ConnectionPool):
                self._pool.drain()  # or others would wait as long on theirs
            raise OperationalError("PostgreSQL has not answered in time") from error

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Any:
        """Connect; the pool calls it, in a thread of its own."""
        try:
            return super().connect(conninfo, **kwargs)
        except OperationalError as error:
            DatabaseWrapper.breaker.miss(error)
            raise
