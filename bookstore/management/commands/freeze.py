"""Holds the records still: nobody writes to the database until `freeze --end`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

from bookstore import moved
from bookstore.roles import DatabaseAccess

TO_WRITE = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"
SET = "ALTER ROLE CURRENT_USER IN DATABASE {} SET default_transaction_read_only = on"
RESET = "ALTER ROLE CURRENT_USER IN DATABASE {} RESET default_transaction_read_only"
OF_BEFORE = """
FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
AND pid <> pg_backend_pid() AND backend_start <= %s
"""
END = f"SELECT pid, pg_terminate_backend(pid, 1000) {OF_BEFORE}"  # waits up to 1 s for its end
END_IDLE = f"{END} AND state = 'idle'"
COUNT = f"SELECT count(*) {OF_BEFORE}"

WAIT_SECONDS = 30  # longer than the mail server may take: orders.messages.TIMEOUT_SECONDS
POLL_SECONDS = 0.2


class Command(BaseCommand):
    """`manage.py freeze`: for every process of the shop, wherever it runs.

    Kept by PostgreSQL itself, for a moment in which a single write would be lost: while the
    database moves to another server. Pages that only read go on; what writes is answered with 503.
    What has begun may end: an e-mail that has left is also marked as sent.
    """

    help = "Lets nobody write to the database, until `freeze --end`."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which way, and how patiently."""
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--end", action="store_true", help="let everybody write again")
        way.add_argument(
            "--moved", action="store_true", help="for good: the shop goes on with another database"
        )
        parser.add_argument(
            "--although-moved", action="store_true",
            help="with --end: the shop comes back, and what it sold elsewhere is to be restored",
        )  # fmt: skip
        parser.add_argument(
            "--wait", type=float, default=WAIT_SECONDS, metavar="SECONDS",
            help="how long what has begun may take to its end (%(default)s)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE.database is not DatabaseAccess.OWNER:
            raise CommandError(f"Role {settings.ROLE.name} does not write to the database.")
        is_over = options["end"]
        if is_over and moved.has_moved() and not options["although_moved"]:
            raise CommandError(
                "The shop has moved to another database, and may have sold there already. Go on"
                " with that one: nobody may write here any more."
            )
        name = sql.Identifier(str(connection.settings_dict["NAME"]))
        with connection.cursor() as cursor:
            cursor.execute(TO_WRITE)
            cursor.execute(sql.SQL(RESET if is_over else SET).format(name))
        if is_over:
            moved.forget()
        elif options["moved"]:
            moved.mark()
        others = _begin_anew(options["wait"])
        state = "open for writing again" if is_over else "frozen"
        self.stdout.write(f"The database is {state}; {others} connections begin anew.")


def _begin_anew(patience: float) -> int:
    """End the connections that have the setting of before; how many those were.

    Each as soon as it is idle, so that its transaction is over, or when the patience is.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + patience
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        while True:
            is_late = time.monotonic() > deadline
            cursor.execute(END if is_late else END_IDLE, [now])
            ended.update(pid for pid, _has_ended in cursor.fetchall())
            cursor.execute(COUNT, [now])
            if is_late or not cursor.fetchone()[0]:
                return len(ended)
            time.sleep(POLL_SECONDS)
