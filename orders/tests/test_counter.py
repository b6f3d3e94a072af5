"""Orders that are collected, and paid when they are."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import cancellation, expiry, fulfillment, picking
from orders.models import Order, OrderEvent, Payment, Shipment, WrongState
from orders.tests.factories import NOW, make_order, shipping_method
from tests.audited import assert_books_in_order
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
TODAY = timezone.localdate(NOW)


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def emma() -> Edition:
    """Two copies in the shop, at 9.99."""
    return EditionFactory.create(stock=2)


@pytest.fixture
def order(emma: Edition) -> Order:
    """One of them, to be paid at the counter."""
    return make_order({emma: 1}, shipping_method=shipping_method("collection"))


def pack(order: Order) -> Shipment:
    [shipment] = fulfillment.pack(order=order, at=NOW)
    return shipment


def told(kind: str) -> int:
    return [job["kind"] for job in waiting_jobs("orders.send_message")].count(kind)


def numbers(stage: picking.Stage) -> list[str]:
    orders = picking.at_stage(Order.objects.all(), stage, on=TODAY)
    return list(orders.values_list("number", flat=True))


def test_it_is_picked_packed_and_announced_unpaid(order: Order, clerk: User) -> None:
    [pick_list] = picking.pick_lists(on=TODAY)
    [share] = pick_list.picks[0].shares
    assert (share.order, share.is_unpaid) == (order, True)
    assert numbers(picking.Stage.TO_PICK) == [order.number]

    shipment = pack(order)
    assert (order.stage, picking.pick_lists(on=TODAY)) == ("Packed, not paid", [])
    late = NOW + 6 * DAY
    fulfillment.announce(shipment=shipment, at=late, actor=clerk)
    order.refresh_from_db()
    assert (order.status, order.stage) == ("awaiting_payment", "Ready to collect, not paid")
    assert order.expires_at == late + 7 * DAY  # time to come, though the hold was almost over
    assert told("ready") == 1
    assert numbers(picking.Stage.TO_COLLECT) == [order.number]


def test_it_is_handed_over_as_soon_as_it_is_paid(order: Order, clerk: User) -> None:
    shipment = pack(order)
    with pytest.raises(WrongState):
        fulfillment.ship_packed(shipment=shipment, at=NOW, actor=clerk)
    assert not Payment.objects.exists()

    fulfillment.hand_over_paid(shipment=shipment, at=NOW, actor=clerk)
    order.refresh_from_db()
    assert (order.status, order.paid_at) == ("completed", NOW)
    payment = order.payments.get()
    assert (payment.provider, payment.amount, payment.actor) == (
        "offline", order.total_amount, clerk,
    )  # fmt: skip
    fulfillment.hand_over_paid(shipment=shipment, at=NOW + DAY, actor=clerk)  # a second click
    assert order.payments.count() == 1
    assert_books_in_order()


def test_what_nobody_collects_goes_back(order: Order, emma: Edition, clerk: User) -> None:
    shipment = pack(order)
    fulfillment.announce(shipment=shipment, at=NOW, actor=clerk)
    order.refresh_from_db()
    assert order.expires_at
    assert expiry.cancel_expired(now=order.expires_at) == 1
    order.refresh_from_db()
    assert (order.status, order.packed_at, order.ready_at) == ("canceled", None, None)
    assert (emma.stocks.get().allocated, order.shipments.count()) == (0, 0)
    unpacked = order.events.get(kind=OrderEvent.Kind.UNPACKED)
    assert f"1 × {order.lines.get().title}" in unpacked.note
    assert order.needs_attention  # the parcel lies at the counter
    with pytest.raises(WrongState):
        fulfillment.hand_over_paid(shipment=shipment, at=NOW, actor=clerk)
    assert not Payment.objects.exists()
    assert_books_in_order()


def test_its_customer_can_cancel_it_as_long_as_it_is_unpaid(order: Order, emma: Edition) -> None:
    pack(order)
    assert cancellation.is_open_to_customer(order)
    cancellation.cancel_for_customer(order=order, at=NOW)
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("canceled", True)
    assert emma.stocks.get().allocated == 0


@pytest.mark.parametrize(
    ("payment_method", "method"), [("offline", "standard"), ("fake", "collection")]
)
def test_others_are_paid_first(emma: Edition, payment_method: str, method: str) -> None:
    order = make_order(
        {emma: 1}, payment_method=payment_method, shipping_method=shipping_method(method)
    )
    assert picking.pick_lists(on=TODAY) == []
    with pytest.raises(WrongState):
        fulfillment.pack(order=order, at=NOW)
    assert not order.shipments.exists()


def test_the_counter_takes_the_money_with_one_button(
    client: Client, order: Order, clerk: User
) -> None:
    client.force_login(clerk)
    shipment = pack(order)
    fulfillment.announce(shipment=shipment, at=NOW, actor=clerk)
    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "Paid now: hand over" in page
    assert ">Hand over<" not in page
    client.post(reverse("admin:orders_parcel_act", args=[order.pk, shipment.pk, "hand-over-paid"]))
    order.refresh_from_db()
    assert order.status == "completed"
    assert order.received_amount == order.total_amount
