"""Nobody pays another amount than agreed, whatever changes at the same moment."""

import datetime
from decimal import Decimal
from functools import partial

import pytest

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import checkout
from orders.models import Order, ShippingRate, ShippingZone
from orders.tests.factories import NOW, BasketFactory, shipping_method, submit
from tests.audited import assert_books_in_order
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 6


def change_price(edition: Edition, amount: Decimal) -> None:
    edition.set_price(amount, valid_from=NOW.date())


def change_rate(rate: ShippingRate, amount: Decimal) -> None:
    ShippingRate.objects.filter(pk=rate.pk).update(amount=amount)


@pytest.mark.parametrize("what", ["price", "shipping rate"])
def test_who_agreed_to_the_old_amount_pays_it_or_is_asked_again(what: str) -> None:
    edition = EditionFactory.create(
        stock=BUYERS, price=Decimal("10.00"), price__valid_from=NOW.date() - datetime.timedelta(9)
    )
    zone = ShippingZone.objects.create(name="Home", countries=["GB"])
    rate = ShippingRate.objects.create(method=shipping_method(), zone=zone, amount=Decimal("3.00"))
    change = (
        partial(change_price, edition, Decimal("20.00"))
        if what == "price"
        else partial(change_rate, rate, Decimal("13.00"))
    )
    baskets = [BasketFactory.create(lines={edition: 1}) for _each in range(BUYERS)]
    agreed = [partial(submit, basket, expected_total=Decimal("13.00")) for basket in baskets]

    outcomes = at_once([*agreed[:3], change, *agreed[3:]])

    orders = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, checkout.AmountChanged)]
    assert len(orders) + len(refused) == BUYERS
    assert {order.total_amount for order in orders} <= {Decimal("13.00")}
    assert {refusal.actual for refusal in refused} <= {Decimal("23.00")}
    assert sum(stock.allocated for stock in edition.stocks.all()) == len(orders)
    assert_books_in_order()


def test_one_basket_from_many_tabs_that_agreed_to_different_amounts() -> None:
    """A tab that shows an old amount never makes the order at a new one, or a second order."""
    edition = EditionFactory.create(stock=5, price=Decimal("10.00"))
    basket = BasketFactory.create(lines={edition: 1})
    tabs = [Decimal("14.50"), Decimal("12.00")] * 4
    outcomes = at_once([partial(submit, basket, expected_total=total) for total in tabs])
    order = Order.objects.get()
    assert order.total_amount == Decimal("14.50")
    for outcome in outcomes:
        assert outcome == order or isinstance(outcome, checkout.AmountChanged)
    assert_books_in_order()
