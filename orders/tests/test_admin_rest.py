"""An order of which a part came in: staff names the rest that they have seen, and how it came."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from orders import payments
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import NOW, make_order
from tests.people import carol

pytestmark = pytest.mark.django_db


def test_the_rest_is_named_with_a_note(client: Client) -> None:
    order = make_order(payment_method="fake")  # 24.48
    part = PaymentEvent(
        provider="fake",
        event_id="e",
        order_number=order.number,
        kind=EventKind.SUCCEEDED,
        amount=Decimal("10.00"),
        currency="USD",
    )
    payments.record_event(part, at=NOW)
    client.force_login(carol())
    url = reverse("admin:orders_order_act", args=[order.pk, "mark-paid"])

    unexplained = client.post(url, {"rest_amount": "14.48"})
    assert list(unexplained.context["form"].errors) == ["note"]
    for form in ({}, {"rest_amount": "14.47", "note": "Cash"}):
        refused = client.post(url, form, follow=True).content.decode()
        assert "14.48 USD of it have not come in." in refused
    order.refresh_from_db()
    assert (order.status, order.payments.count()) == ("awaiting_payment", 1)

    client.post(url, {"rest_amount": "14.48", "note": "Cash at the counter"})

    order.refresh_from_db()
    assert order.status == "paid"
    assert [str(each) for each in order.payments.order_by("id")] == [
        "10.00 USD (fake)",
        "14.48 USD (offline)",
    ]
    assert order.events.get(kind="paid").note == "Cash at the counter"
