"""Sitemap, robots, status, and the pages for errors."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import cast

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.test.client import Client
from django.urls import resolve, reverse
from pytest_django import DjangoAssertNumQueries, Settings

from orders.models import Seller
from storefront import paths, sitemap
from storefront.tests.shop import add_works, open_shop, read
from storefront.views import errors

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def locations(client: Client, path: str) -> list[str]:
    return [str(node.text) for node in ET.fromstring(read(client, path)).iter(f"{SITEMAP}loc")]


@pytest.mark.django_db
def test_sitemap_lists_what_is_worth_finding(client: Client) -> None:
    open_shop()
    found = locations(client, "/sitemap.xml")
    origin = "http://localhost:8000"
    assert f"{origin}/books/9780306406157/emma/" in found
    for path in ("/", "/subjects/classics/", "/contributors/ada-note/", "/series/highbury/",
                 "/imprints/harbour/", "/lists/favorites/"):  # fmt: skip
        assert f"{origin}{path}" in found
    assert len(found) == len(set(found))
    for location in found:
        assert client.get(location.removeprefix(origin)).status_code == 200, location


@pytest.mark.django_db
def test_a_long_sitemap_is_cut_into_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "ON_A_PAGE", 5)
    emma = open_shop()
    add_works(5, like=emma)
    index = locations(client, "/sitemap.xml")
    last = len(index)
    assert last >= 5  # things that never are many, series, contributors, and twelve editions
    assert index == [f"http://localhost:8000/sitemap.xml?page={n}" for n in range(1, last + 1)]
    assert locations(client, "/sitemap.xml?page=") == index
    pages = [locations(client, f"/sitemap.xml?page={number}") for number in range(1, last + 1)]
    assert all(len(page) <= 5 for page in pages[1:])
    found = [place for page in pages for place in page]
    monkeypatch.undo()
    whole = cast("Iterable[str]", sitemap.start()["urls"])
    assert sorted(found) == sorted(f"http://localhost:8000{path}" for path in whole)
    assert len([place for place in found if "/books/" in place]) == 12
    assert len(found) == len(set(found))
    assert client.get(f"/sitemap.xml?page={last + 1}").status_code == 404
    assert client.get("/sitemap.xml?page=51").status_code == 404
    assert client.get("/sitemap.xml?page=x").status_code == 400


def test_robots_leave_private_places_alone(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /basket/\n" in text
    assert "Disallow: /account/\n" in text
    assert "Disallow: /search/?\nDisallow: /search/available/\n" in text
    assert "Disallow: /\n" not in text
    assert text.endswith("Sitemap: http://localhost:8000/sitemap.xml\n")


def test_status_asks_each_role(client: Client) -> None:
    page = read(client, "/status/")
    for path in ("/ready", "/api/ready", "/live/ready"):
        assert f'hx-get="{path}"' in page
        assert f'<a href="{path}">' in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", [paths.FRONTEND_READY, paths.RDS_READY, paths.REDIS_READY])
def test_readiness_is_a_fragment_for_the_status_page(path: str, client: Client) -> None:
    page = client.get(path, headers={"hx-request": "true"}).content.decode()
    assert "Working" in page
    assert "<html" not in page


def test_paths_of_other_roles_are_right() -> None:
    named = {
        paths.BASKET: "basket",
        paths.BASKET_LINES: "basket_lines",
        paths.CHECKOUT: "checkout",
        paths.GIFT_CARD: "gift_card_balance",
        paths.WITHDRAWAL: "withdrawal",
        paths.ACCOUNT: "account",
        paths.LOGIN: "account_login",
        paths.LIVE_VISITOR: "live_visitor",
        paths.LIVE_SUGGEST: "live_suggest",
        paths.LIVE_STOCK: "live_stock",
        paths.LIVE_CARDS: "live_cards",
        paths.LIVE_TRENDING: "live_trending",
        paths.FRONTEND_READY: "ready",
    }
    for path, name in named.items():
        assert reverse(name) == path
    for path in (paths.RDS_READY, paths.REDIS_READY):
        assert resolve(path).func == resolve(paths.FRONTEND_READY).func
    assert set(paths.for_templates().values()) == {*named, paths.RDS_READY, paths.REDIS_READY}


@pytest.mark.django_db
def test_a_shop_that_has_said_nothing_of_itself_says_its_name(client: Client) -> None:
    page = read(client, "/about/")
    assert "<h1>The Bookstore</h1>" in page
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "how to reach us from afar will stand here" in main
    assert "<h2" not in main
    assert "<dl" not in main


@pytest.mark.django_db
def test_who_sells_and_how_to_reach_them(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Seller.objects.create(
        legal_name="Books & Co. Ltd", address="1 Book Street\nLondon", email="us+shop@example.com",
        phone="+44 20 1", register_entry="Companies House 1", tax_number="GB 1",
        invoice_note="Not for everyone.",
    )  # fmt: skip
    with django_assert_num_queries(1):
        page = read(client, "/about/")
    assert '<a href="mailto:us%2Bshop@example.com">us+shop@example.com</a>' in page
    for words in ("Books &amp; Co. Ltd", "1 Book Street<br>London", "+44 20 1",
                  "Companies House 1", "GB 1"):  # fmt: skip
        assert words in page
    assert "Not for everyone." not in page
    assert '<a href="/about/">About and contact</a>' in read(client, "/status/")
    assert "http://localhost:8000/about/" in locations(client, "/sitemap.xml")


# --- Errors -------------------------------------------------------------------------------------


@pytest.fixture
def request_from_nowhere(settings: Settings) -> HttpRequest:
    """A bare request with a host that is not ours, and no store that answers."""
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    return RequestFactory().get("/", headers={"host": "evil.example"})


def test_error_pages_need_no_store_and_no_visitor(request_from_nowhere: HttpRequest) -> None:
    # No django_db mark: a query here is an error.
    answers = {
        400: errors.bad_request(request_from_nowhere, SuspiciousOperation("secret <b>")),
        403: errors.permission_denied(request_from_nowhere, PermissionDenied("secret <b>")),
        404: errors.not_found(request_from_nowhere, Http404("secret <b>")),
        500: errors.server_error(request_from_nowhere),
    }
    for status, response in answers.items():
        page = response.content.decode()
        assert response.status_code == status
        assert "<h1>" in page
        assert 'action="/search/"' in page
        assert "secret" not in page
        assert "evil.example" not in page
        assert "no-store" in response["Cache-Control"]


def test_the_last_resort_is_plain_text(
    request_from_nowhere: HttpRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "WORDS", {})
    response = errors.server_error(request_from_nowhere)
    assert response.status_code == 500
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.startswith(b"Sorry")


def test_unknown_addresses_get_the_shops_own_page(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "No such page on our shelves" in response.content.decode()
    assert not response.cookies


def test_a_foreign_host_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
