"""Paying by gift cards, getting money back on them, and their ledger."""

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from catalog.tests.factories import EditionFactory
from orders import checkout, gift_cards, payments, refunds
from orders.models import (
    GiftCard,
    GiftCardMovement,
    Order,
    OrderEvent,
    Payment,
    Refund,
    RefundRequest,
)
from orders.models.gift_card import GiftCardOverdrawn, GiftCardUsed
from orders.payments import EventKind, PaymentEvent
from orders.pricing import ZERO
from orders.tests.factories import (
    NOW,
    BasketFactory,
    gift_card_edition,
    issue_card,
    make_order,
    submit,
)
from tests.audited import assert_books_in_order
from tests.people import carol

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
TOTAL = Decimal("24.48")  # two copies at 9.99 and 4.50 for shipping


def balance(card: GiftCard) -> Decimal:
    card.refresh_from_db()
    return card.balance_amount


def pay(order: Order, amount: Decimal, event_id: str = "evt_1") -> Order:
    return payments.record_event(
        PaymentEvent(
            provider="fake",
            event_id=event_id,
            order_number=order.number,
            kind=EventKind.SUCCEEDED,
            amount=amount,
            currency=order.currency,
        ),
        at=NOW,
    )


def expire(order: Order) -> None:
    assert order.expires_at is not None
    assert order.expire(now=order.expires_at)


# --- Paying -------------------------------------------------------------------------------------


def test_a_card_pays_its_part() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    assert (order.total_amount, order.gift_card_amount) == (TOTAL, Decimal("10.00"))
    assert order.payable_amount == Decimal("14.48")
    assert order.status == Order.Status.AWAITING_PAYMENT
    payment = order.payments.get()
    movement = card.movements.get(kind="redeem")
    assert (payment.provider, payment.event_id) == ("gift_card", str(movement.pk))
    assert (payment.amount, movement.amount) == (Decimal("10.00"), Decimal("-10.00"))
    assert balance(card) == 0
    pay(order, Decimal("14.48"))
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert_books_in_order()


def test_the_rest_is_asked_for_exactly() -> None:
    order = make_order(payment_method="fake", gift_card_codes=[issue_card("10.00").code])
    pay(order, TOTAL)
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert order.events.filter(kind=OrderEvent.Kind.PAYMENT_MISMATCH).exists()


def test_a_card_that_holds_half_does_not_count_as_the_other_half() -> None:
    order = make_order(
        {EditionFactory.create(stock=1, price=Decimal("15.50")): 1},
        payment_method="fake",
        gift_card_codes=[issue_card("10.00").code],
    )
    assert order.payable_amount == Decimal("10.00")
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_an_order_that_cards_cover_is_paid_at_once() -> None:
    first, second = issue_card("20.00"), issue_card("30.00")
    order = make_order(payment_method="fake", gift_card_codes=[first.code, second.code])
    assert order.status == Order.Status.PAID
    assert (order.payable_amount, balance(first), balance(second)) == (ZERO, ZERO, Decimal("25.52"))
    assert_books_in_order()


def test_codes_are_read_as_people_type_them() -> None:
    card = issue_card("10.00")
    typed = card.code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    order = make_order(gift_card_codes=[f"  {typed} ", card.code])
    assert order.gift_card_amount == Decimal("10.00")
    assert order.payments.count() == 1


def test_a_gift_card_buys_no_gift_card() -> None:
    card = issue_card("100.00")
    novel = EditionFactory.create(stock=1)
    order = make_order({novel: 1, gift_card_edition("25.00"): 1}, gift_card_codes=[card.code])
    assert order.payable_amount == Decimal("25.00")
    assert balance(card) == Decimal("85.51")


def test_less_on_the_card_than_the_page_said() -> None:
    card = issue_card("10.00")
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    with pytest.raises(checkout.AmountChanged):
        submit(basket, gift_card_codes=[card.code], expected_payable=Decimal("0.49"))
    assert balance(card) == Decimal("10.00")
    assert not Order.objects.exists()


# --- Cards that cannot be used ------------------------------------------------------------------


def unknown() -> str:
    return "0000-0000-0000-0000"


def mistyped() -> str:
    code = issue_card().code
    return ("Z" if code[0] != "Z" else "Y") + code[1:]


def blocked() -> str:
    card = issue_card()
    card.switch(is_active=False)
    return card.code


def expired() -> str:
    return issue_card(expires_at=NOW).code


def foreign() -> str:
    return issue_card(currency="CHF").code


def empty() -> str:
    card = issue_card()
    card.adjust(Decimal("-10.00"), reason="Lost", actor=carol())
    return card.code


