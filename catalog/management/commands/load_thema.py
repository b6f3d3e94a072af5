"""Fills the subject tree with Thema."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog import shelf_sizes, thema


class Command(BaseCommand):
    """`manage.py load_thema`."""

    help = "Adds the Thema subjects that the tree lacks; what is there keeps its name and address."

    def handle(self, *args: Any, **options: Any) -> None:
        created = thema.load()
        shelf_sizes.renew()
        self.stdout.write(f"{created} subjects added.")
