"""The pretended provider's webhook: the signature opens it, and only where payments are fake."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from orders.gateways import fake
from orders.models import Order, OrderEvent, Payment
from orders.tests.factories import make_order

pytestmark = pytest.mark.django_db

ADDRESS = "/webhooks/fake/"


def event_body(order: Order, *, event_id: str, kind: str) -> bytes:
    """What the pretended provider sends about an order when all is right."""
    event = {
        "event_id": event_id,
        "order_number": order.number,
        "kind": kind,
        "amount": str(order.total_amount),
        "currency": order.currency,
    }
    return json.dumps(event).encode()


@pytest.fixture
def order() -> Order:
    """24.48 to be paid."""
    return make_order(payment_method="fake")


def post(body: bytes, signature: str | None = None) -> HttpResponse:
    client = Client(enforce_csrf_checks=True)
    signature = fake.sign(body) if signature is None else signature
    return client.post(  # type: ignore[return-value]
        ADDRESS, body, content_type="application/json", headers={fake.SIGNATURE_HEADER: signature}
    )


def body_about(order: Order, **changes: Any) -> bytes:
    event = json.loads(event_body(order, event_id="evt-1", kind="succeeded"))
    return json.dumps({**event, **changes}).encode()


def assert_nothing_was_written(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert not Payment.objects.exists()
    assert OrderEvent.objects.count() == 1  # placed


def test_a_signed_event_pays_the_order(order: Order) -> None:
    body = event_body(order, event_id="evt-1", kind="succeeded")
    assert post(body).status_code == 204
    assert post(body).status_code == 204
    order.refresh_from_db()
    assert order.status == "paid"
    assert Payment.objects.count() == 1


def test_a_signed_failure_is_noted(order: Order) -> None:
    assert post(body_about(order, kind="failed")).status_code == 204
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert [event.kind for event in order.events.all()] == ["placed", "payment_failed"]


def test_a_wrong_amount_is_accepted_but_pays_nothing(order: Order) -> None:
    assert post(body_about(order, amount="1.00")).status_code == 204
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert order.needs_attention


@pytest.mark.parametrize("signature", ["", "forged", "é", "0" * 64])
def test_without_its_signature_an_event_is_refused(order: Order, signature: str) -> None:
    assert post(body_about(order), signature).status_code == 403
    assert_nothing_was_written(order)


def test_a_signature_of_another_body_is_refused(order: Order) -> None:
    signature = fake.sign(body_about(order))
    assert post(body_about(order, amount="0.01"), signature).status_code == 403
    assert_nothing_was_written(order)


@override_settings(FAKE_PAYMENTS=False)
def test_where_payments_are_real_there_is_no_such_address(order: Order) -> None:
    assert post(body_about(order)).status_code == 404
    assert_nothing_was_written(order)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"\xff\xfe", b'"text"', b"[" * 9000])
def test_what_is_no_event_is_refused(order: Order, body: bytes) -> None:
    assert post(body).status_code == 400
    assert_nothing_was_written(order)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", ""),
        ("event_id", "x" * 201),
        ("event_id", None),
        ("event_id", "nul\x00"),
        ("order_number", 7),
        ("kind", "refunded"),
        ("amount", "-1"),
        ("amount", "0"),
        ("amount", "NaN"),
        ("amount", "1e9999"),
        ("amount", "99999999999"),
        ("amount", "1.001"),
        ("amount", "much"),
        ("amount", 24.48),
        ("currency", "USDX"),
    ],
)
def test_a_field_that_is_wrong_is_named(order: Order, field: str, value: object) -> None:
    response = post(body_about(order, **{field: value}))
    assert response.status_code == 400
    assert field in json.loads(response.content)["detail"]
    assert_nothing_was_written(order)


def test_too_long_an_event_is_refused(order: Order) -> None:
    assert post(body_about(order, note="x" * 10_000)).status_code == 413
    assert_nothing_was_written(order)


def test_an_unknown_order_is_named(order: Order) -> None:
    assert post(body_about(order, order_number="0000-0000-0000")).status_code == 404
    assert_nothing_was_written(order)


def test_an_event_id_cannot_be_used_again(order: Order) -> None:
    other = make_order(payment_method="fake")
    assert post(body_about(order)).status_code == 204
    assert post(body_about(other)).status_code == 409
    other.refresh_from_db()
    assert other.status == "awaiting_payment"


def test_it_is_not_read_by_get() -> None:
    assert Client().get(ADDRESS).status_code == 405