@pytest.mark.parametrize(
    ("code_of", "refusal", "words"),
    [
        (unknown, gift_cards.UnknownGiftCard, "no gift card of the code"),
        (mistyped, gift_cards.UnknownGiftCard, "no gift card of the code"),
        (blocked, gift_cards.UnknownGiftCard, "no gift card of the code"),
        (expired, gift_cards.GiftCardExpired, "ended on March 2, 2026"),
        (foreign, gift_cards.GiftCardOtherCurrency, "holds CHF"),
        (empty, gift_cards.GiftCardEmpty, "Nothing is left"),
    ],
)
def test_it_says_what_is_wrong(
    code_of: Callable[[], str], refusal: type[gift_cards.GiftCardError], words: str
) -> None:
    code = code_of()
    movements = GiftCardMovement.objects.count()
    with pytest.raises(refusal, match=words) as caught:
        make_order(gift_card_codes=[code])
    assert caught.value.code == code
    assert GiftCardMovement.objects.count() == movements
    assert not Order.objects.exists()
    assert not Payment.objects.exists()


def test_at_most_five_cards() -> None:
    codes = [issue_card("1.00").code for _card in range(6)]
    with pytest.raises(gift_cards.TooManyGiftCards):
        make_order(gift_card_codes=codes)
    assert make_order(gift_card_codes=codes[:5]).gift_card_amount == Decimal("5.00")


# --- Getting it back ----------------------------------------------------------------------------


def test_an_unpaid_order_that_is_canceled_gives_it_back() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    order.cancel(at=NOW)
    assert balance(card) == Decimal("10.00")
    refund = Refund.objects.get()
    movement = card.movements.get(kind="give_back")
    assert (refund.provider, refund.event_id) == ("gift_card", str(movement.pk))
    assert (refund.amount, order.received_amount) == (Decimal("10.00"), ZERO)
    assert not RefundRequest.objects.exists()
    order.refresh_from_db()
    assert not order.needs_attention
    assert_books_in_order()


def test_an_order_that_expires_gives_it_back_also_on_a_card_that_ended() -> None:
    card = issue_card("10.00", expires_at=NOW + DAY / 100)
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    expire(order)
    assert balance(card) == Decimal("10.00")


def test_a_refund_goes_first_by_the_other_payment() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    order = pay(order, Decimal("14.48"))
    staff = carol()
    refunds.request_refund(order=order, amount=Decimal("20.00"), at=NOW, actor=staff)
    assert sorted(order.refunds.values_list("provider", "amount")) == [
        ("fake", Decimal("14.48")),
        ("gift_card", Decimal("5.52")),
    ]
    assert balance(card) == Decimal("5.52")
    refunds.request_refund(order=order, at=NOW, actor=staff)
    assert balance(card) == Decimal("10.00")
    with pytest.raises(refunds.RefundError):
        refunds.request_refund(order=order, at=NOW, actor=staff)
    assert_books_in_order()


def test_no_more_goes_back_than_the_card_gave() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    payment = order.payments.get()
    payment.give_back_to_gift_card(Decimal("4.00"), at=NOW)
    for amount in (Decimal("6.01"), Decimal(0), Decimal(-1)):
        with pytest.raises(ValueError, match="was not paid by gift card"):
            payment.give_back_to_gift_card(amount, at=NOW)
    assert balance(card) == Decimal("4.00")


def test_a_late_payment_takes_the_card_again() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    expire(order)
    order = pay(order, Decimal("14.48"))
    assert order.status == Order.Status.PAID
    assert balance(card) == 0
    assert_books_in_order()


def test_a_late_payment_goes_back_when_the_card_was_spent_meanwhile() -> None:
    card = issue_card("10.00")
    order = make_order(payment_method="fake", gift_card_codes=[card.code])
    expire(order)
    make_order(payment_method="fake", gift_card_codes=[card.code])
    order = pay(order, Decimal("14.48"))
    assert order.status == Order.Status.CANCELED
    assert balance(card) == 0
    waiting = RefundRequest.objects.get(order=order)
    assert waiting.amount == Decimal("14.48")
    assert_books_in_order()


# --- The ledger ---------------------------------------------------------------------------------


def test_staff_corrects_a_balance_but_never_below_nothing() -> None:
    card, staff = issue_card("10.00"), carol()
    card.adjust(Decimal("2.50"), reason="An apology", actor=staff)
    with pytest.raises(GiftCardOverdrawn):
        card.adjust(Decimal("-12.51"), reason="Wrong", actor=staff)
    assert balance(card) == Decimal("12.50")
    assert list(card.movements.values_list("kind", "amount", "reason", "actor")) == [
        ("adjust", Decimal("2.50"), "An apology", staff.pk),
        ("issue", Decimal("10.00"), "", None),
    ]


def test_an_unused_card_is_voided_and_a_used_one_is_not() -> None:
    unused, used = issue_card("10.00"), issue_card("10.00")
    make_order(gift_card_codes=[used.code], payment_method="fake")
    unused.void(reason="Given back")
    assert (balance(unused), unused.is_active) == (ZERO, False)
    for card in (unused, used):
        with pytest.raises(GiftCardUsed):
            card.void(reason="Given back")
    assert_books_in_order()


@pytest.mark.parametrize("statement", ["UPDATE {} SET amount = 1", "DELETE FROM {}"])
def test_movements_are_never_changed(statement: str) -> None:
    issue_card()
    table = GiftCardMovement._meta.db_table
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        transaction.get_connection().cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    assert GiftCardMovement.objects.get().amount == Decimal("10.00")
