"""Cancellation by the customer, and of single copies by staff: stock, promises and money."""

import datetime
from decimal import Decimal

import pytest

from accounts.models import User
from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, orderable
from orders import cancellation, fulfillment
from orders.models import Order, WrongState
from orders.payments import EventKind, PaymentEvent, record_event
from orders.tests.factories import NOW, make_order
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def emma() -> Edition:
    """Five copies in the shop."""
    return EditionFactory.create(stock=5)


def paid(lines: dict[Edition, int], *, method: str = "fake") -> Order:
    order = make_order(lines, payment_method=method)
    if method == "fake":
        pay(order)
    else:
        order.mark_paid(at=NOW)
    order.refresh_from_db()
    return order


def pay(order: Order) -> None:
    record_event(
        PaymentEvent(
            provider="fake",
            event_id=f"pay-{order.number}",
            order_number=order.number,
            kind=EventKind.SUCCEEDED,
            amount=order.payable_amount,
            currency=order.currency,
        ),
        at=NOW,
    )


def refunds_asked(order: Order) -> list[Decimal]:
    return list(order.refund_requests.order_by("id").values_list("amount", flat=True))


# --- By the customer ------------------------------------------------------------------------------


def test_a_customer_cancels_a_paid_order_and_the_money_goes_back(emma: Edition) -> None:
    order = paid({emma: 2})
    cancellation.cancel_for_customer(order=order, at=LATER)
    order.refresh_from_db()
    assert (order.status, order.canceled_at) == ("canceled", LATER)
    assert emma.stocks.get().allocated == 0
    assert refunds_asked(order) == [Decimal("24.48")]
    assert order.refundable_amount == 0
    assert order.events.get(kind="canceled").note == "Canceled by the customer."


def test_staff_is_told_what_it_has_to_give_back_by_hand(emma: Edition) -> None:
    order = paid({emma: 2}, method="offline")
    cancellation.cancel_for_customer(order=order, at=LATER)
    order.refresh_from_db()
    assert order.needs_attention
    assert order.events.get(kind="refund_due").note.startswith("24.48 USD")


@pytest.mark.parametrize("has_left", [False, True])
def test_what_is_packed_is_no_longer_canceled_by_the_customer(
    emma: Edition, has_left: bool
) -> None:
    order = paid({emma: 2})
    verb = fulfillment.ship if has_left else fulfillment.pack
    verb(order=order, at=NOW, copies={emma.isbn13: 1})
    assert not cancellation.is_open_to_customer(order)
    with pytest.raises(WrongState):
        cancellation.cancel_for_customer(order=order, at=LATER)
    order.refresh_from_db()
    assert order.status == "paid"
    assert refunds_asked(order) == []


def test_staff_cannot_cancel_a_whole_order_of_which_a_part_has_left(emma: Edition) -> None:
    order = paid({emma: 2})
    fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1})
    with pytest.raises(WrongState):
        order.cancel(at=LATER)
    assert emma.stocks.get().allocated == 1


# --- Single copies --------------------------------------------------------------------------------


def test_copies_that_cannot_come_are_canceled(emma: Edition, clerk: User) -> None:
    coming = EditionFactory.create()
    supply = orderable(coming)
    order = paid({emma: 2, coming: 3})

    cancellation.cancel_copies(
        order=order, copies={coming.isbn13: 2}, at=LATER, actor=clerk, reason="Out of print"
    )

    line = order.lines.get(isbn13=coming.isbn13)
    assert (line.awaited_quantity, line.canceled_quantity) == (1, 2)
    supply.refresh_from_db()
    assert supply.awaited == 1
    assert refunds_asked(order) == [Decimal("19.98")]
    event = order.events.get(kind="lines_canceled")
    assert (event.actor, event.note) == (clerk, f"2 × {line.title} (Out of print)")
    assert waiting_jobs("orders.send_message")[-1]["kind"] in ("lines_canceled", "refunded")

    cancellation.cancel_copies(order=order, copies={coming.isbn13: 1}, at=LATER)
    fulfillment.ship(order=order, at=LATER)
    assert order.status == "shipped"
    assert emma.stocks.get().on_hand == 3
    assert sum(refunds_asked(order)) == Decimal("29.97")


def test_the_last_copies_take_the_order_with_them(emma: Edition) -> None:
    order = paid({emma: 2})
    cancellation.cancel_copies(order=order, copies={emma.isbn13: 1}, at=LATER)
    cancellation.cancel_copies(order=order, copies={emma.isbn13: 1}, at=LATER)
    order.refresh_from_db()
    assert order.status == "canceled"
    assert refunds_asked(order) == [Decimal("9.99"), Decimal("14.49")]
    assert emma.stocks.get().allocated == 0


def test_the_rest_of_a_shipped_order_is_canceled(emma: Edition) -> None:
    order = paid({emma: 3})
    fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1})
    cancellation.cancel_copies(order=order, copies={emma.isbn13: 2}, at=LATER)
    order.refresh_from_db()
    assert (order.status, order.shipped_at, order.packed_at) == ("shipped", LATER, LATER)
    assert refunds_asked(order) == [Decimal("19.98")]
    assert (emma.stocks.get().on_hand, emma.stocks.get().allocated) == (4, 0)


def test_packed_copies_stay(emma: Edition) -> None:
    order = paid({emma: 3})
    [parcel] = fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 2})
    with pytest.raises(cancellation.NotCancelable) as refusal:
        cancellation.cancel_copies(order=order, copies={emma.isbn13: 2}, at=LATER)
    assert refusal.value.most == {emma.isbn13: 1}
    assert refunds_asked(order) == []
    cancellation.cancel_copies(order=order, copies={emma.isbn13: 1}, at=LATER)
    order.refresh_from_db()
    assert order.packed_at == LATER
    fulfillment.ship_packed(shipment=parcel, at=LATER)
    order.refresh_from_db()
    assert order.status == "shipped"


@pytest.mark.parametrize("quantity", [0, -1, 4, 1_000_000])
def test_no_more_is_canceled_than_there_is(emma: Edition, quantity: int) -> None:
    order = paid({emma: 3})
    with pytest.raises(cancellation.NotCancelable):
        cancellation.cancel_copies(order=order, copies={emma.isbn13: quantity}, at=LATER)
    with pytest.raises(cancellation.NotCancelable):
        cancellation.cancel_copies(order=order, copies={"9780000000002": 1}, at=LATER)
    assert order.lines.get().canceled_quantity == 0
    assert emma.stocks.get().allocated == 3


def test_an_unpaid_order_is_not_canceled_in_part(emma: Edition) -> None:
    order = make_order({emma: 3})
    with pytest.raises(WrongState):
        cancellation.cancel_copies(order=order, copies={emma.isbn13: 1}, at=LATER)
    assert emma.stocks.get().allocated == 3


def test_a_file_is_taken_out_and_the_book_still_goes(emma: Edition) -> None:
    file = EditionFactory.create(format=Format.EBOOK)
    order = paid({emma: 1, file: 1})
    cancellation.cancel_copies(order=order, copies={file.isbn13: 1}, at=LATER)
    [parcel] = fulfillment.ship(order=order, at=LATER)
    fulfillment.deliver(shipment=parcel, at=LATER)
    order.refresh_from_db()
    assert order.status == "completed"
    assert refunds_asked(order) == [Decimal("9.99")]
