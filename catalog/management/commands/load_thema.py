"""Fills the subject tree with Thema."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog import shelf_sizes, thema


class Command(BaseCommand):
    """`manage.py load_thema`."""

    help = (
        "Adds the Thema subjects that the tree lacks, and rights names of ours that were wrong;"
        " what staff named stays."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = thema.load()
        shelf_sizes.renew()
        self.stdout.write(f"{loaded.added} subjects added, {loaded.righted} named rightly.")
