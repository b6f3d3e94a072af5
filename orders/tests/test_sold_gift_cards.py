"""Gift cards that customers buy: issued once a copy when they are paid, and taken back unused."""

from decimal import Decimal
from functools import partial

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from catalog.tests.factories import EditionFactory
from orders import cancellation, fulfillment, gift_cards, picking, refunds
from orders.models import GiftCard, Order, OrderEvent, Payment, WrongState
from orders.pricing import ZERO
from orders.tests.factories import (
    NOW,
    BasketFactory,
    gift_card_edition,
    make_order,
    shipping_method,
    submit,
)
from tests.audited import assert_books_in_order
from tests.jobs import run_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db


def staff() -> User:
    return User.objects.filter(is_staff=True).first() or carol()


def buy(quantity: int = 2, **changes: object) -> Order:
    """An order of some gift cards of 25 and of nothing else."""
    basket = BasketFactory.create(lines={gift_card_edition("25.00"): quantity})
    download = shipping_method("download")
    return submit(basket, shipping_method=download, address=None, country="GB", **changes)


def paid(quantity: int = 2) -> Order:
    order = buy(quantity)
    order.mark_paid(at=NOW, actor=staff())
    gift_cards.issue_sold(order_id=order.pk)
    return order


def jobs(name: str) -> list[dict[str, object]]:
    rows = ProcrastinateJob.objects.filter(task_name=name).order_by("id")
    return list(rows.values_list("args", flat=True))


def test_each_copy_becomes_a_card_when_it_is_paid() -> None:
    order = buy(2)
    assert (order.total_amount, order.tax_amount) == (Decimal("50.00"), ZERO)
    assert not order.needs_shipment
    assert jobs("orders.issue_gift_cards") == []
    order.mark_paid(at=NOW, actor=staff())
    assert jobs("orders.issue_gift_cards") == [{"order_id": order.pk}]

    gift_cards.issue_sold(order_id=order.pk)
    gift_cards.issue_sold(order_id=order.pk)

    cards = list(GiftCard.objects.sold_by(order))
    assert [(card.ordinal, card.balance_amount) for card in cards] == [
        (1, Decimal("25.00")),
        (2, Decimal("25.00")),
    ]
    assert len({card.code for card in cards}) == 2
    letters = [job for job in jobs("orders.send_message") if job["kind"] == "gift_card"]
    assert [letter["reference"] for letter in letters] == [str(card.pk) for card in cards]
    issued = order.events.filter(kind=OrderEvent.Kind.GIFT_CARD_ISSUED)
    assert issued.count() == 2
    assert not any(card.code in event.note for card in cards for event in issued)
    assert_books_in_order()


def test_nothing_is_issued_before_it_is_paid_or_after_it_was_canceled() -> None:
    order = buy()
    gift_cards.issue_sold(order_id=order.pk)
    order.mark_paid(at=NOW, actor=staff())
    order.cancel(at=NOW)
    gift_cards.issue_sold(order_id=order.pk)
    assert not GiftCard.objects.exists()


@pytest.mark.parametrize("is_closed", [False, True])
def test_nothing_is_issued_once_all_money_has_gone_back(is_closed: bool) -> None:
    order = buy()
    order.mark_paid(at=NOW, actor=staff())
    if is_closed:
        fulfillment.complete(order=order, at=NOW, actor=staff())
    refunds.request_refund(order=order, at=NOW, amount=Decimal("49.99"), actor=staff())
    refunds.request_refund(order=order, at=NOW, actor=staff())
    gift_cards.issue_sold(order_id=order.pk)
    assert not GiftCard.objects.exists()
    assert [job["kind"] for job in jobs("orders.send_message")].count("gift_card") == 0
    assert_books_in_order()


def test_all_are_issued_while_a_part_of_the_money_is_kept() -> None:
    order = buy()
    order.mark_paid(at=NOW, actor=staff())
    refunds.request_refund(order=order, at=NOW, amount=Decimal("49.99"), actor=staff())
    gift_cards.issue_sold(order_id=order.pk)
    assert GiftCard.objects.count() == 2


def test_they_are_issued_after_all_where_the_money_could_not_go_back() -> None:
    order = buy()
    Payment.objects.create(
        order=order, provider="stripe", event_id="pi_1", amount=order.total_amount,
        currency=order.currency, received_at=NOW,
    )  # fmt: skip
    order.mark_paid(at=NOW)
    [asked] = refunds.request_refund(order=order, at=NOW, actor=staff())
    run_jobs(only=["orders.issue_gift_cards"])
    assert not GiftCard.objects.exists()
    refunds.carry_out(asked.pk, at=NOW)  # there are no keys for the provider
    asked.refresh_from_db()
    assert asked.status == "failed"
    run_jobs(only=["orders.issue_gift_cards"])
    assert GiftCard.objects.sold_by(order).count() == 2
    assert_books_in_order()


def test_a_card_that_was_bought_pays_for_books() -> None:
    card = GiftCard.objects.sold_by(paid(1)).get()
    order = make_order({EditionFactory.create(stock=1): 1}, gift_card_codes=[card.code])
    assert order.status == Order.Status.PAID
    assert_books_in_order()


def test_canceling_takes_unused_cards_back() -> None:
    order = paid(2)
    order.cancel(at=NOW, actor=staff())
    assert list(GiftCard.objects.values_list("balance_amount", "is_active")) == [(ZERO, False)] * 2
    assert_books_in_order()


def test_an_order_whose_card_was_used_is_not_canceled() -> None:
    order = paid(2)
    card = GiftCard.objects.sold_by(order)[0]
    make_order({EditionFactory.create(stock=1): 1}, gift_card_codes=[card.code])
    with pytest.raises(WrongState, match="some of it was used"):
        order.cancel(at=NOW, actor=staff())
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    balances = GiftCard.objects.sold_by(order).values_list("balance_amount", flat=True)
    assert list(balances) == [Decimal("10.51"), Decimal("25.00")]
    assert not order.refunds.exists()
    assert_books_in_order()


def test_once_only_a_used_card_is_left_an_order_that_was_paid_back_is_closed() -> None:
    order = paid(2)
    card = GiftCard.objects.sold_by(order)[0]
    make_order({EditionFactory.create(stock=1): 1}, gift_card_codes=[card.code])
    refunds.request_refund(order=order, at=NOW, actor=staff())
    to_cancel = partial(
        picking.at_stage, Order.objects.all(), picking.Stage.TO_CANCEL, on=NOW.date()
    )
    assert to_cancel().get() == order
    copies = {order.lines.get().isbn13: 1}
    cancellation.cancel_copies(order=order, copies=copies, at=NOW, actor=staff())
    assert not to_cancel().exists()
    fulfillment.complete(order=order, at=NOW, actor=staff())
    assert order.status == Order.Status.COMPLETED
    assert_books_in_order()


def test_single_unused_cards_are_canceled() -> None:
    order = paid(2)
    line = order.lines.get()
    cancellation.cancel_copies(order=order, copies={line.isbn13: 1}, at=NOW, actor=staff())
    rows = GiftCard.objects.sold_by(order).values_list("ordinal", "balance_amount", "is_active")
    assert list(rows) == [(1, Decimal("25.00"), True), (2, ZERO, False)]
    gift_cards.issue_sold(order_id=order.pk)
    assert GiftCard.objects.count() == 2
    assert_books_in_order()
