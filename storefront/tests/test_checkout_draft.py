"""What was typed into the checkout is kept while the basket is changed, and no longer."""

import re
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from caching import store
from catalog.models import Edition
from orders.models import Basket, GiftCard, Order
from storefront import checkout_draft
from storefront.tests import shopping
from storefront.tests.shopping import WISH, hidden, order_with, put
from tests import people

pytestmark = pytest.mark.django_db

TYPED = {**WISH, "shipping_method": "express", "country": "FR"}


@pytest.fixture
def emma(client: Client) -> Edition:
    """One of hers in the client's basket."""
    edition = shopping.emma()
    put(client, edition)
    return edition


def change_the_basket(client: Client, **fields: str) -> None:
    response = client.post("/checkout/", {**hidden(client), **TYPED, **fields, "act": "basket"})
    assert (response.status_code, response["Location"]) == (303, "/basket/")


def page(client: Client) -> str:
    return client.get("/checkout/").content.decode()


def is_filled_in(client: Client) -> bool:
    return any(text in page(client) for text in ("Greta", "12 Long Lane", 'value="FR" selected'))


def test_it_is_there_again(client: Client, emma: Edition) -> None:
    card = GiftCard.objects.issue(Decimal(10), currency="USD")
    change_the_basket(client, gift_card=card.code, voucher="SPRING", email="half@")
    assert client.get("/live/visitor").json()["basket_quantity"] == 1
    put(client, emma)
    shown = page(client)
    assert "2 × Emma" in shown
    for value in ("half@", "Greta Guest", "12 Long Lane", "London", "EC1A 9PT", "SPRING"):
        assert f'value="{value}"' in shown
    assert '<option value="FR" selected>' in shown
    assert re.search(r'name="shipping_method" value="express"[^>]* checked', shown)
    assert f'name="gift_card" value="{card.code}"' in shown
    assert "Error" not in shown
    assert is_filled_in(client)  # the page can be loaded again


def test_an_order_ends_it(client: Client, emma: Edition) -> None:
    change_the_basket(client)
    order = order_with(client)
    put(client, emma)
    assert not is_filled_in(client)
    assert client.get(order.get_absolute_url()).status_code == 200


def test_nobody_else_sees_it(client: Client, emma: Edition) -> None:
    change_the_basket(client)
    other = Client()
    put(other, emma)
    assert not is_filled_in(other)
    people.alice()
    client.post("/account/login/", {"login": "alice@example.com", "password": people.PASSWORD})
    assert not is_filled_in(client)
    assert "Alice Liddell" in page(client)


def test_it_is_kept_for_an_hour_and_nowhere_else(client: Client, emma: Edition) -> None:
    change_the_basket(client)
    key = checkout_draft.key(Basket.objects.get().pk)
    assert 0 < store.client().ttl(key) <= 3600
    assert not Session.objects.exists()
    assert is_filled_in(client)
    store.client().delete(key)
    assert not is_filled_in(client)


@pytest.mark.usefixtures("redis_gone")
def test_without_redis_the_form_is_empty(client: Client, emma: Edition) -> None:
    change_the_basket(client)
    assert not is_filled_in(client)


def test_no_more_is_kept_than_the_form_has(client: Client, emma: Edition) -> None:
    change_the_basket(client, name="x" * 5000, line1="a\x00b", other="y")
    typed = checkout_draft.read(Basket.objects.get().pk)
    assert typed.getlist("name") == ["x" * 254]
    assert not {"other", "basket", "act", "csrfmiddlewaretoken"} & typed.keys()
    assert client.get("/checkout/").status_code == 200
    assert not Order.objects.exists()
