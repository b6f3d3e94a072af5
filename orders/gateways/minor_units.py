"""Amounts as Stripe writes them: whole numbers of the currency's smallest coin."""

from decimal import Decimal

# fmt: off
WITHOUT_COINS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
})
# fmt: on
"""Their unit is the smallest coin. (ISK and UGX have no coins either, but are written with two.)"""
WITH_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_minor(amount: Decimal, currency: str) -> int:
    """12.50 USD as 1250. Raises ValueError for an amount that there are no coins for."""
    minor = amount * _factor(currency)
    if minor != int(minor):
        raise ValueError(f"There are no coins for {amount} {currency}.")
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    """1250 of USD as 12.50."""
    return (Decimal(minor) / _factor(currency)).quantize(Decimal("0.01"))


def _factor(currency: str) -> int:
    code = currency.upper()
    return 1 if code in WITHOUT_COINS else 1000 if code in WITH_THOUSANDTHS else 100
