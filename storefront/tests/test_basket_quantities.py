"""The form round all of the basket's page: nothing that was typed is lost, nor what is removed."""

import re
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory, sku
from orders.models import Basket, BasketLine
from orders.models.basket import MAX_LINES
from orders.tests.factories import make_voucher, submit
from storefront.forms import BasketForm
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
    client.post(FORM, {"remove": emma.isbn13})
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


@pytest.mark.parametrize("button", [{}, {"use_voucher": "1"}, {"checkout": "1"}])
def test_a_voucher_and_quantities_are_saved_together(
    client: Client, emma: Edition, waves: Edition, button: dict[str, str]
) -> None:
    make_voucher()
    sent = {**typed({emma: 5, waves: 2}), "voucher": "ten", **button}
    response = client.post(FORM, sent)
    assert response["Location"] == ("/checkout/" if "checkout" in button else "/basket/#voucher")
    assert in_basket() == {emma.isbn13: 5, waves.isbn13: 2}
    assert Basket.objects.get().voucher_code == "TEN"
    client.post(FORM, {**typed({emma: 4}), "remove_voucher": "1"})
    assert in_basket() == {emma.isbn13: 4, waves.isbn13: 2}
    assert Basket.objects.get().voucher_code == ""


def test_a_voucher_that_is_none_keeps_no_quantity_from_being_saved(
    client: Client, emma: Edition
) -> None:
    response = client.post(FORM, {**typed({emma: 5}), "voucher": "NOPE", "checkout": "1"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<p>Voucher code: We know no voucher of this code." in page
    assert re.search(r'<details[^>]* open>.*value="NOPE"', page, re.DOTALL)
    assert in_basket() == {emma.isbn13: 5}


def test_a_wrong_quantity_keeps_no_voucher_from_being_used(client: Client, emma: Edition) -> None:
    make_voucher()
    response = client.post(FORM, {**typed({emma: "x"}), "voucher": "TEN"})
    assert response.status_code == 422
    assert "“Emma”: The quantity must be a whole number" in response.content.decode()
    assert in_basket() == {emma.isbn13: 3}
    assert Basket.objects.get().voucher_code == "TEN"


def hidden(page: str) -> dict[str, str]:
    """What the page's form tells of that was removed."""
    return dict(re.findall(r'<input type="hidden" name="(removed-\d+)" value="(\d+)">', page))


def test_all_that_one_step_removed_comes_back(
    client: Client, emma: Edition, waves: Edition
) -> None:
    put(client, other := EditionFactory.create(stock=9))
    client.post(FORM, {**typed({emma: 0, other: 7}), "remove": waves.isbn13})
    assert in_basket() == {other.isbn13: 7}
    page = client.get("/basket/").content.decode()
    assert "2 titles are removed: “The Waves”, “Emma”" in page
    assert client.post(FORM, {**hidden(page), **typed({other: 8}), "undo": "1"}).status_code == 303
    assert in_basket() == {other.isbn13: 8, emma.isbn13: 3, waves.isbn13: 1}
    assert client.get("/live/visitor").json()["basket_quantity"] == 12
    assert "removed" not in client.get("/basket/").content.decode()


def test_the_last_line_comes_back_to_an_empty_basket(client: Client, emma: Edition) -> None:
    client.post(FORM, {"remove": emma.isbn13})
    page = client.get("/basket/").content.decode()
    assert "Your basket is empty" in page
    assert "“Emma” is removed." in page
    Basket.objects.all().delete()  # as it is when another tab has ordered
    client.post(FORM, {**hidden(page), "undo": "1"})
    assert in_basket() == {emma.isbn13: 3}


def test_only_the_last_step_is_undone(client: Client, emma: Edition, waves: Edition) -> None:
    client.post(FORM, {"remove": emma.isbn13})
    client.post(FORM, {"remove": waves.isbn13})
    assert hidden(client.get("/basket/").content.decode()) == {f"removed-{waves.isbn13}": "1"}
    assert hidden(client.get("/basket/").content.decode()) == {}


def test_what_cannot_come_back_is_told_and_the_rest_does(
    client: Client, emma: Edition, waves: Edition
) -> None:
    client.post(FORM, typed({emma: 0, waves: 0}))
    page = client.get("/basket/").content.decode()
    Edition.objects.filter(pk=emma.pk).update(is_offered=False)
    response = client.post(FORM, {**hidden(page), "undo": "1"})
    assert response.status_code == 422
    assert "“Emma” is not for sale." in response.content.decode()
    assert in_basket() == {waves.isbn13: 1}


@pytest.mark.parametrize("quantity", ["0", "-1", "51", "x", "\x00", ""])
def test_nothing_comes_back_that_nobody_could_remove(
    client: Client, emma: Edition, waves: Edition, quantity: str
) -> None:
    unknown = "removed-9780141439587", "removed-\x00", "removed-", "removed-" + "9" * 13
    forged = {f"removed-{waves.isbn13}": quantity, **dict.fromkeys(unknown, "1"), "undo": "1"}
    response = client.post(FORM, {**forged, **typed({emma: 5})})
    assert response.status_code == 422
    assert in_basket() == {emma.isbn13: 3, waves.isbn13: 1}


@pytest.mark.parametrize("path", ["/basket/voucher/", "/basket/lines/9780141439587/"])
def test_a_page_of_the_release_before_leads_to_the_basket(
    client: Client, emma: Edition, path: str
) -> None:
    response = client.post(path, {"quantity": "9", "voucher": "SPRING"})
    assert response.status_code == 409
    shown = response.content.decode()
    assert "The shop has changed meanwhile. Please try again." in shown
    assert f'name="quantity-{emma.isbn13}"' in shown
    assert in_basket() == {emma.isbn13: 3}


def test_no_more_comes_back_than_a_basket_holds() -> None:
    sent = {f"removed-{sku(number)}": "1" for number in range(2 * MAX_LINES)}
    form = BasketForm((), QueryDict(urlencode({"undo": "1", **sent})))
    assert len(form.brought_back) == MAX_LINES
