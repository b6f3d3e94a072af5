"""What happens when several people, or several clicks, come at the same moment."""

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum

from catalog.models import Edition, Location, Stock
from catalog.tests.factories import EditionFactory, put_in_stock
from orders import checkout, expiry, payments
from orders.checkout import Idempotency
from orders.models import Basket, Order, OrderEvent, Payment, ShippingMethod
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import NOW, BasketFactory, make_order, shipping_method, submit
from tests.audited import assert_books_in_order
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def books_in_order(transactional_db: None) -> Iterator[None]:
    """Whoever won, all adds up."""
    yield
    assert_books_in_order()


@pytest.fixture
def standard() -> ShippingMethod:
    """Made before the threads start, so that they do not race for it."""
    return shipping_method()


def assert_stock_agrees(edition: Edition, *, on_hand: int, allocated: int) -> None:
    stock = edition.stocks.get()
    assert (stock.on_hand, stock.allocated) == (on_hand, allocated)
    sums = stock.movements.aggregate(Sum("on_hand_change"), Sum("allocated_change"))
    assert sums == {"on_hand_change__sum": on_hand, "allocated_change__sum": allocated}


def submissions(
    baskets: list[Basket], method: ShippingMethod, **changes: object
) -> list[Callable[[], Order]]:
    return [partial(submit, basket, shipping_method=method, **changes) for basket in baskets]


def test_of_twenty_buyers_one_gets_the_last_copy(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    baskets = [BasketFactory.create(lines={edition: 1}) for _buyer in range(20)]

    outcomes = at_once(submissions(baskets, standard))

    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 1
    refusals = [outcome for outcome in outcomes if isinstance(outcome, checkout.OutOfStock)]
    assert len(refusals) == 19
    assert {refusal.lines[0].available for refusal in refusals} == {0}
    assert Order.objects.count() == 1
    assert Basket.objects.count() == 19
    assert_stock_agrees(edition, on_hand=1, allocated=1)


def test_as_many_are_served_as_there_are_copies(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=7)
    baskets = [BasketFactory.create(lines={edition: 2}) for _buyer in range(10)]
    outcomes = at_once(submissions(baskets, standard))
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 3
    assert_stock_agrees(edition, on_hand=7, allocated=6)


def test_who_loses_the_race_at_one_place_is_served_at_the_next(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=1)
    store_room = Location.objects.create(code="store-room", name="Store room", priority=2)
    put_in_stock(edition, 1, location=store_room)
    baskets = [BasketFactory.create(lines={edition: 1}) for _buyer in range(6)]
    outcomes = at_once(submissions(baskets, standard))
    assert sum(isinstance(outcome, Order) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, checkout.OutOfStock) for outcome in outcomes) == 4
    assert list(edition.stocks.values_list("on_hand", "allocated")) == [(1, 1), (1, 1)]


def test_copies_added_at_once_all_count() -> None:
    edition = EditionFactory.create()
    basket = BasketFactory.create()
    copies = [Basket.objects.get(pk=basket.pk) for _click in range(8)]
    outcomes = at_once([partial(copy.add, edition, 2) for copy in copies])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert basket.quantity == 16


def test_a_basket_submitted_eight_times_is_one_order(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=20)
    basket = BasketFactory.create(lines={edition: 2})
    copies = [Basket.objects.get(pk=basket.pk) for _click in range(8)]

    outcomes = at_once(submissions(copies, standard))

    order = Order.objects.get()
    assert outcomes == [order] * 8
    assert_stock_agrees(edition, on_hand=20, allocated=2)


def test_the_same_titles_in_opposite_order_do_not_deadlock(standard: ShippingMethod) -> None:
    first, second = EditionFactory.create(stock=40), EditionFactory.create(stock=40)
    baskets = [
        BasketFactory.create(lines={first: 1, second: 1} if turn % 2 else {second: 1, first: 1})
        for turn in range(12)
    ]
    outcomes = at_once(submissions(baskets, standard))
    assert [outcome for outcome in outcomes if not isinstance(outcome, Order)] == []
    assert_stock_agrees(first, on_hand=40, allocated=12)
    assert_stock_agrees(second, on_hand=40, allocated=12)


