"""Exports the catalogue as CSV: one edition a line."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from catalog import csv_exporting
from catalog.management.csv_output import ExportCommand


class Command(ExportCommand):
    """`manage.py export_catalog`."""

    help = "Writes every edition as CSV; import_catalog reads it back and changes nothing."

    def rows(self, options: dict[str, Any]) -> Iterable[Sequence[Any]]:
        """The editions, with today's prices."""
        return csv_exporting.catalog_rows(on=timezone.localdate())
