"""The steps on an order's page, where they differ from paid, packed and sent."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from catalog import prepared
from catalog.tests.factories import EditionFactory, preorderable
from orders import cancellation, fulfillment, gift_cards, withdrawal
from orders.models import GiftCard, Order, OrderLine, Seller, Shipment
from orders.tests.factories import gift_card_edition, make_order, shipping_method
from storefront.order_progress import steps

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
PAGE_QUERIES = 16  # of an order with gift cards, whatever their number


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


ONE, TWO, THREE = (NOW + datetime.timedelta(hours=hours) for hours in (1, 2, 3))


def with_parcels(*parcels: tuple[datetime.datetime | None, ...], **told: Any) -> Order:
    """A paid order of a book, with parcels that left and came then."""
    order = Order(pk=1, status=Order.Status.PAID, placed_at=NOW, paid_at=NOW, packed_at=NOW, **told)
    made = [Shipment(shipped_at=left, delivered_at=came) for left, came in parcels]
    prepared.remember(order, lines=[OrderLine(format="paperback", quantity=1)], shipments=made)
    return order


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (with_parcels((None, None)), ["On its way", None, None]),
        (with_parcels((ONE, None), (None, None)), ["Partly on its way", None, None]),
        (with_parcels((ONE, TWO), (None, None)), ["Partly on its way", None, None]),
        (with_parcels((ONE, None), (ONE, TWO), shipped_at=ONE), ["On its way", ONE, None]),
        (with_parcels((ONE, THREE), (ONE, TWO), shipped_at=ONE), ["On its way", ONE, THREE]),
        (with_parcels((ONE, None), shipped_at=ONE, completed_at=TWO), ["On its way", ONE, TWO]),
    ],
    ids=["packed", "a part", "a part came", "one came", "all came", "closed by staff"],
)
def test_an_order_has_arrived_when_all_of_it_has(order: Order, expected: list[Any]) -> None:
    sent, delivered = steps(order, on=TODAY)[-2:]
    assert [str(sent.label), sent.at, delivered.at] == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (with_parcels((None, None), collection_point="Shop"), [None, None]),
        (with_parcels((None, None), collection_point="Shop", ready_at=ONE), [ONE, None]),
        (with_parcels((TWO, TWO), collection_point="Shop", ready_at=ONE, shipped_at=TWO),
         [ONE, TWO]),
        (with_parcels((TWO, TWO), collection_point="Shop", shipped_at=TWO), [TWO, TWO]),
    ],
    ids=["packed", "announced", "collected", "collected at once"],
)  # fmt: skip
def test_what_is_collected_was_ready(order: Order, expected: list[Any]) -> None:
    assert [step.at for step in steps(order, on=TODAY)[-2:]] == expected


def sold_card(cards: int = 1) -> Order:
    """A paid order of gift cards, which were sent."""
    method = shipping_method("download")
    order = make_order(
        {gift_card_edition(): cards},
        placed_at=NOW,
        shipping_method=method,
        address=None,
        country="GB",
    )
    order.mark_paid(at=NOW)
    assert current(order) == ["Sent by e-mail"]
    gift_cards.issue_sold(order_id=order.pk)
    return Order.objects.get(pk=order.pk)


def test_a_gift_card_is_sent_as_soon_as_it_is_issued() -> None:
    assert current(sold_card()) == []


def test_a_book_with_a_gift_card_is_completed_when_it_arrives() -> None:
    order = make_order({gift_card_edition(): 1, EditionFactory.create(stock=1): 1}, placed_at=NOW)
    order.mark_paid(at=NOW)
    [parcel] = fulfillment.ship(order=order, at=NOW)
    fulfillment.deliver(shipment=parcel, at=NOW)
    order.refresh_from_db()
    assert order.status == "completed"


def test_an_order_whose_gift_card_was_used_says_so(client: Client) -> None:
    order = sold_card()
    client.get(order.get_guest_url())  # the session remembers whose it is
    address = f"{order.get_absolute_url()}cancellation/"
    page = client.get(address).content.decode()
    assert "You get all of $25.00 back" in page
    assert "shelf" not in page
    card = GiftCard.objects.sold_by(order).get()
    make_order({EditionFactory.create(stock=1): 1}, gift_card_codes=[card.code])
    assert not cancellation.is_open_to_customer(order)
    page = client.get(address).content.decode()
    assert "A gift card of this order was used." in page
    assert "danger" not in page
    assert "Cancel the order" not in client.get(order.get_guest_url()).content.decode()


@pytest.mark.parametrize("cards", [1, 8])
def test_queries_do_not_grow_with_the_gift_cards(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, cards: int
) -> None:
    order = sold_card(cards)
    assert GiftCard.objects.count() == cards
    with django_assert_num_queries(PAGE_QUERIES):
        assert "Cancel the order" in client.get(order.get_guest_url()).content.decode()


def test_the_last_day_to_withdraw_is_a_whole_day(client: Client) -> None:
    order = make_order({EditionFactory.create(stock=1): 1}, placed_at=NOW)
    order.mark_paid(at=NOW)
    [parcel] = fulfillment.ship(order=order, at=NOW)
    fulfillment.deliver(shipment=parcel, at=NOW)
    order.refresh_from_db()
    last = TODAY + datetime.timedelta(days=Seller.objects.current().withdrawal_days)
    end = withdrawal.period_end(order)
    assert end
    assert withdrawal.last_day(end) == last
    said = client.get(order.get_guest_url()).content.decode()
    assert f"until the end of {date_format(last)}." in said
    form = client.get(f"{order.get_absolute_url()}withdrawal/?token={order.token}").content.decode()
    assert f"<dd>{date_format(last)}</dd>" in form
