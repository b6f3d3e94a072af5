"""Money in the back office: refunds, canceling what is paid, and who sells."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.tests.factories import EditionFactory
from orders import cancellation, fulfillment, picking, refunds
from orders.models import Refund, Seller
from orders.tests.factories import make_order, named_seller, shipping_method
from orders.tests.test_admin import ORDERS, do, let_in, many, paid, placed, url

pytestmark = pytest.mark.django_db


def test_refund_once_and_never_too_much(client: Client, clerk: User) -> None:
    order = paid()
    key = client.get(url(order, "refund")).context["form"]["key"].value()
    for _click in range(2):
        page = do(client, order, "refund", amount="4.48", reason="Torn", key=key)
        assert "is under way or written down" in page
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.actor) == (Decimal("4.48"), "Torn", clerk)
    assert "At most 20.00 USD can be refunded, not 20.01." in do(
        client, order, "refund", amount="20.01", key="other"
    )
    assert Refund.objects.count() == 1
    assert client.post(url(order, "refund"), {"amount": "x"}).status_code == 200
    for unclear in ({}, {"amount": "1.00", "is_all": "on"}):
        asked = client.post(url(order, "refund"), unclear)
        assert list(asked.context["form"].errors) == ["amount"]
    assert list(asked.context["sums"].values()) == [Decimal("20.00"), 0, Decimal("20.00")]
    assert Refund.objects.count() == 1
    do(client, order, "refund", is_all="on")
    assert order.received_amount == 0


def test_an_order_whose_money_has_gone_back_is_to_be_canceled(client: Client, clerk: User) -> None:
    order, packed, kept = paid(), paid(), paid()
    fulfillment.pack(order=packed, at=timezone.now())
    for each in (order, packed):
        page = do(client, each, "refund", is_all="on")
        assert "no gift card is issued. Please cancel it, so that its copies are for sale" in page
        buttons = client.get(url(each)).context["buttons"]
        assert [button.action.label for button in buttons if button.is_next] == ["Cancel the order"]
        assert not {"Pack", "Pack a part", "Ship"} & {str(each.action.label) for each in buttons}
        assert "cannot be shipped. All of its money has gone back" in do(client, each, "ship")
    [parcel] = client.get(url(packed)).context["parcels"]
    assert [button["action"].label for button in parcel["buttons"]] == ["Unpack"]
    assert "cannot be packed. All of its money has gone back" in do(client, order, "pack")
    asked = many(client, [order, packed, kept], "ship")
    assert asked.context["left_out"] == [order.number, packed.number]
    assert client.get(ORDERS, {"stage": "to_pick"}).context["cl"].result_list.get() == kept
    assert [each.quantity for each in picking.pick_lists(on=timezone.localdate())] == [2]
    do(client, order, "cancel")
    assert order.status == "canceled"


def test_the_start_page_leads_to_the_orders_whose_money_has_gone_back(
    client: Client, clerk: User
) -> None:
    named_seller()
    at = timezone.now()
    orders, partly, kept = [paid(), paid()], paid(), paid()
    fulfillment.pack(order=orders[1], at=at)
    for each in orders:  # as a program may, or somebody at the provider's
        refunds.request_refund(order=each, at=at)
    refunds.request_refund(order=partly, at=at, amount=Decimal("1.00"))

    duties = client.get("/admin/").context["duties"]

    assert [(duty.number, duty.text) for duty in duties] == [
        (2, "orders to cancel: their money has gone back"),
        (2, "orders to pack"),
    ]
    listed = [{*client.get(duty.url).context["cl"].result_list} for duty in duties]
    assert listed == [{*orders}, {partly, kept}]
    for each in orders:
        each.cancel(actor=clerk, at=at)
    assert [duty.text for duty in client.get("/admin/").context["duties"]] == ["orders to pack"]


def test_what_costs_nothing_is_sent_though_nothing_is_kept(client: Client, clerk: User) -> None:
    gift = EditionFactory.create(stock=1, price=Decimal("0.00"))
    bought = EditionFactory.create(stock=1)
    order = make_order(
        {gift: 1, bought: 1}, placed_at=timezone.now(), address=None,
        shipping_method=shipping_method("collection"),
    )  # fmt: skip
    order.mark_paid(at=timezone.now())
    copies = {bought.isbn13: 1}
    cancellation.cancel_copies(order=order, copies=copies, at=timezone.now(), actor=clerk)
    assert order.refundable_amount == 0
    assert "is packed." in do(client, order, "pack")


def test_who_may_not_refund_cancels_only_what_is_not_paid(client: Client) -> None:
    let_in(client, "view_order", "change_order")
    unpaid, order = placed(), paid()
    copies = {f"copies_{order.lines.get().pk}": "1"}
    assert "/cancel" not in client.get(url(order)).content.decode()
    for action, form in (("cancel", {}), ("cancel-part", copies)):
        assert client.get(url(order, action)).status_code == 303
        assert "please ask somebody who may refund" in do(client, order, action, **form)
    assert (order.status, order.lines.get().canceled_quantity) == ("paid", 0)
    assert not order.refund_requests.exists()
    assert f"Order {unpaid.number} is canceled." in do(client, unpaid, "cancel")
    refunds.request_refund(order=order, at=timezone.now())
    assert f"Order {order.number} is canceled." in do(client, order, "cancel")  # nothing is left


def test_who_sells_is_filled_in_before_anything_is_sold(client: Client, clerk: User) -> None:
    [duty] = client.get("/admin/").context["duties"]
    assert (duty.number, duty.is_urgent) == (None, True)
    assert "Fill in the seller before you sell" in duty.text
    assert client.get(duty.url).status_code == 200
    seller = Seller.objects.create(legal_name="Lamplight Books Ltd", address=" ")
    [duty] = client.get("/admin/").context["duties"]
    assert client.get(duty.url).context["original"] == seller
    seller.address = "1 Broad Street"
    seller.save()
    assert client.get("/admin/").context["duties"] != []
    seller.email = "shop@example.com"
    seller.save()
    assert client.get("/admin/").context["duties"] == []
    let_in(client, "view_order")
    Seller.objects.all().delete()
    assert client.get("/admin/").context["duties"] == []
