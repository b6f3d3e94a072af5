"""The voucher on the basket's page."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from catalog.models import Edition
from orders.models import Basket
from orders.tests.factories import make_voucher, shipping_method
from storefront.tests import shopping
from tests import people

pytestmark = pytest.mark.django_db

FORM = "/basket/quantities/"


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


def use(client: Client, code: str, status: int = 303) -> str:
    response = client.post(FORM, {"voucher": code, "use_voucher": "1"})
    assert response.status_code == status
    return response.content.decode() if status != 303 else client.get("/basket/").content.decode()


def test_it_shows_what_the_voucher_does(client: Client, emma: Edition) -> None:
    make_voucher()
    shopping.put(client, emma, 2)
    page = use(client, " ten ")
    for words in ("Voucher TEN", "−$2.50", "With the voucher", "$22.50"):
        assert words in page
    assert Basket.objects.get().voucher_code == "TEN"


def test_it_goes_again(client: Client, emma: Edition) -> None:
    make_voucher()
    shopping.put(client, emma)
    use(client, "TEN")
    response = client.post(FORM, {"remove_voucher": "1"})
    assert (response.status_code, response["Location"]) == (303, "/basket/")
    assert Basket.objects.get().voucher_code == ""
    page = client.get("/basket/").content.decode()
    assert not re.search(r"\bTEN\b", page)  # which may stand in a form's token, too
    assert "I have a voucher" in page


def test_free_shipping_is_said(client: Client, emma: Edition) -> None:
    make_voucher(kind="free_shipping")
    shopping.put(client, emma)
    assert "free shipping" in use(client, "TEN")


def test_one_that_does_not_hold_yet_stays_and_says_why(client: Client, emma: Edition) -> None:
    make_voucher(minimum_amount=Decimal("20.00"))
    shopping.put(client, emma)
    page = use(client, "TEN")
    assert "Add books for another $7.50 to use this voucher." in page
    assert "With the voucher" not in page
    shopping.put(client, emma)
    assert "With the voucher" in client.get("/basket/").content.decode()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NOPE", "We know no voucher of this code."),
        ("", "Please type the code of the voucher."),
        ("x" * 41, "at most 40 characters"),
        ("<script>", "We know no voucher of this code."),
    ],
)
def test_what_is_no_code(client: Client, emma: Edition, code: str, words: str) -> None:
    shopping.put(client, emma)
    page = use(client, code, status=422)
    assert words in page
    assert "<script>" not in page.replace("<script ", "")
    assert Basket.objects.get().voucher_code == ""


def test_a_voucher_of_another_customer(client: Client, emma: Edition) -> None:
    make_voucher(email="bob@example.com")
    client.force_login(people.alice())
    shopping.put(client, emma)
    assert "belongs to another e-mail address" in use(client, "TEN")


def test_nobody_without_a_basket_gets_one(client: Client) -> None:
    assert client.post(FORM, {"voucher": "TEN"}).status_code == 303
    assert not Basket.objects.exists()


def test_it_comes_along_to_the_order(client: Client, emma: Edition) -> None:
    shipping_method()
    make_voucher()
    shopping.put(client, emma, 2)
    use(client, "TEN")
    order = shopping.order_with(client)
    assert (order.voucher_code, order.discount_amount) == ("TEN", Decimal("2.50"))


@pytest.mark.parametrize("form", [{"voucher": "OFF"}, {"remove_voucher": "1"}])
def test_a_basket_that_is_ordered_at_this_moment(
    client: Client, emma: Edition, monkeypatch: pytest.MonkeyPatch, form: dict[str, str]
) -> None:
    make_voucher()
    make_voucher(code="OFF")
    shopping.put(client, emma)
    use(client, "TEN")
    verb = Basket.set_voucher_code

    def once_gone(basket: Basket, code: str) -> None:
        Basket.objects.all().delete()
        verb(basket, code)

    monkeypatch.setattr(Basket, "set_voucher_code", once_gone)
    response = client.post(FORM, form)
    assert response.status_code == 422
    assert "This basket is gone: it has been ordered already." in response.content.decode()
