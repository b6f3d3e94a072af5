"""Stocktakes in the back office: scanned, uploaded, looked at, posted, given up."""

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Edition, Stock, StockMovement, Stocktake
from catalog.tests.back_office import emma
from catalog.tests.factories import EditionFactory, main_shop, sku

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def stocktake(db: None) -> Stocktake:
    return Stocktake.objects.create(location=main_shop(), started_at=timezone.now())


def begin_again(stocktake: Stocktake) -> None:
    """So that what has come before was there when the count began."""
    stocktake.started_at = timezone.now()
    stocktake.save()


def page_of(stocktake: Stocktake) -> str:
    return reverse("admin:catalog_stocktake_change", args=[stocktake.pk])


def act(client: Client, stocktake: Stocktake, action: str, **fields: Any) -> Any:
    return client.post(
        reverse(f"admin:catalog_stocktake_{action}", args=[stocktake.pk]), fields, follow=True
    )


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_from_the_beginning_to_the_ledger(client: Client, clerk: "User") -> None:
    edition = emma(stock=3)
    begun = client.post(
        "/admin/catalog/stocktake/add/", {"location": main_shop().pk, "note": "Window"}
    )
    stocktake = Stocktake.objects.get()
    assert (begun.status_code, begun["Location"]) == (303, page_of(stocktake))
    assert stocktake.started_by == clerk

    page = act(client, stocktake, "scan", number=edition.isbn13).content.decode()
    assert "Emma: 1 counted, 3 in the books" in page
    assert "<strong>-2</strong>" in page

    done = act(client, stocktake, "post")
    assert said(done) == ["1 title was corrected."]
    assert Stock.objects.get().on_hand == 1
    movement = StockMovement.objects.get(stocktake=stocktake)
    assert (movement.reason, movement.actor) == ("Window", clerk)
    assert said(act(client, stocktake, "post")) == ["0 titles were corrected."]
    assert Stock.objects.get().on_hand == 1
    why = client.get(reverse("admin:catalog_edition_stock", args=[edition.pk])).content.decode()
    assert f'<a href="{page_of(stocktake)}">Stocktake {stocktake.pk}</a>' in why


