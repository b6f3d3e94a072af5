"""Orders that go in several parcels, from several places, or over the counter."""

import datetime
from typing import Any

import pytest

from accounts.models import User
from catalog.models import Edition, Format, Location
from catalog.tests.factories import EditionFactory, main_shop, orderable, put_in_stock, store_room
from orders import fulfillment, readiness
from orders.models import Allocation, Order, Seller, Shipment, WrongState
from orders.tests.factories import NOW, make_order, shipping_method
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(days=1)


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def emma() -> Edition:
    """Five copies in the shop."""
    return EditionFactory.create(stock=5)


@pytest.fixture
def persuasion() -> Edition:
    """Five copies in the shop."""
    return EditionFactory.create(stock=5)


def paid(lines: dict[Edition, int], **changes: Any) -> Order:
    order = make_order(lines, **changes)
    order.mark_paid(at=NOW)
    return order


def contents(shipment: Shipment) -> dict[str, int]:
    return {line.order_line.isbn13: line.quantity for line in shipment.lines.all()}


def told(kind: str) -> list[str]:
    return [
        str(job["reference"]) for job in waiting_jobs("orders.send_message") if job["kind"] == kind
    ]


def test_an_order_goes_in_two_parcels(emma: Edition, persuasion: Edition, clerk: User) -> None:
    order = paid({emma: 3, persuasion: 1})

    [first] = fulfillment.pack(order=order, at=NOW, actor=clerk, copies={emma.isbn13: 2})
    assert contents(first) == {emma.isbn13: 2}
    assert order.packed_at is None
    fulfillment.ship_packed(shipment=first, at=NOW, carrier="DHL", tracking="JD 1", actor=clerk)
    order.refresh_from_db()
    assert (order.status, order.shipped_at) == ("paid", None)
    assert emma.stocks.get().on_hand == 3
    assert Allocation.objects.filter(order_line__isbn13=emma.isbn13).get().quantity == 1

    [second] = fulfillment.ship(order=order, at=LATER, actor=clerk)
    assert contents(second) == {emma.isbn13: 1, persuasion.isbn13: 1}
    assert order.status == "shipped"
    assert order.packed_at == order.shipped_at == LATER
    assert not Allocation.objects.exists()
    assert told("shipped") == [str(first.pk), str(second.pk)]

    fulfillment.deliver(shipment=first, at=LATER, actor=clerk)
    order.refresh_from_db()
    assert order.status == "shipped"
    fulfillment.deliver(shipment=second, at=LATER, actor=clerk)
    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("completed", LATER)
    assert told("delivered") == [str(first.pk), str(second.pk)]
    kinds = list(order.events.filter(actor=clerk).values_list("kind", flat=True))
    assert kinds == [
        "packed", "shipped", "packed", "shipped", "delivered", "delivered", "completed",
    ]  # fmt: skip


def test_copies_at_two_places_make_two_parcels(emma: Edition, persuasion: Edition) -> None:
    Seller.objects.create(splits_orders=True)
    room = store_room()
    rare = EditionFactory.create()
    put_in_stock(rare, 2, location=room)
    order = paid({emma: 1, rare: 2})

    shipments = fulfillment.pack(order=order, at=NOW)

    assert {shipment.location: contents(shipment) for shipment in shipments} == {
        main_shop(): {emma.isbn13: 1},
        room: {rare.isbn13: 2},
    }
    assert order.packed_at == NOW
    fulfillment.ship_packed(shipment=shipments[1], at=NOW)
    assert rare.stocks.get().on_hand == 0
    assert emma.stocks.get(location=main_shop()).allocated == 1


def test_one_place_is_packed_alone(emma: Edition) -> None:
    Seller.objects.create(splits_orders=True)
    rare, room = EditionFactory.create(), store_room()
    put_in_stock(rare, 2, location=room)
    order = paid({emma: 1, rare: 2})
    [shipment] = fulfillment.pack(order=order, at=NOW, location=room)
    assert contents(shipment) == {rare.isbn13: 2}
    elsewhere = Location.objects.create(code="far", name="Far away", priority=9)
    with pytest.raises(readiness.NotThere):
        fulfillment.pack(order=order, at=NOW, location=elsewhere)
    assert Shipment.objects.count() == 1


def test_what_has_yet_to_come_cannot_be_packed(emma: Edition) -> None:
    coming = EditionFactory.create()
    orderable(coming)
    order = paid({emma: 1, coming: 2})
    with pytest.raises(readiness.NotThere) as refusal:
        fulfillment.pack(order=order, at=NOW, copies={coming.isbn13: 1})
    assert refusal.value.short == {coming.isbn13: 0}

    [shipment] = fulfillment.ship(order=order, at=NOW)

    assert contents(shipment) == {emma.isbn13: 1}
    assert (order.status, order.packed_at) == ("paid", None)
    with pytest.raises(WrongState):
        fulfillment.ship(order=order, at=LATER)
    assert Shipment.objects.count() == 1


@pytest.mark.parametrize("copies", [{"x": 4}, {"x": 0}, {"x": -1}, {"other": 1}])
def test_no_more_is_packed_than_there_is(emma: Edition, copies: dict[str, int]) -> None:
    order = paid({emma: 3})
    numbers = {"x": emma.isbn13, "other": "9780000000002"}
    with pytest.raises(readiness.NotThere):
        fulfillment.pack(
            order=order, at=NOW, copies={numbers[name]: n for name, n in copies.items()}
        )
    assert not Shipment.objects.exists()


