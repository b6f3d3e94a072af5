"""Loads the sample catalogue."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog import samples


class Command(BaseCommand):
    """`manage.py load_sample_data`."""

    help = "Loads the sample catalogue; loading it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "sample_data"
        report = samples.load(folder, today=timezone.localdate(), progress=self._show)
        self.stdout.write(
            f"{report.works_created} works with {report.editions_created} editions loaded."
            " `manage.py remove_sample_data` takes them away again."
        )

    def _show(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            self.stderr.write(f"\rLoading sample books: {done} of {total}{end}", ending="")
            self.stderr.flush()
