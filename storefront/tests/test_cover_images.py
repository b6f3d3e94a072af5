"""Addresses of covers: kept for ever under their version, drawn again when their words change."""

import re

import pytest
from django.test.client import Client
from pytest_django import DjangoAssertNumQueries

from caching import store
from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from storefront.tests.shop import open_shop, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def cover_url(client: Client) -> str:
    found = re.search(
        r'src="(/covers/9780306406157\.svg\?v=\w+)"', read(client, "/series/highbury/")
    )
    assert found
    return found[1]


def test_a_page_links_to_the_version_that_is_kept_for_ever(emma: Edition, client: Client) -> None:
    response = client.get(cover_url(client))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert not response.cookies
    assert response.content.startswith(b"<svg")
    assert b"Emma" in response.content


@pytest.mark.parametrize("query", ["", "?v=", "?v=old"])
def test_any_other_version_is_the_current_cover_but_not_kept(
    emma: Edition, client: Client, query: str
) -> None:
    path = f"/covers/9780306406157.svg{query}"
    response = client.get(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert response.has_header("X-Accel-Expires") == (not query)  # nobody's words fill nginx
    assert client.get(path, headers={"if-none-match": response["ETag"]}).status_code == 304


def test_it_is_drawn_once(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = cover_url(client)
    first = client.get(url).content
    with django_assert_num_queries(0):
        assert client.get(url).content == first


def test_another_title_is_another_version(emma: Edition, client: Client) -> None:
    old = cover_url(client)
    client.get(old)
    emma.work.title = "Emma Woodhouse"
    emma.work.save()
    store.bump(["catalog", f"edition:{emma.isbn13}"])
    new = cover_url(client)
    assert new != old
    assert b"Woodhouse" in client.get(new).content
    assert client.get(old)["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_odd_words_make_a_sound_image(client: Client) -> None:
    edition = EditionFactory.create(title="<&>\"' 中文 🐋", work__author="]]>")
    assert client.get(f"/covers/{edition.isbn13}.svg").status_code == 200


@pytest.mark.parametrize("number", ["9780306406158", "9781861972712", "x", "9780306406157%00"])
def test_no_such_cover(number: str, emma: Edition, client: Client) -> None:
    assert client.get(f"/covers/{number}.svg").status_code == 404
