"""Signing in, up and out of a forgotten password is possible and limited, with Redis there or not.

The limits themselves are allauth's.
"""

import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from pytest_django import Settings

from tests.people import PASSWORD, alice, carol

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["there", "gone"], autouse=True)
def redis(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    if request.param == "gone":
        away = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {"default": away}
    yield request.param
    LocMemCache("bookstore", {}).clear()


def test_what_is_stored_is_there() -> None:
    assert cache.add("lock", "mine", 10)
    assert not cache.add("lock", "theirs", 10)
    assert cache.get("lock") == "mine"
    assert cache.delete("lock")
    assert cache.get("lock", "nobody's") == "nobody's"
    cache.set("count", [1, 2], 10)
    assert cache.get("count") == [1, 2]


def test_a_customer_signs_in(client: Client) -> None:
    alice()
    started_at = time.monotonic()
    form = {"login": "alice@example.com", "password": PASSWORD}
    response = client.post("/account/login/", form)
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert time.monotonic() - started_at < 5  # a wait at each step would be many times that


def test_a_customer_signs_up(client: Client) -> None:
    form = {"email": "new@example.com", "password1": "an honest phrase"}
    response = client.post("/account/signup/", form)
    assert (response.status_code, response["Location"]) == (302, "/account/confirm-email/")


def test_a_password_is_reset(client: Client) -> None:
    alice()
    response = client.post("/account/password/reset/", {"email": "alice@example.com"})
    assert (response.status_code, response["Location"]) == (302, "/account/password/reset/done/")


def test_staff_opens_the_back_office(client: Client) -> None:
    carol()
    form = {"username": "carol@example.com", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/?next=/admin/", form).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_nobody_guesses_on_and_on(client: Client) -> None:
    alice()
    form = {"login": "alice@example.com", "password": "wrong"}
    for _attempt in range(12):
        client.post("/account/login/", form)
    client.post("/account/login/", {**form, "password": PASSWORD})
    assert client.get("/account/").status_code == 302
