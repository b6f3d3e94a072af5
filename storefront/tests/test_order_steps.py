"""The steps on an order's page, where they differ from paid, packed and sent."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from catalog.tests.factories import EditionFactory, preorderable
from orders import fulfillment
from orders.models import Order
from orders.tests.factories import make_order, shipping_method
from storefront.order_progress import steps

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TODAY = timezone.localdate(NOW)


def labels(order: Order) -> list[str]:
    return [str(step.label) for step in steps(order, on=TODAY)]


def current(order: Order) -> list[str]:
    return [str(step.label) for step in steps(order, on=TODAY) if step.is_current]


def test_a_preorder_waits_for_its_day() -> None:
    out = TODAY + datetime.timedelta(days=100)
    edition = EditionFactory.create(publication_date=out)
    preorderable(edition)
    order = make_order({edition: 1}, placed_at=NOW)
    order.mark_paid(at=NOW)
    assert current(order) == [f"Expected on {date_format(out)}"]


def test_who_pays_at_the_counter_collects_before_paying(client: Client) -> None:
    order = make_order(
        {EditionFactory.create(stock=1): 1},
        placed_at=NOW,
        shipping_method=shipping_method("collection"),
    )
    assert labels(order) == ["Placed", "Ready to collect", "Paid", "Collected"]
    [shipment] = fulfillment.pack(order=order, at=NOW)
    fulfillment.announce(shipment=shipment, at=NOW)
    order = Order.objects.get()
    assert current(order) == ["Paid"]
    page = client.get(order.get_guest_url()).content.decode()
    assert "Your books are ready. Please come and collect them." in page
    assert "Ready to collect, not paid" in page
