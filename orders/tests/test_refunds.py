"""Money back: by the way it came, once for each request, and never more than came in."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from orders import attempts, gateways, payments, reconciliation, refunds
from orders.gateways import ProviderUnreachable
from orders.models import Order, OrderMessage, PaymentAttempt, Refund, RefundLine, RefundRequest
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import NOW, make_order
from tests.jobs import run_jobs, waiting_jobs
from tests.localstripe import Provider
from tests.people import carol

pytestmark = pytest.mark.django_db

FIVE = Decimal("5.00")


@pytest.fixture
def order() -> Order:
    """24.48, paid offline."""
    order = make_order()
    order.mark_paid(at=NOW)
    return order


@pytest.fixture
def attempt(provider: Provider) -> PaymentAttempt:
    """24.48, paid by card."""
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    attempt = order.payment_attempts.get()
    provider.pay(attempt.provider_id)
    attempts.look_up_all(order, at=timezone.now())
    attempt.order.refresh_from_db()
    assert attempt.order.status == "paid"
    return attempt


def request(order: Order, **details: object) -> list[RefundRequest]:
    return refunds.request_refund(order=order, at=timezone.now(), **details)  # type: ignore[arg-type]


def carry_out() -> None:
    run_jobs(only=["orders.carry_out_refund"])


def test_what_staff_hands_over_is_done_at_once(order: Order) -> None:
    clerk = carol()
    (asked,) = request(order, amount=FIVE, reason="Damaged", actor=clerk, key="k")
    assert (asked.status, asked.amount, asked.actor) == ("done", FIVE, clerk)
    refund = order.refunds.get()
    assert (refund, refund.provider, refund.event_id) == (
        asked.refund, "offline", f"{order.number}:k",
    )  # fmt: skip
    assert (order.received_amount, order.refundable_amount) == (Decimal("19.48"),) * 2
    assert [event.kind for event in order.events.all()] == ["placed", "paid", "refunded"]
    told = waiting_jobs("orders.send_message")[-1]
    assert (told["kind"], told["reference"]) == (OrderMessage.Kind.REFUNDED, str(refund.pk))


def test_the_same_key_gives_the_same_refund(order: Order) -> None:
    assert request(order, amount=FIVE, key="k") == request(order, amount=FIVE, key="k")
    assert request(order, key="k")[0].amount == FIVE
    with pytest.raises(refunds.RefundConflict):
        request(order, amount=Decimal("6.00"), key="k")
    assert Refund.objects.count() == RefundRequest.objects.count() == 1


@pytest.mark.parametrize("amount", ["24.49", "0.00", "-1.00"])
def test_never_more_than_came_in(order: Order, amount: str) -> None:
    with pytest.raises(refunds.RefundTooLarge):
        request(order, amount=Decimal(amount))
    assert not RefundRequest.objects.exists()


def test_nothing_goes_back_where_nothing_is_left(order: Order) -> None:
    request(order)
    with pytest.raises(refunds.NothingToRefund):
        request(order)
    with pytest.raises(refunds.NothingToRefund):
        request(make_order())
    assert Refund.objects.count() == 1


def test_it_goes_back_by_the_payments_it_came_by(order: Order) -> None:
    for event_id in ("a", "b"):
        payments.record_event(
            PaymentEvent(provider="fake", event_id=event_id, order_number=order.number,
                         kind=EventKind.SUCCEEDED, amount=Decimal("10.00"), currency="USD"),
            at=NOW,
        )  # fmt: skip
    first, second, third = order.payments.all()
    assert refunds.plan(order, Decimal("30.00")) == [(first, Decimal("24.48")),
                                                     (second, Decimal("5.52"))]  # fmt: skip
    done = request(order, amount=Decimal("30.00"), key="k")
    assert [(each.payment, each.amount) for each in done] == [
        (first, Decimal("24.48")), (second, Decimal("5.52")),
    ]  # fmt: skip
    assert request(order, amount=Decimal("30.00"), key="k") == done
    assert [refund.provider for refund in order.refunds.all()] == ["offline", "fake"]
    with pytest.raises(refunds.RefundTooLarge):
        request(order, amount=Decimal("10.01"), payment=third)
    assert [each.payment for each in request(order, payment=third)] == [third]
    assert refunds.plan(order) == [(second, Decimal("4.48"))]


def test_a_payment_in_another_currency_goes_back_in_it(order: Order) -> None:
    payments.record_event(
        PaymentEvent(provider="fake", event_id="e", order_number=order.number,
                     kind=EventKind.SUCCEEDED, amount=FIVE, currency="EUR"),
        at=NOW,
    )  # fmt: skip
    odd = order.payments.get(currency="EUR")
    request(order, payment=odd)
    assert str(order.refunds.get()) == "5.00 EUR (fake)"
    assert order.refundable_amount == Decimal("24.48")


def test_the_provider_gives_it_back_and_only_then_it_counts(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    order = attempt.order
    (asked,) = request(order, amount=FIVE, key="k", reason="Late")
    assert (asked.status, order.refunds.count()) == ("waiting", 0)
    assert (order.received_amount, order.refundable_amount) == (Decimal("24.48"), Decimal("19.48"))
    assert order.events.last().kind == "refund_requested"  # type: ignore[union-attr]
    carry_out()
    asked.refresh_from_db()
    (made,) = provider.refunds(attempt.provider_id)
    assert (made["amount"], made["metadata"]) == (
        500, {"refund": f"{order.number}:k:1", "order": order.number},
    )  # fmt: skip
    assert (asked.status, asked.refund) == ("done", order.refunds.get())
    assert order.refunds.get().event_id == made["id"]
    assert order.events.last().kind == "refunded"  # type: ignore[union-attr]
    sent = dict(line for line in provider.requested() if "POST /v1/refunds" in line[0])
    assert list(sent.values()) == [f"refund:{order.number}:k:1"]


def test_what_waits_counts_against_what_is_left(attempt: PaymentAttempt) -> None:
    request(attempt.order, amount=Decimal("20.00"))
    with pytest.raises(refunds.RefundTooLarge) as refusal:
        request(attempt.order, amount=FIVE)
    assert refusal.value.most == Decimal("4.48")
    assert RefundRequest.objects.count() == 1


def test_a_job_that_is_cut_off_after_the_providers_yes_finds_the_refund(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    (asked,) = request(attempt.order)
    gateway = gateways.find("stripe")
    assert gateway is not None
    gateway.refund(asked)  # and here the worker is killed, before anything was written
    for _time in range(2):
        refunds.carry_out(asked.pk, at=timezone.now())
    assert len(provider.refunds(attempt.provider_id)) == 1
    assert attempt.order.refunds.count() == 1


def test_a_refund_whose_job_was_lost_is_pushed(attempt: PaymentAttempt, provider: Provider) -> None:
    (asked,) = request(attempt.order)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    reconciliation.reconcile(at=timezone.now() + datetime.timedelta(minutes=4))
    assert waiting_jobs("orders.carry_out_refund") == []
    reconciliation.reconcile(at=timezone.now() + datetime.timedelta(minutes=6))
    carry_out()
    asked.refresh_from_db()
    assert asked.status == "done"


def test_a_provider_that_is_away_is_asked_again(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    (asked,) = request(attempt.order)
    with (
        override_settings(STRIPE_API_URL="http://127.0.0.1:9"),
        pytest.raises(ProviderUnreachable),
    ):
        carry_out()
    asked.refresh_from_db()
    assert asked.status == "waiting"
    later = timezone.now() + datetime.timedelta(minutes=6)
    reconciliation.reconcile(at=later)
    assert len(waiting_jobs("orders.carry_out_refund")) == 1  # the one that is tried again
    carry_out()
    reconciliation.reconcile(at=later)
    assert waiting_jobs("orders.carry_out_refund") == []
    asked.refresh_from_db()
    assert asked.status == "done"
    assert len(provider.refunds(attempt.provider_id)) == 1


@pytest.fixture
def refused(attempt: PaymentAttempt, provider: Provider) -> RefundRequest:
    """A refund that the provider would not make, because it had lost the payment."""
    (asked,) = request(attempt.order, amount=FIVE)
    provider.forget_all()
    carry_out()
    asked.refresh_from_db()
    return asked


def test_a_refusal_is_shown_to_staff(refused: RefundRequest) -> None:
    order = refused.order
    order.refresh_from_db()
    assert (refused.status, refused.problem) == ("failed", "Not Found")
    assert order.needs_attention
    assert order.events.last().note == "5.00 USD: Not Found"  # type: ignore[union-attr]
    assert order.events.last().kind == "refund_failed"  # type: ignore[union-attr]
    assert (order.refunds.count(), order.refundable_amount) == (0, Decimal("24.48"))


def test_staff_has_it_tried_again(refused: RefundRequest) -> None:
    refunds.try_again(refused, actor=carol(), at=timezone.now())
    assert (refused.status, refused.provider_key) == ("waiting", f"{refused.key}:2")
    with pytest.raises(refunds.RefundNotFailed):
        refunds.try_again(refused, actor=refused.actor, at=timezone.now())  # type: ignore[arg-type]
    carry_out()
    refused.refresh_from_db()
    assert refused.status == "failed"
    kinds = [event.kind for event in refused.order.events.all()]
    assert kinds[-5:] == [
        *("refund_requested", "refund_failed"),
        *("settled", "refund_requested", "refund_failed"),
    ]


def test_staff_hands_over_what_the_provider_refused(refused: RefundRequest) -> None:
    clerk = carol()
    refunds.hand_over(refused, actor=clerk, at=timezone.now())
    refund = refused.order.refunds.get()
    assert (refund.provider, refund.amount, refund.actor) == ("offline", FIVE, clerk)
    refused.refresh_from_db()
    assert refused.status == "done"
    assert refused.order.refundable_amount == Decimal("19.48")


def test_what_failed_is_not_tried_when_the_money_is_gone(refused: RefundRequest) -> None:
    request(refused.order, by_hand=True)
    with pytest.raises(refunds.NothingToRefund):
        refunds.try_again(refused, actor=carol(), at=timezone.now())
    refused.refresh_from_db()
    assert refused.status == "failed"


def test_a_canceled_order_gives_back_what_can_go_by_itself(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    order = attempt.order
    order.cancel(actor=carol())
    assert not order.needs_attention
    carry_out()
    assert [made["amount"] for made in provider.refunds(attempt.provider_id)] == [2448]
    assert order.received_amount == 0
    kinds = [event.kind for event in order.events.all()]
    assert kinds == ["placed", "paid", "canceled", "refund_requested", "refunded"]


def test_a_canceled_order_leaves_to_staff_what_staff_took(order: Order) -> None:
    order.cancel()
    assert order.needs_attention
    assert order.events.last().kind == "refund_due"  # type: ignore[union-attr]
    (due,) = order.refund_requests.for_staff()
    assert (due.amount, order.refundable_amount) == (Decimal("24.48"), Decimal("0.00"))
    refunds.carry_out(due.pk, at=timezone.now())
    reconciliation.reconcile(at=timezone.now() + datetime.timedelta(days=1))
    assert waiting_jobs("orders.carry_out_refund") == []
    assert not order.refunds.exists()  # nobody but staff can say that it was given back


@pytest.fixture
def owed(order: Order) -> RefundRequest:
    """9.99 of the 24.48 wait for staff to give them back."""
    (due,) = request(order, amount=Decimal("9.99"), key="part", is_owed=True)
    assert (due.status, order.refunds.count()) == ("waiting", 0)
    return due


def by_staff(order: Order, **details: object) -> list[RefundRequest]:
    clerk = User.objects.filter(is_superuser=True).first() or carol()
    at = timezone.now()
    return refunds.refund_by_staff(order=order, actor=clerk, at=at, **details)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", [{"key": "k"}, {"key": "k", "amount": Decimal("9.99")}])
def test_staff_who_refunds_what_waits_for_them_refunds_it_once(
    owed: RefundRequest, form: dict[str, object]
) -> None:
    order = owed.order
    parts = by_staff(order, **form)
    assert by_staff(order, **form) == parts
    owed.refresh_from_db()
    assert owed in parts
    assert owed.status == "done"
    back = Decimal("9.99") if "amount" in form else Decimal("24.48")
    assert sum(refund.amount for refund in order.refunds.all()) == back
    order.refresh_from_db()
    assert not order.needs_attention
    assert not order.events.open().exists()


def test_another_amount_than_what_waits_is_another_refund(owed: RefundRequest) -> None:
    by_staff(owed.order, amount=FIVE)
    owed.refresh_from_db()
    assert owed.status == "waiting"
    assert owed.order.refundable_amount == Decimal("9.49")
    by_staff(owed.order, amount=Decimal("9.50"))  # of what waits, a part
    owed.refresh_from_db()
    assert (owed.status, owed.amount) == ("waiting", Decimal("9.98"))
    assert owed.order.refundable_amount == 0
    with pytest.raises(refunds.RefundError):
        by_staff(owed.order, amount=Decimal("9.99"))


def test_what_waits_for_certain_lines_goes_back_as_a_whole(owed: RefundRequest) -> None:
    RefundLine.objects.create(
        request=owed, kind=RefundLine.Kind.GOODS, order_line=owed.order.lines.get(),
        quantity=1, amount=owed.amount,
    )  # fmt: skip
    with pytest.raises(refunds.RefundTooLarge):
        by_staff(owed.order, amount=Decimal("14.50"))
    owed.refresh_from_db()
    assert (owed.status, owed.amount) == ("waiting", Decimal("9.99"))
    assert not owed.order.refunds.exists()


def test_the_pretended_payment_goes_back_by_itself() -> None:
    order = make_order(payment_method="fake")
    payments.record_event(
        PaymentEvent(provider="fake", event_id="e", order_number=order.number,
                     kind=EventKind.SUCCEEDED, amount=Decimal("24.48"), currency="USD"),
        at=NOW,
    )  # fmt: skip
    order.refresh_from_db()
    order.cancel()
    carry_out()
    assert order.received_amount == 0
    assert not order.needs_attention
    with override_settings(FAKE_PAYMENTS=False):
        assert gateways.known("fake") is not None


def test_without_its_keys_the_provider_gives_nothing_back(attempt: PaymentAttempt) -> None:
    (asked,) = request(attempt.order)
    with override_settings(STRIPE_SECRET_KEY=""):
        carry_out()
    asked.refresh_from_db()
    assert (asked.status, asked.problem) == ("failed", "“stripe” is not set up in this shop.")
