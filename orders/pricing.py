"""What an order costs: its lines, its shipping and the tax that their prices contain.

Prices include tax. Every amount is rounded half up to cents, once, where it comes into being; sums
are sums of rounded amounts, so that the lines on paper always add up to the total on paper.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from catalog.models import Price

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def contained_tax(gross_amount: Decimal, rate: Decimal | None) -> Decimal:
    """The tax of `rate` percent that is in `gross_amount`; 0 where no tax is shown."""
    if not rate:
        return ZERO
    return (gross_amount * rate / (100 + rate)).quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class LinePrice:
    """What some copies of one edition cost."""

    unit_amount: Decimal
    quantity: int
    tax_rate: Decimal | None

    @property
    def total_amount(self) -> Decimal:
        """All copies together."""
        return self.unit_amount * self.quantity

    @property
    def tax_amount(self) -> Decimal:
        """The tax in it."""
        return contained_tax(self.total_amount, self.tax_rate)


@dataclass(frozen=True)
class Totals:
    """What an order costs."""

    subtotal_amount: Decimal
    shipping_amount: Decimal
    tax_amount: Decimal

    @property
    def total_amount(self) -> Decimal:
        """What the customer pays."""
        return self.subtotal_amount + self.shipping_amount


def totals(lines: Iterable[LinePrice], *, shipping_amount: Decimal) -> Totals:
    """The sums of an order with these lines."""
    lines = list(lines)
    return Totals(
        subtotal_amount=sum((line.total_amount for line in lines), start=ZERO),
        shipping_amount=shipping_amount,
        tax_amount=sum((line.tax_amount for line in lines), start=ZERO),
    )


def prices_in_force(edition_ids: Iterable[int], *, day: datetime.date) -> dict[int, Price]:
    """The price of each edition that has one on `day`, by the edition's id."""
    prices = Price.objects.in_force(day).filter(edition__in=list(edition_ids))
    return {price.edition_id: price for price in prices}
