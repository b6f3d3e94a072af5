"""Books that are here before they are out: packed a few days ahead, gone on the day itself."""

import datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from catalog.models import Edition
from catalog.tests.factories import EditionFactory, preorderable, put_in_stock
from orders import fulfillment, picking, readiness, waiting
from orders.models import Order, WrongState
from orders.tests.factories import make_order, shipping_method
from tests.people import carol

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAY = datetime.timedelta(days=1)
OUT = TODAY + 30 * DAY


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def early() -> Edition:
    """Out in thirty days."""
    edition = EditionFactory.create(publication_date=OUT, price=Decimal("9.99"))
    preorderable(edition)
    return edition


def served(early: Edition, *others: Edition, method: str = "standard") -> Order:
    """A paid pre-order whose copies have come early."""
    order = make_order(
        dict.fromkeys((early, *others), 1),
        placed_at=NOW,
        shipping_method=shipping_method(method),
    )
    order.mark_paid(at=NOW)
    put_in_stock(early, 2)
    waiting.serve([early.isbn13], at=NOW)
    return order


def picked(day: datetime.date) -> list[tuple[str, datetime.date | None]]:
    lists = picking.pick_lists(on=day)
    return [(pick.line.isbn13, pick.out_date) for each in lists for pick in each.picks]


def test_it_is_picked_a_few_days_ahead_and_marked(early: Edition) -> None:
    order = served(early)
    ahead = OUT - readiness.PACKED_AHEAD
    for day, is_listed in ((TODAY, False), (ahead - DAY, False), (ahead, True), (OUT, True)):
        orders = picking.at_stage(Order.objects.all(), picking.Stage.TO_PICK, on=day)
        assert orders.filter(pk=order.pk).exists() is is_listed
        assert bool(picked(day)) is is_listed
    assert picked(ahead) == [(early.isbn13, OUT)]
    assert picked(OUT) == [(early.isbn13, None)]


@pytest.mark.parametrize(
    ("date", "text"),
    [
        ("publication_date", "out on {}: pack it"),
        ("embargo_date", "not to be sold before {}: pack"),
    ],
)
def test_the_pick_list_says_until_when_it_is_kept(
    client: Client, clerk: User, date: str, text: str
) -> None:
    edition = EditionFactory.create(price=Decimal("9.99"), **{date: TODAY + 2 * DAY})
    preorderable(edition)
    served(edition)
    client.force_login(clerk)
    page = client.get(reverse("admin:orders_pick_list")).content.decode()
    assert text.format(date_format(TODAY + 2 * DAY)) in page


def test_it_leaves_on_its_day_and_not_before(early: Edition, clerk: User) -> None:
    order = served(early)
    for verb in (fulfillment.pack, fulfillment.ship):
        with pytest.raises(WrongState, match="is out on"):
            verb(order=order, at=NOW, actor=clerk)
        with pytest.raises(WrongState, match="is out on"):
            verb(order=order, at=NOW, actor=clerk, copies={early.isbn13: 1})
    assert not order.shipments.exists()

    eve = NOW + 29 * DAY
    [shipment] = fulfillment.pack(order=order, at=eve, actor=clerk)
    with pytest.raises(WrongState, match="is out on"):
        fulfillment.ship_packed(shipment=shipment, at=eve, actor=clerk)
    with pytest.raises(WrongState, match="is out on"):
        fulfillment.ship(order=order, at=eve, actor=clerk)
    assert not order.shipments.gone().exists()
    assert early.stocks.get().on_hand == 2

    fulfillment.ship(order=order, at=eve + DAY, actor=clerk)
    assert order.status == "shipped"


def test_the_rest_of_the_order_does_not_wait(early: Edition) -> None:
    emma = EditionFactory.create(stock=1)
    order = served(early, emma)
    assert picked(TODAY) == [(emma.isbn13, None)]
    [shipment] = fulfillment.ship(order=order, at=NOW)
    assert [line.order_line.isbn13 for line in shipment.lines.all()] == [emma.isbn13]
    assert (order.status, order.packed_at) == ("paid", None)


def test_nobody_is_called_to_the_counter_for_it(early: Edition) -> None:
    order = served(early, method="collection")
    [shipment] = fulfillment.pack(order=order, at=NOW + 29 * DAY)
    with pytest.raises(WrongState, match="is out on"):
        fulfillment.announce(shipment=shipment, at=NOW + 29 * DAY)
    shipment.refresh_from_db()
    assert shipment.ready_at is None


def test_shipping_many_says_why_it_stays(client: Client, early: Edition, clerk: User) -> None:
    order = served(early)
    client.force_login(clerk)
    answer = client.post(
        reverse("admin:orders_order_changelist"),
        {"action": "ship", "_selected_action": [order.pk], "confirmed": "yes"},
        follow=True,
    )
    assert "is out on" in answer.content.decode()
    assert not order.shipments.exists()
