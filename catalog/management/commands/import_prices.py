"""Imports a price list: CSV of what editions cost, from which day on."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from catalog import price_lists
from catalog.csv_files import ListFile
from catalog.list_outcomes import Outcome
from catalog.management.lists import ListCommand


class Command(ListCommand):
    """`manage.py import_prices FILE.csv`."""

    help = (
        "Imports a price list with the columns isbn13, amount and maybe currency, valid_from,"
        " valid_to, tax_rate. Without a day a price holds from today; what an edition cost before"
        " today stays. Nothing is written if any line is wrong."
    )
    columns = price_lists.COLUMNS

    def look_through(self, read: ListFile) -> tuple[Outcome, Callable[[], str]]:
        today = timezone.localdate()
        found = price_lists.check(read, today=today)

        @transaction.atomic
        def carry_out() -> str:
            changed = price_lists.carry_out(found.lines, today=today)
            return f"The prices of {changed} editions changed."

        return found.outcome, carry_out
