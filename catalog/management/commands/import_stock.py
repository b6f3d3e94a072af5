"""Imports a stock list: CSV of counted copies."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.csv_files import InvalidRows, UnreadableFile
from catalog.stock_lists import import_stock


class Command(BaseCommand):
    """`manage.py import_stock FILE.csv`."""

    help = (
        "Imports a stock list with the columns isbn13, on_hand and maybe location, reason."
        " Nothing is written if any line is wrong; a blank count is no count."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=argparse.FileType("rb"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = import_stock(options["file"])
        except (UnreadableFile, InvalidRows) as error:
            raise CommandError(f"Nothing was imported.\n{error}") from error
        self.stdout.write(f"The stock of {changed} editions changed.")
