"""What a provider says about money: once, and only the right amount makes an order paid."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.tests.factories import EditionFactory
from orders import payments
from orders.models import Order, OrderEvent, Payment, WrongState
from orders.payments import EventKind, PaymentEvent
from orders.refunds import request_refund
from orders.tests.factories import NOW, make_order
from tests.jobs import run_jobs, waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(minutes=5)


@pytest.fixture
def order() -> Order:
    """24.48 to be paid."""
    return make_order(payment_method="fake")


def event_about(order: Order, **changes: object) -> PaymentEvent:
    event = PaymentEvent(
        provider="fake",
        event_id="evt-1",
        order_number=order.number,
        kind=EventKind.SUCCEEDED,
        amount=Decimal("24.48"),
        currency="USD",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def test_the_largest_orders_are_paid_and_refunded() -> None:
    order = make_order({EditionFactory.create(price=Decimal("99999999.99"), stock=50): 50})
    order.mark_paid(at=NOW)
    assert order.received_amount == order.total_amount == Decimal("5000000004.00")
    request_refund(order=order, at=NOW)
    assert order.received_amount == 0


def kinds(order: Order) -> list[str]:
    return [event.kind for event in order.events.all()]


def test_exactly_the_total_makes_an_order_paid(order: Order) -> None:
    returned = payments.record_event(event_about(order), at=LATER)
    order.refresh_from_db()
    assert returned == order
    assert returned.status == order.status == "paid"
    assert order.paid_at == LATER
    assert order.expires_at is None
    assert not order.needs_attention
    payment = order.payments.get()
    assert (payment.provider, payment.event_id) == ("fake", "evt-1")
    assert (payment.amount, payment.currency) == (Decimal("24.48"), "USD")
    assert payment.received_at == LATER
    assert kinds(order) == ["placed", "paid"]
    assert waiting_jobs("orders.send_message")[-1] == {
        "order_id": order.pk,
        "kind": "paid",
        "reference": "",
    }


def test_an_event_told_twice_counts_once(order: Order) -> None:
    payments.record_event(event_about(order), at=LATER)
    payments.record_event(event_about(order), at=LATER + datetime.timedelta(hours=1))
    order.refresh_from_db()
    assert order.paid_at == LATER
    assert Payment.objects.count() == 1
    assert kinds(order) == ["placed", "paid"]
    assert not order.needs_attention


def test_the_webhook_and_the_return_page_may_both_finish_it(order: Order) -> None:
    payments.record_event(event_about(order), at=LATER)
    order.mark_paid(at=LATER)
    assert order.paid_at == LATER
    assert Payment.objects.count() == 1
    assert kinds(order) == ["placed", "paid"]


@pytest.mark.parametrize(
    ("amount", "currency"), [("24.47", "USD"), ("24.49", "USD"), ("24.48", "EUR")]
)
def test_a_wrong_amount_never_makes_an_order_paid(order: Order, amount: str, currency: str) -> None:
    wrong = event_about(order, amount=Decimal(amount), currency=currency)
    payments.record_event(wrong, at=LATER)
    payments.record_event(wrong, at=LATER)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert order.needs_attention
    assert str(order.payments.get().amount) == amount
    assert kinds(order) == ["placed", "payment_mismatch"]
    assert order.events.last().note == f"{amount} {currency} (fake)"  # type: ignore[union-attr]


def test_two_parts_of_the_total_are_left_to_staff(order: Order) -> None:
    payments.record_event(event_about(order, amount=Decimal("20.00")), at=LATER)
    payments.record_event(event_about(order, event_id="2", amount=Decimal("4.48")), at=LATER)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    clerk = carol()
    order.mark_paid(at=LATER, actor=clerk)  # no rest has to be named
    order.settle(actor=clerk, note="Paid in two parts")
    assert order.status == "paid"
    assert order.received_amount == Decimal("24.48")
    assert not order.needs_attention
    assert kinds(order)[-2:] == ["paid", "settled"]


def test_money_for_a_canceled_order_goes_back_and_staff_is_told(order: Order) -> None:
    order.cancel(at=NOW)
    payments.record_event(event_about(order), at=LATER)
    order.refresh_from_db()
    assert order.status == "canceled"
    assert order.paid_at is None
    assert order.needs_attention
    assert order.received_amount == Decimal("24.48")
    assert kinds(order) == ["placed", "canceled", "payment_late", "refund_requested"]
    run_jobs(only=["orders.carry_out_refund"])
    assert order.received_amount == 0


def test_the_same_once_more_by_another_payment_goes_back_by_itself(order: Order) -> None:
    payments.record_event(event_about(order), at=LATER)
    for _told_twice in range(2):
        payments.record_event(event_about(order, event_id="evt-2"), at=LATER)
    payments.record_event(event_about(order, event_id="evt-3"), at=LATER)
    order.refresh_from_db()
    assert order.status == "paid"
    assert order.needs_attention
    extra = ["payment_extra", "refund_requested"]
    assert kinds(order) == ["placed", "paid", *extra, *extra]
    assert order.refundable_amount == Decimal("24.48")
    run_jobs(only=["orders.carry_out_refund"])
    back = [refund.request.payment.event_id for refund in order.refunds.order_by("id")]  # type: ignore[union-attr]
    assert back == ["evt-2", "evt-3"]
    assert order.received_amount == Decimal("24.48")


def test_another_amount_for_a_paid_order_is_left_to_staff(order: Order) -> None:
    payments.record_event(event_about(order), at=LATER)
    wrong = event_about(order, event_id="evt-2", amount=Decimal("9.99"))
    payments.record_event(wrong, at=LATER)
    assert kinds(order) == ["placed", "paid", "payment_mismatch"]
    assert not order.refund_requests.exists()


def test_a_failure_is_noted_once_and_the_customer_may_try_again(order: Order) -> None:
    failed = event_about(order, kind=EventKind.FAILED)
    payments.record_event(failed, at=LATER)
    payments.record_event(failed, at=LATER)
    assert kinds(order) == ["placed", "payment_failed"]
    payments.record_event(event_about(order, event_id="evt-2"), at=LATER)
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_payment_after_the_deadline_counts_while_the_order_is_open(order: Order) -> None:
    assert order.expires_at is not None
    at = order.expires_at + datetime.timedelta(minutes=1)
    payments.record_event(event_about(order), at=at)
    assert not order.expire(now=at)
    assert order.status == "paid"


def test_an_unknown_order_is_refused(order: Order) -> None:
    with pytest.raises(payments.UnknownOrder):
        payments.record_event(event_about(order, order_number="0000-0000-0000"), at=LATER)
    assert not Payment.objects.exists()


def test_an_event_cannot_pay_a_second_order(order: Order) -> None:
    other = make_order(payment_method="fake")
    payments.record_event(event_about(order), at=LATER)
    with pytest.raises(payments.EventConflict):
        payments.record_event(event_about(other), at=LATER)
    other.refresh_from_db()
    assert other.status == "awaiting_payment"
    assert Payment.objects.count() == 1


def test_an_unknown_kind_is_refused(order: Order) -> None:
    with pytest.raises(ValueError, match="refunded"):
        payments.record_event(event_about(order, kind="refunded"), at=LATER)
    assert not Payment.objects.exists()


def test_staff_marks_an_offline_order_as_paid() -> None:
    clerk = carol()
    order = make_order()
    order.mark_paid(at=LATER, actor=clerk)
    payment = order.payments.get()
    assert (payment.provider, payment.amount, payment.actor) == ("offline", Decimal("24.48"), clerk)
    assert order.events.get(kind=OrderEvent.Kind.PAID).actor == clerk
    order.mark_paid(at=LATER, actor=clerk)
    assert order.payments.count() == 1


def test_nobody_says_so_and_nothing_came_in(order: Order) -> None:
    with pytest.raises(WrongState):
        order.mark_paid(at=LATER)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert not Payment.objects.exists()


def test_a_canceled_order_is_not_marked_as_paid() -> None:
    order = make_order()
    order.cancel()
    with pytest.raises(WrongState) as refusal:
        order.mark_paid(at=LATER, actor=carol())
    assert order.number in str(refusal.value)
    assert not Payment.objects.exists()
