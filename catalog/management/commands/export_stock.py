"""Exports stock as CSV: copies on hand, promised and available, by edition and location."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from catalog import csv_exporting
from catalog.management.csv_output import ExportCommand
from catalog.models import Location


class Command(ExportCommand):
    """`manage.py export_stock`."""

    help = "Writes the stock as CSV; import_stock reads it back and changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--location", help="the code of one location; without it, all")

    def rows(self, options: dict[str, Any]) -> Iterable[Sequence[Any]]:
        """The stock, of one location if it is named."""
        location = None
        if options["location"]:
            location = Location.objects.filter(code=options["location"]).first()
            if location is None:
                raise CommandError(f"{options['location']} is no location of the shop.")
        return csv_exporting.stock_rows(on=timezone.localdate(), location=location)
