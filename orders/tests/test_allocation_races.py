"""Thirty at once for the last copies: however they are had, none is promised twice."""

import datetime
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Edition, Location, Stock, Supply
from catalog.tests.factories import (
    EditionFactory,
    main_shop,
    orderable,
    preorderable,
    put_in_stock,
    store_room,
)
from orders import waiting
from orders.checkout import OutOfStock
from orders.models import Allocation, Order, OrderLine, Seller, ShippingMethod
from orders.tests.factories import BasketFactory, make_order, shipping_method, submit
from tests.audited import assert_books_in_order
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()
CROWD = 30
Action = Callable[[], object]


@pytest.fixture(autouse=True)
def audited() -> Iterator[None]:
    """Whatever happened, the books add up."""
    yield
    assert_books_in_order()


@pytest.fixture
def standard() -> ShippingMethod:
    """Made before the threads start, so that they do not race for it."""
    return shipping_method()


def buyers(lines: dict[Edition, int], method: ShippingMethod, number: int = CROWD) -> list[Action]:
    baskets = [BasketFactory.create(lines=lines) for _buyer in range(number)]
    return [partial(submit, basket, shipping_method=method, placed_at=NOW) for basket in baskets]


def served(outcomes: list[object]) -> int:
    """How many orders there are; all others were refused for want of copies, and left no trace."""
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Order)]
    assert {type(outcome) for outcome in refused} <= {OutOfStock}
    orders = len(outcomes) - len(refused)
    assert Order.objects.count() == orders
    return orders


def allocated() -> int:
    total: int = Allocation.objects.aggregate(total=Sum("quantity", default=0))["total"]
    return total


def test_the_last_copy(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    assert served(at_once(buyers({edition: 1}, standard))) == 1
    assert allocated() == 1


def test_the_last_copies_at_two_places(standard: ShippingMethod) -> None:
    Seller.objects.create(splits_orders=True)
    edition = EditionFactory.create(stock=1)
    put_in_stock(edition, 2, location=store_room())
    assert served(at_once(buyers({edition: 3}, standard))) == 1
    assert allocated() == 3


def test_the_last_preorder(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(publication_date=timezone.localdate() + datetime.timedelta(9))
    preorderable(edition, preorder_cap=1)
    assert served(at_once(buyers({edition: 1}, standard))) == 1
    assert Supply.objects.get().awaited == 1


def test_the_last_preorder_when_a_copy_has_come_already(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(publication_date=timezone.localdate() + datetime.timedelta(9))
    preorderable(edition, preorder_cap=4)
    put_in_stock(edition, 3)
    assert served(at_once(buyers({edition: 2}, standard))) == 2
    assert (allocated(), Supply.objects.get().awaited) == (3, 1)


def test_the_last_copy_when_more_can_be_ordered(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    orderable(edition)
    assert served(at_once(buyers({edition: 1}, standard))) == CROWD
    assert (allocated(), Supply.objects.get().awaited) == (1, CROWD - 1)


def test_the_last_copy_is_sent_or_collected(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    half = CROWD // 2
    collected = buyers({edition: 1}, shipping_method("collection"), half)
    assert served(at_once([*collected, *buyers({edition: 1}, standard, half)])) == 1
    assert allocated() == 1


def test_one_place_has_one_title_and_another_both(standard: ShippingMethod) -> None:
    first, second = EditionFactory.create(stock=9), EditionFactory.create()
    for edition in (first, second):
        put_in_stock(edition, 1, location=store_room())
    forwards = buyers({first: 1, second: 1}, standard, 15)
    backwards = buyers({second: 1, first: 1}, standard, 15)
    assert served(at_once([*forwards, *backwards])) == 1
    place = Location.objects.get(stocks__allocations__order_line__isbn13=second.isbn13)
    assert place == store_room()


def test_canceling_against_ordering(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=5)
    holding = [make_order({edition: 1}) for _order in range(5)]
    outcomes = at_once([*(order.cancel for order in holding), *buyers({edition: 1}, standard, 25)])
    assert all(outcome is None for outcome in outcomes[:5])
    orders = [outcome for outcome in outcomes[5:] if isinstance(outcome, Order)]
    refused = [outcome for outcome in outcomes[5:] if isinstance(outcome, OutOfStock)]
    assert len(orders) + len(refused) == 25
    assert len(orders) <= 5
    assert allocated() == len(orders)


def test_serving_who_waits_against_ordering(standard: ShippingMethod) -> None:
    edition = EditionFactory.create()
    orderable(edition)
    waits = [make_order({edition: 1}, placed_at=NOW) for _order in range(5)]
    put_in_stock(edition, 6)
    serve = partial(waiting.serve, [edition.isbn13], at=NOW)
    outcomes = at_once([*[serve] * 6, *buyers({edition: 1}, standard, 24)])
    assert sum(given for given in outcomes[:6] if isinstance(given, int)) >= 5
    assert all(isinstance(outcome, Order) for outcome in outcomes[6:])
    waiting.serve([edition.isbn13], at=NOW)
    assert not OrderLine.objects.awaiting().filter(order__in=waits).exists()
    assert (allocated(), Supply.objects.get().awaited) == (6, 23)
    assert Stock.objects.get().available == 0


def test_serving_who_waits_against_canceling() -> None:
    edition = EditionFactory.create()
    orderable(edition)
    waits = [make_order({edition: 2}, placed_at=NOW) for _order in range(10)]
    put_in_stock(edition, 10)
    serve = partial(waiting.serve, [edition.isbn13], at=NOW)
    outcomes = at_once([*[serve] * 5, *(order.cancel for order in waits[:5])])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    waiting.serve([edition.isbn13], at=NOW)
    assert (allocated(), Supply.objects.get().awaited) == (10, 0)


def test_receiving_against_promising(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    orderable(edition)
    stock = edition.stocks.get()
    receive = [partial(Stock.objects.get(pk=stock.pk).receive, 1) for _copy in range(10)]
    outcomes = at_once([*receive, *buyers({edition: 1}, standard, 20)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    waiting.serve([edition.isbn13], at=NOW)
    assert (allocated(), Supply.objects.get().awaited) == (11, 9)


def test_titles_in_all_orders_never_deadlock(standard: ShippingMethod) -> None:
    editions = [EditionFactory.create(stock=60) for _title in range(4)]
    for edition in editions[:2]:
        orderable(edition)
    baskets = [
        BasketFactory.create(lines={editions[(turn + step) % 4]: 1 for step in range(4)})
        for turn in range(20)
    ]
    held = [make_order(dict.fromkeys(editions, 1)) for _order in range(10)]
    order = partial(submit, shipping_method=standard, placed_at=NOW)
    outcomes = at_once(
        [*(partial(order, basket) for basket in baskets), *(each.cancel for each in held)]
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert allocated() == 80
    assert main_shop().stocks.aggregate(total=Sum("allocated"))["total"] == 80
