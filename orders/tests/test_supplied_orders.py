"""An order from several places, pre-orders, and copies that are ordered for the customer."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Edition, Format, Location, StockMovement, Supply
from catalog.tests.factories import (
    EditionFactory,
    main_shop,
    orderable,
    preorderable,
    put_in_stock,
    store_room,
)
from orders import allocation, checkout
from orders.models import Allocation, Order, Seller
from orders.tests.factories import make_order, shipping_method
from tests.audited import assert_books_in_order

pytestmark = pytest.mark.django_db

NOW = timezone.now()  # and not a day later, where midnight comes before the last test
TODAY = timezone.localdate(NOW)
OUT = TODAY + datetime.timedelta(days=60)
IN_TWO_WEEKS = TODAY + datetime.timedelta(days=14)


@pytest.fixture
def splitting() -> Seller:
    """A seller who sends one order from several places."""
    return Seller.objects.create(splits_orders=True)


@pytest.fixture
def third_place() -> Location:
    """The last place to look."""
    return Location.objects.create(code="third", name="Third", priority=3)


@pytest.fixture
def forthcoming() -> Edition:
    """Out in sixty days; whether it can be ordered before is the test's affair."""
    return EditionFactory.create(publication_date=OUT)


def order_now(lines: dict[Edition, int], **changes: Any) -> Order:
    return make_order(lines, placed_at=NOW, **changes)


def taken(order: Order) -> dict[tuple[str, str], int]:
    """How many copies of what lie where for the order."""
    rows = Allocation.objects.filter(order_line__order=order).values_list(
        "order_line__isbn13", "stock__location__code", "quantity"
    )
    return {(isbn13, code): quantity for isbn13, code, quantity in rows}


def promised(order: Order) -> tuple[int, str, datetime.date | None]:
    line = order.lines.get()
    return line.awaited_quantity, line.supply, line.promised_date


def refused(lines: dict[Edition, int], **changes: Any) -> list[tuple[Edition, int, int, bool]]:
    """What is short; asserts that nothing was written."""
    with pytest.raises(checkout.OutOfStock) as refusal:
        order_now(lines, **changes)
    assert not Order.objects.exists()
    assert not StockMovement.objects.exclude(kind="receive").exists()
    assert not Supply.objects.exclude(awaited=0).exists()
    return [
        (short.edition, short.wanted, short.available, short.is_elsewhere)
        for short in refusal.value.lines
    ]


# --- From one place, or from several ------------------------------------------------------------


def test_the_place_that_has_all_serves_all() -> None:
    first, second = EditionFactory.create(stock=5), EditionFactory.create()
    put_in_stock(first, 5, location=store_room())
    put_in_stock(second, 5, location=store_room())
    order = order_now({first: 1, second: 1})
    assert taken(order) == {(first.isbn13, "store-room"): 1, (second.isbn13, "store-room"): 1}


def test_no_place_has_all() -> None:
    here, there = EditionFactory.create(stock=2), EditionFactory.create()
    put_in_stock(there, 1, location=store_room())
    assert refused({here: 2, there: 1}) == [(there, 1, 0, True)]
    with pytest.raises(checkout.OutOfStock, match="please order it by itself"):
        order_now({here: 2, there: 1})


def test_a_seller_who_splits_serves_from_as_few_places_as_will_do(
    splitting: Seller, third_place: Location
) -> None:
    many, one = EditionFactory.create(stock=1), EditionFactory.create()
    put_in_stock(many, 3, location=store_room())
    put_in_stock(one, 1, location=third_place)
    order = order_now({many: 3, one: 1})
    assert taken(order) == {(many.isbn13, "store-room"): 3, (one.isbn13, "third"): 1}
    assert_books_in_order()


