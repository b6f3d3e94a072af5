"""Tax is contained in prices, and rounded half up to cents."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.pricing import LinePrice, contained_tax, totals

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


def test_an_order_is_the_sum_of_its_lines_and_shipping() -> None:
    lines = [
        LinePrice(Decimal("9.99"), 3, Decimal("7.00")),
        LinePrice(Decimal("5.00"), 1, Decimal("20.00")),
        LinePrice(Decimal("1.00"), 2, None),
    ]
    sums = totals(lines, shipping_amount=Decimal("4.50"))
    assert sums.subtotal_amount == Decimal("36.97")
    assert sums.tax_amount == Decimal("2.79")  # 1.96 + 0.83
    assert sums.total_amount == Decimal("41.47")


@given(st.lists(st.builds(LinePrice, amounts, st.integers(1, 50), rates), max_size=5), amounts)
def test_whatever_is_ordered_the_cents_add_up(lines: list[LinePrice], shipping: Decimal) -> None:
    sums = totals(lines, shipping_amount=shipping)
    assert sums.total_amount == sums.subtotal_amount + shipping
    assert 0 <= sums.tax_amount <= sums.subtotal_amount
    assert sums.tax_amount == round(sums.tax_amount, 2)
