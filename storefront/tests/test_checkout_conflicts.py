"""What comes between a customer and the order: others who were quicker, changes, forgery."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Edition, Price, Stock
from orders.models import Basket, Order, ShippingMethod
from orders.tests.factories import BasketFactory, make_voucher, shipping_method, submit
from storefront.tests import shopping
from storefront.tests.shopping import WISH, hidden, order_with, put
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


def test_sent_twice(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    first = client.post("/checkout/", form)
    second = client.post("/checkout/", form)
    assert first.status_code == second.status_code == 303
    order = Order.objects.get()
    assert second["Location"] == f"/orders/{order.number}/"
    assert Stock.objects.get().allocated == 1


def test_sent_twice_while_the_next_basket_is_being_filled(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    client.post("/checkout/", form)
    put(client, emma, 3)
    assert client.post("/checkout/", form)["Location"] == f"/orders/{Order.objects.get().number}/"
    assert Basket.objects.get().quantity == 3


@pytest.mark.parametrize("act", ["voucher", "remove_voucher"])
def test_a_voucher_for_a_basket_that_is_ordered_at_this_moment(
    client: Client, emma: Edition, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    make_voucher()
    put(client, emma)
    client.post("/basket/quantities/", {"voucher": "TEN"} if act == "remove_voucher" else {})
    form = {**hidden(client), **WISH, "act": act, "voucher": "TEN"}
    monkeypatch.setattr(Basket, "set_voucher_code", once_ordered(Basket.set_voucher_code))
    response = client.post("/checkout/", form)
    assert (response.status_code, response["Location"]) == (303, f"/orders/{number()}/")
    assert client.get(response["Location"]).status_code == 200


def once_ordered(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb of a basket that becomes an order just before."""

    def act(basket: Basket, *given: str) -> None:
        submit(Basket.objects.get(), placed_at=timezone.now())
        verb(basket, *given)

    return act


def number() -> str:
    return Order.objects.get().number


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_member", [False, True])
def test_sent_many_times_at_once(emma: Edition, is_member: bool) -> None:
    shipping_method()
    client = Client()
    if is_member:
        client.force_login(people.alice())
    put(client, emma)
    form = {**hidden(client), **WISH}
    cookie = client.cookies["visitor"].value

    def send() -> str:
        twin = Client()
        twin.cookies["visitor"] = cookie
        try:
            response = twin.post("/checkout/", form)
            return f"{response.status_code} {response.get('Location')}"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = {future.result() for future in [pool.submit(send) for _each in range(8)]}
    assert answers == {f"303 /orders/{Order.objects.get().number}/"}
    assert Stock.objects.get().allocated == 1
    assert client.get(f"/orders/{Order.objects.get().number}/").status_code == 200


def test_another_visitors_basket_cannot_be_ordered(client: Client, emma: Edition) -> None:
    alices = BasketFactory.create(user=people.alice(), lines={emma: 2})
    put(client, emma)
    form = {**hidden(client), **WISH, "basket": str(alices.pk)}
    response = client.post("/checkout/", form)
    assert response.status_code == 409
    assert "Your basket has changed since this page was opened" in response.content.decode()
    assert Order.objects.count() == 0
    assert alices.quantity == 2


def test_another_visitors_order_is_not_given_away(emma: Edition) -> None:
    alices, bobs = Client(), Client()
    put(alices, emma)
    form = {**hidden(alices), **WISH}
    alices.post("/checkout/", form)
    response = bobs.post("/checkout/", form)
    assert response.status_code == 200
    assert Order.objects.get().number not in response.content.decode()


@pytest.mark.parametrize("basket", ["", "x", "\x00", "0b9f6a1e-7c1d-4f5b-9a52-3f1c2d4e5f60"])
def test_a_forged_basket_id(client: Client, emma: Edition, basket: str) -> None:
    put(client, emma)
    response = client.post("/checkout/", {**hidden(client), **WISH, "basket": basket})
    assert response.status_code == 409
    assert Order.objects.count() == 0