def test_a_line_is_split_when_it_must_be(splitting: Seller) -> None:
    edition = EditionFactory.create(stock=2)
    put_in_stock(edition, 4, location=store_room())
    order = order_now({edition: 5})
    assert taken(order) == {(edition.isbn13, "store-room"): 4, (edition.isbn13, "main"): 1}
    order.cancel()
    assert not Allocation.objects.exists()
    assert [stock.allocated for stock in edition.stocks.all()] == [0, 0]
    assert_books_in_order()


def test_a_collection_is_never_split(splitting: Seller) -> None:
    edition = EditionFactory.create(stock=1)
    put_in_stock(edition, 4, location=store_room())
    short = refused({edition: 2}, shipping_method=shipping_method("collection"))
    assert short == [(edition, 2, 1, False)]


def test_what_is_kept_from_customers_serves_nobody(splitting: Seller) -> None:
    archive = Location.objects.create(code="archive", name="Archive", serves_shipping=False)
    edition = EditionFactory.create()
    put_in_stock(edition, 9, location=archive)
    assert refused({edition: 1}) == [(edition, 1, 0, False)]


# --- Ordered for the customer -------------------------------------------------------------------


def test_what_is_not_here_is_ordered_for_the_customer() -> None:
    edition = EditionFactory.create()
    supply = orderable(edition, backorder_days=14)
    order = order_now({edition: 2})
    assert promised(order) == (2, "backorder", IN_TWO_WEEKS)
    supply.refresh_from_db()
    assert supply.awaited == 2
    assert_books_in_order()


def test_what_is_here_is_given_at_once_and_the_rest_later() -> None:
    edition = EditionFactory.create(stock=1)
    orderable(edition, backorder_days=14)
    order = order_now({edition: 3})
    assert taken(order) == {(edition.isbn13, "main"): 1}
    assert promised(order) == (2, "backorder", IN_TWO_WEEKS)


def test_the_place_that_has_most_serves_and_the_rest_comes_later() -> None:
    edition = EditionFactory.create(stock=1)
    put_in_stock(edition, 2, location=store_room())
    orderable(edition)
    order = order_now({edition: 3})
    assert taken(order) == {(edition.isbn13, "store-room"): 2}
    assert order.lines.get().awaited_quantity == 1


def test_what_cannot_be_ordered_is_short_beside_what_can() -> None:
    can, cannot = EditionFactory.create(), EditionFactory.create(stock=1)
    orderable(can)
    assert refused({can: 2, cannot: 2}) == [(cannot, 2, 1, False)]


def test_who_waits_comes_first() -> None:
    edition = EditionFactory.create()
    supply = orderable(edition)
    order_now({edition: 2})
    Supply.objects.update(accepts_backorders=False)
    put_in_stock(edition, 3)  # and no worker has served anybody yet
    with pytest.raises(checkout.OutOfStock) as refusal:
        order_now({edition: 2})
    assert refusal.value.lines[0].available == 1
    order = order_now({edition: 1})
    assert taken(order) == {(edition.isbn13, "main"): 1}
    supply.refresh_from_db()
    assert supply.awaited == 2


def test_canceling_takes_the_promise_back() -> None:
    edition = EditionFactory.create(stock=1)
    supply = orderable(edition)
    order = order_now({edition: 3})
    order.cancel()
    supply.refresh_from_db()
    assert (supply.awaited, order.lines.get().awaited_quantity) == (0, 0)
    assert edition.stocks.get().allocated == 0
    assert_books_in_order()


# --- Pre-orders ---------------------------------------------------------------------------------


def test_a_preorder_awaits_the_publication(forthcoming: Edition) -> None:
    preorderable(forthcoming)
    assert promised(order_now({forthcoming: 2})) == (2, "preorder", OUT)


def test_a_preorder_is_promised_for_the_day_that_staff_names(forthcoming: Edition) -> None:
    later = OUT + datetime.timedelta(days=3)
    preorderable(forthcoming, promised_date=later)
    assert promised(order_now({forthcoming: 1})) == (1, "preorder", later)


