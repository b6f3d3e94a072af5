"""load_tax_rates: fill the tax tables for a shop in Europe."""

from typing import Any

from django.core.management.base import BaseCommand

from orders import tax_tables


class Command(BaseCommand):
    """Add what is missing; what staff has entered stays."""

    help = "Add tax rates of books for the European Union, Britain, Switzerland and Norway."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was added, and that it must be checked."""
        rates, areas = tax_tables.load()
        self.stdout.write(f"Added {rates} tax rates and {areas} tax areas.")
        self.stdout.write(
            f"They are as known on {tax_tables.AS_OF}, without warranty: please check those that"
            " you need in the back office. They hold once the seller’s country is set there."
        )
