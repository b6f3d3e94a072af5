"""Paying online: the provider's form on its own page, the way back, and another way to pay."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.tests.factories import EditionFactory
from orders import expiry
from orders.models import Order, Payment, PaymentAttempt
from orders.payments import EventKind, PaymentEvent, record_event
from orders.tests.factories import make_order
from tests import people
from tests.jobs import run_jobs
from tests.localstripe import DECLINED, PUBLISHABLE_KEY, Provider

pytestmark = pytest.mark.django_db

AWAY = "http://127.0.0.1:9"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def order(provider: Provider) -> Order:
    """24.48 to be paid by card."""
    return make_order(payment_method="stripe", placed_at=timezone.now())


@pytest.fixture
def guest(order: Order) -> Client:
    """Whose order it is."""
    client = Client()
    client.get(order.get_guest_url())
    return client


def address(order: Order, path: str = "pay/") -> str:
    return f"{order.get_absolute_url()}{path}"


def text(response: Any) -> str:
    page: str = response.content.decode()
    return page


def directives(response: Any) -> dict[str, str]:
    policy = response["Content-Security-Policy"].split("; ")
    return {name: values for name, _space, values in (each.partition(" ") for each in policy)}


def test_the_page_has_what_the_providers_form_needs(guest: Client, order: Order) -> None:
    response = guest.get(address(order))
    page = text(response)
    attempt = order.payment_attempts.get()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert f'data-key="{PUBLISHABLE_KEY}"' in page
    assert f'data-secret="{attempt.provider_id}_secret_' in page
    assert f'data-return="{address(order, "pay/return/")}"' in page
    assert "Pay $24.48" in page
    noscript = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "needs JavaScript" in noscript
    assert address(order, "payment-method/") in page


def test_however_often_and_by_whomever_it_is_opened_one_payment_is_asked_for(
    guest: Client, order: Order, provider: Provider
) -> None:
    with_token = f"{address(order)}?token={order.token}"
    secrets = {
        re.search(r'data-secret="([^"]+)"', text(response))[1]  # type: ignore[index]
        for response in (
            guest.get(address(order)),
            guest.get(address(order), headers={"sec-purpose": "prefetch"}),
            Client().get(with_token),  # a chat's preview of a link, which follows no redirect
            Client().get(with_token),
        )
    }
    assert guest.head(address(order)).status_code == 200
    assert len(secrets) == 1
    assert [intent["id"] for intent in provider.intents()] == [
        order.payment_attempts.get().provider_id
    ]


def test_the_providers_script_may_run_on_that_page_alone(guest: Client, order: Order) -> None:
    pay = directives(guest.get(address(order)))
    assert "https://js.stripe.com" in pay["script-src"].split(" ")
    assert "'self'" in pay["script-src"].split(" ")
    assert "'unsafe-inline'" not in pay["script-src"]
    assert "https://js.stripe.com" in pay["frame-src"]
    assert pay["default-src"] == "'self'"
    assert pay["frame-ancestors"] == "'none'"
    for path in ("", "payment-method/"):
        assert "stripe" not in guest.get(address(order, path))["Content-Security-Policy"]


def test_it_opens_once_paid_or_canceled_to_the_order(guest: Client, order: Order) -> None:
    order.cancel()
    for path in ("pay/", "payment-method/"):
        response = guest.get(address(order, path))
        assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    assert not PaymentAttempt.objects.exists()


def test_nobody_elses(order: Order) -> None:
    bob = Client()
    bob.force_login(people.bob())
    for path in ("pay/", "pay/return/", "payment-method/"):
        assert bob.get(address(order, path)).status_code == 404
        assert Client().get(address(order, path)).status_code == 404
    assert not PaymentAttempt.objects.exists()


def test_staff_has_nothing_to_pay(client: Client, order: Order) -> None:
    client.force_login(people.carol())
    assert client.get(address(order))["Location"] == order.get_absolute_url()
    assert client.get(address(order, "payment-method/")).status_code == 403
    assert not PaymentAttempt.objects.exists()


def test_a_browser_is_sent_on_without_the_token(client: Client, order: Order) -> None:
    response = client.get(
        f"{address(order)}?token={order.token}", headers={"sec-fetch-mode": "navigate"}
    )
    assert (response.status_code, response["Location"]) == (303, address(order))
    assert client.get(address(order)).status_code == 200


def test_the_way_back_pays_the_order(guest: Client, order: Order, provider: Provider) -> None:
    guest.get(address(order))
    provider.pay(order.payment_attempts.get().provider_id)
    for _time in range(2):
        response = guest.get(address(order, "pay/return/"), follow=True)
        assert "Thank you: your payment is in." in text(response)
    order.refresh_from_db()
    assert (order.status, Payment.objects.count()) == ("paid", 1)


def test_an_address_that_says_success_is_not_believed(guest: Client, order: Order) -> None:
    guest.get(address(order))
    claim = "?payment_intent=pi_1&redirect_status=succeeded"
    response = guest.get(f"{address(order, 'pay/return/')}{claim}", follow=True)
    assert "payment is in" not in text(response).replace("as soon as the payment is in", "")
    order.refresh_from_db()
    assert order.status == "awaiting_payment"


def test_a_declined_card_leads_back_to_the_form(
    guest: Client, order: Order, provider: Provider
) -> None:
    guest.get(address(order))
    provider.pay(order.payment_attempts.get().provider_id, DECLINED)
    response = guest.get(address(order, "pay/return/"), follow=True)
    assert "nothing was charged" in text(response)
    assert 'id="payment-element"' in text(response)


def test_a_bank_that_is_at_work(guest: Client, order: Order) -> None:
    guest.get(address(order))
    record_event(
        PaymentEvent(
            provider="stripe",
            event_id=order.payment_attempts.get().provider_id,
            order_number=order.number,
            kind=EventKind.PROCESSING,
            amount=order.payable_amount,
            currency="USD",
        ),
        at=timezone.now(),
    )
    response = guest.get(address(order, "pay/return/"), follow=True)
    assert "Your bank is working on the payment" in text(response)
    assert address(order, "payment-method/") not in text(response)


def test_a_provider_that_is_away_is_told_and_nothing_is_lost(guest: Client, order: Order) -> None:
    with override_settings(STRIPE_API_URL=AWAY):
        response = guest.get(address(order))
    assert response.status_code == 503
    assert "nothing is lost" in text(response)
    assert address(order, "payment-method/") in text(response)
    assert not PaymentAttempt.objects.exists()
    guest.get(address(order))
    with override_settings(STRIPE_API_URL=AWAY):
        back = guest.get(address(order, "pay/return/"), follow=True)
    assert "We have not heard of your payment yet" in text(back)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"


def test_a_payment_after_the_deadline_is_thanked_for(
    guest: Client, order: Order, provider: Provider
) -> None:
    guest.get(address(order))
    provider.pay(order.payment_attempts.get().provider_id)
    assert expiry.cancel_expired(now=timezone.now() + 2 * HOUR) == 1
    response = guest.get(address(order, "pay/return/"), follow=True)
    assert "Thank you: your payment is in." in text(response)
    order.refresh_from_db()
    assert order.status == "paid"


def test_the_customer_pays_another_way(guest: Client, order: Order, provider: Provider) -> None:
    guest.get(address(order))
    choose = address(order, "payment-method/")
    page = text(guest.get(choose))
    assert page.count('type="radio"') == 3
    response = guest.post(choose, {"payment_method": "offline"})
    assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    run_jobs(only=["orders.abandon_attempts"])
    assert order.payment_attempts.get().status == "canceled"
    order.refresh_from_db()
    assert order.payment_method == "offline"
    assert guest.get(address(order))["Location"] == order.get_absolute_url()
    back = guest.post(choose, {"payment_method": "stripe"})
    assert back["Location"].startswith(address(order))


@pytest.mark.parametrize("method", ["", "gift_card", "nothing", "stripe\x00"])
def test_a_way_to_pay_that_there_is_not(guest: Client, order: Order, method: str) -> None:
    response = guest.post(address(order, "payment-method/"), {"payment_method": method})
    assert response.status_code == 422
    order.refresh_from_db()
    assert (order.payment_method, order.events.count()) == ("stripe", 1)


def test_nothing_is_chosen_without_the_forms_token(order: Order) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(order.get_guest_url())
    response = client.post(address(order, "payment-method/"), {"payment_method": "offline"})
    assert response.status_code == 403
    order.refresh_from_db()
    assert order.payment_method == "stripe"


def test_the_checkout_leads_to_the_form(provider: Provider) -> None:
    order = make_order({EditionFactory.create(stock=1): 1}, payment_method="stripe")
    page = text(Client().get(order.get_guest_url()))
    assert f'href="{address(order)}"' in page


def test_queries(
    guest: Client, order: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    guest.get(address(order))
    with django_assert_num_queries(6):
        guest.get(address(order))