def test_somebody_was_quicker(client: Client, emma: Edition) -> None:
    put(client, emma, 3)
    form = {**hidden(client), **WISH}
    Stock.objects.get().adjust(-3, reason="Sold at the counter")
    response = client.post("/checkout/", form)
    page = response.content.decode()
    assert response.status_code == 409
    assert "“Emma”: only 2 copies are left, you wanted 3." in page
    assert f'name="take" value="{emma.isbn13}:2"' in page
    assert Order.objects.count() == 0

    taken = client.post("/checkout/", {**form, "take": f"{emma.isbn13}:2"})
    page = taken.content.decode()
    assert taken.status_code == 200
    assert 'value="12 Long Lane"' in page  # nothing that was typed is lost
    assert "$29.50" in page
    assert "Please check" not in page
    assert Order.objects.count() == 0
    assert order_with(client).lines.get().quantity == 2


def test_what_is_known_to_be_short_cannot_be_bought(client: Client, emma: Edition) -> None:
    put(client, emma, 6)
    page = client.get("/checkout/").content.decode()
    assert "Some of it cannot be ordered as it is:" in page
    assert not re.search(r'<button class="button wide"[^>]*>Buy now', page)
    assert 'name="act" value="update"' in pressed_by_enter(page)
    response = client.post("/checkout/", {**hidden(client), **WISH})  # a page of before
    assert response.status_code == 409
    assert "There are not enough copies" in response.content.decode()
    assert not Order.objects.exists()


def test_enter_buys(client: Client, emma: Edition) -> None:
    put(client, emma)
    assert "name=" not in pressed_by_enter(client.get("/checkout/").content.decode())


def pressed_by_enter(page: str) -> str:
    """The first button of the checkout's form, in it or not."""
    before, _form, inside = page.partition('<form class="checkout"')
    button = re.search(r'<button[^>]* form="checkout"[^>]*>', before) or re.search(
        r"<button[^>]*>", inside
    )
    assert button
    return button.group()


def test_sold_out_at_the_last_moment(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    Stock.objects.get().adjust(-5, reason="Sold at the counter")
    page = client.post("/checkout/", form).content.decode()
    assert "“Emma” is sold out." in page
    taken = client.post("/checkout/", {**form, "take": f"{emma.isbn13}:0"})
    assert "There is nothing to order yet" in taken.content.decode()
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    "take", ["", ":", "\x00", "x:1", "2900000000018:1", "%s:-1", "%s:9999", "%s:²"]
)
def test_a_forged_fix_changes_nothing(client: Client, emma: Edition, take: str) -> None:
    put(client, emma)
    value = take % emma.isbn13 if "%s" in take else take.replace("2900000000018", "2999999999993")
    response = client.post("/checkout/", {**hidden(client), **WISH, "take": value})
    assert response.status_code == 200
    assert Basket.objects.get().quantity == 1
    assert Order.objects.count() == 0


def test_a_price_that_changed_meanwhile(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    Price.objects.update(amount=Decimal("14.00"))
    response = client.post("/checkout/", form)
    page = response.content.decode()
    assert response.status_code == 409
    assert "“Emma”: <del>1 × $12.50</del> → <strong>1 × $14.00</strong>" in page
    assert "Total: <del>$17.00</del> → <strong>$18.50</strong>" in page
    assert 'name="expected_total_standard" value="18.50"' in page
    assert 'value="12 Long Lane"' in page
    assert Order.objects.count() == 0
    assert order_with(client).total_amount == Decimal("18.50")


def test_a_shipping_price_that_changed_meanwhile(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    ShippingMethod.objects.filter(code="standard").update(amount=Decimal("6.00"))
    response = client.post("/checkout/", form)
    assert response.status_code == 409
    assert "Delivery: <del>$4.50</del> → <strong>$6.00</strong>" in response.content.decode()
    assert Order.objects.count() == 0


def test_what_is_no_longer_for_sale(client: Client, emma: Edition) -> None:
    put(client, emma)
    form = {**hidden(client), **WISH}
    Edition.objects.update(is_offered=False)
    response = client.post("/checkout/", form)
    assert response.status_code == 409
    assert "“Emma” is not for sale." in response.content.decode()
    assert Order.objects.count() == 0
