"""Parcels, the pick list and returns in the back office, and who may do what there."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from catalog import isbn
from catalog.models import Edition
from catalog.tests.factories import (
    EditionFactory,
    WorkFactory,
    main_shop,
    orderable,
    put_in_stock,
    store_room,
)
from orders import fulfillment, refunds, returns
from orders.models import Order, Return, Seller, Shipment
from orders.tests.factories import make_order, shipping_method
from orders.tests.test_cancellation import pay
from tests.people import alice

pytestmark = pytest.mark.django_db

PICK_LIST = "/admin/orders/order/pick-list/"


@pytest.fixture
def emma() -> Edition:
    """Five copies, at 9.99."""
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    return EditionFactory.create(work=work, stock=5)


def paid(lines: dict[Edition, int], **changes: Any) -> Order:
    order = make_order(lines, payment_method="fake", placed_at=timezone.now(), **changes)
    pay(order)
    order.refresh_from_db()
    return order


def url(order: Order, action: str) -> str:
    return reverse("admin:orders_order_act", args=[order.pk, action])


def page(client: Client, order: Order) -> str:
    response = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, shipment: Shipment, action: str, **form: str) -> str:
    """Press a parcel's button; what the order's page then says."""
    address = reverse("admin:orders_parcel_act", args=[shipment.order_id, shipment.pk, action])
    response = client.post(address, form)
    assert response.status_code == 303
    return client.get(response["Location"]).content.decode()


def copies(order: Order, quantity: int) -> dict[str, int]:
    return {f"copies_{order.lines.get().pk}": quantity}


def let_in(client: Client, *permissions: str) -> None:
    user = alice()
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


# --- Parcels --------------------------------------------------------------------------------------


def test_a_part_is_packed_and_sent(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 3})
    asked = client.get(url(order, "pack-part")).content.decode()
    assert f"Emma, Paperback, {isbn.hyphenated(emma.isbn13)} (at most 3)" in asked
    data = {**copies(order, 2), "key": "after-0", "location": str(main_shop().pk)}
    for _click in range(2):
        assert client.post(url(order, "pack-part"), data).status_code == 303
    parcel = order.shipments.get()
    assert parcel.quantity == 2

    said = press(client, parcel, "ship", carrier="DHL", tracking="JD1")
    assert "The parcel is on its way." in said
    assert "https://www.dhl.com/en/home/tracking.html?tracking-id=JD1" in said
    assert "Partly sent" in said
    said = press(client, parcel, "delivered")
    assert "The parcel is delivered." in said
    order.refresh_from_db()
    assert order.status == "paid"
    kinds = order.events.filter(actor=clerk).values_list("kind", flat=True)
    assert list(kinds) == ["packed", "shipped", "delivered"]


def test_two_who_pack_at_once_pack_one_parcel(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 3})
    data = {"key": "after-0", "location": ""}
    client.post(url(order, "pack-part"), {**data, **copies(order, 1)})
    response = client.post(url(order, "pack-part"), {**data, **copies(order, 2)}, follow=True)
    assert "Somebody else has just packed" in response.content.decode()
    assert order.shipments.get().quantity == 1


@pytest.mark.parametrize("quantity", [0, -1, 4, "1.5", "x", 10**9])
def test_a_quantity_that_cannot_be_packed(
    client: Client, clerk: User, emma: Edition, quantity: Any
) -> None:
    order = paid({emma: 3})
    response = client.post(url(order, "pack-part"), copies(order, quantity))
    assert response.status_code == 200
    assert "errornote" in response.content.decode()
    assert not Shipment.objects.exists()


def test_a_parcel_is_unpacked(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 2})
    [parcel] = fulfillment.pack(order=order, at=timezone.now())
    assert "The parcel is unpacked" in press(client, parcel, "unpack")
    assert "There is no such parcel any more." in press(client, parcel, "unpack")
    assert emma.stocks.get().allocated == 2


def test_a_collection_goes_over_the_counter(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 1}, shipping_method=shipping_method("collection"), address=None)
    [parcel] = fulfillment.pack(order=order, at=timezone.now())
    assert "Ready to collect" in press(client, parcel, "ready")
    assert "It is handed over." in press(client, parcel, "hand-over")
    order.refresh_from_db()
    assert order.status == "completed"


def test_a_parcels_page_asks_or_leads_back(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 1})
    [parcel] = fulfillment.pack(order=order, at=timezone.now())
    address = reverse("admin:orders_parcel_act", args=[order.pk, parcel.pk, "ship"])
    assert "Tracking number" in client.get(address).content.decode()
    assert client.get(address.replace("ship", "unpack")).status_code == 303
    assert client.get(address.replace("ship", "burn")).status_code == 404
    other = paid({EditionFactory.create(stock=1): 1})
    foreign = reverse("admin:orders_parcel_act", args=[other.pk, parcel.pk, "unpack"])
    assert client.post(foreign).status_code == 303
    parcel.refresh_from_db()
    assert parcel.shipped_at is None


def test_who_may_only_look_moves_no_parcel(client: Client, emma: Edition) -> None:
    order = paid({emma: 2})
    [parcel] = fulfillment.pack(order=order, at=timezone.now(), copies={emma.isbn13: 1})
    let_in(client, "view_order")
    said = page(client, order)
    assert "Unpack" not in said
    for action in ("ship", "unpack", "delivered", "ready", "hand-over"):
        address = reverse("admin:orders_parcel_act", args=[order.pk, parcel.pk, action])
        assert client.post(address).status_code == 403
    for action in ("pack-part", "cancel-part", "return"):
        assert client.post(url(order, action), copies(order, 1)).status_code == 403
    assert order.shipments.get() == parcel
    assert order.lines.get().canceled_quantity == 0


# --- The pick list --------------------------------------------------------------------------------


def test_the_pick_list_is_sorted_as_books_stand(client: Client, clerk: User, emma: Edition) -> None:
    Seller.objects.create(splits_orders=True)
    dracula = EditionFactory.create(
        work=WorkFactory.create(title="Dracula", author="Bram Stoker"), stock=9
    )
    rare, coming, room = EditionFactory.create(), EditionFactory.create(), store_room()
    put_in_stock(rare, 1, location=room)
    orderable(coming)
    first = paid({dracula: 1, emma: 2})
    second = paid({emma: 1, rare: 1, coming: 1})
    packed = paid({emma: 1})
    fulfillment.pack(order=packed, at=timezone.now())
    make_order({dracula: 1})  # not paid

    response = client.get(PICK_LIST)

    lists = response.context["lists"]
    assert [(each.location, each.quantity, each.order_count) for each in lists] == [
        (main_shop(), 4, 2), (room, 1, 1),
    ]  # fmt: skip
    picks = [(pick.line.title, pick.quantity) for pick in lists[0].picks]
    assert picks == [("Emma", 3), ("Dracula", 1)]
    shares = [(each.order, each.quantity, each.awaits_more) for each in lists[0].picks[0].shares]
    assert shares == [(first, 2, False), (second, 1, True)]
    said = response.content.decode()
    assert emma.isbn13 in said
    assert packed.number not in said
    assert "(more to come)" in said

    room_only = client.get(PICK_LIST, {"location": room.code})
    assert [each.location for each in room_only.context["lists"]] == [room]
    assert "There is nothing to pick" not in room_only.content.decode()


def test_a_pick_list_without_anything(client: Client, clerk: User) -> None:
    assert "There is nothing to pick" in client.get(PICK_LIST).content.decode()
    assert client.get(PICK_LIST, {"location": "nowhere"}).status_code == 200


@pytest.mark.parametrize("orders", [1, 12])
def test_the_pick_list_copes_with_many_orders(
    client: Client,
    clerk: User,
    emma: Edition,
    orders: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    put_in_stock(emma, 20)
    for _order in range(orders):
        paid({emma: 1, EditionFactory.create(stock=1): 1})
    with django_assert_num_queries(7):
        assert client.get(PICK_LIST).context["lists"][0].quantity == 2 * orders


def test_the_pick_list_is_for_who_may_see_orders(client: Client, emma: Edition) -> None:
    let_in(client, "view_work")
    assert client.get(PICK_LIST).status_code == 403
    assert Client().get(PICK_LIST).status_code == 302


# --- Returns --------------------------------------------------------------------------------------


@pytest.fixture
def of_return(emma: Edition) -> Return:
    """Two of three copies, asked for."""
    order = paid({emma: 3})
    fulfillment.ship(order=order, at=timezone.now())
    return returns.request_return(
        order=order, copies={emma.isbn13: 2}, at=timezone.now(), reason="Bent <cover>"
    )


def step(of_return: Return, slug: str) -> str:
    return reverse("admin:orders_return_act", args=[of_return.pk, slug])


def test_a_return_is_received_and_refunded(
    client: Client, clerk: User, of_return: Return, emma: Edition
) -> None:
    said = page(client, of_return.order)
    assert of_return.number in said
    assert "Bent &lt;cover&gt;" in said
    assert client.get("/admin/orders/order/?stage=returns").context["cl"].result_count == 1
    line = of_return.lines.get()
    asked = client.get(step(of_return, "receive")).content.decode()
    assert f"2 × {line.order_line.described}: on the shelf" in asked
    data = {
        f"restocked_{line.pk}": 1, f"written_off_{line.pk}": 1,
        "location": str(main_shop().pk), "note": "One is fine",
    }  # fmt: skip
    assert client.post(step(of_return, "receive"), data).status_code == 303
    assert emma.stocks.get().on_hand == 3

    shown = client.get(step(of_return, "refund")).content.decode()
    assert "$19.98" in shown
    assert "by way of “Pretended payment”" in shown
    preview = client.post(
        step(of_return, "refund"),
        {"step": "preview", "with_shipping": "on", "deduction_amount": "2.00"},
    ).content.decode()
    assert "$22.48" in preview
    assert of_return.order.refund_requests.count() == 0
    response = client.post(step(of_return, "refund"), {"deduction_amount": "2.00"}, follow=True)
    assert "The refund is under way or written down." in response.content.decode()
    of_return.refresh_from_db()
    assert of_return.status == "refunded"
    assert of_return.order.refund_requests.get().amount == Decimal("17.98")
    again = client.post(step(of_return, "refund"), {}, follow=True).content.decode()
    assert "not possible" in again
    done = LogEntry.objects.order_by("id").values_list("change_message", flat=True)
    assert list(done) == ["Receive", "Refund"]
    assert of_return.order.refund_requests.count() == 1


def test_what_was_given_back_before_is_proposed_as_a_deduction(
    client: Client, clerk: User, of_return: Return, emma: Edition
) -> None:
    order = of_return.order
    refunds.request_refund(order=order, amount=Decimal("4.00"), at=timezone.now())
    returns.receive(
        of_return=of_return, restocked={}, written_off={emma.isbn13: 2}, location=None,
        at=timezone.now(),
    )  # fmt: skip
    page = client.get(step(of_return, "refund")).content.decode()
    assert "$4.00 went back for this order before" in page
    assert 'name="deduction_amount" value="4.00"' in page
    assert "$15.98" in page
    # Staff knows that it was for the other copies: all the same they come to their price.
    client.post(step(of_return, "refund"), {"deduction_amount": ""})
    amounts = order.refund_requests.order_by("id").values_list("amount", flat=True)
    assert list(amounts) == [Decimal("4.00"), Decimal("19.98")]


def test_a_return_is_declined(client: Client, clerk: User, of_return: Return) -> None:
    empty = client.post(step(of_return, "decline"), {"reason": ""})
    assert empty.status_code == 200
    assert client.post(step(of_return, "decline"), {"reason": "Worn"}).status_code == 303
    of_return.refresh_from_db()
    assert (of_return.status, of_return.note) == ("declined", "Worn")


@pytest.mark.parametrize(
    "form",
    [
        {"restocked": 3},
        {"restocked": -1},
        {"restocked": 2, "written_off": 1},
        {"restocked": "x"},
        {},
    ],
)
def test_what_cannot_be_received(
    client: Client, clerk: User, of_return: Return, emma: Edition, form: dict[str, Any]
) -> None:
    line = of_return.lines.get()
    data = {f"{name}_{line.pk}": value for name, value in form.items()}
    client.post(step(of_return, "receive"), {**data, "location": str(main_shop().pk)})
    of_return.refresh_from_db()
    assert of_return.status == "requested"
    assert emma.stocks.get().on_hand == 2


@pytest.mark.parametrize("deduction", ["-1", "1000", "x"])
def test_what_cannot_be_deducted(
    client: Client, clerk: User, of_return: Return, emma: Edition, deduction: str
) -> None:
    returns.receive(
        of_return=of_return, restocked={}, written_off={emma.isbn13: 2}, location=None,
        at=timezone.now(),
    )  # fmt: skip
    client.post(step(of_return, "refund"), {"deduction_amount": deduction})
    of_return.refresh_from_db()
    assert of_return.status == "received"
    assert of_return.order.refund_requests.count() == 0


def test_receiving_and_refunding_need_their_own_permissions(
    client: Client, of_return: Return, emma: Edition
) -> None:
    let_in(client, "view_order", "view_return", "change_return")
    assert client.get(step(of_return, "refund")).status_code == 403
    line = of_return.lines.get()
    assert client.post(step(of_return, "receive"), {f"written_off_{line.pk}": 1}).status_code == 303
    shown = client.get(reverse("admin:orders_return_change", args=[of_return.pk]))
    assert "refund/" not in shown.content.decode()
    assert client.post(step(of_return, "refund"), {}).status_code == 403
    of_return.refresh_from_db()
    assert of_return.status == "received"
    assert client.get("/admin/orders/return/").status_code == 200
    assert client.get(step(of_return, "burn")).status_code == 404


def test_who_may_only_look_receives_nothing(client: Client, of_return: Return) -> None:
    let_in(client, "view_return")
    for slug in ("receive", "decline", "refund"):
        assert client.post(step(of_return, slug), {"reason": "x"}).status_code == 403
    of_return.refresh_from_db()
    assert of_return.status == "requested"


def test_staff_notes_a_return(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 2})
    fulfillment.ship(order=order, at=timezone.now())
    data = {**copies(order, 1), "reason": "By telephone", "key": "k"}
    for _click in range(2):
        client.post(url(order, "return"), data)
    made = Return.objects.get()
    assert (made.actor, made.reason) == (clerk, "By telephone")
