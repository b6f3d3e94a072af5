"""Restores a backup: everything or nothing."""

from argparse import ArgumentParser
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from bookstore.backups import places
from bookstore.backups.manifest import Damaged
from bookstore.backups.pg_tools import ToolFailed
from bookstore.backups.restoring import Purpose, Refused, restore
from bookstore.roles import DatabaseAccess


class Command(BaseCommand):
    """`manage.py restore SOURCE`."""

    help = "Restores a backup into an empty database, or with --replace into the place of all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, what becomes of the shop that it was taken of, and of what is here."""
        parser.add_argument(
            "source",
            help="a backup, or a folder or s3://bucket/prefix/ of which to take the newest",
        )
        purpose = parser.add_mutually_exclusive_group(required=True)
        purpose.add_argument(
            "--as-original", dest="purpose", action="store_const", const=Purpose.ORIGINAL,
            help="after a loss: e-mails that waited then are canceled, for they have left since",
        )  # fmt: skip
        purpose.add_argument(
            "--as-moved", dest="purpose", action="store_const", const=Purpose.MOVED,
            help="the shop has been frozen since: all that waited goes on here",
        )  # fmt: skip
        purpose.add_argument(
            "--as-copy", dest="purpose", action="store_const", const=Purpose.COPY,
            help="the shop goes on elsewhere: waiting jobs are canceled here",
        )  # fmt: skip
        parser.add_argument(
            "--replace", action="store_true", help="give up what the database holds now"
        )
        parser.add_argument(
            "--no-input", action="store_false", dest="interactive", help="ask nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE.database is not DatabaseAccess.OWNER:
            raise CommandError(f"Role {settings.ROLE.name} may not write to the database.")
        if options["replace"] and options["interactive"]:
            self._confirm()
        try:
            with places.opened(options["source"]) as folder:
                restore(
                    folder, replace=options["replace"], purpose=options["purpose"], say=self._say
                )
        except (
            Damaged, Refused, ToolFailed, OSError, DatabaseError, BotoCoreError, ClientError
        ) as error:  # fmt: skip
            raise CommandError(f"Nothing was restored. {error}") from error
        self._say("The backup is restored, and adds up.")
        if options["purpose"] is Purpose.COPY:
            self._say(
                "This is a copy with real customers in it. Before its worker starts, set EMAIL_URL"
                " to dummymail://, or it writes to them."
            )

    def _confirm(self) -> None:
        name = str(connection.settings_dict["NAME"])
        question = f"All that the database {name} holds will be gone. Its name, to go on: "
        if input(question) != name:
            raise CommandError("Nothing was restored.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
