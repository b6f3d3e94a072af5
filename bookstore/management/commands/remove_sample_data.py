"""Takes the sample catalogue away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import samples
from orders.models import OrderLine


class Command(BaseCommand):
    """`manage.py remove_sample_data`."""

    help = "Takes every sample book away, with its stock and lists. Orders keep what they copied."

    def handle(self, *args: Any, **options: Any) -> None:
        holding = OrderLine.objects.holding_promises().filter(edition__is_sample=True)
        if numbers := sorted(set(holding.values_list("order__number", flat=True)))[:10]:
            raise CommandError(
                f"Open orders hold sample books: {', '.join(numbers)}."
                " Cancel or complete them first; nothing was removed."
            )
        self.stdout.write(f"{samples.remove()} sample editions removed.")
