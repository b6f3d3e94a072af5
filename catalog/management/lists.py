"""What the commands that import lists have in common: their arguments, and what they say."""

import argparse
import time
from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.csv_files import Columns, Layout, ListFile, UnreadableFile
from catalog.list_outcomes import Outcome


class ListCommand(BaseCommand, ABC):
    """A command that imports a list: all of its lines, or none."""

    columns: Columns

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and how it is to be read."""
        parser.add_argument("file", type=argparse.FileType("rb"))
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and do nothing"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=FIELD",
            help=f"what a column means, of {', '.join(self.columns.kinds)}; HEADING= leaves it out",
        )
        parser.add_argument("--encoding", default="", help="such as cp1252; found out otherwise")
        parser.add_argument(
            "--decimal-mark", choices=(",", "."), default="", help="found out otherwise"
        )
        parser.add_argument(
            "--date-order", choices=("dmy", "mdy"), default="", help="found out otherwise"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through the list; then import it, unless a line is wrong or it is a dry run."""
        layout = Layout(
            encoding=options["encoding"],
            decimal_mark=options["decimal_mark"],
            date_order=options["date_order"],
            by_heading=self._mapped(options["map"]),
        )
        started = time.perf_counter()
        try:
            read = ListFile(options["file"], self.columns, layout)
            read.check_headings()
            outcome, carry_out = self.look_through(read)
        except UnreadableFile as error:
            raise CommandError(f"Nothing was imported.\n{error}") from error
        for note in read.notes:
            self.stdout.write(note)
        if outcome.errors:
            told = "\n".join(str(error) for error in outcome.errors)
            raise CommandError(f"Nothing was imported: {outcome.wrong} lines are wrong.\n{told}")
        if options["dry_run"]:
            self.stdout.write(
                f"{outcome.created} would be created, {outcome.changed} changed,"
                f" {outcome.unchanged} stay, {outcome.blank} say nothing. Nothing was done."
            )
            return
        self.stdout.write(carry_out())
        seconds = time.perf_counter() - started
        lines = outcome.sound + outcome.blank
        self.stdout.write(f"{lines} lines in {seconds:.1f} s: {lines / seconds:.0f} a second.")

    @abstractmethod
    def look_through(self, read: ListFile) -> "tuple[Outcome, Any]":
        """What the lines would do, and the function that does it and says what was done."""

    def _mapped(self, pairs: list[str]) -> dict[str, str]:
        mapped = {}
        for pair in pairs:
            heading, equals, field = pair.rpartition("=")
            if not equals or not heading or (field and field not in self.columns.kinds):
                fields = ", ".join(self.columns.kinds)
                raise CommandError(f"--map {pair}: write HEADING=FIELD, with one of: {fields}.")
            mapped[heading.strip()] = field
        return mapped
