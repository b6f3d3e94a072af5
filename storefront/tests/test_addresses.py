"""The customer's address book: what may stand in it, and whose it is."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Address
from storefront.forms import MAX_ADDRESSES
from tests import people

pytestmark = pytest.mark.django_db

HOME = {
    "name": "Alice Liddell",
    "line1": "1 Tom Quad",
    "line2": "",
    "city": "Oxford",
    "postcode": "OX1 1DP",
    "country": "GB",
}


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_the_address_book(client: Client) -> None:
    alice = people.alice()
    client.force_login(alice)
    assert "No address yet." in text(client, "/account/addresses/")
    assert client.post("/account/addresses/new/", HOME).status_code == 303
    address = alice.addresses.get()
    assert "1 Tom Quad" in text(client, "/account/addresses/")
    changed: dict[str, Any] = {**HOME, "line1": "2 Tom Quad"}
    client.post(f"/account/addresses/{address.pk}/", changed)
    assert alice.addresses.get().line1 == "2 Tom Quad"
    client.post(f"/account/addresses/{address.pk}/removal/")
    assert alice.addresses.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Please enter the name"),
        ("line1", "x" * 201, "at most 200 characters"),
        ("postcode", "", "Please enter the postcode."),
        ("country", "ZZ", "Select a valid choice."),
        ("city", "\x00", "Null characters are not allowed."),
    ],
)
def test_a_bad_address(client: Client, field: str, value: str, words: str) -> None:
    client.force_login(people.alice())
    response = client.post("/account/addresses/new/", {**HOME, field: value})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Address.objects.count() == 0


def test_an_address_stands_in_the_book_once(client: Client) -> None:
    alice = people.alice()
    address = Address.objects.create(user=alice, **HOME)
    client.force_login(alice)
    response = client.post("/account/addresses/new/", HOME)
    assert response.status_code == 422
    assert "This address is in your address book already." in response.content.decode()
    assert alice.addresses.count() == 1
    assert client.post(f"/account/addresses/{address.pk}/", HOME).status_code == 303


def test_a_full_address_book(client: Client) -> None:
    alice = people.alice()
    Address.objects.bulk_create(Address(user=alice, **HOME) for _each in range(MAX_ADDRESSES))
    client.force_login(alice)
    assert client.post("/account/addresses/new/", HOME).status_code == 303
    assert alice.addresses.count() == MAX_ADDRESSES


def test_bob_cannot_touch_alices_addresses(client: Client) -> None:
    address = Address.objects.create(user=people.alice(), **HOME)
    client.force_login(people.bob())
    path = f"/account/addresses/{address.pk}/"
    assert client.get(path).status_code == 404
    assert client.post(path, {**HOME, "line1": "Bob's"}).status_code == 404
    assert client.post(f"{path}removal/").status_code == 404
    assert Address.objects.get().line1 == "1 Tom Quad"
