"""The provider's webhook, the customer's return, the clock and the expiry, all at the same moment.

The webhook is called over real HTTP, by the provider itself or with its signature.
"""

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
import requests
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import attempts, expiry, reconciliation
from orders.models import Order, Payment, PaymentAttempt, ProviderEvent
from orders.tests.factories import make_order
from tests.audited import assert_books_in_order
from tests.jobs import run_jobs
from tests.localstripe import Provider, sign
from tests.patience import eventually
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

OPEN_FOR = datetime.timedelta(minutes=61)
MINUTES = datetime.timedelta(minutes=1)


@pytest.fixture
def edition() -> Edition:
    """Two copies."""
    return EditionFactory.create(stock=2)


@pytest.fixture
def attempt(provider: Provider, edition: Edition) -> PaymentAttempt:
    """24.48 that the customer has paid by card, and nobody told the shop."""
    order = make_order({edition: 2}, payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    attempt = order.payment_attempts.get()
    provider.pay(attempt.provider_id)
    return attempt


@pytest.fixture
def webhook(live_server: LiveServer) -> str:
    """Where the shop listens."""
    return f"{live_server.url}/webhooks/stripe/"


def deliver(webhook: str, body: bytes) -> int:
    """What the provider does; the answer's status."""
    headers = {"Stripe-Signature": sign(body), "Content-Type": "application/json"}
    return requests.post(webhook, data=body, headers=headers, timeout=60).status_code


def come_back(order: Order) -> None:
    """What the page does to which the customer returns."""
    attempts.look_up_all(Order.objects.get(pk=order.pk), at=timezone.now())


def succeeded(provider: Provider, attempt: PaymentAttempt) -> bytes:
    return json.dumps(provider.event("payment_intent.succeeded", attempt.provider_id)).encode()


def assert_no_failure(outcomes: list[object]) -> None:
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []


def test_the_provider_calls_the_shop_by_itself(
    provider: Provider, webhook: str, edition: Edition
) -> None:
    provider.send_events_to(webhook)
    order = make_order({edition: 1}, payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    provider.pay(order.payment_attempts.get().provider_id)
    eventually(lambda: Order.objects.filter(pk=order.pk, status="paid").exists())
    # It waits a second before each call, so it may tell of earlier tests' orders here.
    assert ProviderEvent.objects.filter(order=order).count() == 1
    assert Payment.objects.count() == 1
    assert_books_in_order()


def test_webhook_return_and_clock_at_once_are_one_payment(
    provider: Provider, webhook: str, attempt: PaymentAttempt
) -> None:
    body = succeeded(provider, attempt)
    later = timezone.now() + 6 * MINUTES
    actions: list[Callable[[], object]] = [
        *[partial(deliver, webhook, body)] * 3,
        *[partial(come_back, attempt.order)] * 3,
        partial(reconciliation.reconcile, at=later),
        partial(reconciliation.catch_up, at=later),
    ]
    outcomes = at_once(actions)
    assert_no_failure(outcomes)
    assert outcomes[:3] == [200, 200, 200]
    order = Order.objects.get()
    assert (order.status, order.needs_attention) == ("paid", False)
    assert [event.kind for event in order.events.all()] == ["placed", "paid"]
    assert Payment.objects.count() == ProviderEvent.objects.count() == 1
    assert_books_in_order()


def test_the_expiry_in_the_midst_of_it_ends_in_one_paid_order(
    provider: Provider, webhook: str, attempt: PaymentAttempt, edition: Edition
) -> None:
    body = succeeded(provider, attempt)
    outcomes = at_once(
        [
            partial(deliver, webhook, body),
            partial(come_back, attempt.order),
            partial(expiry.cancel_expired, now=timezone.now() + OPEN_FOR),
        ]
    )
    assert_no_failure(outcomes)
    run_jobs(only=["orders.abandon_attempts", "orders.carry_out_refund"])
    order = Order.objects.get()
    assert (order.status, order.received_amount) == ("paid", Decimal("24.48"))
    assert edition.stocks.get().allocated == 2
    assert provider.refunds(attempt.provider_id) == []
    assert_books_in_order()


def test_a_late_payment_heard_from_all_sides_goes_back_once(
    provider: Provider, webhook: str, attempt: PaymentAttempt, edition: Edition
) -> None:
    assert expiry.cancel_expired(now=timezone.now() + OPEN_FOR) == 1
    make_order({edition: 2})  # somebody else has them now
    body = succeeded(provider, attempt)
    outcomes = at_once(
        [*[partial(deliver, webhook, body)] * 3, *[partial(come_back, attempt.order)] * 3]
    )
    assert_no_failure(outcomes)
    run_jobs(only=["orders.abandon_attempts", "orders.carry_out_refund"])
    (refund,) = provider.refunds(attempt.provider_id)
    assert refund["amount"] == 2448
    order = attempt.order
    order.refresh_from_db()
    assert (order.status, order.received_amount) == ("canceled", Decimal("0.00"))
    assert order.refunds.get().event_id == refund["id"]
    assert_books_in_order()


def test_two_payment_pages_opened_at_once_ask_for_one_payment(
    provider: Provider, edition: Edition
) -> None:
    order = make_order({edition: 2}, payment_method="stripe", placed_at=timezone.now())

    def open_page() -> str:
        return attempts.prepare(Order.objects.get(pk=order.pk), at=timezone.now())

    secrets = at_once([open_page] * 4)
    assert_no_failure(secrets)
    # localstripe ignores the idempotency key that all four sent: what it asked for twice is ended.
    attempt = order.payment_attempts.get(status="open")
    states = {intent["id"]: intent["status"] for intent in provider.intents()}
    assert states.pop(attempt.provider_id) == "requires_payment_method"
    assert set(states.values()) <= {"canceled"}
    assert {str(secret).partition("_secret")[0] for secret in secrets} == {attempt.provider_id}
    asked = [key for request, key in provider.requested() if "POST /v1/payment_intents " in request]
    assert set(asked) == {f"payment:{order.number}:1"}


def test_the_same_refund_reported_from_all_sides_is_one(
    provider: Provider, webhook: str, attempt: PaymentAttempt
) -> None:
    come_back(attempt.order)
    made = provider.call("POST", "/v1/refunds", payment_intent=attempt.provider_id, amount=500)
    payment = Payment.objects.get()
    event = {"type": "refund.created", "livemode": False, "created": 1, "data": {"object": made}}
    bodies = [json.dumps({**event, "id": f"evt_{number}"}).encode() for number in range(3)]
    outcomes = at_once(
        [
            *(partial(deliver, webhook, body) for body in bodies),
            *[partial(reconciliation.compare, payment, at=timezone.now())] * 2,
        ]
    )
    assert_no_failure(outcomes)
    assert outcomes[:3] == [200, 200, 200]
    assert attempt.order.refunds.get().amount == Decimal("5.00")
    assert_books_in_order()
