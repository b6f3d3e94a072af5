"""The terms of an order over the API: shipping by country, vouchers, gift cards, agreed totals."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Edition, Format, Price
from catalog.tests.factories import EditionFactory
from orders import tax_tables
from orders.models import (
    Basket,
    GiftCard,
    GiftCardMovement,
    Order,
    Seller,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    Voucher,
    VoucherUse,
)
from orders.tests.test_api_baskets import emma, fields
from orders.tests.test_api_orders import (
    ADDRESS,
    assert_nothing_was_ordered,
    basket_of,
    order_body,
    place,
)
from tests.people import alice, bob, carol

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> Edition:
    return emma(price=Decimal("12.50"))


@pytest.fixture
def basket(book: Edition) -> Basket:
    return basket_of(book)


def send_to(*countries: str, amount: str = "3.00") -> None:
    zone = ShippingZone.objects.create(name="Zone", countries=list(countries))
    method = ShippingMethod.objects.get(code="standard")
    ShippingRate.objects.create(method=method, zone=zone, amount=Decimal(amount))


def methods(client: Client, **query: str) -> Any:
    return client.get("/api/v1/shipping-methods", query)


def amounts(client: Client, **query: str) -> dict[str, str]:
    return {item["code"]: item["amount"] for item in methods(client, **query).json()["items"]}


def card(amount: str = "10.00") -> GiftCard:
    return GiftCard.objects.issue(Decimal(amount), currency="USD")


def test_what_ways_cost_for_a_basket(client: Client, basket: Basket) -> None:
    send_to("GB")
    pk = str(basket.pk)
    assert amounts(client) == {
        "standard": "4.50", "express": "9.50", "collection": "0.00", "download": "0.00",
    }  # fmt: skip
    assert amounts(client, basket=pk, country="gb") == {
        "standard": "3.00", "express": "9.50", "collection": "0.00",
    }  # fmt: skip
    assert amounts(client, basket=pk, country="NO") == {"express": "9.50", "collection": "0.00"}
    assert amounts(client, basket=pk) == {"express": "9.50", "collection": "0.00"}
    Seller.objects.create(country="GB")
    assert amounts(client, basket=pk)["standard"] == "3.00"


def test_files_are_downloaded(client: Client) -> None:
    basket = basket_of(EditionFactory.create(format=Format.EBOOK))
    assert amounts(client, basket=str(basket.pk), country="NO") == {"download": "0.00"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "Norway"}, "country"),
        ({"basket": "1"}, "basket"),
    ],
)
def test_a_wrong_question_is_refused(client: Client, query: dict[str, str], field: str) -> None:
    response = methods(client, **query)
    assert response.status_code == 422
    assert fields(response) == [field]


def test_an_unknown_basket_and_a_customers_own_are_not_found(client: Client) -> None:
    theirs = Basket.objects.create(user=alice())
    for pk in (str(theirs.pk), "00000000-0000-4000-8000-000000000000"):
        response = methods(client, basket=pk)
        assert response.status_code == 404
        assert response.json()["detail"] == "There is no such basket."


def test_a_country_that_is_not_served(client: Client, basket: Basket) -> None:
    send_to("FR")
    response = place(client, order_body(basket))
    assert response.status_code == 422
    assert fields(response) == ["shipping_address.country"]
    assert "does not go to this country" in response.json()["detail"]
    assert_nothing_was_ordered()


def test_a_voucher_and_gift_cards(client: Client, basket: Basket) -> None:
    Voucher.objects.create(code="SPRING", kind="percentage", percent=Decimal(10))
    one, other = card("10.00"), card("3.00")
    body = order_body(
        basket, voucher="spring", gift_cards=[one.code, other.code], expected_total_amount="15.75"
    )
    response = place(client, body)
    assert response.status_code == 201
    answer = response.json()
    assert {name: answer[name] for name in _AMOUNTS} == {
        "subtotal_amount": "12.50",
        "discount_amount": "1.25",
        "shipping_amount": "4.50",
        "total_amount": "15.75",
        "gift_card_amount": "13.00",
        "payable_amount": "2.75",
    }
    assert answer["voucher_code"] == "SPRING"
    assert answer["lines"][0]["discount_amount"] == "1.25"
    assert place(client, body).json()["number"] == answer["number"]
    assert VoucherUse.objects.count() == 1
    assert GiftCardMovement.objects.filter(kind="redeem").count() == 2


_AMOUNTS = (
    "subtotal_amount", "discount_amount", "shipping_amount", "total_amount", "gift_card_amount",
    "payable_amount",
)  # fmt: skip


def test_the_tax_is_listed_by_rate(client: Client) -> None:
    tax_tables.load()
    Seller.objects.create(country="DE")
    basket = basket_of(EditionFactory.create(stock=1, price=Decimal("10.70")))
    body = order_body(basket, shipping_address={**ADDRESS, "country": "DE"})
    assert place(client, body).json()["tax_lines"] == [
        {"country": "DE", "rate": "7.00", "gross_amount": "15.20", "tax_amount": "0.99"}
    ]


def test_another_total_than_expected(client: Client, basket: Basket) -> None:
    Price.objects.update(amount=Decimal("14.00"))
    response = place(client, order_body(basket, expected_total_amount="17.00"))
    assert response.status_code == 409
    problem = response.json()
    assert problem["code"] == "amount_changed"
    assert (problem["expected_amount"], problem["actual_amount"]) == ("17.00", "18.50")
    assert_nothing_was_ordered()
    agreed = order_body(basket, expected_total_amount="18.50")
    assert place(client, agreed, key="key-2").status_code == 201


def test_another_part_by_gift_card_than_expected(client: Client, basket: Basket) -> None:
    spent = card("10.00")
    body = order_body(basket, gift_cards=[spent.code], expected_total_amount="17.00")
    spent.adjust(Decimal("-4.00"), reason="Spent elsewhere", actor=carol())
    response = place(client, {**body, "expected_payable_amount": "7.00"})
    assert response.status_code == 409
    problem = response.json()
    assert (problem["code"], problem["actual_amount"]) == ("amount_changed", "11.00")
    assert_nothing_was_ordered()
    agreed = {**body, "expected_payable_amount": "11.00"}
    assert place(client, agreed, key="key-2").json()["payable_amount"] == "11.00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expected_payable_amount": "-1"}, "expected_payable_amount"),
        ({"voucher": "NONE"}, "voucher"),
        ({"voucher": "A" * 41}, "voucher"),
        ({"voucher": "\x00"}, "voucher"),
        ({"voucher": ["SPRING"]}, "voucher"),
        ({"gift_cards": ["AAAA-BBBB-CCCC-DDDD"]}, "gift_cards"),
        ({"gift_cards": "AAAA-BBBB-CCCC-DDDD"}, "gift_cards"),
        ({"gift_cards": ["A"] * 6}, "gift_cards"),
        ({"gift_cards": ["A" * 41]}, "gift_cards.0"),
        ({"gift_cards": [""]}, "gift_cards.0"),
        ({"gift_cards": [7]}, "gift_cards.0"),
        ({"gift_cards": {"0": "A"}}, "gift_cards"),
        ({"expected_total_amount": "-1"}, "expected_total_amount"),
        ({"expected_total_amount": 17.0}, "expected_total_amount"),
        ({"expected_total_amount": "17.001"}, "expected_total_amount"),
        ({"expected_total_amount": "NaN"}, "expected_total_amount"),
        ({"expected_total_amount": "1" + "0" * 30}, "expected_total_amount"),
        ({"country": "XX"}, "country"),
    ],
)
def test_wrong_terms_are_refused_by_field(
    client: Client, basket: Basket, changes: dict[str, Any], field: str
) -> None:
    response = place(client, order_body(basket, **changes))
    assert response.status_code == 422
    assert fields(response) == [field]
    assert_nothing_was_ordered()


@pytest.mark.parametrize(
    ("voucher", "message"),
    [
        ({"valid_to": "2020-01-01T00:00Z"}, "This voucher ended"),
        ({"email": "bob@example.com"}, "belongs to another e-mail address"),
        ({"max_uses": 1, "used_count": 1}, "has been used up"),
        ({"minimum_amount": "50.00"}, "Add books for another $37.50"),
    ],
)
def test_a_voucher_that_does_not_hold(
    client: Client, basket: Basket, voucher: dict[str, Any], message: str
) -> None:
    Voucher.objects.create(code="SPRING", kind="percentage", percent=Decimal(10), **voucher)
    response = place(client, order_body(basket, voucher="SPRING"))
    assert response.status_code == 422
    assert fields(response) == ["voucher"]
    assert message in response.json()["detail"]
    assert_nothing_was_ordered()
    assert not VoucherUse.objects.exists()


def test_a_gift_card_that_is_empty(client: Client, basket: Basket) -> None:
    empty = card("5.00")
    empty.redeem(Decimal("5.00"), order=_paid_before(client), at=Order.objects.get().placed_at)
    response = place(client, order_body(basket, gift_cards=[empty.code]), key="key-2")
    assert response.status_code == 422
    assert fields(response) == ["gift_cards"]
    assert Order.objects.count() == 1
    assert Basket.objects.filter(pk=basket.pk).exists()


def _paid_before(client: Client) -> Order:
    place(client, order_body(basket_of(EditionFactory.create(stock=1))))
    return Order.objects.get()


def test_a_country_must_be_said_where_the_tax_of_files_depends_on_it(client: Client) -> None:
    tax_tables.load()
    Seller.objects.create(country="DE")
    basket = basket_of(EditionFactory.create(format=Format.EBOOK, price=Decimal("12.70")))
    body = order_body(basket, shipping_method="download", shipping_address=None)
    response = place(client, body)
    assert response.status_code == 422
    assert fields(response) == ["country"]
    assert_nothing_was_ordered()
    answer = place(client, {**body, "country": "hu"}, key="key-2").json()
    assert [line["rate"] for line in answer["tax_lines"]] == ["27.00"]


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000, 1.5, "1.5", None, True])
def test_no_such_quantity_is_put_in(
    client: Client, basket: Basket, book: Edition, quantity: object
) -> None:
    line = {"isbn13": book.isbn13, "quantity": quantity}
    response = client.post(
        f"/api/v1/baskets/{basket.pk}/lines", line, content_type="application/json"
    )
    assert response.status_code == 422
    assert fields(response) == ["quantity"]
    assert basket.quantity == 1


def test_another_customers_basket_is_not_ordered(client: Client, book: Edition) -> None:
    theirs = Basket.objects.create(user=bob())
    theirs.add(book)
    response = place(client, order_body(theirs))
    assert response.status_code == 404
    assert not Order.objects.exists()
    assert theirs.quantity == 1


def test_a_body_over_the_limit(client: Client, basket: Basket) -> None:
    body = order_body(basket, gift_cards=["A" * 40] * 2000)
    response = place(client, body)
    assert response.status_code == 413
    assert "larger than 65536 bytes" in response.json()["detail"]
    assert_nothing_was_ordered()


def test_a_request_from_before_a_release_is_known_again(client: Client, basket: Basket) -> None:
    """Fields that came later do not count where they are not used."""
    first = place(client, order_body(basket)).json()
    again = order_body(basket, voucher="", gift_cards=[], country=None, expected_total_amount=None)
    assert place(client, again).json()["number"] == first["number"]
    assert place(client, order_body(basket, voucher="SPRING")).status_code == 422
