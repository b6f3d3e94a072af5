"""What prices contain, and how an amount is shared: the arithmetic of money.

Prices include tax. Every amount is rounded half up to cents, once, where it comes into being; what
is shared keeps its sum, so that the lines on paper always add up to the total on paper.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def rounded(amount: Decimal) -> Decimal:
    """In whole cents; half a cent goes up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def contained_tax(gross_amount: Decimal, rate: Decimal | None) -> Decimal:
    """The tax of `rate` percent that is in `gross_amount`; 0 where no tax is shown."""
    return rounded(gross_amount * rate / (100 + rate)) if rate else ZERO


def contained_taxes(gross_amounts: Sequence[Decimal], rate: Decimal | None) -> list[Decimal]:
    """The tax of `rate` percent in each of the amounts; they add up to that in their sum.

    Each is how much the tax of the running total grows, so none is a whole cent off.
    """
    running = accumulate(gross_amounts, initial=ZERO)
    return [after - before for before, after in pairwise(contained_tax(a, rate) for a in running)]


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


def part(amount: Decimal, *, of: int, after: int, copies: int) -> Decimal:
    """What `copies` of the `of` copies that cost `amount` cost, when `after` were counted before.

    However they are counted, one after the other, all of them cost exactly `amount`.
    """
    return rounded(amount * (after + copies) / of) - rounded(amount * after / of)
