"""Pictures on public pages: in the kind and size that suits, without a jump and without a query."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test.client import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from caching import store
from catalog import covers, levels
from catalog.models import Cover, Edition
from catalog.tests.pictures import picture, pretend_picture, show_picture
from storefront.tests.shop import add_works, open_shop, read
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

LISTS = ("/", "/series/highbury/", "/subjects/classics/", "/lists/favorites/", "/search/?q=emma")


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


def photos(page: str) -> list[str]:
    return re.findall(r"<picture.*?</picture>", page)


def attribute(html: str, name: str) -> str:
    found = re.search(f'{name}="([^"]*)"', html)
    assert found, (name, html)
    return found[1]


def test_the_page_of_a_book_shows_its_picture(emma: Edition, client: Client) -> None:
    cover = show_picture(emma, picture(400, 600))
    (html,) = photos(read(client, emma.get_absolute_url()))
    name = f"/media/covers/{cover.digest[:2]}/{cover.digest}"
    for kind, ending in (("avif", "avif"), ("webp", "webp")):
        source = re.search(f'<source type="image/{kind}" srcset="([^"]*)" sizes="[^"]+">', html)
        assert source
        assert source[1] == ", ".join(f"{name}-{w}.{ending} {w}w" for w in (160, 320, 400))
    image = html[html.index("<img") :]
    assert attribute(image, "src") == f"{name}-400.jpg"
    assert attribute(image, "alt") == "Cover of Emma"
    assert (attribute(image, "width"), attribute(image, "height")) == ("400", "600")
    assert re.fullmatch("#[0-9a-f]{6}", attribute(image, "data-color"))
    assert "loading" not in image  # it is what people came for
    assert "style=" not in html
    for address in re.findall(r"(/media/\S+?)[ \"]", html):
        response = client.get(address)
        assert response.status_code == 200, address
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["Content-Type"].startswith("image/")


def test_programs_are_told_of_the_picture(emma: Edition, client: Client) -> None:
    url = pretend_picture(emma, width=500, height=800).url(500, "jpg")
    page = read(client, emma.get_absolute_url())
    assert f'<meta property="og:image" content="http://localhost:8000{url}">' in page
    assert '<meta property="og:image:width" content="500">' in page
    assert '<meta property="og:image:height" content="800">' in page
    assert f'<meta itemprop="image" content="http://localhost:8000{url}">' in page
    said = client.get(f"/api/v1/editions/{emma.isbn13}").json()["cover"]
    assert said == {"url": url, "width": 500, "height": 800, "is_drawn": False}


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(600, 900, "is-wide"), (900, 900, "is-wide"), (500, 900, "is-tall")],
)
def test_every_shape_fits_the_same_space(
    emma: Edition, client: Client, width: int, height: int, shape: str
) -> None:
    pretend_picture(emma, width=width, height=height)
    (html,) = photos(read(client, "/series/highbury/"))
    assert f'<img class="{shape}"' in html
    assert attribute(html[html.index("<img") :], "alt") == ""
    assert 'loading="lazy"' in html


@pytest.mark.parametrize("path", [*LISTS, "page", "api"])
def test_pictures_take_no_query_more(
    emma: Edition,
    client: Client,
    path: str,
    django_assert_max_num_queries: Any,
) -> None:
    add_works(6, like=emma)
    address = {"page": emma.get_absolute_url(), "api": "/api/v1/editions"}.get(path, path)
    counts = []
    for has_pictures in (False, True):
        if has_pictures:
            for edition in Edition.objects.all():
                pretend_picture(edition)
        store.client().flushdb()
        levels.forget()  # or the second search would cost one less
        with django_assert_max_num_queries(40) as counted:
            response = client.get(address)
        assert response.status_code == 200
        counts.append(len(counted))
    assert (b"<picture" in response.content) == (path != "api")
    assert counts[0] == counts[1]


def test_pages_show_a_picture_as_soon_as_it_is_ready(emma: Edition, client: Client) -> None:
    """And the drawn cover again once staff wants that."""
    addresses = (emma.get_absolute_url(), "/", "/series/highbury/")

    def pictured() -> list[bool]:
        run_jobs(only=["caching.bump"])
        return [bool(photos(read(client, address))) for address in addresses]

    assert pictured() == [False] * 3
    show_picture(emma)
    assert pictured() == [True] * 3
    covers.draw(emma, at=timezone.now())
    assert pictured() == [False] * 3


def test_a_picture_that_waits_or_was_refused_leaves_the_drawn_cover(
    emma: Edition, client: Client
) -> None:
    Edition.objects.filter(pk=emma.pk).update(cover_url="https://covers.example/emma.jpg")
    covers.want([emma.pk], at=timezone.now())
    assert photos(read(client, emma.get_absolute_url())) == []
    covers.refuse(Cover.objects.get(), "404", at=timezone.now())
    emma.went_stale()
    page = read(client, emma.get_absolute_url())
    assert photos(page) == []
    assert f"/covers/{emma.isbn13}.svg?v=" in page


def test_the_plain_address_of_a_cover_leads_to_the_picture(
    emma: Edition, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Baskets, orders and what is popular know an edition's number, and no more."""
    url = pretend_picture(emma).url(320, "jpg")
    response = client.get(f"/covers/{emma.isbn13}.svg")
    assert (response.status_code, response["Location"]) == (302, url)
    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    with django_assert_num_queries(0):
        assert client.get(f"/covers/{emma.isbn13}.svg")["Location"] == url
    drawn = client.get(f"/covers/{emma.isbn13}.svg?v=old")
    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/svg+xml")
