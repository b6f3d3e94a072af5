"""Stock in the back office: received, adjusted and counted, with its ledger."""

import secrets
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import (
    Edition,
    Format,
    Stock,
    StockMovement,
)
from catalog.tests.back_office import (
    emma,
)
from catalog.tests.factories import (
    main_shop,
    put_in_stock,
    store_room,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def stock_url(edition: Edition, action: str) -> str:
    return reverse("admin:catalog_edition_stock_change", args=[edition.pk, action])


def change_stock(client: Client, edition: Edition, action: str, quantity: Any) -> Any:
    form = {
        "key": secrets.token_hex(8),
        "location": main_shop().pk,
        "quantity": quantity,
        "reason": "Delivery 7",
    }
    return client.post(stock_url(edition, action), form)


@pytest.mark.parametrize(
    ("action", "quantity", "on_hand", "kind"),
    [("receive", 2, 5, "receive"), ("adjust", -1, 2, "adjust"), ("count", 9, 9, "adjust")],
)
def test_stock_is_received_adjusted_and_counted(
    client: Client, clerk: "User", action: str, quantity: int, on_hand: int, kind: str
) -> None:
    edition = emma(stock=3)

    response = change_stock(client, edition, action, quantity)

    assert response.status_code == 303
    assert Stock.objects.get().on_hand == on_hand
    movement = StockMovement.objects.first()
    assert movement is not None
    assert (movement.kind, movement.reason, movement.actor) == (kind, "Delivery 7", clerk)
    page = client.get(response["Location"]).content.decode()
    assert f"Main shop now has {on_hand} copies, {on_hand} of them available." in page
    assert "Delivery 7" in page


def test_the_first_copies_are_received(client: Client, clerk: "User") -> None:
    edition = emma()
    assert client.get(stock_url(edition, "receive")).status_code == 200
    assert change_stock(client, edition, "receive", 4).status_code == 303
    assert Stock.objects.get().on_hand == 4


@pytest.mark.parametrize(
    ("action", "quantity"),
    [
        ("receive", 0), ("receive", -1), ("receive", 100_001), ("receive", "x"),
        ("adjust", 0), ("adjust", -4), ("count", -1), ("count", ""),
    ],
)  # fmt: skip
def test_nonsense_is_refused(client: Client, clerk: "User", action: str, quantity: Any) -> None:
    edition = emma(stock=3)
    response = change_stock(client, edition, action, quantity)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["quantity"]
    assert Stock.objects.get().on_hand == 3
    assert StockMovement.objects.count() == 1


def test_no_promise_is_broken_and_no_row_left_behind(client: Client, clerk: "User") -> None:
    edition = emma()
    stock = put_in_stock(edition, 3)
    Stock.objects.allocate_many({stock: 2}, reference="ORDER")
    page = change_stock(client, edition, "count", 1).content.decode()
    assert "Fewer copies would be left than are promised to orders (2)." in page
    stock.refresh_from_db()
    assert stock.on_hand == 3

    assert (
        "Only 3 copies lie here."
        in change_stock(client, emma(stock=3), "damage", 4).content.decode()
    )
    other = emma()
    assert "No copy lies here." in change_stock(client, other, "adjust", -1).content.decode()
    assert not other.stocks.exists()


def test_a_reason_is_needed_to_adjust(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    form = {"key": "k", "location": main_shop().pk, "quantity": -1, "reason": ""}
    response = client.post(stock_url(edition, "adjust"), form)
    assert list(response.context["form"].errors) == ["reason"]


def test_files_have_no_stock_and_other_actions_do_not_exist(client: Client, clerk: "User") -> None:
    ebook, book = emma(format=Format.EBOOK), emma()
    assert client.get(reverse("admin:catalog_edition_stock", args=[ebook.pk])).status_code == 404
    assert client.get(stock_url(book, "steal")).status_code == 404


def test_without_the_permission_stock_is_only_looked_at(client: Client, helper: "User") -> None:
    edition = emma(stock=3)
    page = client.get(reverse("admin:catalog_edition_stock", args=[edition.pk])).content.decode()
    assert "Main shop" in page
    assert stock_url(edition, "receive") not in page
    assert change_stock(client, edition, "receive", 1).status_code == 403
    assert Stock.objects.get().on_hand == 3


def test_the_ledger_is_only_read(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    movement = StockMovement.objects.get()
    page = client.get("/admin/catalog/stockmovement/", {"q": edition.isbn13}).content.decode()
    assert "Received" in page
    change = reverse("admin:catalog_stockmovement_change", args=[movement.pk])
    assert client.post(change, {}).status_code == 403
    assert client.get("/admin/catalog/stockmovement/add/").status_code == 403


def test_why_is_it_four(client: Client, clerk: "User") -> None:
    edition = emma()
    shop, room = main_shop(), store_room()
    stock = put_in_stock(edition, 5, location=shop)
    Stock.objects.allocate_many({stock: 2}, reference="A1")
    Stock.objects.consume_many({stock: 1}, reference="A1")
    Stock.objects.transfer({edition: 1}, source=shop, target=room, reason="Full", actor=clerk)
    stock.damage(1, reason="Coffee", actor=clerk)
    url = reverse("admin:catalog_edition_stock", args=[edition.pk])

    page = client.get(url)

    balances = [(m.kind, m.on_hand_after, m.allocated_after) for m in page.context["page"]]
    assert balances[0] == ("damage", 3, 1)
    assert set(balances[1:3]) in (
        {("transfer_in", 4, 1), ("transfer_out", 3, 1)},
        {("transfer_in", 5, 1), ("transfer_out", 4, 1)},
    )
    assert balances[3:] == [("consume", 4, 1), ("allocate", 5, 2), ("receive", 5, 0)]
    assert page.context["total"] == {"on_hand": 3, "allocated": 1, "available": 2}
    text = " ".join(page.content.decode().split())
    assert "Moved away to Store room" in text
    assert '<a href="/admin/orders/order/?q=A1">A1</a>' in text

    page = client.get(url, {"location": "main"})
    balances = [(m.kind, m.on_hand_after, m.allocated_after) for m in page.context["page"]]
    assert balances == [
        ("damage", 2, 1), ("transfer_out", 3, 1), ("consume", 4, 1), ("allocate", 5, 2),
        ("receive", 5, 0),
    ]  # fmt: skip
    assert client.get(url, {"location": "nowhere"}).status_code == 404


def test_a_long_story_has_pages_and_right_balances_on_each(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    edition = emma(stock=1)
    stock = edition.stocks.get()
    for _day in range(54):
        stock.receive(1)
    url = reverse("admin:catalog_edition_stock", args=[edition.pk])
    with django_assert_max_num_queries(11):
        page = client.get(url, {"location": "main", "page": "2"})
    assert [m.on_hand_after for m in page.context["page"]] == [5, 4, 3, 2, 1]
    assert '?location=main&amp;page=1"' in page.content.decode()


def test_copies_are_written_off(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    assert change_stock(client, edition, "damage", 2).status_code == 303
    movement = StockMovement.objects.get(kind="damage")
    assert (movement.on_hand_change, movement.reason) == (-2, "Delivery 7")
    assert change_stock(client, edition, "damage", 2).status_code == 200
    assert Stock.objects.get().on_hand == 1
