"""Stripe's webhook: signed events, once and twice, in and out of order; and what is no event."""

import datetime
import json
import time
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import attempts
from orders.models import Order, OrderEvent, Payment, PaymentAttempt, ProviderEvent, RefundRequest
from orders.tests.factories import make_order
from tests.jobs import run_jobs, waiting_jobs
from tests.localstripe import DECLINED, WEBHOOK_SECRET, Provider, sign

pytestmark = pytest.mark.django_db

ADDRESS = "/webhooks/stripe/"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def edition() -> Edition:
    """Three copies."""
    return EditionFactory.create(stock=3)


@pytest.fixture
def order(provider: Provider, edition: Edition) -> Order:
    """24.48 to be paid by card, for two copies at 9.99."""
    return make_order({edition: 2}, payment_method="stripe", placed_at=timezone.now())


@pytest.fixture
def attempt(order: Order) -> PaymentAttempt:
    """The customer has opened the payment page."""
    attempts.prepare(order, at=timezone.now())
    return order.payment_attempts.get()


def post(event: dict[str, Any] | bytes, signature: str | None = None) -> HttpResponse:
    body = event if isinstance(event, bytes) else json.dumps(event, indent=2).encode()
    client = Client(enforce_csrf_checks=True)
    headers = {"Stripe-Signature": sign(body) if signature is None else signature}
    return client.post(  # type: ignore[return-value]
        ADDRESS, body, content_type="application/json", headers=headers
    )


def about(intent: dict[str, Any], kind: str, **changes: Any) -> dict[str, Any]:
    """What Stripe says that localstripe does not."""
    event = {"id": f"evt_{kind}", "object": "event", "type": kind, "livemode": False}
    return {**event, "created": int(time.time()), "data": {"object": intent}, **changes}


def refund_of(payment_id: str, **changes: Any) -> dict[str, Any]:
    refund = {"id": "re_1", "object": "refund", "payment_intent": payment_id, "amount": 2448}
    return {**refund, "currency": "usd", "status": "succeeded", "metadata": {}, **changes}


def kinds(order: Order) -> list[str]:
    return [event.kind for event in order.events.all()]


def paid(provider: Provider, attempt: PaymentAttempt) -> dict[str, Any]:
    """The event of a payment that the customer has made."""
    provider.pay(attempt.provider_id)
    return provider.event("payment_intent.succeeded", attempt.provider_id)


def paid_after_all(failed: dict[str, Any]) -> dict[str, Any]:
    """Another card was good: localstripe has no second try, which Stripe has."""
    intent = {**failed["data"]["object"], "status": "succeeded"}
    return about(intent, "payment_intent.succeeded")


def test_a_signed_event_pays_the_order(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    assert post(event).status_code == 200
    assert post(event).status_code == 200
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert (order.status, attempt.status) == ("paid", "succeeded")
    assert (order.payments.get().event_id, kinds(order)) == (
        attempt.provider_id, ["placed", "paid"],
    )  # fmt: skip
    taken_down = ProviderEvent.objects.get()
    assert (taken_down.event_id, taken_down.kind) == (event["id"], "payment_intent.succeeded")
    assert (taken_down.order, taken_down.needs_attention) == (order, False)


def test_the_customer_came_back_first(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    attempts.look_up_all(order, at=timezone.now())
    assert post(event).status_code == 200
    order.refresh_from_db()
    assert kinds(order) == ["placed", "paid"]
    assert Payment.objects.count() == 1
    assert not order.needs_attention


def test_a_failure_is_noted_once(order: Order, attempt: PaymentAttempt, provider: Provider) -> None:
    provider.pay(attempt.provider_id, DECLINED)
    failed = provider.event("payment_intent.payment_failed", attempt.provider_id)
    assert post(failed).status_code == post(failed).status_code == 200
    attempts.look_up_all(order, at=timezone.now())
    assert kinds(order) == ["placed", "payment_failed"]
    assert post(paid_after_all(failed)).status_code == 200
    order.refresh_from_db()
    assert order.status == "paid"


def test_a_success_is_told_before_the_failure_that_came_first(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    provider.pay(attempt.provider_id, DECLINED)
    failed = provider.event("payment_intent.payment_failed", attempt.provider_id)
    post(paid_after_all(failed))
    post(failed)
    post(about(failed["data"]["object"], "payment_intent.canceled"))
    order.refresh_from_db()
    attempt.refresh_from_db()
    assert (order.status, attempt.status) == ("paid", "succeeded")
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"amount": 2447}, "24.47 USD (stripe)"),
        ({"amount": 2449}, "24.49 USD (stripe)"),
        ({"currency": "eur"}, "24.48 EUR (stripe)"),
    ],
)
def test_a_wrong_amount_never_pays_an_order(
    order: Order, attempt: PaymentAttempt, provider: Provider, change: dict[str, Any], note: str
) -> None:
    event = paid(provider, attempt)
    event["data"]["object"].update(change)
    assert post(event).status_code == post(event).status_code == 200
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("awaiting_payment", True)
    event_of_order = order.events.get(kind=OrderEvent.Kind.PAYMENT_MISMATCH)
    assert event_of_order.note == note
    assert Payment.objects.count() == 1


