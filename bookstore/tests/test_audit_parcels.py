"""What the audit says of parcels and returns that do not add up."""

import pytest
from django.utils import timezone

from bookstore.audit import findings
from catalog.tests.factories import EditionFactory
from orders import fulfillment, returns
from orders.models import Order, ReturnLine, ShipmentLine
from orders.tests.factories import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    """Two copies, paid."""
    order = make_order({EditionFactory.create(stock=5): 2})
    order.mark_paid(at=timezone.now())
    return order


def found(words: str) -> list[str]:
    return [line for line in findings() if words in line]


def test_more_packed_than_allocated(order: Order) -> None:
    fulfillment.pack(order=order, at=timezone.now())
    assert found("packed") == []
    ShipmentLine.objects.update(quantity=3)
    isbn13 = order.lines.get().isbn13
    assert found("packed") == [f"order {order.number}: 3 of {isbn13} packed, 2 allocated"]


def test_more_back_than_left(order: Order) -> None:
    isbn13 = order.lines.get().isbn13
    fulfillment.ship(order=order, at=timezone.now())
    returns.request_return(order=order, copies={isbn13: 2}, at=timezone.now())
    assert found("come back") == []
    ReturnLine.objects.update(quantity=3)
    assert found("come back") == [f"order {order.number}: 3 of {isbn13} come back, 2 left"]
