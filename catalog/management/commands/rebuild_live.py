"""Fills Redis anew with what the live answers are read from."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from caching import store
from catalog import memory


class Command(BaseCommand):
    """`manage.py rebuild_live`."""

    help = "Fills Redis anew with suggestions and stock levels."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            works = memory.rebuild()
        except store.Unavailable as error:
            raise CommandError(f"Redis does not answer: {error}") from error
        self.stdout.write(f"{works} works written.")
