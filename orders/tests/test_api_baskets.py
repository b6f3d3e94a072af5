"""Baskets over the API, and the ways of shipping and paying."""

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory
from orders.models import Basket, BasketLine, Order, ShippingMethod
from orders.models.basket import MAX_LINES
from tests.people import alice

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    content = "" if body is None else json.dumps(body)
    return client.post(f"/api/v1/{path}", content, content_type="application/json", headers=headers)


def new_basket(client: Client) -> str:
    basket_id: str = post(client, "baskets").json()["id"]
    return basket_id


def emma(**fields: Any) -> Edition:
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    edition: Edition = EditionFactory.create(work=work, **{"stock": 5, **fields})
    return edition


def fields(response: Any) -> list[str]:
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    return [error["field"] for error in response.json()["errors"]]


def test_start_a_basket_and_add_copies(client: Client) -> None:
    edition = emma(price=Decimal("12.50"))

    started = post(client, "baskets")
    assert started.status_code == 201
    assert list(started.json()) == ["id"]
    path = f"baskets/{started.json()['id']}/lines"
    post(client, path, {"isbn13": edition.isbn13, "quantity": 1})
    response = post(client, path, {"isbn13": edition.isbn13, "quantity": 2})

    assert response.status_code == 201
    assert response.json() == {
        "id": started.json()["id"],
        "lines": [
            {
                "isbn13": edition.isbn13,
                "title": "Emma",
                "quantity": 3,
                "unit_amount": "12.50",
                "total_amount": "37.50",
                "previous_amount": None,
                "problem": "",
                "promise": "",
            }
        ],
        "subtotal_amount": "37.50",
        "currency": "USD",
    }
    assert client.get(f"/api/v1/baskets/{started.json()['id']}").json() == response.json()
    assert "Set-Cookie" not in response
    assert Basket.objects.get().user is None


def test_a_line_says_what_is_wrong_with_it(client: Client) -> None:
    edition = emma(stock=2)
    path = f"baskets/{new_basket(client)}/lines"
    response = post(client, path, {"isbn13": edition.isbn13, "quantity": 3})
    assert [line["problem"] for line in response.json()["lines"]] == ["Only 2 left."]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"quantity": 1}, "isbn13"),
        ({"isbn13": "9780156907393", "quantity": 1}, "isbn13"),
        ({"isbn13": "9780156907392", "quantity": 1}, "isbn13"),  # sound, but not ours
        ({"isbn13": 9780156907392, "quantity": 1}, "isbn13"),
        ({"isbn13": "x" * 100_000, "quantity": 1}, None),
        ({"isbn13": "OURS", "quantity": -1}, "quantity"),
        ({"isbn13": "OURS", "quantity": 0}, "quantity"),
        ({"isbn13": "OURS", "quantity": 51}, "quantity"),
        ({"isbn13": "OURS", "quantity": "2"}, "quantity"),
        ({"isbn13": "OURS", "quantity": 1.5}, "quantity"),
        ({"isbn13": "OURS", "quantity": True}, "quantity"),
        ({"isbn13": "OURS", "quantity": None}, "quantity"),
    ],
)
def test_a_wrong_line_is_refused_by_field(
    client: Client, body: dict[str, Any], field: str | None
) -> None:
    edition = emma()
    sent = {name: edition.isbn13 if value == "OURS" else value for name, value in body.items()}
    response = post(client, f"baskets/{new_basket(client)}/lines", sent)
    if field is None:
        assert response.status_code == 413
    else:
        assert fields(response) == [field]
    assert not BasketLine.objects.exists()


def test_a_line_does_not_grow_beyond_the_limit(client: Client) -> None:
    edition = emma()
    path = f"baskets/{new_basket(client)}/lines"
    post(client, path, {"isbn13": edition.isbn13, "quantity": 50})
    response = post(client, path, {"isbn13": edition.isbn13, "quantity": 1})
    assert fields(response) == ["quantity"]
    assert response.json()["detail"] == "Choose a quantity from 1 to 50 of each title."
    assert BasketLine.objects.get().quantity == 50


def test_a_basket_does_not_grow_beyond_the_limit(client: Client) -> None:
    basket = Basket.objects.create()
    work = WorkFactory.create()
    editions = EditionFactory.create_batch(MAX_LINES, work=work)
    BasketLine.objects.bulk_create(
        BasketLine(basket=basket, edition=edition, quantity=1) for edition in editions
    )
    response = post(client, f"baskets/{basket.pk}/lines", {"isbn13": emma().isbn13, "quantity": 1})
    assert response.status_code == 409
    assert response.json()["code"] == "basket_full"
    assert basket.lines.count() == MAX_LINES


def test_what_has_no_price_is_not_for_sale(client: Client) -> None:
    edition = emma(price=False)
    body = {"isbn13": edition.isbn13, "quantity": 1}
    response = post(client, f"baskets/{new_basket(client)}/lines", body)
    assert response.status_code == 409
    assert response.json()["code"] == "not_for_sale"
    assert response.json()["isbn13"] == edition.isbn13
    assert not BasketLine.objects.exists()


def test_other_peoples_and_unknown_baskets_are_not_found(client: Client) -> None:
    edition = emma()
    hers = Basket.objects.create(user=alice())
    body = {"isbn13": edition.isbn13, "quantity": 1}
    for basket_id in (hers.pk, uuid.uuid4(), "1", "../orders", "%00"):
        response = post(client, f"baskets/{basket_id}/lines", body)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
    assert client.get(f"/api/v1/baskets/{hers.pk}").status_code == 404
    assert not BasketLine.objects.exists()


def test_a_basket_is_read_in_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: Any
) -> None:
    basket = Basket.objects.create()
    for count in (1, 12):
        for _place in range(count):
            basket.add(emma())
        with django_assert_num_queries(2):
            client.get(f"/api/v1/baskets/{basket.pk}")


def test_shipping_methods(client: Client) -> None:
    ShippingMethod.objects.filter(code="express").update(is_active=False)
    answer = client.get("/api/v1/shipping-methods").json()
    assert answer["next"] is None
    assert [item["code"] for item in answer["items"]] == ["standard", "collection", "download"]
    assert answer["items"][0] == {
        "code": "standard",
        "name": "Standard delivery",
        "amount": "4.50",
        "requires_address": True,
    }


def test_payment_methods(client: Client) -> None:
    answer = client.get("/api/v1/payment-methods").json()
    assert [item["code"] for item in answer["items"]] == ["fake", "offline"]
    assert answer["items"][1]["amount"] == "0.00"
    with override_settings(FAKE_PAYMENTS=False):
        answer = client.get("/api/v1/payment-methods").json()
    assert [item["code"] for item in answer["items"]] == ["offline"]


def test_openapi_describes_the_contract(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {
        (path, method) for path, methods in document["paths"].items() for method in methods
    } >= {
        ("/api/v1/editions", "get"),
        ("/api/v1/editions/{isbn13}", "get"),
        ("/api/v1/baskets", "post"),
        ("/api/v1/baskets/{basket_id}/lines", "post"),
        ("/api/v1/orders", "post"),
        ("/api/v1/orders/{number}", "get"),
        ("/api/v1/shipping-methods", "get"),
        ("/api/v1/payment-methods", "get"),
        ("/api/v1/stock/{isbn13}", "get"),
        ("/api/v1/stock/{isbn13}", "put"),
        ("/api/v1/orders/{number}/shipments", "post"),
        ("/api/v1/orders/{number}/refunds", "post"),
        ("/api/v1/orders/{number}/cancellation", "post"),
    }
    assert not Order.objects.exists()
