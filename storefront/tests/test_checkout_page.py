"""The one-page checkout over plain HTML forms, as guest and as member."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Address
from catalog.models import Edition, Format, Stock
from catalog.tests.factories import EditionFactory, WorkFactory
from orders.models import Basket, Order, Seller
from orders.tests.factories import gift_card_edition
from storefront.forms import MAX_ADDRESSES
from storefront.tests import shopping
from storefront.tests.shopping import DELIVERY, WISH, hidden, order_with, put
from tests import people

pytestmark = pytest.mark.django_db

PAGE_QUERIES = 2


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


def test_a_guest_orders(client: Client, emma: Edition) -> None:
    put(client, emma, 2)
    response = client.post("/checkout/", {**hidden(client), **WISH})
    order = Order.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/orders/{order.number}/"
    assert order.user is None
    assert order.email == "greta@example.com"
    assert order.total_amount == Decimal("29.50")
    assert order.shipping_postcode == "EC1A 9PT"
    assert order.shipping_country == "GB"
    assert Stock.objects.get().allocated == 2
    page = client.get(response["Location"]).content.decode()
    assert order.number in page
    assert "United Kingdom" in page
    assert Basket.objects.count() == 0
    assert client.get("/live/visitor").json()["basket_quantity"] == 0


def test_a_member_orders(client: Client, emma: Edition) -> None:
    alice = people.alice()
    client.force_login(alice)
    put(client, emma)
    page = client.get("/checkout/").content.decode()
    assert 'value="alice@example.com"' in page
    assert 'value="Alice Liddell"' in page
    order = order_with(client)
    assert order.user == alice
    assert alice.addresses.count() == 0
    assert order.number in client.get("/account/orders/").content.decode()


def test_an_empty_form_shows_nothing_that_others_have_filled_in(
    client: Client, emma: Edition
) -> None:
    def filled_in(page: bytes) -> bool:
        return any(text in page.decode() for text in ("Greta", "Long Lane", 'value="GB" selected'))

    put(client, emma)
    refused = client.post("/checkout/", {**hidden(client), **WISH, "email": "no address"})
    assert refused.status_code == 422
    assert filled_in(refused.content)
    member = Client()
    member.force_login(people.alice())
    put(member, emma)
    assert b"Alice Liddell" in member.get("/checkout/").content
    other = Client()
    put(other, emma)
    page = other.get("/checkout/").content
    assert not filled_in(page)
    assert b"Alice Liddell" not in page
    assert b"has-errors" not in page
    assert not filled_in(client.get("/checkout/").content)


def test_an_empty_form_names_the_sellers_country_and_the_ways_to_pay(
    client: Client, emma: Edition, settings: Settings
) -> None:
    put(client, emma)
    for country in ("", "GB", "FR"):
        Seller.objects.update_or_create(defaults={"country": country})
        chosen = re.findall(r'value="(\w+)" selected', client.get("/checkout/").content.decode())
        assert chosen == ([country] if country else [])
    for is_offered in (True, False):
        settings.FAKE_PAYMENTS = is_offered
        page = client.get("/checkout/").content
        assert (b'name="payment_method" value="fake"' in page) is is_offered


def test_the_fake_payment_comes_next(client: Client, emma: Edition) -> None:
    put(client, emma)
    response = client.post("/checkout/", {**hidden(client), **WISH, "payment_method": "fake"})
    order = Order.objects.get()
    assert response["Location"].startswith(f"/orders/{order.number}/fake-payment/")
    assert client.get(response["Location"]).status_code == 200


def test_collection_needs_no_address(client: Client, emma: Edition) -> None:
    put(client, emma)
    nothing = dict.fromkeys(DELIVERY, "")
    order = order_with(client, shipping_method="collection", **nothing)
    assert order.total_amount == Decimal("12.50")
    assert order.shipping_line1 == ""
    assert order.collection_point.startswith("Main shop")


def test_an_unneeded_address_may_be_wrong(client: Client, emma: Edition) -> None:
    put(client, emma)
    order = order_with(client, shipping_method="collection", line1="x" * 500, country="XX")
    assert order.shipping_line1 == ""


def test_gift_cards_are_no_files(client: Client) -> None:
    put(client, gift_card_edition())
    page = client.get("/checkout/").content.decode()
    assert "By e-mail, as soon as the payment is in." in page
    assert "files" not in page


def test_files_need_no_address(client: Client) -> None:
    put(client, EditionFactory.create(format=Format.EBOOK, price=Decimal("4.00")))
    page = client.get("/checkout/").content.decode()
    assert "Delivery address" not in page
    assert "Express" not in page
    nothing = dict.fromkeys(DELIVERY, "")
    assert "By e-mail" in page
    assert "Our booksellers send you the files by e-mail" in page
    order = order_with(client, shipping_method="download", **nothing)
    assert order.total_amount == Decimal("4.00")
    page = client.get(order.get_absolute_url()).content.decode()
    assert "send you the e-books and audiobooks by e-mail" in page


def test_the_page_shows_each_total(client: Client, emma: Edition) -> None:
    put(client, emma, 2)
    fields = hidden(client)
    assert fields["expected_total_standard"] == "29.50"
    assert fields["expected_total_express"] == "34.50"
    assert fields["expected_total_collection"] == "25.00"
    assert fields["basket"] == str(Basket.objects.get().pk)


def test_the_tax_contained(client: Client) -> None:
    put(client, EditionFactory.create(price=Decimal("21.40"), price__tax_rate=7, stock=1))
    page = client.get("/checkout/").content.decode()
    # In 25.90 by standard delivery, 30.90 by express, 21.40 when it is collected.
    assert re.findall(r"7% tax contained</dt><dd class=\"small muted\">([^<]+)", page) == [
        "$1.69", "$2.02", "$1.40",
    ]  # fmt: skip


def test_an_empty_basket(client: Client) -> None:
    for response in (client.get("/checkout/"), client.post("/checkout/", WISH)):
        assert response.status_code == 200
        assert "There is nothing to order yet" in response.content.decode()
    assert Order.objects.count() == 0


def test_all_errors_stand_beside_their_fields(client: Client, emma: Edition) -> None:
    put(client, emma)
    response = client.post("/checkout/", {"basket": hidden(client)["basket"]})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Please check this:" in page
    for name, words in {
        "email": "Please enter your e-mail address.",
        "shipping_method": "Please choose how your order reaches you.",
        "payment_method": "Please choose how you want to pay.",
    }.items():
        assert f'<ul class="errorlist" id="id_{name}_error"><li>{words}</li></ul>' in page
    assert '<a href="#id_email">Please enter your e-mail address.</a>' in page
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert Order.objects.count() == 0
    assert Stock.objects.get().allocated == 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "not an address", "Please enter an e-mail address such as name@example.com."),
        ("email", "x" * 250 + "@example.com", "at most 254 characters"),
        ("name", "", "Please enter the name of the person who receives the parcel."),
        ("name", "x" * 201, "at most 200 characters"),
        ("line1", "", "Please enter the street and house number."),
        ("line1", "\x00", "Null characters are not allowed."),
        ("city", "x" * 101, "at most 100 characters"),
        ("postcode", "", "Please enter the postcode."),
        ("postcode", "x" * 21, "at most 20 characters"),
        ("country", "", "Please choose the country."),
        ("country", "XX", "Select a valid choice."),
        ("shipping_method", "teleport", "Select a valid choice."),
        ("shipping_method", "download", "Select a valid choice."),
        ("payment_method", "shells", "Select a valid choice."),
        ("expected_total_standard", "much", "Enter a number."),
    ],
)
def test_bad_input(client: Client, emma: Edition, field: str, value: str, words: str) -> None:
    put(client, emma)
    response = client.post("/checkout/", {**hidden(client), **WISH, field: value})
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert 'value="12 Long Lane"' in page or field == "line1"  # what was typed is kept
    assert Order.objects.count() == 0
    assert Stock.objects.get().allocated == 0


def test_errors_are_listed_as_the_page_has_the_fields(client: Client, emma: Edition) -> None:
    put(client, emma)
    nothing = dict.fromkeys(DELIVERY, "")
    page = client.post("/checkout/", {**hidden(client), **WISH, **nothing}).content.decode()
    listed = re.findall(r'<li><a href="#id_(\w+)">', page)
    assert listed == ["name", "line1", "postcode", "city", "country"]
    shown = re.findall(r'<(?:input|select)[^>]* name="(\w+)"', page)
    assert listed == [name for name in shown if name in listed]


def test_a_country_without_postcodes(client: Client, emma: Edition) -> None:
    put(client, emma)
    assert order_with(client, country="HK", postcode="").shipping_postcode == ""


def test_a_saved_address(client: Client, emma: Edition) -> None:
    alice = people.alice()
    home = Address.objects.create(user=alice, **{**DELIVERY, "line2": "Second floor"})
    client.force_login(alice)
    put(client, emma)
    page = client.get("/checkout/").content.decode()
    assert "Greta Guest, 12 Long Lane, Second floor, EC1A 9PT London, United Kingdom" in page
    nothing = dict.fromkeys(DELIVERY, "")
    order = order_with(client, saved_address=str(home.pk), save_address="on", **nothing)
    assert order.shipping_line1 == "12 Long Lane"
    assert alice.addresses.get() == home


def test_a_new_address_is_kept_when_asked_for(client: Client, emma: Edition) -> None:
    alice = people.alice()
    client.force_login(alice)
    put(client, emma)
    order_with(client, saved_address="another", save_address="on")
    assert alice.addresses.values(*DELIVERY).get() == DELIVERY


def test_an_address_is_kept_once(client: Client, emma: Edition) -> None:
    alice = people.alice()
    Address.objects.create(user=alice, **DELIVERY)
    client.force_login(alice)
    put(client, emma)
    order_with(client, saved_address="another", save_address="on", city="LONDON")
    assert alice.addresses.count() == 1


def test_a_full_address_book_takes_no_more(client: Client, emma: Edition) -> None:
    alice = people.alice()
    Address.objects.bulk_create(Address(user=alice, **DELIVERY) for _each in range(MAX_ADDRESSES))
    client.force_login(alice)
    put(client, emma)
    order_with(client, saved_address="another", save_address="on", line1="13 Long Lane")
    assert alice.addresses.count() == MAX_ADDRESSES


def test_anothers_address_cannot_be_used(client: Client, emma: Edition) -> None:
    alices = Address.objects.create(user=people.alice(), **DELIVERY)
    bob = people.bob()
    Address.objects.create(user=bob, **{**DELIVERY, "line1": "1 Bob Street"})
    client.force_login(bob)
    put(client, emma)
    form = {**hidden(client), **WISH, **dict.fromkeys(DELIVERY, ""), "saved_address": alices.pk}
    response = client.post("/checkout/", form)
    assert response.status_code == 422
    assert "12 Long Lane" not in response.content.decode()
    assert Order.objects.count() == 0


def test_the_fake_payment_is_not_offered_in_earnest(
    client: Client, emma: Edition, settings: Settings
) -> None:
    settings.FAKE_PAYMENTS = False
    put(client, emma)
    assert "Pretended" not in client.get("/checkout/").content.decode()
    form = {**hidden(client), **WISH, "payment_method": "fake"}
    assert client.post("/checkout/", form).status_code == 422
    assert Order.objects.count() == 0


def test_ordering_needs_a_token(emma: Edition) -> None:
    client = Client(enforce_csrf_checks=True)
    put(client, emma)
    form = {**hidden(client), **WISH}
    token = form.pop("csrfmiddlewaretoken")
    assert client.post("/checkout/", form).status_code == 403
    assert Order.objects.count() == 0
    form["csrfmiddlewaretoken"] = token
    assert client.post("/checkout/", form).status_code == 303


def test_the_page_is_never_kept(client: Client, emma: Edition) -> None:
    put(client, emma)
    assert "no-store" in client.get("/checkout/")["Cache-Control"]


@pytest.mark.parametrize("lines", [1, 8])
def test_queries_do_not_grow_with_the_lines(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    for _each in range(lines):
        put(client, EditionFactory.create(work=WorkFactory.create(author="Jane Austen"), stock=2))
    client.get("/basket/")  # the messages
    with django_assert_num_queries(PAGE_QUERIES):
        client.get("/checkout/")
