"""Payment at Stripe, over real HTTP: asking for it, and whatever way the shop hears of it."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from orders import attempts, gateways, payments, reconciliation
from orders.gateways import ProviderRefused, ProviderUnreachable, stripe
from orders.gateways.minor_units import from_minor, to_minor
from orders.models import Order, Payment, PaymentAttempt
from orders.tests.factories import make_order
from tests.jobs import run_jobs, waiting_jobs
from tests.localstripe import DECLINED, Provider
from tests.people import carol

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def order(provider: Provider) -> Order:
    """24.48 to be paid by card."""
    return make_order(payment_method="stripe", placed_at=timezone.now())


def prepare(order: Order) -> PaymentAttempt:
    secret = attempts.prepare(order, at=timezone.now())
    attempt = order.payment_attempts.get(status="open")
    assert secret.startswith(f"{attempt.provider_id}_secret_")
    return attempt


def choose(order: Order, code: str) -> None:
    gateway = gateways.find(code)
    assert gateway is not None
    attempts.choose_method(order, gateway, at=timezone.now())


def kinds(order: Order) -> list[str]:
    return [event.kind for event in order.events.all()]


def assert_paid_once(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == "paid"
    assert not order.needs_attention
    payment = order.payments.get()
    assert (payment.provider, payment.amount) == ("stripe", Decimal("24.48"))
    assert kinds(order)[-1] == "paid"
    assert kinds(order).count("paid") == 1


def test_it_is_offered_only_with_all_its_keys(provider: Provider) -> None:
    codes = [method.code for method in gateways.payment_methods()]
    assert codes == ["stripe", "fake", "offline"]
    for name in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"):
        with override_settings(**{name: ""}):
            codes = [method.code for method in gateways.payment_methods()]
            assert codes == ["fake", "offline"]


def test_the_provider_is_asked_for_exactly_what_is_payable(
    order: Order, provider: Provider
) -> None:
    attempt = prepare(order)
    assert (attempt.order, attempt.provider) == (order, "stripe")
    assert (attempt.amount, attempt.currency) == (Decimal("24.48"), "USD")
    (intent,) = provider.intents()
    assert (intent["id"], intent["amount"], intent["currency"]) == (
        attempt.provider_id, 2448, "usd",
    )  # fmt: skip
    assert intent["metadata"] == {"order": order.number}


def test_the_idempotency_key_is_sent(order: Order, provider: Provider) -> None:
    prepare(order)
    keys = dict(line for line in provider.requested() if line[0].startswith("POST /v1/"))
    assert keys == {"POST /v1/payment_intents HTTP/1.1": f"payment:{order.number}:1"}


def test_the_page_opened_again_goes_on_with_the_same_attempt(
    order: Order, provider: Provider
) -> None:
    assert prepare(order) == prepare(order)
    assert len(provider.intents()) == 1


def test_a_page_that_was_overtaken_by_another_asks_for_the_same_payment(
    order: Order, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = attempts._begin

    def overtaken(*args: Any, **kwargs: Any) -> str:
        monkeypatch.setattr(attempts, "_begin", begin)
        prepare(order)
        return begin(*args, **kwargs)

    monkeypatch.setattr(attempts, "_begin", overtaken)
    prepare(order)
    asked = [key for request, key in provider.requested() if "POST /v1/payment_intents " in request]
    assert asked == [f"payment:{order.number}:1"] * 2


def test_another_amount_is_another_attempt(order: Order, provider: Provider) -> None:
    first = prepare(order)
    Order.objects.filter(pk=order.pk).update(gift_card_amount=Decimal("4.48"))
    order.refresh_from_db()
    second = prepare(order)
    first.refresh_from_db()
    assert (first.status, second.amount) == ("canceled", Decimal("20.00"))
    assert [intent["status"] for intent in provider.intents()] == [
        "canceled", "requires_payment_method",
    ]  # fmt: skip


def test_a_currency_without_coins(order: Order, provider: Provider) -> None:
    assert (to_minor(Decimal("12.50"), "EUR"), to_minor(Decimal("1250.00"), "JPY")) == (1250, 1250)
    assert (to_minor(Decimal("1.25"), "KWD"), to_minor(Decimal("5.00"), "UGX")) == (1250, 500)
    assert [from_minor(1250, code) for code in ("usd", "jpy", "kwd")] == [
        Decimal("12.50"), Decimal("1250.00"), Decimal("1.25"),
    ]  # fmt: skip
    Order.objects.filter(pk=order.pk).update(currency="JPY")
    order.refresh_from_db()
    with pytest.raises(ProviderRefused, match=r"24\.48 JPY"):
        attempts.prepare(order, at=timezone.now())
    assert provider.intents() == []


def test_the_customers_return_pays_the_order(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    provider.pay(attempt.provider_id)
    attempts.look_up_all(order, at=timezone.now())
    attempts.look_up_all(order, at=timezone.now())
    assert_paid_once(order)
    attempt.refresh_from_db()
    assert attempt.status == "succeeded"
    assert waiting_jobs("orders.abandon_attempts") == []


def test_a_declined_card_can_be_tried_again(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    provider.pay(attempt.provider_id, DECLINED)
    attempts.look_up_all(order, at=timezone.now())
    attempts.look_up_all(order, at=timezone.now())
    assert kinds(order) == ["placed", "payment_failed"]
    assert prepare(order) == attempt
    assert not Payment.objects.exists()


def test_whoever_says_nothing_is_asked_by_the_clock(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    provider.pay(attempt.provider_id)
    reconciliation.reconcile(at=timezone.now() + 4 * MINUTE)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    reconciliation.reconcile(at=timezone.now() + 6 * MINUTE)
    assert_paid_once(order)


def test_what_was_never_heard_is_listened_to_again(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    provider.pay(attempt.provider_id)
    PaymentAttempt.objects.all().delete()  # as if the shop had died before it wrote that down
    assert reconciliation.catch_up(at=timezone.now()) == 1
    assert reconciliation.catch_up(at=timezone.now()) == 0
    assert_paid_once(order)


def test_an_expired_order_is_given_up_at_the_provider(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    assert order.expire(now=timezone.now() + 61 * MINUTE)
    run_jobs(only=["orders.abandon_attempts"])
    attempt.refresh_from_db()
    assert attempt.status == "canceled"
    assert provider.intent(attempt.provider_id)["status"] == "canceled"


def test_a_payment_in_the_last_moment_takes_the_order_up_again(
    order: Order, provider: Provider
) -> None:
    attempt = prepare(order)
    provider.pay(attempt.provider_id)
    assert order.expire(now=timezone.now() + 61 * MINUTE)
    run_jobs(only=["orders.abandon_attempts"])
    assert_paid_once(order)
    assert kinds(order) == ["placed", "expired", "reallocated", "paid"]


def test_a_way_to_pay_that_was_changed_is_given_up(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    week = datetime.timedelta(days=7)
    choose(order, "offline")
    assert (order.payment_method, order.expires_at) == ("offline", order.placed_at + week)
    run_jobs(only=["orders.abandon_attempts"])
    attempt.refresh_from_db()
    assert attempt.status == "canceled"
    choose(order, "stripe")
    assert order.expires_at == order.placed_at + week  # nothing is taken back that was promised
    assert prepare(order) != attempt
    assert kinds(order) == ["placed", "payment_changed", "payment_changed"]


def test_staff_that_saw_the_money_ends_the_attempt(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    order.mark_paid(at=timezone.now(), actor=carol())
    run_jobs(only=["orders.abandon_attempts"])
    assert provider.intent(attempt.provider_id)["status"] == "canceled"


def test_a_bank_that_takes_its_time_keeps_the_copies(order: Order, provider: Provider) -> None:
    attempt = prepare(order)
    now = timezone.now()
    for _time in range(2):
        payments.record_event(
            payments.PaymentEvent(
                provider="stripe",
                event_id=attempt.provider_id,
                order_number=order.number,
                kind=payments.EventKind.PROCESSING,
                amount=Decimal("24.48"),
                currency="USD",
            ),
            at=now,
        )
    order.refresh_from_db()
    assert order.expires_at == now + datetime.timedelta(days=14)
    assert kinds(order) == ["placed", "payment_processing"]


def test_a_provider_that_is_away_loses_nothing(order: Order) -> None:
    attempt = prepare(order)
    with override_settings(STRIPE_API_URL="http://127.0.0.1:9"):
        for ask in (
            lambda: attempts.prepare(order, at=timezone.now()),
            lambda: attempts.look_up_all(order, at=timezone.now()),
            lambda: attempts.abandon(attempt, at=timezone.now()),
        ):
            with pytest.raises(ProviderUnreachable):
                ask()
        reconciliation.reconcile(at=timezone.now() + 6 * MINUTE)
    order.refresh_from_db()
    assert (order.status, kinds(order)) == ("awaiting_payment", ["placed"])
    assert prepare(order) == attempt


def test_nothing_is_asked_for_that_is_not_to_be_paid_so(provider: Provider) -> None:
    offline = make_order()
    canceled = make_order(payment_method="stripe")
    canceled.cancel()
    for order in (offline, canceled):
        with pytest.raises(attempts.NothingToPay):
            attempts.prepare(order, at=timezone.now())
    assert provider.intents() == []


def test_the_customer_pays_on_a_page_of_the_shop(order: Order) -> None:
    assert gateways.start(order) == f"/orders/{order.number}/pay/?token={order.token}"
    assert stripe.StripeGateway().hold == 60 * MINUTE
