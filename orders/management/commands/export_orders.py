"""Exports orders as CSV: one line an order line."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import CommandParser

from catalog.management.csv_output import ExportCommand
from orders import exports
from orders.models import Order


class Command(ExportCommand):
    """`manage.py export_orders`."""

    help = "Writes the lines of orders as CSV, with their amounts."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        day = datetime.date.fromisoformat
        parser.add_argument("--from", dest="first", type=day, help="placed on this day or later")
        parser.add_argument("--to", dest="last", type=day, help="placed on this day or earlier")
        parser.add_argument("--status", choices=Order.Status.values, default="")

    def rows(self, options: dict[str, Any]) -> Iterable[Sequence[Any]]:
        """The lines of the orders that were asked for."""
        return exports.order_rows(
            first=options["first"], last=options["last"], status=options["status"]
        )