def test_a_late_payment_takes_an_expired_order_up_again(
    order: Order, attempt: PaymentAttempt, provider: Provider, edition: Edition
) -> None:
    assert order.expire(now=timezone.now() + 2 * HOUR)
    assert edition.stocks.get().allocated == 0
    assert post(paid(provider, attempt)).status_code == 200
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("paid", False)
    assert kinds(order) == ["placed", "expired", "reallocated", "paid"]
    assert edition.stocks.get().allocated == 2
    assert not RefundRequest.objects.exists()


def test_a_late_payment_goes_back_when_the_copies_are_gone(
    order: Order, attempt: PaymentAttempt, provider: Provider, edition: Edition
) -> None:
    assert order.expire(now=timezone.now() + 2 * HOUR)
    make_order({edition: 2})
    event = paid(provider, attempt)
    assert post(event).status_code == post(event).status_code == 200
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("canceled", True)
    assert kinds(order) == ["placed", "expired", "payment_late", "refund_requested"]
    run_jobs(only=["orders.carry_out_refund"])
    (refund,) = provider.refunds(attempt.provider_id)
    assert refund["amount"] == 2448
    assert order.refunds.get().event_id == refund["id"]
    assert order.received_amount == 0
    assert edition.stocks.get().allocated == 2


def test_a_late_payment_of_an_order_that_somebody_canceled_goes_back(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    order.cancel()
    assert post(paid(provider, attempt)).status_code == 200
    run_jobs(only=["orders.carry_out_refund"])
    assert len(provider.refunds(attempt.provider_id)) == 1
    order.refresh_from_db()
    assert (order.status, order.received_amount) == ("canceled", Decimal("0.00"))


def test_a_refund_at_the_providers_is_written_down(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    post(paid(provider, attempt))
    body = refund_of(attempt.provider_id, amount=1000)
    for kind in ("refund.created", "refund.updated", "charge.refund.updated"):
        assert post(about(body, kind)).status_code == 200
    refund = order.refunds.get()
    assert (refund.amount, refund.event_id) == (Decimal("10.00"), "re_1")
    assert order.refundable_amount == Decimal("14.48")
    order.refresh_from_db()
    assert not order.needs_attention


def test_a_refund_may_be_told_before_its_payment(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    made = provider.call("POST", "/v1/refunds", payment_intent=attempt.provider_id, amount=448)
    assert post(about(made, "refund.created")).status_code == 200
    assert ProviderEvent.objects.get().needs_attention
    post(event)
    (job,) = waiting_jobs("orders.hear_again")
    assert job == {"event_id": ProviderEvent.objects.get(kind="refund.created").pk}


def test_refunds_of_a_charge_are_looked_up(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    post(paid(provider, attempt))
    provider.call("POST", "/v1/refunds", payment_intent=attempt.provider_id, amount=448)
    charge = {"id": "ch_1", "payment_intent": attempt.provider_id, "amount_refunded": 448}
    assert post(about(charge, "charge.refunded")).status_code == 200
    run_jobs(only=["orders.compare_payment"])
    assert order.refunds.get().amount == Decimal("4.48")


def test_a_refund_that_comes_back_is_handed_over_by_staff(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    post(paid(provider, attempt))
    post(about(refund_of(attempt.provider_id), "refund.created"))
    assert order.received_amount == 0
    failed = refund_of(attempt.provider_id, status="failed", failure_reason="lost_or_stolen_card")
    post(about(failed, "refund.failed"))
    post(about(failed, "refund.updated"))
    order.refresh_from_db()
    assert (order.received_amount, order.needs_attention) == (Decimal("24.48"), True)
    assert kinds(order)[-1] == "refund_due"
    assert [each.amount for each in order.refund_requests.for_staff()] == [Decimal("24.48")]
    assert order.refundable_amount == 0


def test_disputes_are_noted(order: Order, attempt: PaymentAttempt, provider: Provider) -> None:
    post(paid(provider, attempt))
    dispute = {"id": "dp_1", "payment_intent": attempt.provider_id, "amount": 2448,
               "currency": "usd", "reason": "fraudulent", "status": "needs_response"}  # fmt: skip
    opened = about(dispute, "charge.dispute.created")
    assert post(opened).status_code == post(opened).status_code == 200
    order.refresh_from_db()
    assert order.needs_attention
    post(about({**dispute, "status": "lost"}, "charge.dispute.closed"))
    assert kinds(order)[2:] == ["disputed", "dispute_closed"]
    assert order.events.all()[2].note == "24.48 USD fraudulent needs_response"


def test_an_unknown_order_is_thanked_for_and_shown_to_staff(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    event["data"]["object"]["metadata"] = {"order": "0000-0000-0000"}
    assert post(event).status_code == 200
    taken_down = ProviderEvent.objects.get()
    assert taken_down.needs_attention
    assert taken_down.outcome == "There is no order 0000-0000-0000: 24.48 USD."
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"type": "customer.created"}, "nothing that the shop acts upon"),
        ({"livemode": True}, "of the live mode"),
        ({"account": "acct_1"}, "of another account: acct_1"),
    ],
)
def test_what_is_not_for_the_shop_is_taken_down_alone(
    order: Order,
    attempt: PaymentAttempt,
    provider: Provider,
    changes: dict[str, Any],
    outcome: str,
) -> None:
    assert post({**paid(provider, attempt), **changes}).status_code == 200
    taken_down = ProviderEvent.objects.get()
    assert (taken_down.outcome, taken_down.needs_attention) == (outcome, False)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"


def test_a_payment_of_something_else_is_none_of_the_shops(
    order: Order, attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    event["data"]["object"]["metadata"] = {}
    assert post(event).status_code == 200
    assert ProviderEvent.objects.get().outcome == "not of this shop"
    assert not Payment.objects.exists()


def assert_nothing_was_written() -> None:
    assert not ProviderEvent.objects.exists()
    assert not Payment.objects.exists()


def test_without_its_signature_an_event_is_refused(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    event = paid(provider, attempt)
    body = json.dumps(event).encode()
    other_body = json.dumps({**event, "id": "evt_other"}).encode()
    for signature in (
        "", "forged", "t=1", "t=x,v1=y", "é", f"t={int(time.time())},v1={'0' * 64}",
        sign(body, secret="whsec_other"), sign(other_body),
    ):  # fmt: skip
        assert post(body, signature).status_code == 400, signature
    assert_nothing_was_written()


def test_an_old_signature_is_refused(attempt: PaymentAttempt, provider: Provider) -> None:
    body = json.dumps(paid(provider, attempt)).encode()
    assert post(body, sign(body, at=time.time() - 301)).status_code == 400
    assert_nothing_was_written()
    assert post(body, sign(body, at=time.time() - 200)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no json", b"[]", b'"text"', b"null", b"{}", b'{"type": "x"}', b"[" * 9000,
        b'{"id": "evt", "type": "payment_intent.succeeded", "data": []}',
        b'{"id": "evt", "type": "refund.updated", "data": {"object": {"payment_intent": "pi"}}}',
        b'{"id": 7, "type": "x", "data": {"object": {}}}',
        b'{"id": "nul\\u0000", "type": "x", "data": {"object": {}}}',
    ],
)  # fmt: skip
def test_what_is_signed_and_no_event_is_refused(provider: Provider, body: bytes) -> None:
    assert post(body).status_code == 400
    assert_nothing_was_written()


def test_what_is_no_text_is_refused(provider: Provider) -> None:
    assert post(b"\xff\xfe", f"t={int(time.time())},v1=00").status_code == 400
    assert_nothing_was_written()


def test_too_long_an_event_is_refused(provider: Provider) -> None:
    assert post(about({"id": "x" * 256_000}, "charge.refunded")).status_code == 413
    assert_nothing_was_written()


def test_without_keys_there_is_no_such_address(provider: Provider) -> None:
    assert WEBHOOK_SECRET
    with override_settings(STRIPE_WEBHOOK_SECRET=""):
        assert post(b"{}").status_code == 404
    assert Client().get(ADDRESS).status_code == 405
