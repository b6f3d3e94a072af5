"""The basket's page and forms, without scripts and with htmx."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory, sku
from orders.models import Basket, BasketLine
from orders.models.basket import MAX_LINES, MAX_QUANTITY
from orders.tests.factories import BasketFactory
from storefront.private import NEVER_KEPT
from storefront.tests import shopping
from tests import people

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
PAGE_QUERIES = 1  # the basket with its lines and what stands beside them


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


def put(client: Client, edition: Edition, **fields: object) -> None:
    response = client.post("/basket/lines/", {"isbn13": edition.isbn13, **fields})
    assert response.status_code == 303


def in_basket() -> dict[str, int]:
    return dict(BasketLine.objects.values_list("edition__isbn13", "quantity"))


def text_of(client: Client) -> str:
    return client.get("/basket/").content.decode()


def test_add_and_show(client: Client, emma: Edition) -> None:
    response = client.post("/basket/lines/", {"isbn13": emma.isbn13, "quantity": "2"})
    assert response.status_code == 303
    assert response["Location"] == "/basket/"
    assert response["Cache-Control"] == NEVER_KEPT
    assert in_basket() == {emma.isbn13: 2}
    page = text_of(client)
    assert 'success basket-news" role="status">“Emma” is in your basket.</p>' in page
    assert "Jane Austen" in page
    assert "$25.00" in page
    assert f"/books/{emma.isbn13}/emma/" in page
    assert f"/covers/{emma.isbn13}.svg" in page
    assert "is in your basket" not in text_of(client)  # it is said once


def test_quantity_is_one_when_nothing_is_said(client: Client, emma: Edition) -> None:
    put(client, emma)
    put(client, emma, quantity="")
    assert in_basket() == {emma.isbn13: 2}


def test_an_isbn_in_any_notation(client: Client) -> None:
    edition = EditionFactory.create(isbn13="9780141439587", stock=1)
    for notation in ("978-0-14-143958-7", "0-14-143958-0", "ISBN 9780141439587"):
        assert client.post("/basket/lines/", {"isbn13": notation}).status_code == 303
    assert in_basket() == {edition.isbn13: 3}


def test_a_member_has_one_basket_in_all_sessions(emma: Edition) -> None:
    alice = people.alice()
    phone, desk = Client(), Client()
    phone.force_login(alice)
    desk.force_login(alice)
    put(phone, emma)
    put(desk, emma)
    assert Basket.objects.get().user == alice
    assert in_basket() == {emma.isbn13: 2}


def test_empty_basket(client: Client) -> None:
    response = client.get("/basket/")
    assert response.status_code == 200
    assert b"Your basket is empty" in response.content
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert Basket.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "ISBN: Please give the ISBN of the book."),
        ({"isbn13": "9780141439588"}, "ISBN: “9780141439588” is not a valid ISBN"),
        ({"isbn13": "<script>"}, "ISBN: “&lt;script&gt;” is not a valid ISBN"),
        ({"isbn13": "9" * 10_000}, "ISBN: Ensure this value has at most 60 characters"),
        ({"isbn13": "9780141439587\x00"}, "ISBN: Null characters are not allowed."),
        ({"isbn13": sku(1), "quantity": "-1"}, "Quantity: The quantity must be at least 1."),
        ({"isbn13": sku(1), "quantity": "0"}, "Quantity: The quantity must be at least 1."),
        ({"isbn13": sku(1), "quantity": "x"}, "Quantity: The quantity must be a whole number"),
        ({"isbn13": sku(1), "quantity": "1.5"}, "Quantity: The quantity must be a whole number"),
        ({"isbn13": sku(1), "quantity": "51"}, "Quantity: We sell at most 50 copies"),
        ({"isbn13": sku(1), "quantity": "9" * 5000}, "Quantity: The quantity must be a whole"),
    ],
)
def test_bad_input_names_the_field(client: Client, fields: dict[str, str], words: str) -> None:
    EditionFactory.create(isbn13=sku(1), stock=1)
    response = client.post("/basket/lines/", fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Basket.objects.count() == 0


def test_an_unknown_edition(client: Client) -> None:
    response = client.post("/basket/lines/", {"isbn13": "9780141439587"})
    assert response.status_code == 404
    assert "978-0-14-143958-7" in response.content.decode()
    assert Basket.objects.count() == 0


def test_what_is_not_for_sale(client: Client) -> None:
    edition = EditionFactory.create(price=False)
    response = client.post("/basket/lines/", {"isbn13": edition.isbn13})
    assert response.status_code == 422
    assert "is not for sale" in response.content.decode()
    assert Basket.objects.count() == 0
    assert "visitor" not in client.cookies


def test_what_is_short_is_said_as_it_is_put_in(client: Client, emma: Edition) -> None:
    def told(quantity: int) -> str:
        fields = {"isbn13": emma.isbn13, "quantity": quantity}
        return client.post("/basket/lines/", fields, headers=HTMX).content.decode()

    assert "Only" not in told(5)  # all that there are
    assert "Added to your basket: Emma. <strong>Only 5 left.</strong>" in told(1)
    page = client.post("/basket/lines/", {"isbn13": emma.isbn13}, follow=True).content.decode()
    assert 'warning basket-news" role="status">“Emma” is in your basket. Only 5 left.</p>' in page
    client.cookies.clear()
    assert "Added to your basket: Emma. <strong>Only 5 left.</strong>" in told(6)


def test_the_first_book_takes_one_statement(
    client: Client, emma: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        put(client, emma, quantity=2)
    line = BasketLine.objects.get()
    assert (line.edition, line.quantity, line.seen_amount) == (emma, 2, Decimal("12.50"))
    assert (line.basket.user, line.basket.voucher_code) == (None, "")
    assert line.added_at == line.basket.created_at == line.basket.updated_at


def test_what_is_not_for_sale_is_not_added_to_others(client: Client, emma: Edition) -> None:
    put(client, emma)
    unpriced = EditionFactory.create(price=False)
    response = client.post("/basket/lines/", {"isbn13": unpriced.isbn13})
    assert (response.status_code, in_basket()) == (422, {emma.isbn13: 1})
    response = client.post("/basket/lines/", {"isbn13": "9780141439587"})
    assert (response.status_code, in_basket()) == (404, {emma.isbn13: 1})


def test_more_copies_than_a_line_may_have(client: Client, emma: Edition) -> None:
    put(client, emma, quantity=MAX_QUANTITY)
    response = client.post("/basket/lines/", {"isbn13": emma.isbn13})
    assert response.status_code == 422
    assert in_basket() == {emma.isbn13: MAX_QUANTITY}


def test_more_titles_than_a_basket_may_have(client: Client) -> None:
    editions = [EditionFactory.create(price=Decimal("1.00")) for _each in range(MAX_LINES + 1)]
    put(client, editions[0])
    basket = Basket.objects.get()
    BasketLine.objects.bulk_create(
        BasketLine(basket=basket, edition=edition, quantity=1) for edition in editions[1:-1]
    )
    response = client.post("/basket/lines/", {"isbn13": editions[-1].isbn13})
    assert response.status_code == 422
    assert "at most 100 different titles" in response.content.decode()
    assert basket.lines.count() == MAX_LINES


def test_get_is_not_allowed(client: Client) -> None:
    assert client.get("/basket/lines/").status_code == 405
    assert client.get("/basket/quantities/").status_code == 405
    assert client.post("/basket/").status_code == 405


def test_what_is_no_longer_offered_can_be_removed(client: Client, emma: Edition) -> None:
    put(client, emma)
    Edition.objects.update(is_offered=False)
    page = text_of(client)
    assert "Not for sale any more." in page
    assert "To the checkout" not in page
    client.post("/basket/quantities/", {"remove": emma.isbn13})
    assert in_basket() == {}


@pytest.mark.parametrize("number", ["9780141439587", "<b>", ""])
def test_what_is_not_in_it_was_not_put_in(client: Client, emma: Edition, number: str) -> None:
    put(client, emma)
    client.cookies["added"] = number
    page = text_of(client)
    assert "Emma" in page
    assert "is in your basket" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}],
)
def test_another_site_cannot_change_it(emma: Edition, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    put(client, emma)
    fields = {"remove": emma.isbn13, "voucher": "TEN"}
    response = client.post("/basket/quantities/", fields, headers=headers)
    assert response.status_code == 403
    assert "This came from another site" in response.content.decode()
    assert in_basket() == {emma.isbn13: 1}


def test_what_was_put_in_is_not_said_beside_an_error(client: Client, emma: Edition) -> None:
    put(client, emma)
    refused = client.post("/basket/lines/", {"isbn13": "1"})
    assert refused.status_code == 422
    assert "is in your basket" not in refused.content.decode()
    assert "is in your basket" in text_of(client)


def test_its_page_outlives_who_signs_in_beside_it(emma: Edition) -> None:
    """Which gives the browser another token than a page was made with."""
    client = Client(enforce_csrf_checks=True)
    alice = people.alice()
    client.force_login(alice)
    put(client, emma)
    assert "csrfmiddlewaretoken" not in text_of(client)
    client.logout()
    client.force_login(alice)
    headers = {"Sec-Fetch-Site": "same-origin"}
    client.post("/basket/quantities/", {"remove": emma.isbn13}, headers=headers)
    assert in_basket() == {}


def test_scarce_and_sold_out(client: Client, emma: Edition) -> None:
    put(client, emma, quantity=6)
    assert "Only 5 left." in text_of(client)
    put(client, EditionFactory.create(stock=0))
    assert "Out of stock." in text_of(client)


def test_nobody_sees_anothers_basket(emma: Edition) -> None:
    alices, bobs = Client(), Client()
    alices.force_login(people.alice())
    put(alices, emma)
    bobs.force_login(people.bob())
    assert "Your basket is empty" in text_of(bobs)
    assert "Your basket is empty" in text_of(Client())


def test_a_members_basket_cannot_be_taken_over_through_a_session(emma: Edition) -> None:
    alices = BasketFactory.create(user=people.alice(), lines={emma: 1})
    client = Client()
    session = client.session
    session["basket"] = str(alices.pk)
    session.save()
    assert "Your basket is empty" in text_of(client)
    put(client, emma, quantity=7)
    assert alices.quantity == 1


def test_added_by_htmx(client: Client, emma: Edition) -> None:
    fields = {"isbn13": emma.isbn13, "quantity": "2"}
    response = client.post("/basket/lines/", fields, headers=HTMX)
    assert response.status_code == 200
    body = response.content.decode()
    assert "Added to your basket: Emma." in body
    assert '<div hx-swap-oob="innerHTML:#visitor">' in body
    assert '<span class="visitor-count">2<' in body
    assert "<html" not in body


def test_refused_for_htmx(client: Client) -> None:
    response = client.post("/basket/lines/", {"isbn13": "9780141439587"}, headers=HTMX)
    assert response.status_code == 422
    body = response.content.decode()
    assert "We know no book with the ISBN 978-0-14-143958-7" in body
    assert "#visitor" not in body


@pytest.mark.parametrize("lines", [1, 8])
def test_queries_do_not_grow_with_the_lines(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    for _each in range(lines):
        put(client, EditionFactory.create(work=WorkFactory.create(author="Jane Austen"), stock=2))
    client.get("/basket/")  # the messages
    with django_assert_num_queries(PAGE_QUERIES):
        client.get("/basket/")


def test_adding_prolongs_the_basket(client: Client, emma: Edition) -> None:
    put(client, emma)
    response = client.post("/basket/lines/", {"isbn13": emma.isbn13})
    assert response.cookies["visitor"]["max-age"] == 14 * 24 * 3600
