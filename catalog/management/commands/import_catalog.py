"""Imports a catalogue file: CSV, one edition a line."""

from collections.abc import Callable

from django.utils import timezone

from catalog import edition_rows, importing
from catalog.csv_files import ListFile
from catalog.list_outcomes import Outcome
from catalog.management.lists import ListCommand


class Command(ListCommand):
    """`manage.py import_catalog FILE.csv`."""

    help = "Imports a catalogue: one edition a line. Nothing is written if any line is wrong."
    columns = edition_rows.COLUMNS

    def look_through(self, read: ListFile) -> tuple[Outcome, Callable[[], str]]:
        today = timezone.localdate()
        rows, outcome = importing.check(read)
        if not outcome.errors:
            importing.foresee(rows, outcome, today=today)

        def carry_out() -> str:
            report = importing.import_rows(rows, today=today)
            return (
                f"{report.editions_created} editions created, {report.editions_changed} changed,"
                f" {report.works_created} works created, {report.stock_changed} counts of stock."
            )

        return outcome, carry_out
