"""What an order costs: plain cases, and that the cents add up whatever is ordered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Edition, Format
from orders.models import ShippingMethod
from orders.pricing import ZERO, contained_tax
from orders.quotes import PricedLine, Quote, Rules, TaxLine, quote

FREE = ShippingMethod(name="Download", requires_address=False)
amounts = st.decimals(0, 99_999, places=2)
rates = st.none() | st.decimals(0, 100, places=2)


@dataclass(frozen=True)
class Reduction:
    shares: Mapping[int, Decimal] = field(default_factory=dict)
    frees_shipping: bool = False
    code: str = "SPRING"


def line(
    unit: str, quantity: int = 1, rate: str | None = None, *, pk: int = 1, format: str = "paperback"
) -> PricedLine:
    edition = Edition(pk=pk, format=format)
    return PricedLine(edition, quantity, Decimal(unit), None if rate is None else Decimal(rate))


def method(amount: str) -> ShippingMethod:
    return ShippingMethod(name="Post", amount=Decimal(amount), requires_address=False)


def tax_lines(of: Quote) -> list[tuple[str, str, str]]:
    return [(str(each.rate), str(each.gross_amount), str(each.tax_amount)) for each in of.tax_lines]


def test_an_order_is_its_lines_and_shipping() -> None:
    lines = [line("9.99", 3, "7.00"), line("5.00", 1, "20.00", pk=2), line("1.00", 2, pk=3)]
    result = quote(lines, rules=Rules(), method=method("4.50"))
    assert result.subtotal_amount == Decimal("36.97")
    assert result.total_amount == result.payable_amount == Decimal("41.47")
    # Shipping is taxed as what it brings: 3.65 at 7 %, 0.61 at 20 %, the rest without.
    assert tax_lines(result) == [("20.00", "5.61", "0.94"), ("7.00", "33.62", "2.20")]
    assert [each.tax_amount for each in result.lines] == [
        Decimal("1.96"), Decimal("0.83"), Decimal("0.00"),
    ]  # fmt: skip


def test_a_voucher_makes_lines_cheaper_and_their_tax_with_them() -> None:
    lines = [line("10.70", 1, "7"), line("12.00", 1, "20", pk=2)]
    reduction = Reduction({1: Decimal("5.35")})
    result = quote(lines, rules=Rules(), method=FREE, discount=reduction)
    assert (result.discount_amount, result.total_amount) == (Decimal("5.35"), Decimal("17.35"))
    assert tax_lines(result) == [("20", "12.00", "2.00"), ("7", "5.35", "0.35")]


def test_a_voucher_can_free_shipping() -> None:
    result = quote(
        [line("10.00")], rules=Rules(), method=method("4.50"), discount=Reduction({}, True)
    )
    assert (result.shipping_amount, result.saved_shipping_amount) == (ZERO, Decimal("4.50"))
    assert (result.discount_amount, result.total_amount) == (ZERO, Decimal("10.00"))
    assert (result.voucher_code, result.saved_amount) == ("SPRING", Decimal("4.50"))


def test_a_voucher_that_saves_nothing_is_not_used() -> None:
    result = quote([line("10.00")], rules=Rules(), method=FREE, discount=Reduction({}, True))
    assert (result.voucher_code, result.saved_amount) == ("", ZERO)


def test_gift_cards_pay_for_all_but_gift_cards() -> None:
    lines = [line("10.00"), line("25.00", format=Format.GIFT_CARD, pk=2)]
    result = quote(lines, rules=Rules(), method=method("4.50"), gift_card_balance=Decimal(100))
    assert result.gift_card_amount == Decimal("14.50")
    assert result.payable_amount == Decimal("25.00")


def test_a_gift_card_is_sold_without_tax_and_bears_no_shipping() -> None:
    lines = [line("10.00", rate="20"), line("25.00", rate="20", format=Format.GIFT_CARD, pk=2)]
    result = quote(lines, rules=Rules(), method=method("2.00"))
    assert result.tax_lines == (TaxLine(Decimal(20), Decimal("12.00"), Decimal("2.00")),)
    assert result.lines[1].tax_rate is None


def test_what_costs_nothing_can_still_cost_shipping() -> None:
    result = quote([line("0.00", rate="20")], rules=Rules(), method=method("1.20"))
    assert tax_lines(result) == [("20", "1.20", "0.20")]
    assert result.lines[0].tax_amount == 0


def test_without_a_way_of_shipping_it_is_the_goods_alone() -> None:
    assert quote([line("10.00", 2)], rules=Rules()).total_amount == Decimal("20.00")


@st.composite
def orders(draw: st.DrawFn) -> Quote:
    """A quote of anything: free goods, full discounts, every format, gift cards."""
    count = draw(st.integers(1, 6))
    lines = [
        PricedLine(
            Edition(pk=pk, format=draw(st.sampled_from(Format.values))),
            draw(st.integers(1, 50)),
            draw(amounts),
            draw(rates),
        )
        for pk in range(count)
    ]
    shares = {
        each.edition.pk: draw(st.decimals(0, each.total_amount, places=2))
        for each in lines
        if each.edition.format != Format.GIFT_CARD and draw(st.booleans())
    }
    return quote(
        lines,
        rules=Rules(),
        method=draw(st.none()) or method(str(draw(amounts))),
        discount=Reduction(shares, draw(st.booleans())),
        gift_card_balance=draw(amounts),
    )


@given(orders())
def test_whatever_is_ordered_the_cents_add_up(result: Quote) -> None:
    goods = [each for each in result.lines if each.tax_kind != "gift_card"]
    assert result.total_amount == sum(each.charged_amount for each in result.lines) + (
        result.shipping_amount
    )
    assert result.payable_amount >= sum(
        each.charged_amount for each in result.lines if each not in goods
    )
    assert min(result.total_amount, result.payable_amount, result.gift_card_amount) >= 0
    for each in result.lines:
        assert 0 <= each.tax_amount <= each.charged_amount <= each.total_amount
    assert 0 <= result.tax_amount <= result.total_amount
    for summary in result.tax_lines:
        assert summary.tax_amount == contained_tax(summary.gross_amount, summary.rate)
        of_lines = sum(each.tax_amount for each in goods if each.tax_rate == summary.rate)
        of_shipping = summary.tax_amount - of_lines
        assert 0 <= of_shipping <= result.shipping_amount
    if goods and all(each.tax_rate is not None for each in goods):
        gross = sum(each.charged_amount for each in goods) + result.shipping_amount
        assert sum(summary.gross_amount for summary in result.tax_lines) == gross
