"""SECRET_KEY can be changed without anybody noticing, as long as the former one is a fallback."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test.client import Client
from pytest_django import Settings

from catalog.tests.factories import EditionFactory
from orders.tests.factories import make_order
from tests.people import PASSWORD, alice

pytestmark = pytest.mark.django_db

OLD, NEW = "the old key, " * 5, "the new key, " * 5


@pytest.fixture(autouse=True)
def old_key(settings: Settings) -> None:
    settings.SECRET_KEY = OLD


@pytest.fixture
def change_key(settings: Settings) -> Callable[..., None]:
    """Give the shop its new key; `forget=True` ends the former one."""

    def change(*, forget: bool = False) -> None:
        settings.SECRET_KEY = NEW
        settings.SECRET_KEY_FALLBACKS = [] if forget else [OLD]

    return change


def signed_in() -> Client:
    client = Client()
    login = {"login": alice().email, "password": PASSWORD}
    assert client.post("/account/login/", login).status_code == 302
    return client


def link_in_mail() -> str:
    found = re.search(r"(/account/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


ChangeKey = Callable[..., None]


def test_visitors_stay_signed_in(change_key: ChangeKey) -> None:
    client = signed_in()
    change_key()
    assert client.get("/account/").status_code == 200
    change_key(forget=True)  # whoever came meanwhile was given a session of the new key
    assert client.get("/account/").status_code == 200


def test_who_did_not_come_meanwhile_signs_in_again(change_key: ChangeKey) -> None:
    client = signed_in()
    change_key(forget=True)
    assert client.get("/account/").status_code == 302


def test_a_guests_basket_stays_while_the_former_key_holds(change_key: ChangeKey) -> None:
    edition = EditionFactory.create(stock=3)
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": "2"})
    change_key()
    assert edition.work.title in client.get("/basket/").content.decode()


def test_a_guests_order_opens_by_its_link_with_any_key(change_key: ChangeKey) -> None:
    order = make_order()
    change_key(forget=True)
    assert Client().get(order.get_guest_url(), follow=True).status_code == 200
    assert Client().get(order.get_absolute_url()).status_code != 200


@pytest.mark.parametrize(("forget", "holds"), [(False, True), (True, False)])
def test_the_link_for_a_new_password(change_key: ChangeKey, forget: bool, holds: bool) -> None:
    Client().post("/account/password/reset/", {"email": alice().email})
    link = link_in_mail()
    change_key(forget=forget)
    page = Client().get(link, follow=True).content.decode()
    assert ('name="password1"' in page) is holds


@pytest.mark.parametrize(("forget", "holds"), [(False, True), (True, False)])
def test_the_link_that_confirms_an_address(
    change_key: ChangeKey, forget: bool, holds: bool
) -> None:
    new = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/account/signup/", new)
    link = link_in_mail()
    change_key(forget=forget)
    page = Client().get(link, follow=True).content.decode()
    assert ("new@example.com" in page) is holds
