"""One client alone can neither fill the shop with baskets nor order its stock away."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from bookstore import limits
from caching import store
from caching.limits import Limit
from orders.models import Basket
from orders.tests.factories import issue_card
from tests.stores import redis_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_a_day(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    few = {pattern: Limit(each.name, 2, 86_400) for pattern, each in limits.LIMITS.items()}
    monkeypatch.setattr(limits, "LIMITS", few)
    monkeypatch.setattr(limits, "CODES", Limit("codes", 4, 86_400))
    settings.RATE_LIMITS = True


def test_the_api_counts_baskets(client: Client) -> None:
    statuses = [client.post("/api/v1/baskets").status_code for _each in range(3)]
    assert statuses == [201, 201, 429]
    assert Basket.objects.count() == 2
    refusal = client.post("/api/v1/baskets")
    assert refusal["Content-Type"] == "application/problem+json"
    assert 0 < int(refusal["Retry-After"]) <= 86_400
    assert client.get("/api/v1/shipping-methods").status_code == 200
    assert client.post("/api/v1/baskets", REMOTE_ADDR="192.0.2.7").status_code == 201


@pytest.mark.parametrize("path", ["/basket/lines/", "/basket/quantities/", "/checkout/"])
def test_pages_count_what_is_sent(client: Client, path: str) -> None:
    for _each in range(2):
        assert client.post(path, {"isbn13": "1"}).status_code != 429
    refusal = client.post(path, {"isbn13": "1"})
    assert refusal.status_code == 429
    assert "That was a little fast" in refusal.content.decode()
    assert "Retry-After" in refusal
    assert client.get("/checkout/").status_code == 200


def test_without_redis_each_process_counts_for_itself(client: Client, settings: Settings) -> None:
    away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    address = "192.0.2.44"
    statuses = [
        client.post("/api/v1/baskets", REMOTE_ADDR=address).status_code for _each in range(3)
    ]
    assert statuses == [201, 201, 429]
    assert client.post("/api/v1/baskets", REMOTE_ADDR="192.0.2.45").status_code == 201


def test_a_full_redis_has_each_process_count_for_itself(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        store.client().config_set("maxmemory-policy", "noeviction")
        store.client().config_set("maxmemory", 1)
        statuses = [
            client.post("/api/v1/baskets", REMOTE_ADDR="192.0.2.46").status_code
            for _each in range(3)
        ]
        assert store.client().keys("*limit*") == []
    assert statuses == [201, 201, 429]


def test_codes_of_gift_cards_and_vouchers_cannot_be_guessed(client: Client) -> None:
    card = issue_card()
    for _guess in range(2):
        assert client.post("/orders/gift-card/", {"code": "0000"}).status_code == 422
        assert client.post("/basket/quantities/", {"voucher": "X"}).status_code == 303
    refusal = client.post("/orders/gift-card/", {"code": card.code})
    assert refusal.status_code == 429
    assert "$10.00" not in refusal.content.decode()
    assert client.post("/basket/quantities/", {"voucher": "X"}).status_code == 429
    assert client.post("/checkout/", {"new_gift_card": card.code}).status_code == 429
    assert client.post("/checkout/", {"voucher": " "}).status_code == 200


def test_a_form_with_many_codes_counts_as_many(client: Client) -> None:
    codes = {"voucher": "X", "gift_card": ["1", "2"], "new_gift_card": "3"}
    assert client.post("/checkout/", codes).status_code == 200
    assert client.post("/orders/gift-card/", {"code": "0000"}).status_code == 429


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ('{"voucher": "X", "gift_cards": ["1", "2", " ", 3]}', 3),
        ('{"voucher": null, "gift_cards": "1"}', 0),
        ('["X"]', 0),
        ("no JSON", 0),
    ],
)
def test_the_api_counts_codes(
    client: Client, monkeypatch: pytest.MonkeyPatch, body: str, codes: int
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(limits, "spend", lambda limit, _client: counted.append(limit.name))
    client.post("/api/v1/orders", body, content_type="application/json")
    assert counted == ["orders", *["codes"] * codes]
