"""Sessions: in a row, written no more often than it changes, or in a key that only names a basket.

`client.session` of a client with such a key is a copy: whoever changes it must give the client the
key that it has after that.
"""

import uuid

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders.models import Basket, Order
from orders.tests.factories import make_order
from orders.visitor import Card, read_card
from storefront import sessions
from storefront.sessions import SessionStore, has_row
from storefront.tests import shopping
from storefront.visitor import IN_DOUBT
from tests import people

pytestmark = pytest.mark.django_db

BASKET = "7d1c2f3e-5a6b-4c8d-9e0f-1a2b3c4d5e6f"


@pytest.fixture
def alice() -> User:
    return people.alice()


@pytest.fixture
def edition() -> Edition:
    return EditionFactory.create(stock=9)


def put(client: Client, edition: Edition) -> str:
    """Put a copy into the basket; the key of the session after that."""
    client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": 1})
    return client.cookies["visitor"].value


def is_there(client: Client, edition: Edition) -> bool:
    return edition.isbn13 in client.get("/basket/").content.decode()


# In the table


def test_a_new_one_is_written_once(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["name"] = "1"
    with django_assert_num_queries(1):
        session.save()
        session.save()
    assert has_row(session.session_key)
    assert db.SessionStore(session.session_key)["name"] == "1"


def test_what_changed_is_written(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["name"] = "1"
    session.save()
    session["name"] = "2"
    with django_assert_num_queries(1):
        session.save()
    again = SessionStore(session.session_key)
    assert again["name"] == "2"
    with django_assert_num_queries(1):
        again.save()  # prolongs it, as nobody knows when it was written


def test_an_unknown_or_expired_one_is_empty() -> None:
    assert SessionStore("x" * 32).get("name") is None
    session = SessionStore()
    session["name"] = "1"
    session.set_expiry(-1)
    session.save()
    again = SessionStore(session.session_key)
    assert again.get("name") is None
    assert again.session_key is None


def test_one_that_is_gone_is_not_written() -> None:
    session = SessionStore()
    session["name"] = "1"
    session.save()
    Session.objects.all().delete()
    session["name"] = "2"
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_a_key_that_is_taken_is_refused() -> None:
    first, second = SessionStore(), SessionStore()
    first["name"] = "1"
    first.save()
    second._session_key = first.session_key
    with pytest.raises(CreateError):
        second.save(must_create=True)
    assert SessionStore(first.session_key)["name"] == "1"


# In the key alone


def test_a_basket_alone_is_in_the_key(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    with django_assert_num_queries(0):
        session.save()
        again = SessionStore(session.session_key)
        assert dict(again.items()) == {"basket": BASKET}
        again.save()
    assert not has_row(session.session_key)
    assert again.session_key == session.session_key


def test_another_basket_is_another_key() -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    again = SessionStore(session.session_key)
    again["basket"] = str(uuid.uuid4())
    again.save()
    assert again.session_key != session.session_key
    assert SessionStore(again.session_key)["basket"] == again["basket"]


@pytest.mark.parametrize("place", [0, 31, 32, 35, 36, 63])
def test_a_key_that_was_changed_names_nothing(place: int) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    key = session.session_key or ""
    other = "1" if key[place] == "0" else "0"
    forged = SessionStore(key[:place] + other + key[place + 1 :])
    assert forged.get("basket") is None
    assert forged.session_key is None


@pytest.mark.parametrize("key", ["z" * 64, "0" * 64, uuid.UUID(BASKET).hex * 2])
def test_a_key_of_that_length_that_says_nothing(key: str) -> None:
    session = SessionStore(key)
    assert session.get("basket") is None
    assert session.session_key is None


def test_it_is_over_two_weeks_after_the_last_change(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    today = sessions._today()
    monkeypatch.setattr(sessions, "_today", lambda: today + 14)
    renewed = SessionStore(session.session_key)
    assert renewed["basket"] == BASKET
    renewed.save()
    monkeypatch.setattr(sessions, "_today", lambda: today + 15)
    assert SessionStore(session.session_key).get("basket") is None
    assert SessionStore(renewed.session_key)["basket"] == BASKET


def test_there_is_nothing_to_delete(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    with django_assert_num_queries(0):
        session.flush()
    assert session.session_key is None
    assert session.is_empty()


def test_signing_in_gives_a_row_and_another_key(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    former = session.session_key
    with django_assert_num_queries(1):
        session.cycle_key()
    assert has_row(session.session_key)
    assert session.session_key != former
    assert SessionStore(session.session_key)["basket"] == BASKET


@pytest.mark.django_db(transaction=True)
def test_asynchronous_code_knows_it_too() -> None:
    async def renew(key: str | None) -> tuple[object, str | None]:
        session = SessionStore(key)
        named = await session.aget("basket")
        await session.aset("basket", named)
        await session.asave()
        return named, session.session_key

    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    assert async_to_sync(renew)(session.session_key) == (BASKET, session.session_key)


def test_another_secret_key_renews_it_while_the_former_is_known(settings: Settings) -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    again = SessionStore(session.session_key)
    assert again["basket"] == BASKET
    again.save()
    settings.SECRET_KEY_FALLBACKS = []
    assert SessionStore(again.session_key)["basket"] == BASKET
    assert SessionStore(session.session_key).get("basket") is None


def test_more_than_a_basket_gets_a_row() -> None:
    session = SessionStore()
    session["basket"] = BASKET
    session.save()
    again = SessionStore(session.session_key)
    again["removed"] = {"isbn13": "1"}
    again.save()
    assert has_row(again.session_key)
    assert dict(SessionStore(again.session_key).items()) == dict(again.items())
    del again["removed"]
    again.save()  # it keeps its row, and so its key
    assert dict(SessionStore(again.session_key).items()) == {"basket": BASKET}
    assert Session.objects.count() == 1


# In the shop


def test_a_guest_fills_a_basket_without_a_row(client: Client, edition: Edition) -> None:
    key = put(client, edition)
    assert is_there(client, edition)
    assert put(client, edition) == key
    assert read_card(key) == Card(basket_quantity=2)
    assert not Session.objects.exists()


def test_who_knows_a_baskets_number_does_not_get_it(client: Client, edition: Edition) -> None:
    put(client, edition)
    number = Basket.objects.get().pk.hex
    client.cookies["visitor"] = number * 2
    assert not is_there(client, edition)


def test_a_row_that_becomes_needed_takes_the_card_along(client: Client, edition: Edition) -> None:
    former = put(client, edition)
    client.post("/basket/quantities/", {"remove": edition.isbn13})  # and could be brought back
    key = client.cookies["visitor"].value
    assert has_row(key)
    assert (read_card(key), read_card(former)) == (Card(), None)
    assert is_there(client, edition)  # as what was removed


def test_signing_in_leaves_nothing_under_the_guests_key(
    client: Client, edition: Edition, alice: User
) -> None:
    key = put(client, edition)
    client.post("/account/login/", {"login": alice.email, "password": people.PASSWORD})
    assert is_there(client, edition)
    thief = Client()
    thief.cookies["visitor"] = key
    assert not is_there(thief, edition)


def test_the_card_moves_with_the_key_on_another_day(
    client: Client, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put(client, edition)
    today = sessions._today()
    monkeypatch.setattr(sessions, "_today", lambda: today + 1)
    assert is_there(client, edition)
    renewed = put(client, edition)
    assert (read_card(renewed), read_card(key)) == (Card(basket_quantity=2), None)
    assert client.get("/live/visitor").json()["basket_quantity"] == 2


def test_the_card_moves_with_the_key_where_an_orders_link_is_opened(
    client: Client, edition: Edition
) -> None:
    key = put(client, edition)
    client.get(make_order({EditionFactory.create(stock=1): 1}).get_guest_url())
    assert client.cookies["visitor"].value != key
    assert read_card(key) is None
    assert client.get("/live/visitor").json()["basket_quantity"] == 1


# The order that its basket has become


@pytest.fixture
def order(client: Client, edition: Edition) -> Order:
    """Placed with the answer lost on the way: the client has the key from before."""
    key = put(client, edition)
    order = shopping.order_with(client)
    client.cookies["visitor"] = key
    return order


def may_see(client: Client, order: Order) -> bool:
    return client.get(f"/orders/{order.number}/").status_code == 200


def test_whose_answer_was_lost_sees_the_order(client: Client, order: Order) -> None:
    assert may_see(client, order)


def test_the_order_is_remembered_when_the_next_basket_begins(
    client: Client, order: Order, edition: Edition
) -> None:
    put(client, edition)
    Order.objects.update(placed_at=timezone.now() - IN_DOUBT)
    assert may_see(client, order)


def test_no_basket_leads_to_an_order_for_long(
    client: Client, order: Order, edition: Edition
) -> None:
    Order.objects.update(placed_at=timezone.now() - IN_DOUBT)
    assert not may_see(client, order)
    form = {**shopping.WISH, "basket": str(order.basket_id)}
    assert client.post("/checkout/", form).status_code == 200  # an empty basket
    put(client, edition)
    assert not may_see(client, order)


def test_another_guests_basket_leads_nowhere(order: Order, edition: Edition) -> None:
    stranger = Client()
    put(stranger, edition)
    assert not may_see(stranger, order)
    stranger.cookies["visitor"] = (order.basket_id or uuid.uuid4()).hex * 2
    assert not may_see(stranger, order)


def test_a_basket_that_was_given_up_is_begun_anew(client: Client, edition: Edition) -> None:
    key = put(client, edition)
    Basket.objects.all().delete()
    assert not is_there(client, edition)
    assert put(client, edition) != key
    assert is_there(client, edition)
    assert read_card(key) is None
