"""What holds for every public page: cached, checked again, the same for all, never an error."""

import gzip
import re
import time
from decimal import Decimal

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.test.client import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import DjangoAssertNumQueries, Settings

from caching import store
from caching.second import MARGIN_SECONDS, end_of_second
from catalog import facets, levels, listing
from catalog.models import Edition
from storefront import release, sitemap
from storefront.tests.shop import add_works, open_shop, read
from tests import people

EMMA = "/books/9780306406157/emma/"
PAGES = [
    "/",
    "/search/",
    "/search/?q=emma",
    "/search/?subject=fiction&format=paperback&language=en&price=10-20&sort=newest",
    EMMA,
    "/contributors/ada-note/",
    "/series/highbury/",
    "/subjects/",
    "/subjects/classics/",
    "/imprints/harbour/",
    "/new/",
    "/coming-soon/",
    "/new/feed.xml",
    "/lists/",
    "/lists/favorites/",
    "/sitemap.xml",
    "/about/",
]
WITHOUT_STORES = ["/status/", "/robots.txt"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


@pytest.mark.parametrize("path", PAGES)
def test_the_second_visitor_costs_no_query(
    path: str, emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = read(client, path)
    if path.startswith("/search/"):
        read(client, path)  # kept when it is asked for again
    with django_assert_num_queries(0):
        assert read(client, path) == first


@pytest.mark.parametrize("path", PAGES)
def test_pages_cost_the_same_queries_in_a_shop_of_any_size(
    path: str, emma: Edition, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries() -> int:
        store.client().flushdb()
        levels.forget()  # what was asked for before costs one less
        with CaptureQueriesContext(connection) as captured:
            read(client, path)
        return len(captured)

    add_works(3, like=emma)
    few = queries()
    assert few <= 11
    add_works(27, like=emma)
    assert queries() == few
    monkeypatch.setattr(facets, "MOST_COUNTED", 5)  # from here on, many
    monkeypatch.setattr(listing, "MOST_COUNTED", 5)
    monkeypatch.setattr(sitemap, "ON_A_PAGE", 40)
    assert queries() == few
    monkeypatch.setattr(listing, "WALKED", 1)  # and what fits lies far off
    assert queries() == few


@pytest.mark.parametrize("path", [*PAGES, *WITHOUT_STORES])
def test_a_browser_that_has_the_page_is_told_so(path: str, emma: Edition, client: Client) -> None:
    etag = client.get(path)["ETag"]
    again = client.get(path, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_hit_is_one_command(path: str, emma: Edition, client: Client) -> None:
    def commands() -> float:
        samples = [sample for metric in REGISTRY.collect() for sample in metric.samples]
        name = "bookstore_request_redis_commands_total"
        return sum(sample.value for sample in samples if sample.name == name)

    for _time in range(2):
        read(client, path)
    before = commands()
    read(client, path)
    assert commands() - before == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_packed(path: str, emma: Edition, client: Client) -> None:
    plain = client.get(path)
    packed = client.get(path, headers={"accept-encoding": "br, gzip"})
    again = client.get(path, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert packed.content == again.content  # nothing is packed anew
    assert gzip.decompress(packed.content) == plain.content
    assert int(packed["Content-Length"]) == len(packed.content)
    assert packed["ETag"] == f"W/{plain['ETag']}"
    assert packed["Vary"] == plain["Vary"] == "Accept-Encoding"


def test_a_browser_that_refuses_gzip_gets_the_page_as_it_is(client: Client, emma: Edition) -> None:
    plain = client.get(EMMA).content
    for accepted in ("identity", "gzip;q=0, br", "*;q=0.5, gzip;q=0", "identity;q=1, *;q=0", "*"):
        response = client.get(EMMA, headers={"accept-encoding": accepted})
        assert (response.content, "Content-Encoding" in response) == (plain, False)


@pytest.mark.parametrize("accepted", ["identity", "gzip"])
def test_either_form_is_checked_by_either_tag(accepted: str, client: Client, emma: Edition) -> None:
    etag = client.get(EMMA)["ETag"]
    for tag in (etag, f"W/{etag}", f'"another", W/{etag}', "*"):
        response = client.get(EMMA, headers={"if-none-match": tag, "accept-encoding": accepted})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"].removeprefix("W/") == etag
        assert response["Vary"] == "Accept-Encoding"
    assert client.get(EMMA, headers={"if-match": etag}).status_code == 200
    refused = client.get(EMMA, headers={"if-match": '"another"'})
    assert refused.status_code == 412
    assert refused["Cache-Control"] == "no-store"  # nor may anybody get it for the page
    assert "X-Accel-Expires" not in refused
    dated = {"if-unmodified-since": "Sun, 01 Nov 2026 00:00:00 GMT"}
    assert client.get(EMMA, headers=dated).status_code == 200  # pages have no date


@pytest.mark.parametrize("path", [*PAGES, "/status/"])
def test_nginx_is_told_first_until_when_it_may_keep_the_page(
    path: str, emma: Edition, client: Client
) -> None:
    etag = client.get(path)["ETag"]
    for condition in ({}, {"if-none-match": etag}):
        before = int(time.time() - MARGIN_SECONDS)
        response = client.get(path, headers=condition)
        after = int(time.time() - MARGIN_SECONDS)
        assert before <= int(response["X-Accel-Expires"].removeprefix("@")) <= after
        names = [name for name, _value in response.items()]
        assert names.index("X-Accel-Expires") < names.index("Cache-Control")


@pytest.mark.parametrize("path", [EMMA, "/status/", "/robots.txt"])
@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "public, max-age=0, s-maxage=0, stale-if-error=86400"),
        (30, "public, max-age=0, s-maxage=30, stale-while-revalidate=30, stale-if-error=86400"),
    ],
)
def test_a_cdn_asks_each_time_unless_it_may_go_on(
    path: str, seconds: int, told: str, emma: Edition, client: Client, settings: Settings
) -> None:
    settings.CDN_SECONDS = seconds
    page = client.get(path)
    again = client.get(path, headers={"if-none-match": page["ETag"]})
    assert (page.status_code, again.status_code) == (200, 304)
    assert page["Cache-Control"] == again["Cache-Control"] == told
    assert "X-Accel-Expires" in page


@pytest.mark.parametrize(
    ("asked_at", "end"), [(1000.01, "@999"), (1000.06, "@1000"), (1000.99, "@1000")]
)
def test_nginx_keeps_a_page_for_less_than_a_second(asked_at: float, end: str) -> None:
    assert end_of_second(asked_at) == end


def test_no_end_where_other_rules_hold(emma: Edition, client: Client) -> None:
    assert "X-Accel-Expires" not in client.get("/search/?available=1")


@pytest.mark.parametrize("path", PAGES)
def test_everyone_gets_the_same_page(path: str, emma: Edition, client: Client) -> None:
    alice = Client()
    alice.force_login(people.alice())
    for_alice = alice.get(path).content
    assert for_alice == client.get(path).content
    assert b"csrfmiddlewaretoken" not in for_alice
    assert b"Alice" not in for_alice


@pytest.mark.parametrize("path", PAGES)
def test_without_redis_pages_are_served(
    path: str, emma: Edition, client: Client, settings: Settings
) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert read(client, path)


@pytest.mark.parametrize("path", [*PAGES, *WITHOUT_STORES])
def test_changing_is_refused(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", [page for page in PAGES if page.endswith("/")])
def test_nothing_is_inline(path: str, emma: Edition, client: Client) -> None:
    page = read(client, path)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    for static in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(static), static


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("SHOP_NAME", "Another Name", EMMA),
        ("SHOP_URL", "https://another.example", EMMA),
        ("SHOP_URL", "https://another.example", "/sitemap.xml"),
        ("SHOP_URL", "https://another.example", "/new/feed.xml"),
        ("SHOP_CURRENCY", "EUR", EMMA),
    ],
)
def test_pages_of_another_release_are_not_met(
    name: str, value: str, path: str, emma: Edition, client: Client, settings: Settings
) -> None:
    before = read(client, path)
    setattr(settings, name, value)
    with store.bypassed():
        expected = read(client, path)
    assert read(client, path) == expected != before


def test_what_pages_show_distinguishes_releases(settings: Settings) -> None:
    seen = {release.current()}
    for name, value in (("SHOP_BANK_ACCOUNT", "XX00 1"), ("TIME_ZONE", "Asia/Tokyo")):
        setattr(settings, name, value)
        seen.add(release.current())
    assert len(seen) == 3


def test_what_the_visitor_calls_the_shop_changes_no_page(client: Client, emma: Edition) -> None:
    names = [{"host": "localhost:8000"}, {"host": "localhost:1"}, {"host": "127.0.0.1"}]
    pages = {client.get(emma.get_absolute_url(), headers=headers).content for headers in names}
    assert len(pages) == 1
    assert b'<link rel="canonical" href="http://localhost:8000/books/' in pages.pop()


@pytest.mark.django_db(transaction=True)
def test_a_new_price_is_on_every_page_after_the_commit(client: Client) -> None:
    paperback = open_shop()
    shows_price = ["/", "/search/?q=emma", "/series/highbury/", "/subjects/classics/", EMMA]
    for path in shows_price:
        assert "$12.50" in read(client, path), path
    old_etag = client.get(EMMA)["ETag"]
    with transaction.atomic():
        paperback.set_price(Decimal("11.25"), valid_from=timezone.localdate())
    for path in shows_price:
        page = read(client, path)
        assert "$11.25" in page, path
        assert "$12.50" not in page, path
    assert client.get(EMMA, headers={"if-none-match": old_etag}).status_code == 200


def test_names_of_addresses_match_the_contract() -> None:
    assert reverse("edition", args=["9780306406157", "emma"]) == EMMA
    assert reverse("home") == "/"
    assert reverse("search") == "/search/"
    assert reverse("sitemap") == "/sitemap.xml"