def test_copies_that_came_early_are_promised_first(forthcoming: Edition) -> None:
    preorderable(forthcoming)
    put_in_stock(forthcoming, 1)
    order = order_now({forthcoming: 3})
    assert taken(order) == {(forthcoming.isbn13, "main"): 1}
    assert promised(order) == (2, "preorder", OUT)


@pytest.mark.parametrize("here", [0, 1, 5])
def test_preorders_have_a_cap(forthcoming: Edition, here: int) -> None:
    preorderable(forthcoming, preorder_cap=3)
    if here:
        put_in_stock(forthcoming, here)
    order_now({forthcoming: 2})
    with pytest.raises(checkout.OutOfStock) as refusal:
        order_now({forthcoming: 2})
    assert refusal.value.lines[0].available == 1
    order_now({forthcoming: 1})
    assert Order.objects.count() == 2
    assert_books_in_order()


def test_without_supply_a_forthcoming_edition_is_not_for_sale(forthcoming: Edition) -> None:
    put_in_stock(forthcoming, 5)
    with pytest.raises(checkout.LineNotForSale):
        order_now({forthcoming: 1})
    assert not Order.objects.exists()


def test_a_file_is_preordered_without_copies() -> None:
    file = EditionFactory.create(format=Format.EBOOK, publication_date=OUT)
    preorderable(file, preorder_cap=1)
    order = order_now({file: 2}, shipping_method=shipping_method("download"))
    assert promised(order) == (0, "preorder", OUT)
    assert_books_in_order()


# --- Taken up again -----------------------------------------------------------------------------


def test_a_canceled_order_is_taken_up_again() -> None:
    edition = EditionFactory.create(stock=1)
    supply = orderable(edition)
    order = order_now({edition: 2})
    order.cancel()
    allocation.take_up(order, on=TODAY)
    assert taken(order) == {(edition.isbn13, "main"): 1}
    supply.refresh_from_db()
    assert (supply.awaited, order.lines.get().awaited_quantity) == (1, 1)


def test_what_was_sold_meanwhile_is_not_taken_up() -> None:
    edition = EditionFactory.create(stock=2)
    order = order_now({edition: 2})
    order.cancel()
    order_now({edition: 1})
    with pytest.raises(allocation.Shortage) as refusal:
        allocation.take_up(order, on=TODAY)
    assert [short.available for short in refusal.value.lines] == [1]
    assert taken(order) == {}
    assert edition.stocks.get().allocated == 1


def test_an_edition_that_is_gone_is_not_taken_up() -> None:
    edition = EditionFactory.create()
    orderable(edition)
    order = order_now({edition: 1})
    order.cancel()
    edition.delete()
    with pytest.raises(allocation.Shortage):
        allocation.take_up(order, on=TODAY)


def test_a_collection_is_taken_up_where_it_was_to_be_collected() -> None:
    edition = EditionFactory.create(stock=1)
    put_in_stock(edition, 5, location=store_room())
    order = order_now({edition: 1}, shipping_method=shipping_method("collection"))
    assert order.location == main_shop()
    order.cancel()
    allocation.take_up(order, on=TODAY)
    assert taken(order) == {(edition.isbn13, "main"): 1}


# --- Given up in part ---------------------------------------------------------------------------


def test_what_has_yet_to_come_is_given_up_first() -> None:
    edition = EditionFactory.create(stock=2)
    supply = orderable(edition)
    order = order_now({edition: 3})
    lines = order.lines.all()
    line = lines.with_promises().get()
    lines.give_up({line: 2}, reference=order.number)
    supply.refresh_from_db()
    assert (supply.awaited, order.lines.get().awaited_quantity) == (0, 0)
    assert taken(order) == {(edition.isbn13, "main"): 1}
    with pytest.raises(ValueError, match="2 copies are not promised"):
        lines.give_up({lines.with_promises().get(): 2}, reference=order.number)
    assert taken(order) == {(edition.isbn13, "main"): 1}
