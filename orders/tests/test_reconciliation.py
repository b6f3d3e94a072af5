"""The shop's books of money beside its providers': what differs is shown, what was missed heard."""

from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from orders import attempts, reconciliation, refunds
from orders.models import OrderEvent, PaymentAttempt
from orders.models.order_event import fitted_reference
from orders.tests.factories import make_order
from tests.jobs import run_jobs
from tests.localstripe import Provider
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(provider: Provider) -> PaymentAttempt:
    """24.48, paid by card."""
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    attempt = order.payment_attempts.get()
    provider.pay(attempt.provider_id)
    attempts.look_up_all(order, at=timezone.now())
    return attempt


def give_back(attempt: PaymentAttempt, provider: Provider) -> str:
    """Five of it, by the shop; the refund's id at the provider."""
    refunds.request_refund(order=attempt.order, amount=Decimal("5.00"), at=timezone.now())
    run_jobs(only=["orders.carry_out_refund"])
    (made,) = provider.refunds(attempt.provider_id)
    refund_id: str = made["id"]
    return refund_id


def test_the_books_are_compared_with_the_providers(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    order = attempt.order
    provider.call("POST", "/v1/refunds", payment_intent=attempt.provider_id, amount=448)
    reconciliation.compare_all(at=timezone.now())
    reconciliation.compare_all(at=timezone.now())
    assert order.refunds.get().amount == Decimal("4.48")
    order.refresh_from_db()
    assert not order.needs_attention
    provider.call("POST", f"/v1/payment_intents/{attempt.provider_id}", amount=2500)
    reconciliation.compare_all(at=timezone.now())
    reconciliation.compare_all(at=timezone.now())
    differs = order.events.get(kind="provider_differs")
    assert differs.note == "24.48 USD (stripe): The provider says 25.00 USD."


def test_a_refund_that_the_provider_knows_nothing_of_is_shown(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    refund_id = give_back(attempt, provider)
    provider.call("DELETE", f"/v1/refunds/{refund_id}")
    reconciliation.compare_all(at=timezone.now())
    differs = attempt.order.events.get(kind="provider_differs")
    assert refund_id in differs.note


def test_each_difference_of_a_payment_is_shown_once(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    order = attempt.order
    refund_id = give_back(attempt, provider)
    provider.call("DELETE", f"/v1/refunds/{refund_id}")
    for amount in (2500, 2500, 2600):
        provider.call("POST", f"/v1/payment_intents/{attempt.provider_id}", amount=amount)
        reconciliation.compare_all(at=timezone.now())
    notes = [event.note for event in order.events.filter(kind="provider_differs")]
    assert [refund_id in note for note in notes] == [True, False, False]
    assert ["25.00 USD." in note for note in notes] == [False, True, False]
    assert notes[2].endswith("The provider says 26.00 USD.")
    order.refresh_from_db()
    assert order.needs_attention


def test_what_an_earlier_release_showed_is_not_shown_again(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    order = attempt.order
    order.record(
        OrderEvent.Kind.PROVIDER_DIFFERS,
        note="24.48 USD (stripe): The provider says 25.00 USD.",
        reference=f"stripe:{attempt.provider_id}",
    )
    for amount, shown in ((2500, 1), (2600, 2)):
        provider.call("POST", f"/v1/payment_intents/{attempt.provider_id}", amount=amount)
        reconciliation.compare_all(at=timezone.now())
        assert order.events.filter(kind="provider_differs").count() == shown


def test_an_event_refers_to_the_longest_of_ids(attempt: PaymentAttempt) -> None:
    texts = [f"{'p' * 20}:{'x' * 200} 1234567890.0{cent} USD" for cent in (1, 2)]
    references = [fitted_reference(text) for text in texts]
    assert len(set(references)) == 2
    for reference in references:
        attempt.order.record(OrderEvent.Kind.PROVIDER_DIFFERS, reference=reference)
    assert fitted_reference("stripe:pi_1 25.00 USD") == "stripe:pi_1 25.00 USD"


@pytest.mark.django_db(transaction=True)
def test_a_difference_that_two_find_at_once_is_shown_once(
    attempt: PaymentAttempt, provider: Provider
) -> None:
    provider.call("POST", f"/v1/payment_intents/{attempt.provider_id}", amount=2500)
    compare = partial(reconciliation.compare_all, at=timezone.now())
    assert at_once([compare] * 4) == [None] * 4
    assert attempt.order.events.filter(kind="provider_differs").count() == 1
