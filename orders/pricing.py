"""What prices contain, and how an amount is shared: the arithmetic of money.

Prices include tax. Every amount is rounded half up to cents, once, where it comes into being; what
is shared keeps its sum, so that the lines on paper always add up to the total on paper.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from catalog.models import Price

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def rounded(amount: Decimal) -> Decimal:
    """In whole cents; half a cent goes up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def contained_tax(gross_amount: Decimal, rate: Decimal | None) -> Decimal:
    """The tax of `rate` percent that is in `gross_amount`; 0 where no tax is shown."""
    return rounded(gross_amount * rate / (100 + rate)) if rate else ZERO


def share(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts of `amount` in proportion to `weights`, in whole cents, that add up to it exactly.

    No part is a whole cent away from its exact value, so none is greater than its weight unless
    the amount is greater than all of them. Equal parts where nothing weighs anything.
    """
    whole = sum(weights)
    if not whole:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    parts, weighed, given = [], Decimal(0), ZERO
    for weight in weights:
        weighed += weight
        due = rounded(amount * weighed / whole)
        parts.append(due - given)
        given = due
    return parts


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
