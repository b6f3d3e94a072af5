"""Takes a backup of the whole shop while it goes on."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from bookstore import moved
from bookstore.backups import places, taking
from bookstore.backups.pg_tools import ToolFailed
from bookstore.roles import DatabaseAccess


class Command(BaseCommand):
    """`manage.py backup DESTINATION`."""

    help = "Takes a backup of PostgreSQL, and of uploaded files where they stand on disk."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and how many to keep."""
        parser.add_argument("destination", help="a folder of backups, or s3://bucket/prefix/")
        parser.add_argument(
            "--keep", type=_at_least_one, help="remove all backups there but the newest KEEP"
        )
        parser.add_argument(
            "--unless-within", type=_at_least_one, metavar="HOURS",
            help="take none where somebody takes one now, or took one so few hours ago",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE.database is not DatabaseAccess.OWNER:
            raise CommandError(f"Role {settings.ROLE.name} does not see all that a backup holds.")
        try:
            if moved.has_moved():
                raise CommandError(
                    "The shop has moved to another database; a backup of this one would take the"
                    " place of a newer one."
                )
            place, hours = places.place_of(options["destination"]), options["unless_within"]
            if not hours or self._is_due(place, datetime.timedelta(hours=hours)):
                self._take(place, options)
        except (ToolFailed, DatabaseError, OSError, BotoCoreError, ClientError) as error:
            raise CommandError(f"The backup failed, nothing is kept of it: {error}") from error

    def _is_due(self, place: places.Place, age: datetime.timedelta) -> bool:
        """Of several instances one is enough; it is the only one until this process ends."""
        if not taking.is_alone():
            self.stdout.write("Somebody else takes one now.")
            return False
        names = place.names()
        if names and names[-1] > places.name_at(timezone.now() - age):
            self.stdout.write(f"{names[-1]} is new enough.")
            return False
        return True

    def _take(self, place: places.Place, options: dict[str, Any]) -> None:
        now = timezone.now()
        name = places.name_at(now)
        place.put(name, lambda folder: taking.take(folder, at=now, say=self._say))
        self.stdout.write(f"{name} is complete in {options['destination']}.")
        if options["keep"]:
            for old in place.keep(options["keep"]):
                self.stdout.write(f"{old} was removed.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("must be 1 or more")
    return int(text)
