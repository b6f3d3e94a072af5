"""Orders over the API: placed once for each key, read by token, refused without a trace."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Edition, Format, Price, Stock, StockMovement
from orders.models import Basket, Order
from orders.tests.test_api_baskets import emma, fields, post
from tests.people import alice

pytestmark = pytest.mark.django_db

ADDRESS = {
    "name": "Alice Liddell",
    "line1": "1 Deanery Garden",
    "line2": "",
    "city": "Oxford",
    "postcode": "OX1 1DP",
    "country": "gb",
}


def basket_of(*editions: Edition, quantity: int = 1) -> Basket:
    basket = Basket.objects.create()
    for edition in editions:
        basket.add(edition, quantity)
    return basket


def order_body(basket: Basket, /, **changes: Any) -> dict[str, Any]:
    return {
        "basket": str(basket.pk),
        "email": "alice@example.com",
        "shipping_address": ADDRESS,
        "shipping_method": "standard",
        "payment_method": "offline",
        **changes,
    }


def place(client: Client, body: Any, key: str = "key-1") -> Any:
    return post(client, "orders", body, **{"Idempotency-Key": key})


def assert_nothing_was_ordered() -> None:
    assert not Order.objects.exists()
    assert not StockMovement.objects.filter(kind=StockMovement.Kind.ALLOCATE).exists()
    assert Basket.objects.filter(user=None).exists()


def test_place_an_order(client: Client) -> None:
    edition = emma(price=Decimal("12.50"))

    response = place(client, order_body(basket_of(edition, quantity=2)))

    assert response.status_code == 201
    answer = response.json()
    order = Order.objects.get()
    assert answer["number"] == order.number
    assert answer["token"] == order.token
    assert answer["status"] == "awaiting_payment"
    assert answer["email"] == "alice@example.com"
    assert answer["lines"] == [
        {
            "isbn13": edition.isbn13,
            "title": "Emma",
            "quantity": 2,
            "unit_amount": "12.50",
            "total_amount": "25.00",
            "discount_amount": "0.00",
            "tax_rate": None,
            "tax_amount": "0.00",
            "supply": "stock",
            "awaited_quantity": 0,
            "promised_date": None,
        }
    ]
    assert answer["tax_lines"] == []
    assert answer["payable_amount"] == "29.50"
    assert answer["subtotal_amount"] == "25.00"
    assert answer["shipping_amount"] == "4.50"
    assert answer["total_amount"] == "29.50"
    assert answer["currency"] == "USD"
    assert answer["payment_url"] == ""
    assert answer["shipments"] == []
    assert order.shipping_country == "GB"
    assert Stock.objects.get().allocated == 2
    assert not Basket.objects.exists()


def test_pay_by_the_fake_gateway(client: Client) -> None:
    answer = place(client, order_body(basket_of(emma()), payment_method="fake")).json()
    assert answer["payment_url"].startswith(f"/orders/{answer['number']}/fake-payment/")


def test_collect_without_an_address(client: Client) -> None:
    body = order_body(basket_of(emma()), shipping_method="collection")
    del body["shipping_address"]
    assert place(client, body).json()["shipping_amount"] == "0.00"
    assert Order.objects.get().shipping_line1 == ""


def test_the_same_key_and_body_give_the_same_order(client: Client) -> None:
    body = order_body(basket_of(emma()))
    first = place(client, body)
    again = place(client, dict(reversed(body.items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Order.objects.count() == 1
    assert Stock.objects.get().allocated == 1


def test_the_same_key_with_another_body_is_refused(client: Client) -> None:
    edition = emma()
    body = order_body(basket_of(edition))
    place(client, body)
    for other in ({**body, "email": "bob@example.com"}, order_body(basket_of(edition))):
        assert fields(place(client, other)) == ["Idempotency-Key"]
    assert Order.objects.count() == 1
    assert Stock.objects.get().allocated == 1


def test_a_basket_is_ordered_once_whatever_the_key(client: Client) -> None:
    body = order_body(basket_of(emma()))
    place(client, body)
    response = place(client, body, key="key-2")
    assert response.status_code == 409
    assert response.json()["detail"] == "This basket has been ordered already."
    assert "token" not in response.json()
    assert Order.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", "x" * 151, "é", "a\tb"])
def test_a_key_is_needed(client: Client, key: str | None) -> None:
    body = order_body(basket_of(emma()))
    headers = {} if key is None else {"Idempotency-Key": key}
    response = post(client, "orders", body, **headers)
    assert fields(response) == ["Idempotency-Key"]
    assert_nothing_was_ordered()


def test_lines_short_of_stock_are_named(client: Client) -> None:
    plenty, few, none = emma(stock=5), emma(stock=1), emma(stock=0)

    response = place(client, order_body(basket_of(plenty, few, none, quantity=2)))

    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "out_of_stock"
    assert response.json()["lines"] == [
        {"isbn13": few.isbn13, "wanted": 2, "available": 1},
        {"isbn13": none.isbn13, "wanted": 2, "available": 0},
    ]
    assert_nothing_was_ordered()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basket": "1"}, "basket"),
        ({"basket": None}, "basket"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b\x00.org"}, "email"),
        ({"email": f"{'x' * 250}@example.com"}, "email"),
        ({"shipping_method": "dragon"}, "shipping_method"),
        ({"shipping_method": "download"}, "shipping_method"),
        ({"payment_method": "stripe"}, "payment_method"),
        ({"payment_method": 3}, "payment_method"),
        ({"shipping_address": None}, "shipping_address"),
        ({"shipping_address": {**ADDRESS, "country": "England"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "country": "ZZ"}}, "shipping_address.country"),
        ({"shipping_address": {**ADDRESS, "name": "A\nB"}}, "shipping_address.name"),
        ({"shipping_address": {**ADDRESS, "name": " "}}, "shipping_address.name"),
        ({"shipping_address": {**ADDRESS, "city": "\x00"}}, "shipping_address.city"),
        ({"shipping_address": {**ADDRESS, "line1": "x" * 201}}, "shipping_address.line1"),
        ({"shipping_address": {**ADDRESS, "name": "\ud800"}}, "shipping_address.name"),
    ],
)
def test_a_wrong_order_is_refused_by_field(
    client: Client, changes: dict[str, Any], field: str
) -> None:
    response = place(client, order_body(basket_of(emma()), **changes))
    assert fields(response) == [field]
    assert_nothing_was_ordered()


def test_files_need_the_method_for_files(client: Client) -> None:
    ebook = emma(format=Format.EBOOK, stock=0)
    assert fields(place(client, order_body(basket_of(ebook)))) == ["shipping_method"]
    body = order_body(basket_of(ebook), shipping_method="download", shipping_address=None)
    assert place(client, body).status_code == 201


def test_an_empty_basket_and_one_with_a_withdrawn_edition(client: Client) -> None:
    assert fields(place(client, order_body(basket_of()))) == ["basket"]
    edition = emma()
    basket = basket_of(edition)
    Price.objects.all().delete()
    response = place(client, order_body(basket))
    assert response.status_code == 409
    assert response.json()["code"] == "not_for_sale"
    assert response.json()["isbn13"] == edition.isbn13
    assert_nothing_was_ordered()


def test_other_peoples_and_unknown_baskets_are_not_found(client: Client) -> None:
    hers = Basket.objects.create(user=alice())
    hers.add(emma())
    assert place(client, order_body(hers)).status_code == 404
    assert place(client, order_body(Basket(pk=uuid.uuid4()))).status_code == 404
    assert not Order.objects.exists()
    assert hers.lines.count() == 1


def test_read_an_order_by_its_token(client: Client) -> None:
    placed = place(client, order_body(basket_of(emma()))).json()
    number, token = placed["number"], placed["token"]

    assert client.get(f"/api/v1/orders/{number}", {"token": token}).json() == placed
    typed = number.replace("-", "").lower()
    assert client.get(f"/api/v1/orders/{typed}", {"token": token}).status_code == 200


@pytest.mark.parametrize("token", [None, "", "x", "é", "\x00", "x" * 100])
def test_a_forged_token_finds_nothing(client: Client, token: str | None) -> None:
    number = place(client, order_body(basket_of(emma()))).json()["number"]
    response = client.get(f"/api/v1/orders/{number}", {} if token is None else {"token": token})
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("number", ["7K3Q-9XWM-2TPA", "x" * 500, "%00", "%C3%A9", "0"])
def test_an_unknown_number_finds_nothing(client: Client, number: str) -> None:
    assert client.get(f"/api/v1/orders/{number}?token=x").status_code == 404


def test_a_cookie_opens_no_order(client: Client) -> None:
    owner = alice()
    number = place(client, order_body(basket_of(emma()))).json()["number"]
    Order.objects.update(user=owner)
    client.force_login(owner)
    assert client.get(f"/api/v1/orders/{number}").status_code == 404


def test_an_order_is_read_in_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: Any
) -> None:
    for count in (1, 12):
        body = order_body(basket_of(*(emma() for _place in range(count))))
        placed = place(client, body, key=str(count)).json()
        with django_assert_num_queries(3):
            client.get(f"/api/v1/orders/{placed['number']}", {"token": placed["token"]})
