"""Django's `migrate`, such that a shop that is open does not stand still meanwhile."""

import time
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_SECONDS = 2  # more than the one after which autovacuum gives way
PAUSE_SECONDS = 1
ATTEMPTS = 60


class Command(migrate.Command):
    """Waits for a table's lock only briefly, and tries again.

    A change of a table waits until whoever uses the table has finished, and everybody else queues
    up behind it: one long report would close the shop. So it gives way after LOCK_SECONDS and comes
    back; each migration is a transaction, so nothing is left half done. One that cannot be one,
    such as building an index CONCURRENTLY, begins with `SET lock_timeout = 0`, which holds until
    it ends: the next one waits briefly again.
    """

    def migration_progress_callback(self, action: str, *args: Any, **kwargs: Any) -> None:
        """Called before each migration, and after it."""
        if action in ("apply_start", "unapply_start"):
            self._wait_briefly()
        super().migration_progress_callback(action, *args, **kwargs)

    def _wait_briefly(self) -> None:
        with self.database.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, as patiently as nobody else notices."""
        self.database = connections[options["database"]]
        for attempt in range(1, ATTEMPTS + 1):
            self._wait_briefly()
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if attempt == ATTEMPTS or not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stderr.write(f"A table is in use; trying again in {PAUSE_SECONDS} s.")
                time.sleep(PAUSE_SECONDS)
            else:
                break
        with self.database.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
