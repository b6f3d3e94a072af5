"""Accounts: signing up, in and out, what becomes of the basket, and the customer's own pages."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Address, User
from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory
from orders.models import Basket
from orders.models.basket import MAX_QUANTITY
from orders.tests.factories import BasketFactory, make_order
from tests import people

pytestmark = pytest.mark.django_db

ALICE = {"login": "alice@example.com", "password": people.PASSWORD}
HOME = {
    "name": "Alice Liddell",
    "line1": "1 Tom Quad",
    "line2": "",
    "city": "Oxford",
    "postcode": "OX1 1DP",
    "country": "GB",
}


@pytest.fixture
def emma() -> Edition:
    return EditionFactory.create(work=WorkFactory.create(title="Emma"), stock=100)


def put(client: Client, edition: Edition, quantity: int = 1) -> None:
    client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": quantity})


def link_in_last_mail(path: str) -> str:
    found = re.search(rf"http://testserver({path}\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


# --- Signing up, in and out -----------------------------------------------------------------------


def test_signing_in_speaks_as_the_shop_does(client: Client) -> None:
    page = text(client, "/account/login/")
    assert '<label for="id_login">E-mail address</label>' in page
    assert "placeholder" not in page.partition("<main")[2]
    assert page.index('name="password"') < page.index("Forgot your password?")
    assert page.count("Forgot your password?") == 1
    answer = client.post("/account/login/", {**ALICE, "password": "wrong"})
    assert "E-mail address and password do not match." in answer.content.decode()


def test_sign_up_verify_sign_in_and_see_the_orders(client: Client, emma: Edition) -> None:
    put(client, emma)
    fields = {"email": "Dora@Example.com", "password1": "yellow submarine 9"}
    response = client.post("/account/signup/", fields)
    assert response["Location"] == "/account/confirm-email/"
    assert "Check your e-mail" in text(client, response["Location"])
    assert mail.outbox[-1].to == ["dora@example.com"]
    assert mail.outbox[-1].subject == "Please confirm your e-mail address"
    assert "The Bookstore" in str(mail.outbox[-1].body)

    sign_in = {"login": "dora@example.com", "password": "yellow submarine 9"}
    client.post("/account/login/", sign_in)
    assert client.get("/account/").status_code == 302  # not before the address is verified

    link = link_in_last_mail("/account/confirm-email/")
    assert "dora@example.com" in text(client, link)
    assert not EmailAddress.objects.get().verified  # mail scanners open links, too
    client.post(link)
    assert EmailAddress.objects.get().verified

    client.post("/account/login/", sign_in)
    assert "You have not ordered anything yet." in text(client, "/account/orders/")
    assert "Emma" in text(client, "/basket/")
    make_order({emma: 1}, user=User.objects.get())
    assert "Emma" in text(client, "/account/orders/")


def test_who_signs_up_while_buying_goes_on_with_it(client: Client, emma: Edition) -> None:
    put(client, emma)
    assert "/account/signup/?next=%2Fcheckout%2F" in text(client, "/account/login/?next=/checkout/")
    fields = {"email": "dora@example.com", "password1": people.PASSWORD, "next": "/checkout/"}
    client.post("/account/signup/", fields)
    answer = client.post(link_in_last_mail("/account/confirm-email/"))
    assert answer["Location"] == "/account/login/?next=%2Fcheckout%2F"
    sign_in = {"login": "dora@example.com", "password": people.PASSWORD, "next": "/checkout/"}
    assert client.post(answer["Location"], sign_in)["Location"] == "/checkout/"
    assert "Emma" in text(client, "/checkout/")


def test_signing_up_leads_to_no_other_site(client: Client) -> None:
    for number, onward in enumerate(("https://evil.example/", "//evil.example/", "javascript:x")):
        email = f"dora{number}@example.com"
        fields = {"email": email, "password1": people.PASSWORD, "next": onward}
        client.post("/account/signup/", fields)
        answer = client.post(link_in_last_mail("/account/confirm-email/"))
        assert answer["Location"] == "/account/login/"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "", "password1": "yellow submarine 9"}, "id_email_error"),
        ({"email": "nobody", "password1": "yellow submarine 9"}, "id_email_error"),
        ({"email": "dora@example.com", "password1": ""}, "id_password1_error"),
        ({"email": "dora@example.com", "password1": "short"}, "id_password1_error"),
        ({"email": "dora@example.com", "password1": "password"}, "id_password1_error"),
    ],
)
def test_bad_sign_up(client: Client, fields: dict[str, str], words: str) -> None:
    page = client.post("/account/signup/", fields).content.decode()
    assert f'id="{words}"' in page
    assert re.search(f'aria-describedby="[^"]*{words}', page)
    assert User.objects.count() == 0
    assert mail.outbox == []


def test_a_mail_server_that_refuses_loses_nobody(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    new = {"email": "dora@example.com", "password1": people.PASSWORD}
    page = client.post("/account/signup/", new, follow=True).content.decode()
    assert "We could not send you an e-mail just now." in page
    assert User.objects.filter(email="dora@example.com").exists()


def test_signing_up_tells_nobody_who_has_an_account(client: Client) -> None:
    people.alice()
    fields = {"email": "ALICE@example.com", "password1": "yellow submarine 9"}
    response = client.post("/account/signup/", fields)
    assert response["Location"] == "/account/confirm-email/"
    assert User.objects.count() == 1
    assert mail.outbox[-1].subject == "You have an account already"


def test_sign_in_and_out(client: Client) -> None:
    people.alice()
    response = client.post("/account/login/", ALICE)
    assert response["Location"] == "/account/"
    page = text(client, "/account/")
    assert "Welcome, Alice." in page
    assert "Hello, Alice" in page
    assert client.post("/account/logout/")["Location"] == "/"
    assert client.get("/account/").status_code == 302


def test_a_link_does_not_sign_out(client: Client) -> None:
    client.force_login(people.alice())
    assert "Sign out" in text(client, "/account/logout/")
    assert client.get("/account/").status_code == 200


def test_a_wrong_password(client: Client) -> None:
    people.alice()
    page = client.post("/account/login/", {**ALICE, "password": "wrong"}).content.decode()
    assert 'role="alert"' in page
    assert client.get("/account/").status_code == 302


def test_guessing_is_slowed_down(client: Client) -> None:
    people.alice()
    for _each in range(5):
        client.post("/account/login/", {**ALICE, "password": "wrong"})
    client.post("/account/login/", ALICE)
    assert client.get("/account/").status_code == 302


def test_sign_in_goes_on_where_one_was(client: Client) -> None:
    people.alice()
    response = client.post("/account/login/?next=/checkout/", {**ALICE, "next": "/checkout/"})
    assert response["Location"] == "/checkout/"


def test_sign_in_goes_to_no_other_site(client: Client) -> None:
    people.alice()
    response = client.post("/account/login/", {**ALICE, "next": "https://evil.example/"})
    assert response["Location"] == "/account/"


def test_password_reset(client: Client) -> None:
    people.alice()
    client.post("/account/password/reset/", {"email": "alice@example.com"})
    assert mail.outbox[-1].subject == "Choose a new password"
    link = client.get(link_in_last_mail("/account/password/reset/key/"))["Location"]
    assert "New password" in text(client, link)
    fields = {"password1": "yellow submarine 9", "password2": "yellow submarine 9"}
    assert client.post(link, fields).status_code == 302
    other = Client()
    other.post("/account/login/", {**ALICE, "password": "yellow submarine 9"})
    assert other.get("/account/").status_code == 200
    assert "too old, or was used before" in text(Client(), re.sub(r"set-password", "x-y", link))


def test_a_reset_tells_nobody_who_has_an_account(client: Client) -> None:
    known = client.post("/account/password/reset/", {"email": "nobody@example.com"})
    assert known["Location"] == "/account/password/reset/done/"
    assert mail.outbox[-1].subject == "There is no account with this address"


def test_another_email_address_counts_once_it_is_confirmed(client: Client) -> None:
    alice = people.alice()
    client.post("/account/login/", ALICE)
    fields = {"email": "alicia@example.com", "action_add": "1"}
    once_more = client.post("/account/email/", fields)["Location"]
    assert "Please enter your password once more" in text(client, once_more)
    assert mail.outbox == []
    client.post(once_more, {"password": people.PASSWORD})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    page = text(client, "/account/email/")
    assert "alicia@example.com" in page
    assert "We have sent a link to alicia@example.com." in page
    assert "New e-mail address" in page
    client.post(link_in_last_mail("/account/confirm-email/"))
    alice.refresh_from_db()
    assert alice.email == "alicia@example.com"


@pytest.mark.parametrize(
    ("path", "field"), [("login/", "login"), ("signup/", "email"), ("password/reset/", "email")]
)
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("alice@", "Please enter an e-mail address such as name@example.com."),
        ("", "Please enter your e-mail address."),
    ],
)
def test_what_is_no_address_is_told_in_the_shops_words(
    client: Client, path: str, field: str, typed: str, words: str
) -> None:
    page = client.post(f"/account/{path}", {field: typed}).content.decode()
    assert words in page
    assert "email address" not in page


def test_the_address_that_one_has_and_the_one_that_is_given_up(client: Client) -> None:
    people.alice()
    client.post("/account/login/", ALICE)
    change = {"email": "alicia@example.com", "action_add": "1"}
    once_more = client.post("/account/email/", change)["Location"]
    client.post(once_more, {"password": people.PASSWORD})
    own = client.post("/account/email/", {"email": "alice@example.com", "action_add": "1"})
    assert "That is the e-mail address of your account already." in own.content.decode()
    client.post("/account/email/", {"email": "alicia@example.com", "action_remove": "1"})
    page = text(client, "/account/email/")
    assert "The e-mail address alicia@example.com is removed." in page


def test_change_the_password(client: Client) -> None:
    people.alice()
    client.post("/account/login/", ALICE)
    fields = {"oldpassword": people.PASSWORD, "password1": "yellow submarine 9",
              "password2": "yellow submarine 9"}  # fmt: skip
    assert client.post("/account/password/change/", fields).status_code == 302
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert User.objects.get().check_password("yellow submarine 9")


# --- The basket follows ---------------------------------------------------------------------------


def test_the_guests_basket_comes_along(client: Client, emma: Edition) -> None:
    alice = people.alice()
    put(client, emma, 2)
    client.post("/account/login/", ALICE)
    basket = Basket.objects.get()
    assert basket.user == alice
    assert basket.quantity == 2
    words = "Your basket now also holds what you chose before signing in: Emma."
    assert words in text(client, "/account/")


def test_both_baskets_become_one(client: Client, emma: Edition) -> None:
    dracula = EditionFactory.create(work=WorkFactory.create(title="Dracula"), stock=100)
    basket = BasketFactory.create(user=people.alice(), lines={emma: MAX_QUANTITY - 1, dracula: 1})
    put(client, emma, 3)
    client.post("/account/login/", ALICE)
    assert dict(basket.lines.values_list("edition", "quantity")) == {
        emma.pk: MAX_QUANTITY, dracula.pk: 1,
    }  # fmt: skip
    assert Basket.objects.count() == 1
    page = text(client, "/basket/")
    assert "before signing in: Emma." in page


def test_signing_in_without_a_basket_says_nothing_of_it(client: Client, emma: Edition) -> None:
    BasketFactory.create(user=people.alice(), lines={emma: 1})
    client.post("/account/login/", ALICE)
    assert "before signing in" not in text(client, "/account/")
    assert "Emma" in text(client, "/basket/")


def test_after_signing_out_the_basket_stays_with_the_account(client: Client, emma: Edition) -> None:
    people.alice()
    client.post("/account/login/", ALICE)
    put(client, emma)
    client.post("/account/logout/")
    assert "Your basket is empty" in text(client, "/basket/")
    people.bob()
    client.post("/account/login/", {**ALICE, "login": "bob@example.com"})
    assert "Your basket is empty" in text(client, "/basket/")


# --- The customer's own pages ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", "orders/", "name/", "addresses/", "addresses/new/", "addresses/1/", "email/",
     "password/change/"],
)  # fmt: skip
def test_only_for_who_has_signed_in(client: Client, path: str) -> None:
    response = client.get(f"/account/{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/?next=/account/")


def test_order_history(client: Client, emma: Edition) -> None:
    alice = people.alice()
    orders = [make_order({emma: 1}, user=alice) for _each in range(21)]
    client.force_login(alice)
    newest, oldest = orders[-1].number, orders[0].number
    first = text(client, "/account/orders/")
    assert newest in first
    assert oldest not in first
    assert "Page 1 of 2" in first
    assert oldest in text(client, "/account/orders/?page=2")
    for page in ("x", "0", "-1", "99", "\x00", "9" * 5000):
        assert client.get("/account/orders/", {"page": page}).status_code == 200


def test_overview(client: Client, emma: Edition) -> None:
    alice = people.alice()
    order = make_order({emma: 1}, user=alice)
    Address.objects.create(user=alice, **HOME)
    client.force_login(alice)
    page = text(client, "/account/")
    for words in (order.number, "Awaiting payment", "1 Tom Quad", "United Kingdom", alice.email):
        assert words in page


@pytest.mark.parametrize(("path", "queries"), [("/account/", 6), ("/account/orders/", 6)])
def test_queries_do_not_grow_with_the_orders(
    client: Client,
    emma: Edition,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    queries: int,
) -> None:
    alice = people.alice()
    client.force_login(alice)
    make_order({emma: 1}, user=alice)
    with django_assert_num_queries(queries):
        client.get(path)
    for _each in range(5):
        make_order({emma: 1, EditionFactory.create(stock=1): 1}, user=alice)
    with django_assert_num_queries(queries):
        client.get(path)


def test_the_name(client: Client) -> None:
    alice = people.alice()
    client.force_login(alice)
    assert client.post("/account/name/", {"name": "Alicia Liddell"}).status_code == 303
    alice.refresh_from_db()
    assert alice.name == "Alicia Liddell"
    for bad in ("", " ", "x" * 201):
        assert client.post("/account/name/", {"name": bad}).status_code == 422
    alice.refresh_from_db()
    assert alice.name == "Alicia Liddell"


@pytest.mark.parametrize(
    "path",
    ["login/", "signup/", "logout/", "password/reset/", "password/change/", "email/", "name/",
     "addresses/new/", "addresses/1/removal/"],
)  # fmt: skip
def test_every_form_needs_a_token(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    assert client.post(f"/account/{path}", {}).status_code == 403
