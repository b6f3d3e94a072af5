"""Deliveries, losses and transfers of several titles, as staff scans them."""

import secrets
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Edition, Stock, StockMovement
from catalog.tests.factories import EditionFactory, main_shop, put_in_stock, sku, store_room

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def url(action: str) -> str:
    return reverse("admin:catalog_stock_scanned", args=[action])


def send(client: Client, action: str, *lines: str, **fields: Any) -> Any:
    form = {
        "key": secrets.token_hex(8),
        "location": main_shop().pk,
        "reason": "Note 7",
        "numbers": "\n".join(lines),
        **fields,
    }
    return client.post(url(action), form)


def on_hand(edition: Edition) -> list[int]:
    rows = Stock.objects.filter(edition=edition).order_by("location__code")
    return list(rows.values_list("on_hand", flat=True))


def test_a_delivery_of_several_titles(client: Client, clerk: "User") -> None:
    one, two = EditionFactory.create_batch(2)
    response = send(client, "delivery", one.isbn13, one.isbn13, f"{two.isbn13} 5")
    assert response.status_code == 303
    assert (on_hand(one), on_hand(two)) == ([2], [5])
    movement = StockMovement.objects.get(stock__edition=two)
    assert (movement.kind, movement.reason, movement.actor) == ("receive", "Note 7", clerk)
    assert "Done: 7 copies of 2 titles." in client.get(response["Location"]).content.decode()


def test_a_title_that_is_missing_can_be_entered_on_the_way(client: Client, clerk: "User") -> None:
    page = send(client, "delivery", sku(998), "9780306406158").content.decode()
    assert page.count("Enter it (in a new tab)") == 1
    link = f'/admin/catalog/edition/add/?isbn13={sku(998)}"'
    assert link in page
    assert f'value="{sku(998)}"' in client.get(link[:-1]).content.decode()
    assert "Enter it" not in send(client, "loss", sku(998)).content.decode()


def test_a_loss(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(stock=3)
    assert send(client, "loss", f"{edition.isbn13} 2").status_code == 303
    assert on_hand(edition) == [1]
    assert StockMovement.objects.filter(kind="damage", on_hand_change=-2).count() == 1
    response = send(client, "loss", edition.isbn13, reason="")
    assert list(response.context["form"].errors) == ["reason"]
    assert on_hand(edition) == [1]


def test_a_transfer(client: Client, clerk: "User") -> None:
    one, two = EditionFactory.create_batch(2, stock=3)
    response = send(client, "transfer", f"{one.isbn13} 2", two.isbn13, target=store_room().pk)
    assert response.status_code == 303
    assert (on_hand(one), on_hand(two)) == ([1, 2], [2, 1])


def test_what_is_short_is_named_and_nothing_is_moved(client: Client, clerk: "User") -> None:
    one, two = EditionFactory.create_batch(2, stock=3)
    Stock.objects.allocate_many({one.stocks.get(): 2}, reference="A1")
    response = send(client, "transfer", f"{one.isbn13} 2", two.isbn13, target=store_room().pk)
    assert response.status_code == 200
    assert response.context["form"].errors == {
        "numbers": [f"{one}: 2 are wanted, 1 available here."]
    }
    assert (on_hand(one), on_hand(two)) == ([3], [3])


@pytest.mark.parametrize(
    "line", ["x", "9780306406158", sku(999), f"{sku(5)} 0", f"{sku(5)} 1000000", "", "<b>"]
)
@pytest.mark.parametrize("action", ["delivery", "transfer"])
def test_nonsense_is_refused(client: Client, clerk: "User", action: str, line: str) -> None:
    EditionFactory.create(isbn13=sku(5), stock=2)
    response = send(client, action, line, target=store_room().pk)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["numbers"]
    assert "<b>" not in response.content.decode()
    assert StockMovement.objects.count() == 1


def test_no_transfer_to_where_they_are(client: Client, clerk: "User") -> None:
    edition = EditionFactory.create(stock=2)
    response = send(client, "transfer", edition.isbn13, target=main_shop().pk)
    assert list(response.context["form"].errors) == ["target"]
    assert StockMovement.objects.count() == 1


def test_the_statements_do_not_grow_with_the_titles(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    editions = EditionFactory.create_batch(30)
    with django_assert_max_num_queries(19):
        assert send(client, "delivery", *(each.isbn13 for each in editions)).status_code == 303


def test_who_may_not_change_stock_scans_nothing(client: Client, helper: "User") -> None:
    edition = EditionFactory.create()
    for action in ("delivery", "loss", "transfer"):
        assert client.get(url(action)).status_code == 403
        assert send(client, action, edition.isbn13).status_code == 403
    assert not StockMovement.objects.exists()


def test_other_pages_do_not_exist(client: Client, clerk: "User") -> None:
    assert client.get(url("theft")).status_code == 404


def test_a_page_can_be_opened_with_a_number(client: Client, clerk: "User") -> None:
    put_in_stock(EditionFactory.create(isbn13=sku(5)), 1)
    page = client.get(url("transfer"), {"numbers": sku(5)}).content.decode()
    assert f">\n{sku(5)}</textarea>" in page
