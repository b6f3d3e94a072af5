"""The form round all lines of the basket: no quantity that was typed is lost."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory
from orders.models import BasketLine
from orders.tests.factories import submit
from storefront.tests import shopping
from storefront.tests.shopping import put
from tests import people

pytestmark = pytest.mark.django_db

FORM = "/basket/quantities/"


@pytest.fixture
def emma(client: Client) -> Edition:
    """Three of hers in the client's basket."""
    edition = shopping.emma()
    put(client, edition, 3)
    return edition


@pytest.fixture
def waves(client: Client, emma: Edition) -> Edition:
    """And one of these, after her."""
    edition = EditionFactory.create(work=WorkFactory.create(title="The Waves"), stock=9)
    put(client, edition)
    return edition


def typed(quantities: dict[Edition, object]) -> dict[str, str]:
    return {f"quantity-{edition.isbn13}": str(each) for edition, each in quantities.items()}


def in_basket() -> dict[str, int]:
    return dict(BasketLine.objects.values_list("edition__isbn13", "quantity"))


def test_the_way_to_the_checkout_saves_all_of_them(
    client: Client, emma: Edition, waves: Edition
) -> None:
    page = client.get("/basket/").content.decode()
    assert re.search(r'<button[^>]* form="basket-lines" name="checkout"[^>]*>To the checkout', page)
    response = client.post(FORM, {**typed({emma: 5, waves: 2}), "checkout": "1"})
    assert (response.status_code, response["Location"]) == (303, "/checkout/")
    assert in_basket() == {emma.isbn13: 5, waves.isbn13: 2}
    assert client.get("/live/visitor").json()["basket_quantity"] == 7
    assert "5 × Emma" in client.get("/checkout/").content.decode()


def test_any_button_saves_all_of_them(client: Client, emma: Edition, waves: Edition) -> None:
    assert client.post(FORM, typed({emma: 1, waves: 2}))["Location"] == "/basket/"
    assert in_basket() == {emma.isbn13: 1, waves.isbn13: 2}
    client.post(FORM, {**typed({emma: 4, waves: "x"}), "remove": waves.isbn13})
    assert in_basket() == {emma.isbn13: 4}
    page = client.get("/basket/").content.decode()
    assert "“The Waves” is removed." in page
    assert '<input type="hidden" name="quantity" value="2">' in page
    client.post(FORM, {**typed({emma: 0}), "checkout": "1"})
    assert in_basket() == {}


def test_nothing_is_written_where_nothing_was_changed(
    client: Client, emma: Edition, waves: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/basket/")  # the messages
    with django_assert_num_queries(1):
        response = client.post(FORM, {**typed({emma: 3, waves: 1}), "checkout": "1"})
    assert response["Location"] == "/checkout/"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("", "“The Waves”: Please give a quantity."),
        ("-1", "“The Waves”: The quantity must be at least 0."),
        ("51", "“The Waves”: We sell at most 50 copies of a title at once."),
        ("1.5", "“The Waves”: The quantity must be a whole number, such as 1."),
        ("<b>", "“The Waves”: The quantity must be a whole number, such as 1."),
        ("\x00", "“The Waves”: The quantity must be a whole number, such as 1."),
    ],
)
def test_a_mistake_names_its_line_and_all_stays_as_typed(
    client: Client, emma: Edition, waves: Edition, wrong: str, words: str
) -> None:
    response = client.post(FORM, {**typed({emma: 5, waves: wrong}), "checkout": "1"})
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert "<title>Error: Basket" in page
    fields = {
        isbn13: tag for tag, isbn13 in re.findall(r'(<input[^>]* id="quantity-(\d+)".*?>)', page)
    }
    assert 'value="5"' in fields[emma.isbn13]
    assert "aria-invalid" not in fields[emma.isbn13]
    assert f'error-{waves.isbn13}" aria-invalid="true"' in fields[waves.isbn13]
    if wrong.isprintable() and "<" not in wrong:
        assert f'value="{wrong}"' in fields[waves.isbn13]
    assert in_basket() == {emma.isbn13: 3, waves.isbn13: 1}


def test_what_is_short_is_told_before_the_checkout(client: Client, emma: Edition) -> None:
    response = client.post(FORM, {**typed({emma: 6}), "checkout": "1"})
    assert response["Location"] == "/basket/"
    assert "Only 5 left." in client.get("/basket/").content.decode()


def test_what_is_no_longer_sold_keeps_all_as_it_was(
    client: Client, emma: Edition, waves: Edition
) -> None:
    Edition.objects.filter(pk=waves.pk).update(is_offered=False)
    response = client.post(FORM, typed({emma: 5, waves: 2}))
    page = response.content.decode()
    assert response.status_code == 422
    assert "“The Waves” is not for sale." in page
    assert 'value="5"' in page
    assert in_basket() == {emma.isbn13: 3, waves.isbn13: 1}
    assert client.post(FORM, typed({emma: 5, waves: 0})).status_code == 303
    assert in_basket() == {emma.isbn13: 5}


def test_what_other_tabs_did_meanwhile_stays(client: Client, emma: Edition, waves: Edition) -> None:
    client.post(f"/basket/lines/{emma.isbn13}/", {"remove": "1"})
    client.post(FORM, typed({emma: 3}))
    assert in_basket() == {waves.isbn13: 1}  # neither back, nor gone because nothing was said


def test_a_basket_that_was_ordered_in_another_tab(client: Client, emma: Edition) -> None:
    submit(BasketLine.objects.get().basket)
    response = client.post(FORM, {**typed({emma: 5}), "checkout": "1"})
    assert (response.status_code, response["Location"]) == (303, "/basket/")
    assert in_basket() == {}


def test_nobody_changes_anothers(emma: Edition) -> None:
    bobs = Client()
    bobs.force_login(people.bob())
    assert bobs.post(FORM, {**typed({emma: 9}), "remove": emma.isbn13}).status_code == 303
    assert in_basket() == {emma.isbn13: 3}


def test_it_needs_a_token(emma: Edition) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(FORM, typed({emma: 5})).status_code == 403
    assert client.get(FORM).status_code == 405
