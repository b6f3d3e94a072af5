"""Copies that came in go to who waits for them, and who waits longer is told."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from catalog.models import Edition, Location, Stock, Supply
from catalog.tests.factories import (
    EditionFactory,
    orderable,
    preorderable,
    put_in_stock,
    store_room,
)
from orders import waiting
from orders.jobs import serve_all_waiting, serve_waiting
from orders.models import Order, OrderEvent, Seller
from orders.tests.factories import make_order, shipping_method
from tests.audited import assert_books_in_order
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TODAY = timezone.localdate()


@pytest.fixture
def edition() -> Edition:
    """None is here; the shop orders it for customers."""
    edition = EditionFactory.create()
    orderable(edition)
    return edition


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


def order_now(lines: dict[Edition, int], *, minutes: int = 0, **changes: Any) -> Order:
    return make_order(lines, placed_at=NOW + datetime.timedelta(minutes=minutes), **changes)


def held(order: Order) -> tuple[int, int]:
    """How many copies lie there for the order, and how many it awaits."""
    line = order.lines.all().with_promises().get()
    return line.allocated_quantity, line.awaited_quantity


def told(order: Order) -> list[str]:
    jobs = waiting_jobs("orders.send_message")
    return [str(job["kind"]) for job in jobs if job["order_id"] == order.pk]


def test_copies_that_came_in_go_to_who_waits(edition: Edition) -> None:
    order = order_now({edition: 2})
    put_in_stock(edition, 5)
    assert waiting.serve([edition.isbn13], at=NOW) == 2
    assert held(order) == (2, 0)
    served = order.events.get(kind=OrderEvent.Kind.SERVED)
    assert served.note == f"2 × {order.lines.get().title}"
    assert {"order_id": order.pk, "kind": "served", "reference": str(served.pk)} in waiting_jobs(
        "orders.send_message"
    )
    supply = Supply.objects.get()
    assert (supply.awaited, edition.stocks.get().allocated) == (0, 2)
    assert_books_in_order()


def test_serving_again_serves_nothing_more(edition: Edition) -> None:
    order = order_now({edition: 2})
    put_in_stock(edition, 5)
    serve_waiting(numbers=[edition.isbn13])
    serve_waiting(numbers=[edition.isbn13])
    assert held(order) == (2, 0)
    assert order.events.filter(kind=OrderEvent.Kind.SERVED).count() == 1
    assert told(order).count("served") == 1


def test_receiving_copies_defers_the_job(edition: Edition) -> None:
    order_now({edition: 1})
    before = len(waiting_jobs("orders.serve_waiting"))
    put_in_stock(edition, 1)
    assert waiting_jobs("orders.serve_waiting")[before:] == [{"numbers": [edition.isbn13]}]


def test_who_has_paid_comes_first_and_then_the_oldest(edition: Edition) -> None:
    unpaid = order_now({edition: 1})
    later = order_now({edition: 1}, minutes=2)
    earlier = order_now({edition: 1}, minutes=1)
    for order in (later, earlier):
        order.mark_paid(at=NOW)
    put_in_stock(edition, 1)
    waiting.serve([edition.isbn13], at=NOW)
    assert [held(order) for order in (earlier, later, unpaid)] == [(1, 0), (0, 1), (0, 1)]
    put_in_stock(edition, 1)
    waiting.serve([edition.isbn13], at=NOW)
    assert [held(order) for order in (earlier, later, unpaid)] == [(1, 0), (1, 0), (0, 1)]
    assert_books_in_order()


def test_an_order_is_given_what_there_is(edition: Edition) -> None:
    put_in_stock(edition, 1)
    order = order_now({edition: 4})
    put_in_stock(edition, 2)
    waiting.serve([edition.isbn13], at=NOW)
    assert held(order) == (3, 1)
    assert order.lines.get().allocations.get().quantity == 3


def test_canceled_and_expired_orders_are_given_nothing(edition: Edition) -> None:
    canceled, expired = order_now({edition: 1}), order_now({edition: 1}, payment_method="fake")
    canceled.cancel()
    expired.expire(now=NOW + datetime.timedelta(days=1))
    put_in_stock(edition, 2)
    assert waiting.serve([edition.isbn13], at=NOW) == 0
    assert edition.stocks.get().available == 2
    assert not OrderEvent.objects.filter(kind=OrderEvent.Kind.SERVED).exists()
    assert_books_in_order()


def test_a_released_copy_goes_to_who_waits(edition: Edition) -> None:
    put_in_stock(edition, 1)
    first, second = order_now({edition: 1}), order_now({edition: 1})
    assert held(second) == (0, 1)
    first.cancel()
    assert waiting_jobs("orders.serve_waiting")[-1] == {"numbers": [edition.isbn13]}
    waiting.serve([edition.isbn13], at=NOW)
    assert held(second) == (1, 0)


# --- Where ---------------------------------------------------------------------------------------


def test_a_collection_is_served_where_it_is_collected(edition: Edition) -> None:
    order = order_now({edition: 1}, shipping_method=shipping_method("collection"))
    elsewhere = put_in_stock(edition, 1, location=store_room())
    assert waiting.serve([edition.isbn13], at=NOW) == 0
    shop = shipping_method("collection").location
    assert shop
    Stock.objects.all().transfer({edition: 1}, source=elsewhere.location, target=shop)
    assert waiting_jobs("orders.serve_waiting")[-1] == {"numbers": [edition.isbn13]}
    assert waiting.serve([edition.isbn13], at=NOW) == 1
    assert held(order) == (1, 0)


@pytest.mark.parametrize("splits", [False, True])
def test_the_rest_comes_from_where_the_first_copies_lie(edition: Edition, splits: bool) -> None:
    Seller.objects.create(splits_orders=splits)
    put_in_stock(edition, 1)
    order = order_now({edition: 2})
    put_in_stock(edition, 1, location=store_room())
    waiting.serve([edition.isbn13], at=NOW)
    assert held(order) == ((2, 0) if splits else (1, 1))
    assert_books_in_order()


def test_the_place_that_has_most_serves_who_has_nothing_yet(edition: Edition) -> None:
    other = EditionFactory.create()
    orderable(other)
    order = order_now({edition: 1, other: 2})
    for each in (edition, other):
        put_in_stock(each, 1)
        put_in_stock(each, 2, location=store_room())
    waiting.serve([edition.isbn13, other.isbn13], at=NOW)
    places = order.lines.values_list("allocations__stock__location__code", "allocations__quantity")
    assert sorted(places) == [("store-room", 1), ("store-room", 2)]


def test_what_became_possible_in_other_ways_is_found(edition: Edition) -> None:
    archive = Location.objects.create(code="archive", name="Archive", serves_shipping=False)
    order = order_now({edition: 1})
    put_in_stock(edition, 1, location=archive)
    serve_all_waiting(timestamp=0)
    assert held(order) == (0, 1)
    Location.objects.filter(pk=archive.pk).update(serves_shipping=True)
    serve_all_waiting(timestamp=0)
    assert held(order) == (1, 0)


def test_nothing_costs_little_when_nothing_came(
    edition: Edition, django_assert_num_queries: Any
) -> None:
    for _order in range(3):
        order_now({edition: 1})
    with django_assert_num_queries(1):
        assert waiting.serve([edition.isbn13], at=NOW) == 0


# --- When ----------------------------------------------------------------------------------------


def test_a_promised_day_is_moved_and_customers_are_told(clerk: User) -> None:
    out = TODAY + datetime.timedelta(days=30)
    later = out + datetime.timedelta(days=7)
    edition = EditionFactory.create(publication_date=out)
    preorderable(edition)
    order, canceled = order_now({edition: 1}), order_now({edition: 1})
    canceled.cancel()
    assert waiting.move_date(edition=edition, day=later, at=NOW, actor=clerk) == 1
    assert order.lines.get().promised_date == later
    moved = order.events.get(kind=OrderEvent.Kind.PROMISE_MOVED)
    assert (moved.actor, moved.note) == (clerk, f"{edition.isbn13}: {later}")
    assert told(order) == ["placed", "promise_moved"]
    assert told(canceled) == ["placed", "canceled"]
    assert Supply.objects.get().promised_date == later
    assert order_now({edition: 1}).lines.get().promised_date == later


def test_a_day_that_nobody_waits_for_is_not_moved(edition: Edition, clerk: User) -> None:
    with pytest.raises(waiting.NobodyWaits):
        waiting.move_date(edition=edition, day=TODAY, at=NOW, actor=clerk)
    assert Supply.objects.get().promised_date is None