def test_what_is_packed_is_not_packed_again(emma: Edition) -> None:
    order = paid({emma: 3})
    fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 2})
    with pytest.raises(readiness.NotThere) as refusal:
        fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 2})
    assert refusal.value.short == {emma.isbn13: 1}
    fulfillment.pack(order=order, at=NOW)
    with pytest.raises(WrongState):
        fulfillment.pack(order=order, at=NOW)
    assert [contents(each)[emma.isbn13] for each in order.shipments.all()] == [2, 1]


def test_the_same_key_packs_once(emma: Edition) -> None:
    order = paid({emma: 3})
    first = fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 1}, key="k")
    assert fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 1}, key="k") == first
    with pytest.raises(fulfillment.PackedOtherwise):
        fulfillment.pack(order=order, at=NOW, copies={emma.isbn13: 2}, key="k")
    assert Shipment.objects.count() == 1


def test_the_same_key_ships_once(emma: Edition) -> None:
    order = paid({emma: 3})
    first = fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1}, key="k")
    assert fulfillment.ship(order=order, at=NOW, copies={emma.isbn13: 1}, key="k") == first
    assert emma.stocks.get().on_hand == 4


def test_unpacking_takes_a_parcel_apart(emma: Edition, clerk: User) -> None:
    order = paid({emma: 2})
    [shipment] = fulfillment.pack(order=order, at=NOW)
    fulfillment.unpack(shipment=shipment, at=LATER, actor=clerk)
    order.refresh_from_db()
    assert (order.packed_at, order.shipments.count()) == (None, 0)
    assert emma.stocks.get().allocated == 2
    assert order.events.get(kind="unpacked").actor == clerk
    fulfillment.unpack(shipment=shipment, at=LATER)  # a second click
    assert order.events.filter(kind="unpacked").count() == 1
    [gone] = fulfillment.ship(order=order, at=LATER)
    with pytest.raises(WrongState):
        fulfillment.unpack(shipment=gone, at=LATER)
    assert order.shipments.count() == 1


def test_an_order_is_collected_at_the_counter(emma: Edition, clerk: User) -> None:
    order = paid({emma: 1}, shipping_method=shipping_method("collection"), address=None)
    [parcel] = fulfillment.pack(order=order, at=NOW, actor=clerk)
    for _click in range(2):
        fulfillment.announce(shipment=parcel, at=NOW, actor=clerk)
    order.refresh_from_db()
    assert order.ready_at == parcel.ready_at == NOW
    assert told("ready") == [str(parcel.pk)]

    for _click in range(2):
        fulfillment.ship_packed(shipment=parcel, at=LATER, actor=clerk)

    order.refresh_from_db()
    assert (parcel.shipped_at, parcel.delivered_at) == (LATER, LATER)
    assert (order.status, order.completed_at) == ("completed", LATER)
    kinds = list(order.events.values_list("kind", flat=True))
    assert kinds == ["placed", "paid", "packed", "ready", "handed_over", "completed"]
    assert told("shipped") == [str(parcel.pk)]
    assert emma.stocks.get().on_hand == 4


def test_what_is_sent_is_never_announced_for_collection(emma: Edition) -> None:
    order = paid({emma: 1})
    [parcel] = fulfillment.pack(order=order, at=NOW)
    with pytest.raises(WrongState):
        fulfillment.announce(shipment=parcel, at=NOW)
    parcel.refresh_from_db()
    assert parcel.ready_at is None


def test_a_parcel_arrives_only_after_it_left(emma: Edition) -> None:
    order = paid({emma: 1})
    [parcel] = fulfillment.pack(order=order, at=NOW)
    with pytest.raises(WrongState):
        fulfillment.deliver(shipment=parcel, at=NOW)
    fulfillment.ship_packed(shipment=parcel, at=NOW, carrier="DHL")
    with pytest.raises(WrongState):
        fulfillment.ship_packed(shipment=parcel, at=NOW, carrier="UPS")
    for _click in range(2):
        fulfillment.deliver(shipment=parcel, at=LATER)
    assert order.events.filter(kind="delivered").count() == 1


def test_an_order_with_a_file_is_completed_by_staff(emma: Edition, clerk: User) -> None:
    order = paid({emma: 1, EditionFactory.create(format=Format.EBOOK): 1})
    [parcel] = fulfillment.ship(order=order, at=NOW)
    fulfillment.deliver(shipment=parcel, at=LATER)
    order.refresh_from_db()
    assert order.status == "shipped"
    fulfillment.complete(order=order, at=LATER, actor=clerk)
    assert order.status == "completed"


@pytest.mark.parametrize(
    ("carrier", "tracking", "url"),
    [
        ("DHL", "JD 01", "https://www.dhl.com/en/home/tracking.html?tracking-id=JD01"),
        (" dhl", "JD/1", "https://www.dhl.com/en/home/tracking.html?tracking-id=JD%2F1"),
        ("DHL", "", ""),
        ("A friend", "1", ""),
    ],
)
def test_known_carriers_show_where_a_parcel_is(carrier: str, tracking: str, url: str) -> None:
    assert Shipment(carrier=carrier, tracking=tracking).tracking_url == url
