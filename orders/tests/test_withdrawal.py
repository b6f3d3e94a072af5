"""The withdrawal of consumers: how long, from what, what follows, and who is told what."""

import datetime
from decimal import Decimal

import pytest

from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, main_shop, orderable
from orders import cancellation, fulfillment, returns, withdrawal
from orders.models import GiftCard, Order, OrderMessage, Return, Seller
from orders.tests.factories import NOW, make_order
from orders.tests.test_cancellation import paid
from tests.jobs import waiting_jobs

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def emma() -> Edition:
    """Five copies in the shop."""
    return EditionFactory.create(stock=5)


def told(kind: OrderMessage.Kind) -> list[str]:
    jobs = waiting_jobs("orders.send_message")
    return [str(job["reference"]) for job in jobs if job["kind"] == kind]


def day(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{text}+00:00")


def test_the_right_begins_at_once_and_ends_after_the_last_parcel(emma: Edition) -> None:
    order = make_order({emma: 2})
    assert withdrawal.period_end(order) is None
    order.mark_paid(at=NOW)
    [first] = fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1})
    fulfillment.deliver(shipment=first, at=NOW)
    assert withdrawal.period_end(order) is None
    [second] = fulfillment.ship(order=order, at=NOW + DAY)  # on 3 March

    # Nobody said that it came: two weeks on the way, two to think, and the last day is whole.
    assert withdrawal.period_end(order) == day("2026-04-01T00:00")
    fulfillment.deliver(shipment=second, at=NOW + 4 * DAY)
    order = Order.objects.get()
    assert withdrawal.period_end(order) == day("2026-03-21T00:00")
    assert withdrawal.is_open(order, at=day("2026-03-20T23:59"))
    assert not withdrawal.is_open(order, at=day("2026-03-21T00:00"))
    Seller.objects.create(withdrawal_days=30)
    assert withdrawal.period_end(order) == day("2026-04-06T00:00")


def test_before_anything_left_it_is_a_cancellation_with_refund(emma: Edition) -> None:
    order = paid({emma: 2})
    made = withdrawal.withdraw(order=order, at=NOW + DAY, name="Alice Liddell")
    order.refresh_from_db()
    assert order.status == "canceled"
    assert order.refund_requests.get().amount == Decimal("24.48")
    assert emma.stocks.get().allocated == 0
    assert (made.kind, made.status, made.name, made.requested_at, made.ended_at) == (
        "withdrawal", "refunded", "Alice Liddell", NOW + DAY, NOW + DAY,
    )  # fmt: skip
    assert (made.lines.get().quantity, made.lines.get().expected_quantity) == (2, 0)
    assert told(OrderMessage.Kind.WITHDRAWN) == [made.number]
    assert not order.needs_attention
    assert not withdrawal.is_open(order, at=NOW + DAY)


def test_an_unpaid_order_just_ends(emma: Edition) -> None:
    order = make_order({emma: 2})
    withdrawal.withdraw(order=order, at=NOW, name="Alice", copies={emma.isbn13: 1})
    order.refresh_from_db()
    assert order.status == "canceled"
    assert Return.objects.get().lines.get().quantity == 2


def test_a_packed_parcel_is_unpacked_and_staff_is_told(emma: Edition) -> None:
    order = paid({emma: 2})
    fulfillment.pack(order=order, at=NOW)
    withdrawal.withdraw(order=order, at=NOW + DAY, name="Alice")
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("canceled", True)
    assert order.shipments.count() == 0
    assert order.events.filter(kind="unpacked").count() == 1


def test_what_has_left_is_to_come_back_with_standard_shipping(emma: Edition) -> None:
    order = paid({emma: 2})
    fulfillment.ship(order=order, at=NOW)
    made = withdrawal.withdraw(order=order, at=NOW + DAY, name="Alice")
    assert (made.status, made.lines.get().expected_quantity) == ("requested", 2)
    assert order.refund_requests.count() == 0
    assert told(OrderMessage.Kind.WITHDRAWN) == [made.number]
    returns.receive(
        of_return=made,
        restocked={emma.isbn13: 2},
        written_off={},
        location=main_shop(),
        at=NOW + 2 * DAY,
    )
    returns.refund(of_return=made, at=NOW + 2 * DAY)
    assert order.refund_requests.get().amount == order.total_amount


def test_of_a_partly_shipped_order_each_part_goes_its_way(emma: Edition) -> None:
    coming = EditionFactory.create()
    orderable(coming)
    order = paid({emma: 2, coming: 1})
    fulfillment.ship(order=order, at=NOW)
    made = withdrawal.withdraw(order=order, at=NOW + DAY, name="Alice")
    lines = {line.order_line.edition: line for line in made.lines.all()}
    assert (lines[emma].quantity, lines[emma].expected_quantity) == (2, 2)
    assert (lines[coming].quantity, lines[coming].expected_quantity) == (1, 0)
    assert made.status == "requested"
    assert order.refund_requests.get().amount == Decimal("9.99")
    order.refresh_from_db()
    assert order.status == "shipped"


