"""Makes up a catalogue, to try the shop and measure it with."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalog import generation

MOST = 10_000_000


class Command(BaseCommand):
    """`manage.py generate_catalog --editions 1000000 --seed 1`."""

    help = "Makes up a catalogue of any size; --remove takes it away again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--editions", type=int, default=10_000)
        parser.add_argument("--seed", type=int, default=1, help="the same one, the same books")
        parser.add_argument(
            "--beside-real-books", action="store_true", help="although the shop sells real ones"
        )
        parser.add_argument("--remove", action="store_true", help="take what was made up away")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(f"{generation.remove(progress=self._show)} made-up editions removed.")
            return
        editions: int = options["editions"]
        if not 1 <= editions <= MOST:
            raise CommandError(f"--editions takes a number from 1 to {MOST}.")
        try:
            works = generation.generate(
                editions=editions,
                seed=options["seed"],
                today=timezone.localdate(),
                progress=self._show,
                beside_others=options["beside_real_books"],
            )
        except generation.RealBooks:
            raise CommandError(
                "The catalogue holds real books. Made-up ones would stand among them in the shop:"
                " use another database, or say --beside-real-books. Nothing was written."
            ) from None
        self.stdout.write(
            f"{works} works with {editions} editions made up. The worker has them suggested soon;"
            " `manage.py generate_catalog --remove` takes them away again."
        )

    def _show(self, what: str, done: int, total: int) -> None:
        end = "\n" if done >= total or not sys.stderr.isatty() else ""
        start = "\r" if sys.stderr.isatty() else ""
        self.stderr.write(f"{start}{what}: {done:,} of {total:,}{end}", ending="")
        self.stderr.flush()
