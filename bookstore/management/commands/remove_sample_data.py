"""Takes the sample catalogue away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import samples
from orders.models import Order


class Command(BaseCommand):
    """`manage.py remove_sample_data`."""

    help = "Takes every sample book away, with its stock and lists. Orders keep what they copied."

    def handle(self, *args: Any, **options: Any) -> None:
        open_orders = Order.objects.open().filter(lines__edition__is_sample=True).distinct()
        if numbers := list(open_orders.values_list("number", flat=True)[:10]):
            raise CommandError(
                f"Open orders hold sample books: {', '.join(numbers)}."
                " Cancel or complete them first; nothing was removed."
            )
        self.stdout.write(f"{samples.remove()} sample editions removed.")
