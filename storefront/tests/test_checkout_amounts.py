"""What the checkout says that an order costs: by country, voucher and gift cards, and told anew."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory
from orders import tax_tables
from orders.models import (
    Basket,
    GiftCard,
    Order,
    Seller,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    Voucher,
)
from storefront.tests import shopping
from storefront.tests.shopping import DELIVERY, WISH, hidden, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma(client: Client) -> Edition:
    """One of hers at 12.50 in the basket."""
    edition = shopping.emma()
    put(client, edition)
    return edition


def send_to(*countries: str, amount: str = "3.00", code: str = "standard") -> ShippingRate:
    zone, _made = ShippingZone.objects.get_or_create(
        name=" ".join(countries), defaults={"countries": list(countries)}
    )
    method = ShippingMethod.objects.get(code=code)
    return ShippingRate.objects.create(method=method, zone=zone, amount=Decimal(amount))


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def act(client: Client, what: str, **typed: str) -> str:
    """Press a button of the form that buys nothing yet."""
    form = {**hidden(client), **WISH, "act": what, **typed}
    response = client.post("/checkout/", form)
    assert response.status_code == 200
    return response.content.decode()


def card(amount: str = "10.00") -> GiftCard:
    return GiftCard.objects.issue(Decimal(amount), currency="USD")


def spring(**fields: object) -> Voucher:
    return Voucher.objects.create(
        **{"code": "SPRING", "kind": "percentage", "percent": Decimal(10), **fields}
    )


def test_before_the_country_is_known_no_amount_is_said(client: Client, emma: Edition) -> None:
    send_to("GB")
    page = client.get("/checkout/").content.decode()
    assert "by country" in page
    assert "expected_total_standard" not in fields(page)
    assert fields(page)["expected_total_collection"] == "12.50"
    response = client.post("/checkout/", {**fields(page), **WISH})
    assert response.status_code == 409
    assert "Now we know what it costs there" in response.content.decode()
    assert not Order.objects.exists()
    again = client.post("/checkout/", {**fields(response.content.decode()), **WISH})
    assert again.status_code == 303
    assert Order.objects.get().total_amount == Decimal("15.50")


def test_the_shops_own_country_is_the_first_guess(client: Client, emma: Edition) -> None:
    Seller.objects.create(country="GB")
    send_to("GB")
    page = client.get("/checkout/").content.decode()
    assert '<option value="GB" selected>' in page
    assert fields(page)["expected_total_standard"] == "15.50"


def test_another_country_costs_another_amount(client: Client, emma: Edition) -> None:
    send_to("GB")
    send_to("FR", amount="7.00")
    page = act(client, "update", country="FR")
    assert fields(page)["expected_total_standard"] == "19.50"
    assert 'value="12 Long Lane"' in page
    assert not Order.objects.exists()
    response = client.post("/checkout/", {**fields(page), **WISH})  # and home again, untold
    assert response.status_code == 409
    assert "Delivery: <del>$7.00</del> → <strong>$3.00</strong>" in response.content.decode()
    assert not Order.objects.exists()


def test_a_country_that_is_not_served(client: Client, emma: Edition) -> None:
    send_to("GB")
    send_to("GB", code="express")
    page = act(client, "update", country="NO")
    assert "This way of shipping does not go to this country." in page
    response = client.post("/checkout/", {**fields(page), **WISH, "country": "NO"})
    assert response.status_code == 422
    assert response.context["form"].errors["country"] == ["We cannot send this order to Norway."]
    assert not Order.objects.exists()
    assert Basket.objects.get().quantity == 1


def test_a_way_that_does_not_go_there(client: Client, emma: Edition) -> None:
    send_to("GB", code="express")
    page = act(client, "update", country="NO")
    wish = {**WISH, "country": "NO", "shipping_method": "express"}
    response = client.post("/checkout/", {**fields(page), **wish})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["shipping_method"]
    assert not Order.objects.exists()


def test_a_voucher_is_used(client: Client, emma: Edition) -> None:
    spring()
    page = act(client, "voucher", voucher=" spring ")
    assert "Voucher SPRING" in page
    assert fields(page)["expected_total_standard"] == "15.75"
    assert client.post("/checkout/", {**fields(page), **WISH}).status_code == 303
    order = Order.objects.get()
    assert (order.discount_amount, order.voucher_code) == (Decimal("1.25"), "SPRING")
    assert Voucher.objects.get().used_count == 1


def test_a_voucher_is_taken_out_again(client: Client, emma: Edition) -> None:
    spring()
    act(client, "voucher", voucher="SPRING")
    page = act(client, "remove_voucher")
    assert fields(page)["expected_total_standard"] == "17.00"
    assert Basket.objects.get().voucher_code == ""


def test_an_unknown_voucher_changes_nothing(client: Client, emma: Edition) -> None:
    form = {**hidden(client), **WISH, "act": "voucher", "voucher": "NONE"}
    response = client.post("/checkout/", form)
    assert response.status_code == 422
    assert "We know no voucher of this code." in response.content.decode()
    assert Basket.objects.get().voucher_code == ""


@pytest.mark.parametrize("button", [{}, {"act": "voucher"}])
def test_a_refused_code_stays_in_its_field_and_is_named_there(
    client: Client, emma: Edition, button: dict[str, str]
) -> None:
    good = card()
    typed = {"voucher": "SPRONG", "new_gift_card": "AAAA-BBBB"}
    form = {**hidden(client), **WISH, **button, **typed, "gift_card": good.code}
    response = client.post("/checkout/", form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Checkout" in page
    for name, code in typed.items():
        told = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
        assert told
        for words in (f'value="{code}"', 'aria-invalid="true"', f"id_{name}_error"):
            assert words in told.group()
    assert page.count("We know no gift card of the code “AAAA-BBBB”.") == 2  # summary and field
    assert f'name="gift_card" value="{good.code}"' in page
    assert 'value="12 Long Lane"' in page
    assert not Order.objects.exists()


def test_a_code_that_is_taken_leaves_the_others_as_typed(client: Client, emma: Edition) -> None:
    spring()
    form = {**hidden(client), **WISH, "voucher": "SPRING", "new_gift_card": "AAAA-BBBB"}
    page = client.post("/checkout/", form).content.decode()
    assert "Voucher SPRING" in page
    assert 'value="AAAA-BBBB"' in page
    assert not re.search(r'<input[^>]*name="voucher"[^>]* value="[^"]', page)


def test_a_code_that_was_typed_counts_before_anything_is_bought(
    client: Client, emma: Edition
) -> None:
    spring()
    form = {**hidden(client), **WISH, "voucher": "SPRING"}
    response = client.post("/checkout/", form)
    assert response.status_code == 200
    assert fields(response.content.decode())["expected_total_standard"] == "15.75"
    assert not Order.objects.exists()


def test_a_voucher_that_ended_meanwhile_is_told(client: Client, emma: Edition) -> None:
    spring()
    page = act(client, "voucher", voucher="SPRING")
    Voucher.objects.update(is_active=False)
    response = client.post("/checkout/", {**fields(page), **WISH})
    assert response.status_code == 409
    told = response.content.decode()
    assert "Saved by the voucher: <del>$1.25</del> → <strong>$0.00</strong>" in told
    assert "We know no voucher of this code." in told
    assert not Order.objects.exists()
    assert client.post("/checkout/", {**fields(told), **WISH}).status_code == 303
    assert Order.objects.get().voucher_code == ""


def test_gift_cards_pay_a_part(client: Client, emma: Edition) -> None:
    one, other = card("10.00"), card("3.00")
    page = act(client, "gift_card", new_gift_card=one.code)
    page = act(client, "gift_card", gift_card=one.code, new_gift_card=other.code.lower())
    assert page.count('name="gift_card"') == 2
    assert fields(page)["expected_payable_standard"] == "4.00"
    form = {**fields(page), **WISH, "gift_card": [one.code, other.code]}
    assert client.post("/checkout/", form).status_code == 303
    order = Order.objects.get()
    assert (order.total_amount, order.payable_amount) == (Decimal("17.00"), Decimal("4.00"))
    assert {each.balance_amount for each in GiftCard.objects.all()} == {Decimal("0.00")}


def test_a_gift_card_that_pays_all_leaves_nothing_to_pay(client: Client, emma: Edition) -> None:
    page = act(client, "gift_card", new_gift_card=card("50.00").code)
    form = {**fields(page), **WISH, "payment_method": "fake"}
    response = client.post("/checkout/", form)
    order = Order.objects.get()
    assert response["Location"] == f"/orders/{order.number}/"
    assert (order.status, order.payable_amount) == ("paid", Decimal(0))
    assert GiftCard.objects.get().balance_amount == Decimal("33.00")


def test_a_gift_card_is_taken_out_again(client: Client, emma: Edition) -> None:
    one = card()
    page = act(client, "remove_gift_card:0", gift_card=one.code)
    assert 'name="gift_card"' not in page
    assert fields(page)["expected_payable_standard"] == "17.00"


def test_a_gift_card_that_was_spent_meanwhile_is_told(client: Client, emma: Edition) -> None:
    page = act(client, "gift_card", new_gift_card=card().code)
    GiftCard.objects.update(balance_amount=Decimal("1.00"))
    response = client.post("/checkout/", {**fields(page), **WISH})
    assert response.status_code == 409
    told = response.content.decode()
    assert "To pay: <del>$7.00</del> → <strong>$16.00</strong>" in told
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "codes", [["X"], [""], ["\x00"], ["A" * 5000], [f"AAAA-{n:04}" for n in range(300)]]
)
def test_absurd_gift_cards_buy_nothing_dearer(
    client: Client, emma: Edition, codes: list[str]
) -> None:
    """What is no card pays nothing: the total to pay is what the page said."""
    form = {**hidden(client), **WISH, "gift_card": codes}
    assert client.post("/checkout/", form).status_code == 303
    assert Order.objects.get().payable_amount == Decimal("17.00")


@pytest.mark.parametrize(
    "typed", ["\x00", "A" * 500, "'; DROP TABLE", "٣٣٣٣", "AAAA-AAAA-AAAA-AAAA"]
)
@pytest.mark.parametrize("field", ["voucher", "new_gift_card"])
def test_absurd_codes_are_refused(client: Client, emma: Edition, field: str, typed: str) -> None:
    form = {**hidden(client), **WISH, "act": field.removeprefix("new_"), field: typed}
    assert client.post("/checkout/", form).status_code == 422
    assert Basket.objects.get().voucher_code == ""
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "forged",
    ["", "x", "1", "x1", "1x", "1xNaN", "1xInfinity", "99999x1", "²x1.00", "1x" + "9" * 500],
)
def test_a_forged_memory_of_the_page_only_asks_again(
    client: Client, emma: Edition, forged: str
) -> None:
    form = {**hidden(client), **WISH, f"seen_{emma.isbn13}": forged}
    response = client.post("/checkout/", form)
    assert response.status_code == 409
    assert "not in the basket" in response.content.decode()
    assert not Order.objects.exists()


def test_what_another_tab_put_in_is_told(client: Client, emma: Edition) -> None:
    form = hidden(client)
    put(client, EditionFactory.create(stock=1, price=Decimal("8.00")))
    put(client, emma)
    response = client.post("/checkout/", {**form, **WISH})
    told = response.content.decode()
    assert response.status_code == 409
    assert "“Emma”: <del>1 × $12.50</del> → <strong>2 × $12.50</strong>" in told
    assert "<del>not in the basket</del> → <strong>1 × $8.00</strong>" in told
    assert not Order.objects.exists()


def test_the_country_is_asked_where_the_tax_of_files_depends_on_it(client: Client) -> None:
    tax_tables.load()
    Seller.objects.create(country="DE")
    put(client, EditionFactory.create(format=Format.EBOOK, price=Decimal("12.70")))
    page = client.get("/checkout/").content.decode()
    assert "the tax depends on your country" in page
    assert "Delivery address" not in page
    wish = {**WISH, "shipping_method": "download", **dict.fromkeys(DELIVERY, "")}
    refused = client.post("/checkout/", {**fields(page), **wish})
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["country"]
    response = client.post("/checkout/", {**fields(page), **wish, "country": "HU"})
    assert response.status_code == 303
    order = Order.objects.get()
    assert (order.tax_country, order.tax_amount) == ("HU", Decimal("2.70"))
