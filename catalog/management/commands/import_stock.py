"""Imports a stock list: CSV of counted copies."""

from collections.abc import Callable

from django.core.management.base import CommandError
from django.db import transaction

from catalog import stock_lists
from catalog.csv_files import ListFile
from catalog.list_outcomes import Outcome
from catalog.management.lists import ListCommand


class Command(ListCommand):
    """`manage.py import_stock FILE.csv`."""

    help = (
        "Imports a stock list with the columns isbn13, on_hand and maybe location, reason."
        " Nothing is written if any line is wrong; a blank count is no count."
    )
    columns = stock_lists.COLUMNS

    def look_through(self, read: ListFile) -> tuple[Outcome, Callable[[], str]]:
        found = stock_lists.check(read)

        @transaction.atomic
        def carry_out() -> str:
            done = stock_lists.carry_out(found.counts)
            if done.errors:
                told = "\n".join(str(error) for error in done.errors)
                raise CommandError(f"Nothing was imported.\n{told}")
            return f"The stock of {done.changed} editions changed."

        return found.outcome, carry_out
