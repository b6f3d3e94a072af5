"""Pages by keys: no gaps, no book twice, and nothing that was forged."""

import re
from html import unescape

import pytest
from django.test.client import Client

from catalog import indexing
from catalog.listing import read_key, write_key
from catalog.models import Edition, Work
from storefront.tests.shop import add_works, open_shop, read

pytestmark = pytest.mark.django_db
CARD = re.compile(r'<h3[^>]*><a href="/books/(\d+)/')


@pytest.fixture
def shelf(db: None) -> Edition:
    """Sixty-one works."""
    emma = open_shop()
    add_works(60, like=emma)
    return emma


def link(page: str, rel: str) -> str:
    """The address of the next or the previous page; empty where there is none."""
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("sort", ["relevance", "popularity", "newest", "title", "price"])
@pytest.mark.parametrize("query", ["", "q=austen", "format=paperback"])
def test_pages_by_key_hold_all_books_once(
    sort: str, query: str, shelf: Edition, client: Client
) -> None:
    page = read(client, f"/search/?{query}&sort={sort}")
    seen = CARD.findall(page)
    while following := link(page, "next"):
        assert "after=" in following
        page = read(client, f"/search/{following}")
        seen += CARD.findall(page)
    assert len(seen) == len(set(seen)) == 61


def test_previous_pages_are_the_same_as_before(shelf: Edition, client: Client) -> None:
    first = read(client, "/search/?sort=title")
    second = read(client, "/search/" + link(first, "next"))
    third = read(client, "/search/" + link(second, "next"))
    assert CARD.findall(read(client, "/search/" + link(third, "prev"))) == CARD.findall(second)
    assert '<span aria-current="page">3</span>' in third


def test_what_comes_and_goes_between_two_pages_moves_nothing_else(
    shelf: Edition, client: Client
) -> None:
    first = read(client, "/search/?sort=title")
    expected = CARD.findall(read(client, "/search/" + link(first, "next")))
    gone, new = Work.objects.order_by("title")[:2]
    gone.editions.update(is_offered=False)
    Work.objects.filter(pk=new.pk).update(title="Aardvarks", popularity=999)
    indexing.works_changed([gone.pk, new.pk])
    assert CARD.findall(read(client, "/search/" + link(first, "next"))) == expected


def test_a_page_number_without_a_key_still_leads_to_the_first_pages(
    shelf: Edition, client: Client
) -> None:
    by_key = read(client, "/search/" + link(read(client, "/search/"), "next"))
    assert CARD.findall(read(client, "/search/?page=2")) == CARD.findall(by_key)


@pytest.mark.parametrize(
    "key",
    [
        "x", "W10.000000000000", "bm90IGpzb24.123", "..", "a" * 401, "%00", "é", "' OR 1=1",
        write_key((1, 2), order="title")[:-1] + "z", write_key((1, 2), order="price"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_forged_key_is_refused(name: str, key: str, shelf: Edition, client: Client) -> None:
    for path in ("/search/", "/subjects/classics/", "/imprints/harbour/"):
        response = client.get(path, {name: key, "sort": "title"})
        assert response.status_code == 400
        assert "This link is damaged." in response.content.decode()


def test_a_key_says_what_was_written() -> None:
    key = (-3, "émile", 7)
    assert read_key(write_key(key, order="popularity"), order="popularity") == key


def test_subject_pages_go_on_by_keys(shelf: Edition, client: Client) -> None:
    page = read(client, "/imprints/harbour/")
    seen = CARD.findall(page)
    while following := link(page, "next"):
        page = read(client, f"/imprints/harbour/{following}")
        seen += CARD.findall(page)
    assert len(seen) == len(set(seen)) == 61
