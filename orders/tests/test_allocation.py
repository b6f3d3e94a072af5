"""Which location serves an order, what is promised for later, and what is said when it is short."""

import pytest

from catalog.models import Location, Stock, StockMovement
from catalog.tests.factories import (
    EditionFactory,
    WorkFactory,
    main_shop,
    put_in_stock,
)
from orders import checkout
from orders.models import Allocation, Order, Seller
from orders.tests.factories import BasketFactory, make_order, shipping_method, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def store_room() -> Location:
    """The second place to look."""
    return Location.objects.create(code="store-room", name="Store room", priority=2)


@pytest.fixture
def third_place() -> Location:
    """The last place to look."""
    return Location.objects.create(code="third", name="Third", priority=3)


@pytest.fixture
def splitting() -> Seller:
    """A seller who sends one order from several places."""
    return Seller.objects.create(splits_orders=True)


def taken(order: Order) -> dict[Stock, int]:
    """Where the order's copies lie."""
    rows = Allocation.objects.filter(order_line__order=order).select_related("stock")
    return {allocation.stock: allocation.quantity for allocation in rows}


def test_the_location_of_highest_priority_serves(store_room: Location) -> None:
    edition = EditionFactory.create()
    put_in_stock(edition, 5, location=store_room)
    preferred = put_in_stock(edition, 5, location=main_shop())
    assert taken(make_order({edition: 5})) == {preferred: 5}


def test_the_next_location_serves_what_the_first_cannot(store_room: Location) -> None:
    edition = EditionFactory.create(stock=1)
    second = put_in_stock(edition, 2, location=store_room)
    order = make_order({edition: 2})
    assert taken(order) == {second: 2}
    second.refresh_from_db()
    assert (second.on_hand, second.allocated) == (2, 2)


def test_a_line_is_served_from_one_place_or_not_at_all(store_room: Location) -> None:
    edition = EditionFactory.create(stock=2)
    put_in_stock(edition, 1, location=store_room)
    with pytest.raises(checkout.OutOfStock) as refusal:
        make_order({edition: 3})
    (short,) = refusal.value.lines
    assert (short.edition, short.wanted, short.available) == (edition, 3, 2)


def test_collection_is_served_where_it_is_collected(store_room: Location) -> None:
    edition = EditionFactory.create()
    put_in_stock(edition, 9, location=store_room)
    with pytest.raises(checkout.OutOfStock) as refusal:
        make_order({edition: 1}, shipping_method=shipping_method("collection"))
    assert refusal.value.lines[0].available == 0
    here = put_in_stock(edition, 1, location=main_shop())
    order = make_order({edition: 1}, shipping_method=shipping_method("collection"))
    assert taken(order) == {here: 1}
    assert order.location == main_shop()


def test_every_short_line_is_named_and_nothing_is_written() -> None:
    plenty = EditionFactory.create(stock=9)
    few = EditionFactory.create(work=WorkFactory.create(title="Orlando"), stock=1)
    none = EditionFactory.create(work=WorkFactory.create(title="Flush"))
    basket = BasketFactory.create(lines={plenty: 2, none: 1, few: 2})

    with pytest.raises(checkout.OutOfStock) as refusal:
        submit(basket)

    short = {line.edition: (line.wanted, line.available) for line in refusal.value.lines}
    assert short == {few: (2, 1), none: (1, 0)}
    assert "Of “Orlando” only 1 copy is left." in str(refusal.value)
    assert "“Flush” is out of stock." in str(refusal.value)
    assert Order.objects.count() == 0
    assert basket.lines.count() == 3
    assert not StockMovement.objects.filter(kind="allocate").exists()
    assert [stock.allocated for stock in plenty.stocks.all()] == [0]