def test_ordering_and_canceling_the_same_titles_do_not_deadlock(standard: ShippingMethod) -> None:
    first, second = EditionFactory.create(stock=40), EditionFactory.create(stock=40)
    orders = [make_order({second: 1, first: 1}) for _order in range(5)]
    baskets = [BasketFactory.create(lines={second: 1, first: 1}) for _order in range(5)]
    cancellations = [order.cancel for order in orders]
    outcomes = at_once([*cancellations, *submissions(baskets, standard)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert_stock_agrees(first, on_hand=40, allocated=5)
    assert_stock_agrees(second, on_hand=40, allocated=5)


def test_one_key_at_the_same_moment_is_one_order(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=20)
    basket = BasketFactory.create(lines={edition: 1})
    copies = [Basket.objects.get(pk=basket.pk) for _request in range(8)]
    outcomes = at_once(submissions(copies, standard, idempotency=Idempotency("key", "digest")))
    assert outcomes == [Order.objects.get()] * 8
    assert_stock_agrees(edition, on_hand=20, allocated=1)


def test_one_key_for_several_baskets_is_one_order_and_conflicts(standard: ShippingMethod) -> None:
    edition = EditionFactory.create(stock=20)
    baskets = [BasketFactory.create(lines={edition: 1}) for _request in range(6)]
    outcomes = at_once(
        [
            partial(
                submit, basket, shipping_method=standard, idempotency=Idempotency("key", str(n))
            )
            for n, basket in enumerate(baskets)
        ]
    )
    refusals = [outcome for outcome in outcomes if not isinstance(outcome, Order)]
    assert [type(refusal) for refusal in refusals] == [checkout.IdempotencyConflict] * 5
    assert Order.objects.count() == 1
    assert Basket.objects.count() == 5
    assert_stock_agrees(edition, on_hand=20, allocated=1)


def test_a_payment_and_the_expiry_at_once_end_in_one_paid_order() -> None:
    for round_number in range(6):
        edition = EditionFactory.create(stock=1)
        order = make_order({edition: 1}, payment_method="fake")
        event = PaymentEvent(
            provider="fake",
            event_id=f"evt-{round_number}",
            order_number=order.number,
            kind=EventKind.SUCCEEDED,
            amount=order.total_amount,
            currency=order.currency,
        )
        late = NOW + datetime.timedelta(hours=1)

        outcomes = at_once(
            [
                partial(payments.record_event, event, at=late),
                partial(expiry.cancel_expired, now=late),
            ]
        )

        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        order.refresh_from_db()
        assert order.received_amount == Decimal("14.49")
        assert order.status == Order.Status.PAID
        assert not order.needs_attention
        assert_stock_agrees(edition, on_hand=1, allocated=1)
        was_late = order.events.filter(kind=OrderEvent.Kind.REALLOCATED).exists()
        assert outcomes[1] == (1 if was_late else 0)


def test_the_same_event_told_eight_times_at_once_is_one_payment() -> None:
    order = make_order(payment_method="fake")
    event = PaymentEvent(
        provider="fake",
        event_id="evt",
        order_number=order.number,
        kind=EventKind.SUCCEEDED,
        amount=order.total_amount,
        currency=order.currency,
    )
    outcomes = at_once([partial(payments.record_event, event, at=NOW)] * 8)
    assert outcomes == [order] * 8
    assert Payment.objects.count() == 1
    assert order.events.filter(kind=OrderEvent.Kind.PAID).count() == 1


def test_an_order_canceled_twice_at_once_releases_once() -> None:
    edition = EditionFactory.create(stock=4)
    other = make_order({edition: 1})
    order = make_order({edition: 2})
    copies = [Order.objects.get(pk=order.pk) for _click in range(4)]
    outcomes = at_once([copy.cancel for copy in copies])
    assert sum(outcome is None for outcome in outcomes) == 1
    assert Stock.objects.get().allocated == other.lines.get().quantity == 1


def test_a_basket_changed_while_it_is_ordered_loses_nothing_silently(
    standard: ShippingMethod,
) -> None:
    edition = EditionFactory.create(stock=9)
    extra = EditionFactory.create(stock=9)
    basket = BasketFactory.create(lines={edition: 1})
    copy = Basket.objects.get(pk=basket.pk)
    ordered, added = at_once(
        [partial(submit, basket, shipping_method=standard), partial(copy.add, extra)]
    )
    assert isinstance(ordered, Order)
    lines = {line.isbn13 for line in ordered.lines.all()}
    # Either it came in time and is part of the order, or the customer is told that it did not.
    if isinstance(added, Exception):
        assert "ordered already" in str(added)
        assert lines == {edition.isbn13}
    else:
        assert lines == {edition.isbn13, extra.isbn13}
