"""Exports the catalogue as ONIX 3.1."""

import datetime
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from catalog import onix_exporting


class Command(BaseCommand):
    """`manage.py export_onix [--output FILE] [--since DATE]`."""

    help = (
        "Writes the catalogue as ONIX for Books 3.1, to a file or to standard output."
        " --since leaves out what was entered before that day, unless a price begins since."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FILE")
        parser.add_argument("--since", metavar="DATE", type=datetime.date.fromisoformat)

    def handle(self, *args: Any, **options: Any) -> None:
        pieces = onix_exporting.export_onix(sent_at=timezone.now(), since=options["since"])
        if options["output"] is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        try:
            with open(options["output"], "wb") as file:
                for piece in pieces:
                    file.write(piece)
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}") from error
