"""Every address of the contract, asked through nginx as by a program that knows nothing else."""

import json

import pytest

from tests.conftest import NextEdition
from tests.pages import FIXED, FOUND
from tests.patience import eventually, until
from tests.shop import Shop
from tests.visitor import Visitor

HTML = "text/html; charset=utf-8"
JSON = "application/json"


# --- Pages for everyone -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FIXED, *FOUND])
def test_a_public_page_is_the_same_for_everyone(
    name: str, pages: dict[str, str], visitor: Visitor, next_edition: NextEdition
) -> None:
    first = visitor.get(pages[name])
    assert first.status == 200
    assert first.headers["Content-Type"] == HTML
    assert first.headers.get_all("Set-Cookie") is None
    visitor.post("/basket/lines/", {"isbn13": next_edition()["isbn13"], "quantity": "2"})
    assert visitor.cookies
    again = visitor.get(pages[name])
    assert again.body == first.body
    assert again.headers.get_all("Set-Cookie") is None
    assert "Cookie" not in (again.headers["Vary"] or "")


@pytest.mark.parametrize("name", [*FIXED, *FOUND])
def test_a_browser_that_has_the_page_gets_no_second_copy(
    name: str, pages: dict[str, str], visitor: Visitor
) -> None:
    etag = visitor.get(pages[name]).headers["ETag"]
    again = visitor.get(pages[name], {"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")


def test_the_policy_allows_nothing_inline_and_nothing_foreign(
    pages: dict[str, str], visitor: Visitor
) -> None:
    for path in [*pages.values(), "/basket/", "/account/login/", "/no/such/page/"]:
        policy = visitor.get(path).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/books/{isbn13}/", 301, "{url}"),
        ("/books/{isbn13}/another-title/", 301, "{url}"),
        ("/search/?q={isbn13}", 302, "{url}"),
        ("/account/", 302, "/account/login/?next=/account/"),
        ("/account/orders/", 302, "/account/login/?next=/account/orders/"),
        ("/admin/", 302, "/admin/login/?next=/admin/"),
        ("/basket", 301, "/basket/"),
    ],
)
def test_redirect(
    path: str, status: int, location: str, visitor: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    answer = visitor.get(path.format(**edition))
    assert (answer.status, answer.location) == (status, location.format(**edition))


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/sitemap.xml", 200, "application/xml; charset=utf-8"),
        ("/robots.txt", 200, "text/plain; charset=utf-8"),
        ("/basket/", 200, HTML),
        ("/checkout/", 200, HTML),
        ("/account/login/", 200, HTML),
        ("/account/signup/", 200, HTML),
        ("/account/password/reset/", 200, HTML),
        ("/admin/login/", 200, HTML),
        ("/live/suggest?q=hol", 200, JSON),
        ("/live/stock?isbn13={isbn13}", 200, JSON),
        ("/live/trending", 200, JSON),
        ("/live/visitor", 200, JSON),
        ("/api/v1/openapi.json", 200, JSON),
        ("/api/v1/editions", 200, "application/json; charset=utf-8"),
        ("/health", 200, JSON),
        ("/ready", 200, JSON),
        ("/api/ready", 200, JSON),
        ("/live/ready", 200, JSON),
    ],
)
def test_answer(
    path: str, status: int, kind: str, visitor: Visitor, next_edition: NextEdition
) -> None:
    asked = path.format(**next_edition())
    # On a busy machine a store may answer too late for a role to be ready.
    answer = until(lambda answer: answer.status != 503, lambda: visitor.get(asked))
    assert (answer.status, answer.headers["Content-Type"]) == (status, kind)


# --- Live answers -------------------------------------------------------------------------------


def test_suggestions(visitor: Visitor) -> None:
    path = "/live/suggest?q=pride%20an"
    # None are given where Redis takes too long, as it may on a busy machine.
    said = until(lambda said: said["suggestions"], lambda: visitor.get(path).json())
    assert said == {
        "query": "pride an",
        "suggestions": [
            {
                "kind": "work",
                "label": "Pride and Prejudice",
                "detail": "Jane Austen",
                "url": "/books/2900000010017/pride-and-prejudice/",
            }
        ],
    }


def test_the_visitor_of_the_header(visitor: Visitor, next_edition: NextEdition) -> None:
    guest = {"signed_in": False, "name": "", "basket_quantity": 0}
    assert visitor.header() == guest
    visitor.post("/basket/lines/", {"isbn13": next_edition()["isbn13"], "quantity": "2"})
    assert visitor.header() == {**guest, "basket_quantity": 2}


def test_a_count_changes_the_badge_within_seconds(
    staff: Visitor, visitor: Visitor, next_edition: NextEdition
) -> None:
    number = next_edition()["isbn13"]

    def badge() -> tuple[str, str]:
        (level,) = visitor.get(f"/live/stock?isbn13={number}").json()["items"]
        return level["state"], level["label"]

    def counted(on_hand: int) -> None:
        assert staff.call("PUT", f"stock/{number}", {"on_hand": on_hand}).status == 200

    counted(2)
    eventually(lambda: badge() == ("few", "Only 2 left"), within=20)
    counted(0)
    eventually(lambda: badge() == ("out", "Out of stock"), within=20)


def test_trending_names_what_is_put_into_baskets(
    visitor: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    for _time in range(30):
        visitor.post("/basket/lines/", {"isbn13": edition["isbn13"], "quantity": "1"})
    items = until(
        # nginx has the answer until the second ends
        lambda items: items and items[0]["isbn13"] == edition["isbn13"],
        lambda: visitor.get("/live/trending").json()["items"],
    )
    (best, *_rest) = items
    assert best["isbn13"] == edition["isbn13"]
    assert visitor.open(best["url"]).path == edition["url"]


# --- Adding without a token ---------------------------------------------------------------------


ORIGINS = pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "{base_url}"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{base_url}"}, 403),
    ],
    ids=json.dumps,
)


@ORIGINS
def test_only_the_shops_own_pages_fill_a_basket(
    headers: dict[str, str],
    status: int,
    visitor: Visitor,
    shop: Shop,
    next_edition: NextEdition,
) -> None:
    sent = {name: value.format(base_url=shop.base_url) for name, value in headers.items()}
    fields = {"isbn13": next_edition()["isbn13"], "quantity": "1"}
    answer = visitor.post("/basket/lines/", fields, sent)
    assert answer.status == status
    expected = 1 if status == 303 else 0
    assert visitor.basket_quantity == expected


@ORIGINS
def test_only_the_shops_own_pages_change_it(
    headers: dict[str, str],
    status: int,
    visitor: Visitor,
    shop: Shop,
    next_edition: NextEdition,
) -> None:
    number = next_edition()["isbn13"]
    visitor.post("/basket/lines/", {"isbn13": number, "quantity": "1"})
    sent = {name: value.format(base_url=shop.base_url) for name, value in headers.items()}
    answer = visitor.post("/basket/quantities/", {f"quantity-{number}": "3"}, sent)
    assert answer.status == status
    expected = 3 if status == 303 else 1
    assert visitor.basket_quantity == expected
