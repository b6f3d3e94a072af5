"""What sending costs: by zone, weight and value; and where nothing is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory
from orders import checkout
from orders.models import Basket, Order, ShippingMethod, ShippingRate, ShippingZone, Voucher, tables
from orders.models.shipping import Consignment, weight_of
from orders.tests.factories import ADDRESS, BasketFactory, make_order, shipping_method, submit

pytestmark = pytest.mark.django_db


def zone(name: str, *countries: str, ordinal: int = 1) -> ShippingZone:
    return ShippingZone.objects.create(name=name, countries=list(countries), ordinal=ordinal)


def rate(
    to: ShippingZone, amount: str, *, grams: int | None = None, value: str = "0", code: str = ""
) -> ShippingRate:
    return ShippingRate.objects.create(
        method=shipping_method(code or "standard"),
        zone=to,
        amount=Decimal(amount),
        max_weight_grams=grams,
        min_value_amount=Decimal(value),
    )


def cost(country: str, *, grams: int = 400, value: str = "20.00") -> Decimal | None:
    consignment = Consignment(
        zone=tables.read().zone_of(country),
        weight_grams=grams,
        value_amount=Decimal(value),
    )
    return ShippingMethod.objects.with_rates().get(code="standard").amount_for(consignment)


def test_without_rates_it_costs_the_same_everywhere() -> None:
    zone("Iceland", "IS")
    assert cost("IS") == cost("NZ") == Decimal("4.50")


@pytest.mark.parametrize(
    ("grams", "value", "amount"),
    [
        (0, "0.00", "3.00"),
        (500, "20.00", "3.00"),
        (501, "20.00", "5.00"),
        (2000, "49.99", "5.00"),
        (2000, "50.00", "0.00"),
        (2001, "50.00", "9.00"),
        (90_000, "0.01", "9.00"),
    ],
)
def test_the_first_rate_that_fits_holds(grams: int, value: str, amount: str) -> None:
    home = zone("Home", "GB", "IE")
    rate(home, "9.00")
    rate(home, "5.00", grams=2000)
    rate(home, "0.00", grams=2000, value="50.00")
    rate(home, "3.00", grams=500)
    assert cost("IE", grams=grams, value=value) == Decimal(amount)


def test_a_country_of_its_own_zone_comes_before_the_rest_of_the_world() -> None:
    rate(zone("World", ordinal=1), "20.00")
    rate(zone("Home", "GB", ordinal=2), "3.00")
    assert (cost("GB"), cost("NZ")) == (Decimal("3.00"), Decimal("20.00"))


def test_where_no_rate_fits_it_does_not_go() -> None:
    rate(zone("Home", "GB"), "3.00", grams=2000)
    assert cost("NZ") is None
    assert cost("GB", grams=2001) is None


def test_from_some_value_on_it_is_free_but_only_where_it_goes() -> None:
    rate(zone("Home", "GB"), "3.00")
    ShippingMethod.objects.filter(code="standard").update(free_from_amount=Decimal("30.00"))
    assert cost("GB", value="29.99") == Decimal("3.00")
    assert cost("GB", value="30.00") == Decimal("0.00")
    assert cost("NZ", value="30.00") is None


@pytest.mark.parametrize(
    ("edition", "grams"),
    [
        (Edition(format=Format.HARDBACK), 600),
        (Edition(format=Format.PAPERBACK), 350),
        (Edition(format=Format.PAPERBACK, weight_grams=120), 120),
        (Edition(format=Format.BOARD_BOOK, weight_grams=0), 400),
        (Edition(format=Format.EBOOK, weight_grams=500), 0),
        (Edition(format=Format.GIFT_CARD), 0),
    ],
)
def test_what_a_copy_weighs(edition: Edition, grams: int) -> None:
    assert weight_of(edition) == grams


def test_every_physical_format_has_a_weight() -> None:
    assert all(
        weight_of(Edition(format=each)) > 0 or Edition(format=each).is_digital for each in Format
    )


def test_a_rate_stands_once() -> None:
    home = zone("Home", "GB")
    rate(home, "3.00")
    with pytest.raises(IntegrityError, match="shipping_rate_once"), transaction.atomic():
        rate(home, "4.00")


def test_an_order_costs_what_its_weight_costs() -> None:
    home = zone("Home", "GB")
    rate(home, "3.00", grams=1000)
    rate(home, "7.00")
    heavy = EditionFactory.create(stock=5, weight_grams=501)
    assert make_order({heavy: 1}).shipping_amount == Decimal("3.00")
    assert make_order({heavy: 2}).shipping_amount == Decimal("7.00")


def test_a_voucher_lowers_the_value_that_shipping_goes_by() -> None:
    home = zone("Home", "GB")
    rate(home, "5.00")
    rate(home, "0.00", value="20.00")
    Voucher.objects.create(code="FIVE", kind=Voucher.Kind.AMOUNT, amount=Decimal(5))
    edition = EditionFactory.create(stock=5, price=Decimal("20.00"))
    assert make_order({edition: 1}).shipping_amount == 0
    order = make_order({edition: 1}, voucher_code="FIVE")
    assert (order.discount_amount, order.shipping_amount) == (Decimal("5.00"), Decimal("5.00"))


def basket_of_one() -> Basket:
    return BasketFactory.create(lines={EditionFactory.create(stock=3): 1})


def test_a_country_that_is_not_served_is_refused() -> None:
    rate(zone("Home", "GB"), "3.00")
    basket = basket_of_one()
    with pytest.raises(checkout.CountryNotServed, match="does not go to this country"):
        submit(basket, address=replace(ADDRESS, country="NZ"))
    assert not Order.objects.exists()
    assert basket.lines.count() == 1


def test_what_is_too_heavy_is_refused() -> None:
    rate(zone("Home", "GB"), "3.00", grams=100)
    with pytest.raises(checkout.ConsignmentNotTaken, match="does not take so much"):
        submit(basket_of_one())
    assert not Order.objects.exists()


def test_who_comes_for_it_needs_no_rate() -> None:
    rate(zone("Home", "GB"), "3.00", grams=1)
    order = make_order(shipping_method=shipping_method("collection"), address=None)
    assert order.shipping_amount == 0


def test_a_rate_that_changed_meanwhile_is_told() -> None:
    one = rate(zone("Home", "GB"), "3.00")
    basket = basket_of_one()
    one.amount = Decimal("4.00")
    one.save()
    with pytest.raises(checkout.AmountChanged) as refusal:
        submit(basket, expected_total=Decimal("12.99"), address=ADDRESS)
    assert (refusal.value.expected, refusal.value.actual) == (Decimal("12.99"), Decimal("13.99"))
    assert not Order.objects.exists()
