"""Proves that stock and money add up."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from bookstore import audit


class Command(BaseCommand):
    """`manage.py audit`: exit code 1 and a line for each broken invariant."""

    help = "Checks that stock and money add up; exits with 1 and a line for whatever does not."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for finding in audit.findings():
            broken += 1
            self.stdout.write(finding)
        if broken:
            sys.exit(1)
        self.stdout.write(f"All {len(audit.CHECKS)} checks hold.")