def test_single_copies_are_given_up(emma: Edition) -> None:
    order = paid({emma: 3})
    fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1})
    for _click in range(2):
        made = withdrawal.withdraw(
            order=order, at=NOW, name="Alice", copies={emma.isbn13: 2}, key="k"
        )
    line = made.lines.get()
    assert (line.quantity, line.expected_quantity) == (2, 0)
    assert withdrawal.withdrawable(order) == {order.lines.get(): 1}
    with pytest.raises(returns.NotReturnable):
        withdrawal.withdraw(order=order, at=NOW, name="Alice", copies={emma.isbn13: 2})
    assert order.returns.count() == 1


def test_a_second_statement_finds_nothing(emma: Edition) -> None:
    order = paid({emma: 1})
    withdrawal.withdraw(order=order, at=NOW, name="Alice")
    with pytest.raises(withdrawal.NothingToWithdraw):
        withdrawal.withdraw(order=order, at=NOW, name="Alice")
    assert order.returns.count() == 1


def test_a_late_one_is_declined_with_the_reason_and_kept_once(emma: Edition) -> None:
    order = paid({emma: 1})
    [parcel] = fulfillment.ship(order=order, at=NOW)
    fulfillment.deliver(shipment=parcel, at=NOW)  # on 2 March
    for _click in range(2):
        made = withdrawal.withdraw(order=order, at=day("2026-03-17T00:00"), name="Alice")
    assert (made.status, made.lines.get().quantity) == ("declined", 1)
    assert made.note == "The time to withdraw from this order ended on March 16, 2026."
    assert told(OrderMessage.Kind.RETURN_DECLINED) == [made.number]
    assert order.returns.count() == 1
    assert order.refund_requests.count() == 0
    assert returns.returnable(order)  # the shop may still take it back


def test_a_file_that_was_sent_stays() -> None:
    file, book = EditionFactory.create(format=Format.EBOOK), EditionFactory.create(stock=1)
    order = paid({file: 1, book: 1})
    lines = {line.edition: line for line in order.lines.all()}
    assert set(withdrawal.withdrawable(order)) == set(lines.values())
    fulfillment.ship(order=order, at=NOW)
    fulfillment.complete(order=order, at=NOW)  # the file went out by e-mail
    assert withdrawal.withdrawable(order) == {lines[book]: 1}


def test_a_file_that_was_not_sent_is_canceled() -> None:
    file, book = EditionFactory.create(format=Format.EBOOK), EditionFactory.create(stock=1)
    order = paid({file: 1, book: 1})
    withdrawal.withdraw(order=order, at=NOW, name="Alice", copies={file.isbn13: 1})
    order.refresh_from_db()
    assert order.lines.get(isbn13=file.isbn13).canceled_quantity == 1
    assert order.refund_requests.get().amount == Decimal("9.99")
    assert order.status == "paid"


def test_a_used_gift_card_stays(emma: Edition) -> None:
    sold = EditionFactory.create(format=Format.GIFT_CARD, price="20.00")
    order = paid({sold: 2, emma: 1})
    line = order.lines.get(isbn13=sold.isbn13)
    cards = [
        GiftCard.objects.issue(Decimal("20.00"), currency="USD", sold_with=(line, n))
        for n in range(2)
    ]
    make_order({emma: 1}, gift_card_codes=[cards[0].code])
    assert withdrawal.withdrawable(order)[line] == 1
    withdrawal.withdraw(order=order, at=NOW, name="Alice")
    order.refresh_from_db()
    assert order.status == "paid"
    cards[1].refresh_from_db()
    assert cards[1].balance_amount == 0
    amounts = order.refund_requests.values_list("amount", flat=True)
    assert sum(amounts) == Decimal("34.49")


# --- By number and e-mail address -----------------------------------------------------------------


def test_whoever_knows_number_and_address_withdraws(emma: Edition) -> None:
    order = paid({emma: 1})
    number = order.number.replace("-", " ").lower()
    withdrawal.withdraw_by_number(
        number=number, email="Guest@Example.com", name="Alice", at=NOW + DAY
    )
    assert Return.objects.get().name == "Alice"
    withdrawal.withdraw_by_number(number=number, email=order.email, name="Alice", at=NOW + DAY)
    assert Return.objects.count() == 1


@pytest.mark.parametrize("wrong", ["number", "email"])
def test_a_stranger_withdraws_from_nothing(emma: Edition, wrong: str) -> None:
    order = paid({emma: 1})
    facts = {"number": order.number, "email": order.email}
    facts[wrong] = "0000-0000-0000" if wrong == "number" else "eve@example.com"
    withdrawal.withdraw_by_number(**facts, name="Eve", at=NOW)
    assert not Return.objects.exists()
    order.refresh_from_db()
    assert order.status == "paid"


def test_what_the_customer_canceled_is_not_withdrawn(emma: Edition) -> None:
    order = paid({emma: 1})
    cancellation.cancel_for_customer(order=order, at=NOW)
    assert withdrawal.withdrawable(order) == {}
