"""Brings the stores up to the code: what runs once for each release, before its roles start."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bookstore.serving import preparation


class Command(BaseCommand):
    """`manage.py prepare`: as often as you like, from several machines at once."""

    help = "Makes or changes the tables and lets the frontend's login read the catalogue."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether this is a trial."""
        parser.add_argument(
            "--sample-data",
            action="store_true",
            help="fill an empty catalogue with the sample books, and print a demo login for staff",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with preparation.one_at_a_time():
            if preparation.has_migrations_to_run():
                preparation.migrate()
                self.stdout.write("The tables were brought up to the code.")
            else:
                self.stdout.write("The tables are up to the code.")
            if settings.DATABASE_READER_URL:
                preparation.grant_reader()
                self.stdout.write("The frontend's login reads the catalogue.")
            if options["sample_data"]:
                self._sample()

    def _sample(self) -> None:
        if preparation.has_no_books():
            preparation.load_sample_data()
            self.stdout.write("The sample books were loaded.")
        if password := preparation.demo_staff_password(settings.DATA_DIR):
            self.stdout.write(
                f"The back office is at {settings.SHOP_URL}/admin/:"
                f" {preparation.STAFF_EMAIL}, password {password}"
            )
