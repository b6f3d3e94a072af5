"""Two people at one order: packing, shipping, canceling, paying, sending back at one time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection, transaction

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, main_shop, orderable, put_in_stock
from orders import (
    cancellation,
    fulfillment,
    gift_cards,
    payments,
    refunds,
    returns,
    waiting,
    withdrawal,
)
from orders.models import GiftCard, Order, OrderLine, Return, Shipment, WrongState
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import NOW, gift_card_edition, make_order
from orders.tests.test_cancellation import paid
from tests.audited import assert_books_in_order
from tests.patience import eventually
from tests.people import carol
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4

Done = TypeVar("Done")


def copies_of(order: Order, number: int) -> list[Order]:
    return [Order.objects.get(pk=order.pk) for _person in range(number)]


def stock_of(edition: Edition) -> tuple[int, int]:
    stock = edition.stocks.get()
    return stock.on_hand, stock.allocated


def test_an_order_packed_by_four_at_once_is_one_parcel() -> None:
    order = paid({EditionFactory.create(stock=3): 3})
    outcomes = at_once(
        [partial(fulfillment.pack, order=each, at=NOW) for each in copies_of(order, 4)]
    )
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 3
    assert Shipment.objects.count() == 1
    assert order.events.filter(kind="packed").count() == 1
    assert_books_in_order()


def test_a_part_packed_twice_with_one_key_is_one_parcel() -> None:
    edition = EditionFactory.create(stock=3)
    order = paid({edition: 3})
    pack = partial(fulfillment.pack, at=NOW, copies={edition.isbn13: 1}, key="seen-0")
    outcomes = at_once([partial(pack, order=each) for each in copies_of(order, 4)])
    assert outcomes == [[Shipment.objects.get()]] * 4


def test_a_parcel_shipped_by_four_at_once_leaves_once() -> None:
    edition = EditionFactory.create(stock=3)
    order = paid({edition: 2})
    [parcel] = fulfillment.pack(order=order, at=NOW)
    parcels = [Shipment.objects.get(pk=parcel.pk) for _person in range(4)]
    outcomes = at_once(
        [partial(fulfillment.ship_packed, shipment=each, at=NOW) for each in parcels]
    )
    assert outcomes == [None] * 4
    assert stock_of(edition) == (1, 0)
    assert order.events.filter(kind="shipped").count() == 1
    assert_books_in_order()


def test_of_canceling_and_packing_exactly_one_wins() -> None:
    for _round in range(ROUNDS):
        edition = EditionFactory.create(stock=2)
        order = paid({edition: 2})
        customer, clerk = copies_of(order, 2)
        canceled, packed = at_once(
            [
                partial(cancellation.cancel_for_customer, order=customer, at=NOW),
                partial(fulfillment.pack, order=clerk, at=NOW),
            ]
        )
        order.refresh_from_db()
        assert isinstance(canceled, WrongState) is not isinstance(packed, WrongState)
        is_canceled = canceled is None
        assert order.status == ("canceled" if is_canceled else "paid")
        assert order.shipments.exists() is not is_canceled
        assert stock_of(edition) == (2, 0 if is_canceled else 2)
        asked = sum(order.refund_requests.values_list("amount", flat=True), Decimal(0))
        assert asked == (order.total_amount if is_canceled else 0)
    assert_books_in_order()


def test_of_canceling_and_shipping_exactly_one_wins() -> None:
    for _round in range(ROUNDS):
        edition = EditionFactory.create(stock=2)
        order = paid({edition: 2})
        customer, clerk = copies_of(order, 2)
        canceled, shipped = at_once(
            [
                partial(withdrawal.withdraw, order=customer, at=NOW, name="Alice"),
                partial(fulfillment.ship, order=clerk, at=NOW),
            ]
        )
        assert isinstance(canceled, Return)  # a withdrawal always counts
        order.refresh_from_db()
        if isinstance(shipped, WrongState):
            assert (order.status, stock_of(edition)) == ("canceled", (2, 0))
            assert canceled.lines.get().expected_quantity == 0
        else:
            assert (order.status, stock_of(edition)) == ("shipped", (0, 0))
            assert canceled.lines.get().expected_quantity == 2
    assert_books_in_order()


def test_canceling_paying_and_packing_at_once_lose_neither_money_nor_copies() -> None:
    for turn in range(ROUNDS):
        edition = EditionFactory.create(stock=2)
        order = make_order({edition: 2}, payment_method="fake")
        event = PaymentEvent(
            provider="fake",
            event_id=f"evt-{turn}",
            order_number=order.number,
            kind=EventKind.SUCCEEDED,
            amount=order.total_amount,
            currency=order.currency,
        )
        customer, clerk = copies_of(order, 2)
        outcomes = at_once(
            [
                partial(cancellation.cancel_for_customer, order=customer, at=NOW),
                partial(payments.record_event, event, at=NOW),
                partial(fulfillment.pack, order=clerk, at=NOW),
            ]
        )
        assert all(
            not isinstance(outcome, Exception) or isinstance(outcome, WrongState)
            for outcome in outcomes
        )
        order.refresh_from_db()
        assert order.payments.get().amount == order.total_amount
        if order.status == Order.Status.CANCELED:
            assert stock_of(edition) == (2, 0)
            assert order.refundable_amount == 0
            assert not order.shipments.exists()
        else:
            assert (order.status, stock_of(edition)) == ("paid", (2, 2))
            assert order.refundable_amount == order.total_amount
    assert_books_in_order()


def test_copies_canceled_by_four_with_one_key_are_canceled_once() -> None:
    edition, other = EditionFactory.create(stock=4), EditionFactory.create(stock=4)
    order = paid({edition: 4, other: 1})
    cancel = partial(cancellation.cancel_copies, at=NOW, key="after-0")
    same, more = {edition.isbn13: 1}, {edition.isbn13: 2}
    outcomes = at_once([partial(cancel, order=each, copies=same) for each in copies_of(order, 4)])
    assert outcomes == [None] * 4
    assert order.events.filter(kind="lines_canceled").count() == 1
    assert order.refund_requests.get().amount == Decimal("9.99")
    assert stock_of(edition) == (4, 3)
    with pytest.raises(cancellation.CanceledOtherwise):
        cancel(order=order, copies=more)
    everything = partial(cancellation.cancel_copies, at=NOW, key="after-1")
    rest = {edition.isbn13: 3, other.isbn13: 1}
    at_once([partial(everything, order=each, copies=rest) for each in copies_of(order, 2)])
    order.refresh_from_db()
    assert order.status == "canceled"
    assert sum(each.amount for each in order.refund_requests.all()) == order.total_amount
    everything(order=order, copies=rest)  # nothing more happens
    assert_books_in_order()


def somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        [is_waiting] = cursor.fetchone()
    return bool(is_waiting)


def done_while_money_goes_back(order: Order, act: Callable[[], Done]) -> Done:
    """What `act` comes to, which begins meanwhile and waits for the order."""

    def alone() -> Done:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads:
        with transaction.atomic():
            order.lock()
            done = threads.submit(alone)
            eventually(somebody_waits_for_us)
            refunds.request_refund(order=order, at=NOW)
        return done.result()


def test_an_order_is_not_served_whose_money_goes_back_meanwhile() -> None:
    edition = EditionFactory.create()
    orderable(edition)
    order = paid({edition: 2})
    put_in_stock(edition, 2)
    serve = partial(waiting.serve, [edition.isbn13], at=NOW)
    assert done_while_money_goes_back(order, serve) == 0
    assert order.lines.get().awaited_quantity == 2
    assert stock_of(edition) == (2, 0)
    assert_books_in_order()


def test_no_gift_card_is_issued_whose_money_goes_back_meanwhile() -> None:
    order = paid({gift_card_edition(): 2, EditionFactory.create(stock=1): 1})
    done_while_money_goes_back(order, partial(gift_cards.issue_sold, order_id=order.pk))
    assert not GiftCard.objects.exists()
    assert not order.events.filter(kind="gift_card_issued").exists()
    assert_books_in_order()


def test_a_return_asked_for_and_refunded_by_four_at_once_is_one() -> None:
    edition = EditionFactory.create(stock=2)
    order = paid({edition: 2})
    fulfillment.ship(order=order, at=NOW)
    ask = partial(returns.request_return, copies={edition.isbn13: 2}, at=NOW)
    outcomes = at_once([partial(ask, order=each) for each in copies_of(order, 4)])
    assert sum(isinstance(outcome, Return) for outcome in outcomes) == 1
    of_return = Return.objects.get()

    def fresh() -> Return:
        return Return.objects.select_related("order").get(pk=of_return.pk)

    shelf = {edition.isbn13: 2}
    receive = partial(
        returns.receive, restocked=shelf, written_off={}, location=main_shop(), at=NOW
    )
    at_once([partial(receive, of_return=fresh()) for _person in range(4)])
    assert stock_of(edition) == (2, 0)
    at_once([partial(returns.refund, of_return=fresh(), at=NOW) for _person in range(4)])
    assert order.refund_requests.get().amount == order.total_amount
    assert_books_in_order()


def test_a_withdrawal_leaves_out_a_gift_card_that_is_used_at_this_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emma, clerk = EditionFactory.create(stock=3), carol()
    order = paid({emma: 1, gift_card_edition(): 1})
    gift_cards.issue_sold(order_id=order.pk)
    card = GiftCard.objects.get()
    spend = partial(card.adjust, Decimal("-5.00"), reason="At the counter", actor=clerk)
    most = cancellation.cancelable
    is_spent: list[object] = []

    def spent_once_looked_at(order: Order) -> dict[OrderLine, int]:
        found = most(order)
        if not is_spent:
            is_spent.append(at_once([spend]))
        return found

    monkeypatch.setattr(cancellation, "cancelable", spent_once_looked_at)
    made = withdrawal.withdraw(order=order, at=NOW, name="Alice")
    assert [line.order_line.isbn13 for line in made.lines.all()] == [emma.isbn13]
    card.refresh_from_db()
    assert card.balance_amount == Decimal("20.00")
    assert card.is_active
    assert_books_in_order()
