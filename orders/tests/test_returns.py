"""Returns: what may come back, where it goes, and exactly how much money goes with it."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from catalog.models import Edition, StockMovement
from catalog.tests.factories import EditionFactory, main_shop
from orders import cancellation, fulfillment, refunds, returns
from orders.models import GiftCard, Order, Return, ShippingMethod, Voucher
from orders.pricing import part
from orders.tests.factories import NOW, make_order, shipping_method
from orders.tests.test_cancellation import pay
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(days=3)


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def emma() -> Edition:
    """Five copies in the shop, at 9.99."""
    return EditionFactory.create(stock=5)


def shipped(lines: dict[Edition, int], **changes: Any) -> Order:
    order = make_order(lines, **{"payment_method": "fake", **changes})
    if order.payable_amount:
        pay(order)
    order.refresh_from_db()
    for parcel in fulfillment.ship(order=order, at=NOW):
        fulfillment.deliver(shipment=parcel, at=NOW)
    order.refresh_from_db()
    return order


def received(order: Order, copies: dict[str, int], **changes: Any) -> Return:
    of_return = returns.request_return(order=order, copies=copies, at=LATER)
    came = {"restocked": copies, "written_off": {}, **changes}
    returns.receive(of_return=of_return, location=main_shop(), at=LATER, **came)
    return of_return


def refunded(order: Order) -> Decimal:
    return sum(order.refunds.values_list("amount", flat=True), Decimal(0))


# --- From the request to the money ----------------------------------------------------------------


def test_a_return_goes_all_the_way(emma: Edition, clerk: User) -> None:
    order = shipped({emma: 3})

    of_return = returns.request_return(
        order=order, copies={emma.isbn13: 2}, at=LATER, reason="Too long"
    )
    assert (of_return.status, of_return.kind, of_return.reason) == (
        "requested", "return", "Too long",
    )  # fmt: skip
    assert returns.returnable(order) == {order.lines.get(): 1}

    returns.receive(
        of_return=of_return,
        restocked={emma.isbn13: 1},
        written_off={emma.isbn13: 1},
        location=main_shop(),
        at=LATER,
        actor=clerk,
    )
    assert (of_return.status, of_return.received_at) == ("received", LATER)
    assert emma.stocks.get().on_hand == 3
    movement = StockMovement.objects.get(kind="return")
    assert (movement.reference, movement.actor) == (order.number, clerk)

    worth = returns.propose(of_return)
    assert (worth.goods_amount, worth.shipping_amount, worth.amount) == (
        Decimal("19.98"), Decimal("0.00"), Decimal("19.98"),
    )  # fmt: skip
    returns.refund(of_return=of_return, at=LATER, actor=clerk)
    assert of_return.status == "refunded"
    assert of_return.refund_requests.get().amount == Decimal("19.98")
    assert refunded(order) == Decimal("19.98")

    kinds = list(order.events.filter(created_at=LATER).values_list("kind", flat=True))
    assert kinds == ["return_requested", "return_received", "refunded"]
    told = [job["kind"] for job in waiting_jobs("orders.send_message")][-3:]
    assert told == ["return_requested", "return_received", "refunded"]


def test_every_step_is_safe_to_repeat(emma: Edition) -> None:
    order = shipped({emma: 2})
    first = returns.request_return(order=order, copies={emma.isbn13: 1}, at=LATER, key="k")
    again = returns.request_return(order=order, copies={emma.isbn13: 1}, at=LATER, key="k")
    assert first == again
    for _click in range(2):
        returns.receive(
            of_return=first,
            restocked={emma.isbn13: 1},
            written_off={},
            location=main_shop(),
            at=LATER,
        )
    assert emma.stocks.get().on_hand == 4
    assert returns.refund(of_return=first, at=LATER) is not None
    assert returns.refund(of_return=first, at=LATER) is None
    assert refunded(order) == Decimal("9.99")
    assert order.returns.count() == 1


def test_a_declined_return_can_be_asked_for_again(emma: Edition, clerk: User) -> None:
    order = shipped({emma: 1})
    of_return = returns.request_return(order=order, copies={emma.isbn13: 1}, at=LATER)
    for _click in range(2):
        returns.decline(of_return=of_return, reason="Read to pieces", at=LATER, actor=clerk)
    assert (of_return.status, of_return.note) == ("declined", "Read to pieces")
    assert order.events.filter(kind="return_declined").count() == 1
    assert returns.returnable(order) == {order.lines.get(): 1}
    with pytest.raises(returns.WrongReturnState):
        returns.receive(
            of_return=of_return,
            restocked={emma.isbn13: 1},
            written_off={},
            location=main_shop(),
            at=LATER,
        )
    with pytest.raises(returns.WrongReturnState):
        returns.refund(of_return=of_return, at=LATER)
    assert emma.stocks.get().on_hand == 4
    assert refunded(order) == 0


@pytest.mark.parametrize("quantity", [0, -1, 3, 1_000_000])
def test_no_more_comes_back_than_was_sent(emma: Edition, quantity: int) -> None:
    order = shipped({emma: 2})
    for copies in ({emma.isbn13: quantity}, {"9780000000002": 1}, {}):
        with pytest.raises(returns.NotReturnable):
            returns.request_return(order=order, copies=copies, at=LATER)
    assert not Return.objects.exists()


def test_nothing_comes_back_that_has_not_left(emma: Edition) -> None:
    order = make_order({emma: 2})
    order.mark_paid(at=NOW)
    fulfillment.pack(order=order, at=NOW)
    assert returns.returnable(order) == {}
    fulfillment.unpack(shipment=order.shipments.get(), at=NOW)
    fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1})
    assert returns.returnable(order) == {order.lines.get(): 1}


@pytest.mark.parametrize(("restocked", "written_off"), [(0, 0), (3, 0), (1, 2), (-1, 1), (1, -1)])
def test_no_more_is_received_than_announced(
    emma: Edition, restocked: int, written_off: int
) -> None:
    order = shipped({emma: 3})
    of_return = returns.request_return(order=order, copies={emma.isbn13: 2}, at=LATER)
    with pytest.raises(returns.NotReturnable):
        returns.receive(
            of_return=of_return,
            restocked={emma.isbn13: restocked},
            written_off={emma.isbn13: written_off},
            location=main_shop(),
            at=LATER,
        )
    of_return.refresh_from_db()
    assert of_return.status == "requested"
    assert emma.stocks.get().on_hand == 2


def test_only_what_came_is_refunded_and_the_rest_may_still_come(emma: Edition) -> None:
    order = shipped({emma: 3})
    of_return = returns.request_return(order=order, copies={emma.isbn13: 3}, at=LATER)
    returns.receive(
        of_return=of_return,
        restocked={},
        written_off={emma.isbn13: 1},
        location=None,
        at=LATER,
    )
    returns.refund(of_return=of_return, at=LATER)
    assert refunded(order) == Decimal("9.99")
    assert returns.returnable(order) == {order.lines.get(): 2}
    assert not StockMovement.objects.filter(kind="return").exists()


def test_copies_of_an_edition_that_is_gone_are_written_off(emma: Edition) -> None:
    order = shipped({emma: 1})
    line = order.lines.get()
    line.edition = None
    line.save()
    of_return = returns.request_return(order=order, copies={emma.isbn13: 1}, at=LATER)
    with pytest.raises(returns.NotSold):
        returns.receive(
            of_return=of_return,
            restocked={emma.isbn13: 1},
            written_off={},
            location=main_shop(),
            at=LATER,
        )
    of_return.refresh_from_db()
    assert of_return.status == "requested"


# --- How much -------------------------------------------------------------------------------------


def test_shipping_goes_back_with_the_last_copy(emma: Edition) -> None:
    order = shipped({emma: 2})
    first = received(order, {emma.isbn13: 1})
    assert returns.propose(first).amount == Decimal("9.99")
    returns.refund(of_return=first, at=LATER)
    last = received(order, {emma.isbn13: 1})
    assert returns.propose(last).shipping_amount == Decimal("4.50")
    assert returns.propose(last, with_shipping=False).amount == Decimal("9.99")
    returns.refund(of_return=last, at=LATER)
    assert refunded(order) == order.total_amount == Decimal("24.48")


def test_a_dearer_way_of_shipping_is_refunded_as_the_standard_one(emma: Edition) -> None:
    shipping_method("standard")
    order = shipped({emma: 1}, shipping_method=shipping_method("express"))
    assert order.shipping_amount == Decimal("9.50")
    of_return = received(order, {emma.isbn13: 1})
    assert returns.propose(of_return).shipping_amount == Decimal("4.50")
    ShippingMethod.objects.filter(code="standard").update(is_active=False)
    assert returns.propose(of_return).shipping_amount == Decimal("9.50")


def test_shipping_goes_back_once(emma: Edition) -> None:
    order = shipped({emma: 2})
    first = received(order, {emma.isbn13: 1})
    returns.refund(of_return=first, at=LATER, with_shipping=True)
    assert refunded(order) == Decimal("14.49")
    last = received(order, {emma.isbn13: 1})
    assert returns.propose(last).shipping_amount == 0
    returns.refund(of_return=last, at=LATER)
    assert refunded(order) == order.total_amount


def test_each_copy_brings_its_share_of_the_voucher(emma: Edition) -> None:
    Voucher.objects.create(code="TENTH", kind=Voucher.Kind.PERCENTAGE, percent=10)
    order = shipped({emma: 3}, voucher_code="TENTH")
    assert order.lines.get().charged_amount == Decimal("26.97")
    amounts = []
    for _copy in range(3):
        worth = returns.refund(of_return=received(order, {emma.isbn13: 1}), at=LATER)
        assert worth is not None
        amounts.append(worth.goods_amount)
    assert amounts == [Decimal("8.99"), Decimal("8.99"), Decimal("8.99")]
    assert refunded(order) == order.total_amount


def test_what_a_gift_card_paid_goes_back_to_it_last(emma: Edition) -> None:
    card = GiftCard.objects.issue(Decimal("10.00"), currency="USD")
    order = shipped({emma: 2}, gift_card_codes=[card.code])
    assert order.payable_amount == Decimal("14.48")
    first = received(order, {emma.isbn13: 1})
    assert [amount for _way, amount in returns.propose(first).ways] == [Decimal("9.99")]
    returns.refund(of_return=first, at=LATER)
    last = received(order, {emma.isbn13: 1})
    ways = [(way.provider, amount) for way, amount in returns.propose(last).ways]
    assert ways == [("fake", Decimal("4.49")), ("gift_card", Decimal("10.00"))]
    returns.refund(of_return=last, at=LATER)
    card.refresh_from_db()
    assert card.balance_amount == Decimal("10.00")
    assert refunded(order) == order.total_amount


def test_never_more_goes_back_than_was_paid(emma: Edition) -> None:
    order = shipped({emma: 2})
    refunds.request_refund(order=order, amount=Decimal("20.00"), at=NOW, reason="Goodwill")
    of_return = received(order, {emma.isbn13: 2})
    worth = returns.propose(of_return)
    assert (worth.goods_amount, worth.amount) == (Decimal("19.98"), Decimal("4.48"))
    returns.refund(of_return=of_return, at=LATER)
    assert refunded(order) == order.total_amount
    assert order.refundable_amount == 0


def test_wear_is_deducted(emma: Edition) -> None:
    order = shipped({emma: 2})
    of_return = received(order, {emma.isbn13: 1})
    worth = returns.refund(of_return=of_return, at=LATER, deduction_amount=Decimal("4.00"))
    assert worth is not None
    assert worth.amount == refunded(order) == Decimal("5.99")
    other = received(order, {emma.isbn13: 1})
    for deduction in (Decimal("-0.01"), Decimal("14.50")):
        with pytest.raises(refunds.RefundTooLarge):
            returns.propose(other, deduction_amount=deduction)


def test_an_order_that_cost_nothing_returns_without_a_refund() -> None:
    free = EditionFactory.create(stock=1, price="0.00")
    order = make_order({free: 1}, shipping_method=shipping_method("collection"), address=None)
    fulfillment.ship(order=order, at=NOW)
    of_return = received(order, {free.isbn13: 1})
    returns.refund(of_return=of_return, at=LATER)
    assert of_return.status == "refunded"
    assert not order.refund_requests.exists()


CENTS = st.integers(0, 1_000_000).map(lambda cents: Decimal(cents) / 100)


@given(amount=CENTS, parts=st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_the_copies_of_a_line_always_cost_what_the_line_cost(
    amount: Decimal, parts: list[int]
) -> None:
    given_back, before = Decimal(0), 0
    for copies in parts:
        share = part(amount, of=sum(parts), after=before, copies=copies)
        assert share >= 0
        given_back, before = given_back + share, before + copies
    assert given_back == amount


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_however_an_order_comes_back_exactly_what_was_paid_goes_back(data: st.DataObject) -> None:
    code = f"V{Voucher.objects.count()}"
    percent = data.draw(st.integers(1, 99), label="percent")
    Voucher.objects.create(code=code, kind=Voucher.Kind.PERCENTAGE, percent=percent)
    lines = {
        EditionFactory.create(stock=4, price=data.draw(CENTS.filter(lambda one: 0 < one < 100))): (
            data.draw(st.integers(1, 4))
        )
        for _line in range(data.draw(st.integers(1, 3), label="lines"))
    }
    order = make_order(lines, payment_method="fake", voucher_code=code)
    pay(order)
    order.refresh_from_db()
    left = {edition.isbn13: quantity for edition, quantity in lines.items()}
    for isbn13, quantity in left.items():  # some never go out, but not all of them
        canceled = data.draw(st.integers(0, quantity - 1), label="canceled")
        if canceled:
            cancellation.cancel_copies(order=order, copies={isbn13: canceled}, at=NOW)
            left[isbn13] -= canceled
    fulfillment.ship(order=order, at=NOW)
    while left:
        isbn13 = data.draw(st.sampled_from(sorted(left)), label="which")
        quantity = data.draw(st.integers(1, left[isbn13]), label="how many")
        returns.refund(of_return=received(order, {isbn13: quantity}), at=LATER)
        assert order.refundable_amount >= 0
        left = {each: n for each, n in returns_left(order).items() if n}
    asked = sum(order.refund_requests.values_list("amount", flat=True), Decimal(0))
    assert asked == order.total_amount
    assert order.refundable_amount == 0


def returns_left(order: Order) -> dict[str, int]:
    return {line.isbn13: quantity for line, quantity in returns.returnable(order).items()}
