"""Vouchers and gift cards that many people spend at the same moment."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import gift_cards, vouchers
from orders.models import Basket, GiftCard, Order, Payment, ShippingMethod, VoucherUse
from orders.models.gift_card import GiftCardUsed
from orders.tests.factories import (
    NOW,
    BasketFactory,
    gift_card_edition,
    issue_card,
    make_order,
    make_voucher,
    shipping_method,
    submit,
)
from tests.audited import assert_books_in_order
from tests.people import alice
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = 30


@pytest.fixture(autouse=True)
def standard() -> ShippingMethod:
    """Made before the threads start, so that they do not race for it."""
    return shipping_method()


@pytest.fixture(autouse=True)
def audited() -> Iterator[None]:
    yield
    assert_books_in_order()


@pytest.fixture
def book() -> Edition:
    return EditionFactory.create(stock=100, price=Decimal("10.00"))


def baskets(book: Edition, number: int = BUYERS) -> list[Basket]:
    return [BasketFactory.create(lines={book: 1}) for _buyer in range(number)]


def orders_among(outcomes: list[object]) -> list[Order]:
    return [outcome for outcome in outcomes if isinstance(outcome, Order)]


def refusals_among(outcomes: list[object]) -> set[type]:
    return {type(outcome) for outcome in outcomes if not isinstance(outcome, Order)}


def test_thirty_checkouts_with_one_voucher_for_one(book: Edition) -> None:
    voucher = make_voucher(max_uses=1)
    outcomes = at_once([partial(submit, each, voucher_code="TEN") for each in baskets(book)])
    assert len(orders_among(outcomes)) == 1
    assert refusals_among(outcomes) == {vouchers.VoucherExhausted}
    voucher.refresh_from_db()
    assert (voucher.used_count, VoucherUse.objects.count()) == (1, 1)
    assert Order.objects.count() == 1
    assert book.stocks.get().allocated == 1


def test_one_customer_at_thirty_places(book: Edition) -> None:
    voucher = make_voucher(max_uses_per_customer=2)
    user = alice()
    spellings = ("alice@example.com", "Alice@Example.com", "ALICE@EXAMPLE.COM")
    actions = [
        partial(submit, each, voucher_code="TEN", email=spellings[place % 3])
        for place, each in enumerate(baskets(book, 20))
    ] + [partial(submit, each, voucher_code="TEN", user=user) for each in baskets(book, 10)]
    outcomes = at_once(actions)
    assert len(orders_among(outcomes)) == 2
    assert refusals_among(outcomes) == {vouchers.VoucherUsedBefore}
    voucher.refresh_from_db()
    assert voucher.used_count == 2


def test_a_voucher_is_given_back_while_others_want_it(book: Edition) -> None:
    voucher = make_voucher(max_uses=1)
    first = make_order({book: 1}, voucher_code="TEN")
    wanting = [partial(submit, each, voucher_code="TEN") for each in baskets(book, 8)]
    outcomes = at_once([partial(first.cancel, at=NOW), *wanting])
    assert len(orders_among(outcomes)) <= 1
    voucher.refresh_from_db()
    assert voucher.used_count == len(orders_among(outcomes))


def test_thirty_checkouts_spend_one_card_once(book: Edition) -> None:
    card = issue_card("10.00")
    outcomes = at_once(
        [
            partial(submit, each, gift_card_codes=[card.code], payment_method="fake")
            for each in baskets(book)
        ]
    )
    assert len(orders_among(outcomes)) == 1
    assert refusals_among(outcomes) == {gift_cards.GiftCardEmpty}
    card.refresh_from_db()
    assert card.balance_amount == 0
    assert [payment.amount for payment in Payment.objects.all()] == [Decimal("10.00")]
    assert book.stocks.get().allocated == 1


def test_small_orders_spend_a_card_to_the_last_cent() -> None:
    cheap = EditionFactory.create(format="ebook", price=Decimal("4.00"))
    download = shipping_method("download")
    card = issue_card("10.00")
    outcomes = at_once(
        [
            partial(
                submit,
                each,
                gift_card_codes=[card.code],
                payment_method="fake",
                shipping_method=download,
                address=None,
                country="GB",
            )
            for each in baskets(cheap)
        ]
    )
    assert sorted(order.gift_card_amount for order in orders_among(outcomes)) == [2, 4, 4]
    card.refresh_from_db()
    assert card.balance_amount == 0


def test_two_cards_in_either_order_do_not_deadlock(book: Edition) -> None:
    codes = [issue_card("100.00").code for _card in range(2)]
    outcomes = at_once(
        [
            partial(submit, each, gift_card_codes=codes[:: -1 if place % 2 else 1])
            for place, each in enumerate(baskets(book, 12))
        ]
    )
    assert len(orders_among(outcomes)) == 12
    left = sum(GiftCard.objects.values_list("balance_amount", flat=True))
    assert left == 200 - 12 * Decimal("14.50")


def test_a_card_is_given_back_while_others_spend_it(book: Edition) -> None:
    card = issue_card("14.50")
    first = make_order({book: 1}, gift_card_codes=[card.code], payment_method="fake")
    second = make_order({book: 1}, payment_method="fake")
    assert card.kept_from(first) == Decimal("14.50")
    spending = [
        partial(submit, each, gift_card_codes=[card.code], payment_method="fake")
        for each in baskets(book, 8)
    ]
    outcomes = at_once([partial(second.cancel, at=NOW), *spending])
    assert refusals_among(outcomes[1:]) == {gift_cards.GiftCardEmpty}


def test_canceled_by_several_people_a_card_gets_its_money_once(book: Edition) -> None:
    card = issue_card("10.00")
    order = make_order({book: 1}, gift_card_codes=[card.code], payment_method="fake")
    copies = [Order.objects.get(pk=order.pk) for _click in range(8)]
    at_once([partial(copy.cancel, at=NOW) for copy in copies])
    card.refresh_from_db()
    assert card.balance_amount == Decimal("10.00")


def test_cards_that_are_sold_are_issued_once_by_however_many_workers() -> None:
    order = make_order({gift_card_edition(): 3, EditionFactory.create(stock=1): 1})
    order.mark_paid(at=NOW)
    outcomes = at_once([partial(gift_cards.issue_sold, order_id=order.pk)] * 8)
    assert outcomes == [None] * 8
    assert GiftCard.objects.count() == 3


def test_a_card_is_taken_back_while_its_owner_uses_it(book: Edition) -> None:
    order = make_order({gift_card_edition(): 1, EditionFactory.create(stock=1): 1})
    order.mark_paid(at=NOW)
    gift_cards.issue_sold(order_id=order.pk)
    card = GiftCard.objects.get()
    line = order.lines.get(format="gift_card")

    def take_back() -> None:
        with transaction.atomic():
            GiftCard.objects.take_back(line, 1, reason="Returned")

    use = partial(submit, baskets(book, 1)[0], gift_card_codes=[card.code])
    taken, used = at_once([take_back, use])
    assert isinstance(taken, GiftCardUsed) == isinstance(used, Order)
    card.refresh_from_db()
    assert card.balance_amount == (Decimal("10.50") if isinstance(used, Order) else 0)
