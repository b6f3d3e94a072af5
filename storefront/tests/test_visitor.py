"""The page header's personal part: the live answer, and how it heals."""

from pathlib import Path

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries, Settings

from caching import store
from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders.visitor import Card, read_card
from tests import people
from tests.jobs import run_jobs
from tests.stores import redis_server

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def edition() -> Edition:
    return EditionFactory.create(stock=9)


def live(client: Client) -> dict[str, object]:
    response = client.get("/live/visitor")
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    answer: dict[str, object] = response.json()
    return answer


def fragment(client: Client, path: str = "/live/visitor") -> str:
    return client.get(path, headers=HTMX).content.decode()


def put(client: Client, edition: Edition, quantity: int = 1) -> None:
    client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": quantity})


def test_a_guest_without_a_cookie(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert live(client) == {"signed_in": False, "name": "", "basket_quantity": 0}
        body = fragment(client)
    assert "Sign in" in body
    assert "visitor-count" not in body
    assert "hx-get" not in body


def test_a_guest_with_a_basket(
    client: Client, edition: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    put(client, edition, 3)
    with django_assert_num_queries(0):
        assert live(client) == {"signed_in": False, "name": "", "basket_quantity": 3}
    assert '<span class="visitor-count">3<' in fragment(client)
    client.post("/basket/quantities/", {"remove": edition.isbn13})
    assert live(client)["basket_quantity"] == 0


def test_a_member(client: Client, edition: Edition) -> None:
    people.alice()
    fields = {"login": "alice@example.com", "password": people.PASSWORD}
    client.post("/account/login/", fields)
    assert live(client) == {"signed_in": True, "name": "Alice", "basket_quantity": 0}
    assert "Alice" in fragment(client)
    put(client, edition)
    assert live(client)["basket_quantity"] == 1


def test_signing_in_forgets_the_guests_card(client: Client, edition: Edition) -> None:
    people.alice()
    put(client, edition)
    guests_key = client.cookies["visitor"].value
    fields = {"login": "alice@example.com", "password": people.PASSWORD}
    client.post("/account/login/", fields)
    assert read_card(guests_key) is None
    assert live(client) == {"signed_in": True, "name": "Alice", "basket_quantity": 1}


def test_signing_out_forgets_the_card(client: Client) -> None:
    people.alice()
    fields = {"login": "alice@example.com", "password": people.PASSWORD}
    client.post("/account/login/", fields)
    members_key = client.cookies["visitor"].value
    assert read_card(members_key) == Card(name="Alice")
    client.post("/account/logout/")
    assert read_card(members_key) is None
    assert "Alice" not in fragment(client)


def test_another_name(client: Client) -> None:
    client.force_login(people.alice())
    client.post("/account/name/", {"name": "Alicia Liddell"})
    assert live(client)["name"] == "Alicia"


def test_a_flushed_redis_heals(client: Client, edition: Edition) -> None:
    put(client, edition, 2)
    store.client().flushdb()
    assert live(client) == {"signed_in": None, "name": "", "basket_quantity": None}
    body = fragment(client)
    assert 'hx-get="/basket/visitor"' in body
    assert 'hx-trigger="load"' in body
    healed = fragment(client, "/basket/visitor")
    assert '<span class="visitor-count">2<' in healed
    assert "hx-get" not in healed
    assert live(client)["basket_quantity"] == 2


def test_a_session_that_is_over_heals(client: Client) -> None:
    client.cookies["visitor"] = "x" * 32
    assert "/basket/visitor" in fragment(client)
    response = client.get("/basket/visitor")
    assert response.cookies["visitor"].value == ""  # the browser drops it, and asks no more


def test_asking_makes_no_session(client: Client) -> None:
    assert not client.get("/basket/visitor").cookies


@pytest.mark.parametrize(
    "cookie", ["", "x" * 10_000, "\u00e4\u00f6", "a b", "../..", "%00", "\0" * 32]
)
def test_strange_cookies(client: Client, cookie: str) -> None:
    client.cookies["visitor"] = cookie
    assert client.get("/live/visitor").status_code == 200
    assert client.get("/basket/visitor").status_code == 200


def test_a_strange_card_is_like_none(client: Client, edition: Edition) -> None:
    put(client, edition)
    key = next(key for key in store.client().keys("*") if b"visitor" in key)
    store.client().set(key, b'{"shoe_size": 42}')
    assert live(client)["basket_quantity"] is None


def test_what_stands_in_redis_leads_to_no_session(client: Client, edition: Edition) -> None:
    put(client, edition)
    session_key = client.cookies["visitor"].value
    assert not [key for key in store.client().keys("*") if session_key.encode() in key]


@pytest.mark.usefixtures("redis_gone")
def test_without_redis(client: Client, edition: Edition) -> None:
    put(client, edition, 2)
    assert live(client)["basket_quantity"] is None
    body = fragment(client)
    assert "hx-get" not in body
    assert 'href="/basket/"' in body
    assert '<span class="visitor-count">2<' in fragment(client, "/basket/visitor")
    assert client.get("/basket/").status_code == 200


def test_a_card_that_could_not_be_renewed_is_never_shown(
    client: Client, edition: Edition, settings: Settings
) -> None:
    put(client, edition, 2)
    there = settings.CACHES
    settings.CACHES = {"default": {**there["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    put(client, edition, 3)
    settings.CACHES = there  # back, with all that it knew
    assert live(client)["basket_quantity"] == 2
    assert run_jobs(only=["orders.forget_card"]) == ["orders.forget_card"]
    assert live(client)["basket_quantity"] is None
    assert '<span class="visitor-count">5<' in fragment(client, "/basket/visitor")


def test_a_full_redis_forgets_the_card_and_leaves_no_job(
    client: Client, edition: Edition, settings: Settings, tmp_path: Path
) -> None:
    with redis_server(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        put(client, edition, 2)
        store.client().config_set("maxmemory-policy", "noeviction")
        store.client().config_set("maxmemory", 1)
        put(client, edition, 3)
        assert live(client)["basket_quantity"] is None
        assert '<span class="visitor-count">5<' in fragment(client, "/basket/visitor")
    assert not ProcrastinateJob.objects.filter(task_name="orders.forget_card").exists()


def test_only_reading() -> None:
    assert Client().post("/live/visitor").status_code == 405
