"""E-mails about orders: what they say, to whom, and that each is sent once."""

from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import override_settings
from pytest_django import Settings

from catalog.models import Format
from catalog.tests.factories import EditionFactory, WorkFactory
from orders import fulfillment, messages
from orders.jobs import send_message
from orders.models import Order, OrderMessage
from orders.tests.factories import NOW, make_order, shipping_method
from tests.jobs import run_jobs, waiting_jobs
from tests.people import alice

pytestmark = pytest.mark.django_db

SEND = "orders.send_message"


def sent() -> EmailMultiAlternatives:
    """The one e-mail that was sent."""
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    mail.outbox.clear()
    return message


def html_of(message: EmailMultiAlternatives) -> str:
    ((content, mimetype),) = message.alternatives
    assert mimetype == "text/html"
    return str(content)


def make_orlando(**changes: Any) -> Order:
    edition = EditionFactory.create(
        work=WorkFactory.create(title="Orlando & <Co>", author="Virginia Woolf"), stock=3
    )
    return make_order({edition: 2}, **changes)


@override_settings(SHOP_URL="https://shop.example/", SHOP_NAME="Shakespeare & Company")
def test_a_guest_is_sent_a_confirmation_in_text_and_html() -> None:
    order = make_orlando()
    assert run_jobs(only=[SEND]) == [SEND]

    message = sent()
    assert message.to == ["guest@example.com"]
    assert message.subject == f"Your order {order.number}"
    assert OrderMessage.objects.get().order == order
    link = f"https://shop.example/orders/{order.number}/?token={order.token}"
    text = str(message.body)
    assert link in text
    assert "2 × Orlando & <Co>, Virginia Woolf (Paperback): $19.98" in text
    assert "Subtotal: $19.98\nStandard delivery: $4.50\nTotal: $24.48" in text
    assert "Alice Liddell\n1 Tom Quad\nChrist Church\nOX1 1DP Oxford\nUnited Kingdom" in text
    assert "until March 9, 2026" in text
    assert "Shakespeare & Company" in text
    html = html_of(message)
    assert link in html
    assert "Orlando &amp; &lt;Co&gt;" in html
    assert "$24.48" in html
    assert "United Kingdom" in html
    assert "OX1 1DP Oxford" in html
    assert "<Co>" not in html


def test_a_customer_is_sent_a_link_without_token() -> None:
    order = make_orlando(user=alice())
    run_jobs(only=[SEND])
    message = sent()
    assert message.to == ["alice@example.com"]
    assert f"/orders/{order.number}/\n" in str(message.body)
    assert order.token not in str(message.body) + html_of(message)


def test_who_collects_is_told_where() -> None:
    make_orlando(shipping_method=shipping_method("collection"))
    run_jobs(only=[SEND])
    text = str(sent().body)
    assert "You pay when you collect them." in text
    assert "Where to collect it:\nMain shop" in text


@pytest.mark.parametrize("method", ["offline", "fake"])
def test_what_happens_next_is_said(method: str) -> None:
    make_orlando(payment_method=method)
    run_jobs(only=[SEND])
    expected = "give the order number" if method == "offline" else "page of your order"
    assert expected in str(sent().body)


def test_tax_is_shown_where_prices_contain_it() -> None:
    make_order({EditionFactory.create(stock=1, price__tax_rate=7): 1})
    run_jobs(only=[SEND])
    assert "Tax included: $0.95" in str(sent().body)


def test_payment_and_shipping_are_told() -> None:
    order = make_orlando()
    run_jobs(only=[SEND])
    mail.outbox.clear()
    order.mark_paid(at=NOW)
    run_jobs(only=[SEND])
    message = sent()
    assert message.subject == f"We received your payment for order {order.number}"
    assert "tell you when they are on their way" in str(message.body)
    fulfillment.ship(order=order, at=NOW, carrier="Royal Mail", tracking="AB 1")
    run_jobs(only=[SEND])
    message = sent()
    assert message.subject == f"Your order {order.number} is on its way"
    assert "They travel with Royal Mail, tracking number AB 1." in str(message.body)


def test_handing_over_at_the_shop_is_told_as_that() -> None:
    order = make_orlando(shipping_method=shipping_method("collection"))
    order.mark_paid(at=NOW)
    fulfillment.ship(order=order, at=NOW)
    run_jobs(only=[SEND])
    assert mail.outbox[-1].subject == f"You have collected your order {order.number}"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("expired", "We did not receive a payment in time"),
        ("canceled", "You do not have to pay anything"),
        ("paid", "We return what you have paid"),
    ],
)
def test_a_cancellation_is_told_with_its_consequence(how: str, words: str) -> None:
    order = make_orlando()
    if how == "paid":
        order.mark_paid(at=NOW)
    if how == "expired":
        assert order.expires_at is not None
        order.expire(now=order.expires_at)
    else:
        order.cancel()
    run_jobs(only=[SEND])
    message = mail.outbox[-1]
    assert message.subject == f"Your order {order.number} was canceled"
    assert words in str(message.body)


def test_files_come_by_email() -> None:
    edition = EditionFactory.create(format=Format.EBOOK)
    order = make_order({edition: 1}, shipping_method=shipping_method("download"))
    run_jobs(only=[SEND])
    assert "come by e-mail, as soon as the payment is in." in str(sent().body)
    order.mark_paid(at=NOW)
    run_jobs(only=[SEND])
    assert "send you the e-books and audiobooks in an e-mail of their own" in str(sent().body)


@pytest.mark.parametrize("account", ["", "Bank of Books\nIBAN & more"])
def test_who_transfers_the_amount_is_told_where_to(settings: Settings, account: str) -> None:
    settings.SHOP_BANK_ACCOUNT = account
    make_orlando()
    run_jobs(only=[SEND])
    message = sent()
    text, html = str(message.body), html_of(message)
    assert ("just answer this e-mail: we send you our bank details" in text) == (not account)
    assert ("Our bank account:\nBank of Books\nIBAN & more\n" in text) == bool(account)
    assert ("Bank of Books<br>IBAN &amp; more" in html) == bool(account)


def test_who_has_paid_is_shown_no_account(settings: Settings) -> None:
    settings.SHOP_BANK_ACCOUNT = "Bank of Books"
    make_orlando().mark_paid(at=NOW)
    run_jobs(only=[SEND])
    assert "Bank of Books" not in str(mail.outbox[-1].body)


def test_an_email_is_sent_once_however_often_its_job_runs() -> None:
    order = make_orlando()
    assert messages.send(order_id=order.pk, kind=OrderMessage.Kind.PLACED, at=NOW)
    assert not messages.send(order_id=order.pk, kind=OrderMessage.Kind.PLACED, at=NOW)
    run_jobs(only=[SEND])
    assert len(mail.outbox) == 1
    assert OrderMessage.objects.get().sent_at == NOW


def test_the_email_of_an_order_that_was_rolled_back_is_never_sent() -> None:
    def fail_after_placing() -> None:
        with transaction.atomic():
            make_orlando()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail_after_placing()
    assert waiting_jobs(SEND) == []


def test_an_order_that_is_gone_is_sent_nothing() -> None:
    send_message(order_id=0, kind="placed")
    assert mail.outbox == []
