"""The terms on which a supplier's records are read: some of its settings, the shop's, and the day.

The process that reads ahead has no models; it is handed these.
"""

import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from catalog.models import Supplier


class Terms(NamedTuple):
    """What a record means depends on these."""

    supplier: str
    """Its name."""
    currency: str
    """Of prices that do not name one."""
    shop_currency: str
    price_types: tuple[str, ...]
    """List 58, the best first."""
    country: str
    """Whose prices are taken; empty: any country's."""
    order_days: int | None
    """How long ordering takes; None: nothing is ordered there."""
    today: datetime.date


def of(supplier: "Supplier", *, today: datetime.date) -> Terms:
    """The terms of that supplier on that day."""
    return Terms(
        supplier=supplier.name,
        currency=supplier.currency,
        shop_currency=settings.SHOP_CURRENCY,
        price_types=tuple(supplier.price_types),
        country=supplier.country,
        order_days=supplier.order_days if supplier.takes_orders else None,
        today=today,
    )
