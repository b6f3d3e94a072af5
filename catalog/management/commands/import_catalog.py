"""Imports a catalogue file: CSV, one edition a line."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog.csv_files import InvalidRows, UnreadableFile
from catalog.importing import import_catalog


class Command(BaseCommand):
    """`manage.py import_catalog FILE.csv`."""

    help = "Imports a catalogue: one edition a line. Nothing is written if any line is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=argparse.FileType("rb"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_catalog(options["file"], today=timezone.localdate())
        except (UnreadableFile, InvalidRows) as error:
            raise CommandError(f"Nothing was imported.\n{error}") from error
        self.stdout.write(
            f"{report.editions_created} editions created, {report.editions_changed} changed,"
            f" {report.works_created} works created, {report.stock_changed} counts of stock."
        )