def test_scanners_do_not_wait_for_the_page(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    edition = emma(stock=3)
    url = reverse("admin:catalog_stocktake_scan", args=[stocktake.pk])
    for counted in (1, 2):
        answer = client.post(url, {"number": edition.display_number}, headers=JSON)
        assert answer.json() == {
            "isbn13": edition.isbn13, "title": "Emma", "counted": counted, "expected": 3,
        }  # fmt: skip
    for wrong in ("", "x", sku(999), "9" * 500):
        answer = client.post(url, {"number": wrong}, headers=JSON)
        assert answer.status_code == 422
        assert answer.json()["error"]
    assert stocktake.lines.get().counted == 2


def test_a_wrong_scan_is_told_on_the_page(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    assert "not a valid ISBN" in said(act(client, stocktake, "scan", number="x"))[0]
    assert not stocktake.lines.exists()


def upload(client: Client, stocktake: Stocktake, text: str) -> list[str]:
    file = SimpleUploadedFile("counts.csv", text.encode())
    return said(act(client, stocktake, "upload", file=file))


def test_a_list_of_counts_is_entered_and_shown(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    less, same, forgotten = emma(stock=3), emma(stock=2), emma(stock=7)
    begin_again(stocktake)
    assert upload(
        client, stocktake, f"isbn13,counted\n{less.isbn13},1\n{same.isbn13},2\n"
    ) == ["2 titles were entered."]  # fmt: skip
    page = client.get(page_of(stocktake))
    assert [line.edition for line in page.context["page"]] == [less]
    assert [stock.edition for stock in page.context["uncounted"]] == [forgotten]
    everything = client.get(page_of(stocktake), {"show": "all"})
    assert {line.edition for line in everything.context["page"]} == {less, same}
    assert "1 title that should be here was not counted" in page.content.decode()
    assert Stock.objects.filter(on_hand__in=(3, 2, 7)).count() == 3  # nothing is posted yet


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns are missing"), ("isbn13,counted\nx,1\n", "Line 2, isbn13"),
        (f"isbn13,counted\n{sku(5)},-1\n", "is negative"),
        (f"isbn13,counted\n{sku(5)},1000000\n{sku(5)},1\n", "More than 1000000 copies"),
    ],
)  # fmt: skip
def test_a_wrong_list_enters_nothing(
    client: Client, clerk: "User", stocktake: Stocktake, text: str, message: str
) -> None:
    EditionFactory.create(isbn13=sku(5))
    assert message in upload(client, stocktake, text or "a,b\n1,2\n")[0]
    assert not stocktake.lines.exists()


def test_a_count_is_corrected_or_left_out(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    edition = emma(stock=3)
    act(client, stocktake, "enter", edition=edition.pk, counted="9")
    assert stocktake.lines.get().counted == 9
    for wrong in ("-1", "1.5", "x", "9" * 30):
        assert "whole number" in said(
            act(client, stocktake, "enter", edition=edition.pk, counted=wrong)
        )[0]  # fmt: skip
    assert stocktake.lines.get().counted == 9
    act(client, stocktake, "enter", edition=edition.pk, counted="")
    assert not stocktake.lines.exists()


def test_a_complete_count_says_what_becomes_zero(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    edition = emma(stock=4)
    begin_again(stocktake)
    page = act(client, stocktake, "complete", is_complete="1").content.decode()
    assert "what was not found is set to zero" in page
    act(client, stocktake, "post")
    assert Stock.objects.get(edition=edition).on_hand == 0


def test_promises_stop_the_posting_and_are_named(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    edition = emma(stock=3)
    Stock.objects.allocate_many({edition.stocks.get(): 2}, reference="A1")
    stocktake.enter({edition: 1})
    assert "2 promised to orders" in client.get(page_of(stocktake)).content.decode()
    assert said(act(client, stocktake, "post")) == [
        f"{edition}: 2 copies are promised to orders; fewer would be left.",
        "Nothing was posted.",
    ]
    assert Stock.objects.get().on_hand == 3


def test_it_can_be_given_up_until_it_is_posted(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    stocktake.scan(emma(stock=3))
    delete = reverse("admin:catalog_stocktake_delete", args=[stocktake.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Stocktake.objects.exists()
    posted = Stocktake.objects.create(location=main_shop(), started_at=timezone.now())
    posted.post(at=timezone.now(), actor=None)
    delete = reverse("admin:catalog_stocktake_delete", args=[posted.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert Stocktake.objects.get() == posted


def test_permissions(client: Client, helper: "User", stocktake: Stocktake) -> None:
    edition: Edition = emma(stock=3)
    actions = ("scan", "enter", "upload", "complete", "post")
    assert client.get(page_of(stocktake)).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_stocktake"))
    page = client.get(page_of(stocktake)).content.decode()
    assert "data-scan" not in page
    assert "Post the differences" not in page
    for action in actions:
        assert act(client, stocktake, action, number=edition.isbn13).status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="change_stocktake"))
    assert act(client, stocktake, "scan", number=edition.isbn13).status_code == 200
    assert act(client, stocktake, "post").status_code == 403  # counting is not posting
    assert Stock.objects.get().on_hand == 3
    url = reverse("admin:catalog_stocktake_scan", args=[stocktake.pk])
    assert client.get(url).status_code == 405


def test_the_page_takes_a_fixed_number_of_queries(
    client: Client, clerk: "User", stocktake: Stocktake, django_assert_max_num_queries: Any
) -> None:
    editions = EditionFactory.create_batch(24, stock=2)
    begin_again(stocktake)
    stocktake.enter(dict.fromkeys(editions[:12], 1))
    with django_assert_max_num_queries(13):
        page = client.get(page_of(stocktake))
    assert len(page.context["page"]) == len(page.context["uncounted"]) == 12


def test_promised_copies_are_to_be_counted_too(
    client: Client, clerk: "User", stocktake: Stocktake
) -> None:
    edition = emma(stock=3)
    Stock.objects.allocate_many({edition.stocks.get(): 2}, reference="A1")
    stocktake.enter({edition: 4})
    page = client.get(page_of(stocktake)).content.decode()
    assert "Count what is packed, and what waits on the collection shelf, too" in page
    assert "of which 2 promised or packed" in page


def test_what_was_posted_is_shown_page_by_page(
    client: Client, clerk: "User", stocktake: Stocktake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.admin.stocktakes.PAGE_SIZE", 2)
    stocktake.enter(dict.fromkeys(EditionFactory.create_batch(3), 1))
    stocktake.post(at=timezone.now(), actor=clerk)
    first, second = (
        client.get(page_of(stocktake), {"posted": number}).context["movements"] for number in (1, 2)
    )
    assert (len(first), len(second), first.paginator.count) == (2, 1, 3)
    assert not {movement.pk for movement in first} & {movement.pk for movement in second}
    assert "?posted=2" in client.get(page_of(stocktake)).content.decode()
