"""What the commands that export CSV have in common: where it goes, and a mark for Excel."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import csv_writing


class ExportCommand(BaseCommand, ABC):
    """A command that writes CSV to a file, or else to its output."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("--output", type=Path, help="a new file; without it, standard output")
        parser.add_argument("--excel", action="store_true", help="mark the file as UTF-8 for Excel")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, as much as fits into memory at a time."""
        pieces = csv_writing.stream(self.rows(options), with_mark=options["excel"])
        if options["output"] is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            with options["output"].open("x", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except OSError as error:
            raise CommandError(f"{options['output']}: {error.strerror}.") from error

    @abstractmethod
    def rows(self, options: dict[str, Any]) -> Iterable[Sequence[Any]]:
        """The headings and the lines."""
