"""Holds the records still: nobody writes to the database until `freeze --end`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

from bookstore.roles import DatabaseAccess

TO_WRITE = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"
SET = "ALTER ROLE CURRENT_USER IN DATABASE {} SET default_transaction_read_only = on"
RESET = "ALTER ROLE CURRENT_USER IN DATABASE {} RESET default_transaction_read_only"
END_THE_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""


class Command(BaseCommand):
    """`manage.py freeze`: for every process of the shop, wherever it runs.

    Kept by PostgreSQL itself, for a moment in which a single write would be lost: while the
    database moves to another server. Pages that only read go on; what writes is answered with 503.
    """

    help = "Lets nobody write to the database, until `freeze --end`."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which way."""
        parser.add_argument("--end", action="store_true", help="let everybody write again")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE.database is not DatabaseAccess.OWNER:
            raise CommandError(f"Role {settings.ROLE.name} does not write to the database.")
        name = sql.Identifier(str(connection.settings_dict["NAME"]))
        with connection.cursor() as cursor:
            cursor.execute(TO_WRITE)
            cursor.execute(sql.SQL(RESET if options["end"] else SET).format(name))
            # Whoever is connected has the setting of before.
            cursor.execute(END_THE_OTHERS)
            (others,) = cursor.fetchone()
        state = "open for writing again" if options["end"] else "frozen"
        self.stdout.write(f"The database is {state}; {others} connections begin anew.")
