"""Tax is contained in prices and rounded half up to cents; what is shared keeps its sum."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.pricing import contained_tax, contained_taxes, share

amounts = st.decimals(0, 99_999, places=2)
rates = st.none() | st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        ("107.00", "7", "7.00"),
        ("9.99", "7.00", "0.65"),  # 0.6535…
        ("1.20", "20", "0.20"),
        ("0.03", "20", "0.01"),  # 0.005: half a cent goes up
        ("0.02", "20", "0.00"),  # 0.0033…
        ("10.00", "0", "0.00"),
        ("10.00", None, "0.00"),
        ("10.00", "100", "5.00"),
    ],
)
def test_tax_in_a_price(gross: str, rate: str | None, tax: str) -> None:
    assert contained_tax(Decimal(gross), rate and Decimal(rate)) == Decimal(tax)  # type: ignore[arg-type]


@given(st.lists(amounts, max_size=8), rates)
def test_the_parts_tax_adds_up_to_the_wholes(parts: list[Decimal], rate: Decimal | None) -> None:
    taxes = contained_taxes(parts, rate)
    assert sum(taxes) == contained_tax(sum(parts, start=Decimal(0)), rate)
    for part, tax in zip(parts, taxes, strict=True):
        assert 0 <= tax <= part
        assert abs(tax - contained_tax(part, rate)) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        ("1.00", ["1", "1", "1"], ["0.33", "0.34", "0.33"]),
        ("0.01", ["5", "5"], ["0.01", "0.00"]),
        ("3.00", ["0", "2", "1"], ["0.00", "2.00", "1.00"]),
        ("1.00", ["0", "0"], ["0.50", "0.50"]),
        ("0.00", ["1", "2"], ["0.00", "0.00"]),
        ("1.00", [], []),
    ],
)
def test_a_shared_amount(amount: str, weights: list[str], parts: list[str]) -> None:
    shared = share(Decimal(amount), [Decimal(weight) for weight in weights])
    assert shared == [Decimal(part) for part in parts]


@given(amounts, st.lists(amounts, min_size=1, max_size=8))
def test_shares_add_up_and_none_is_a_cent_off(amount: Decimal, weights: list[Decimal]) -> None:
    parts = share(amount, weights)
    assert sum(parts) == amount
    assert all(part >= 0 and part == round(part, 2) for part in parts)
    if whole := sum(weights):
        exact = [amount * weight / whole for weight in weights]
        assert all(
            abs(part - due) < Decimal("0.0100001") for part, due in zip(parts, exact, strict=True)
        )
        if amount <= whole:
            assert all(part <= weight for part, weight in zip(parts, weights, strict=True))
