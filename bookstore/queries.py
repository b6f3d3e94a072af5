"""What statements cost: how many there were, how long they took, and which ones were slow."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InternalError, connection
from psycopg.errors import ReadOnlySqlTransaction

logger = logging.getLogger(__name__)

LONGEST_TEXT = 2_000  # letters of a statement that are written down


@dataclass
class Watch:
    """Runs every statement of one request or job, with an eye on the clock."""

    place: Callable[[], str]
    """Says where the shop is: the request's route or the job's task."""
    statements: int = 0
    seconds: float = 0.0
    is_elsewhere: bool = False
    """Whether the server may only be read: frozen, or a replica since a failover."""

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        """Run one statement; Django calls it for each."""
        started_at = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        except InternalError as error:
            self.is_elsewhere |= isinstance(error.__cause__, ReadOnlySqlTransaction)
            raise
        finally:
            seconds = time.perf_counter() - started_at
            self.statements += 1
            self.seconds += seconds
            if 0 < settings.SLOW_QUERY_SECONDS <= seconds:
                self._tell(sql, seconds)

    def _tell(self, sql: Any, seconds: float) -> None:
        # The text has placeholders; what stands in for them may be personal.
        text = getattr(sql, "in_full", str(sql))  # `catalog.ways.Message`
        said = {"duration_seconds": round(seconds, 3), "route": self.place()}
        logger.warning("Slow query", extra={**said, "sql": text[:LONGEST_TEXT]})


@contextlib.contextmanager
def watched(place: Callable[[], str]) -> Iterator[Watch]:
    """Watches the statements of this thread until the end of the block.

    A connection that may only be read is dropped there: the next one may lead to who can write.
    """
    watch = Watch(place)
    try:
        with connection.execute_wrapper(watch):
            yield watch
    finally:
        if watch.is_elsewhere:
            _drop_connection()


def _drop_connection() -> None:
    if connection.connection is not None:
        connection.connection.close()  # itself, or the pool would lend it again
    connection.close()
