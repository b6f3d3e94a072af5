"""The three roles apart, behind the image's own nginx: each answers for its part."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.shop import Shop


def get(shop: Shop, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
    """What a visitor gets; in the names of headers, _ stands for -."""
    connection = http.client.HTTPConnection(urlsplit(shop.base_url).netloc, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=named)
    response = connection.getresponse()
    return response.status, response.headers, response.read().decode(errors="replace")


@pytest.mark.parametrize(
    ("path", "role"), [("/health", "frontend"), ("/api/ready", "rds"), ("/live/ready", "redis")]
)
def test_every_role_answers_for_its_part(shop: Shop, path: str, role: str) -> None:
    status, _, body = get(shop, path)
    assert status == 200
    assert f'"role": "{role}"' in body


@pytest.mark.parametrize(
    "path", ["/", "/basket/", "/account/login/", "/account/signup/", "/api/v1/editions", "/status/"]
)
def test_pages_of_every_role_open(shop: Shop, path: str) -> None:
    assert get(shop, path)[0] == 200


def test_an_address_without_its_last_slash_stays_on_the_same_host(shop: Shop) -> None:
    status, headers, _ = get(shop, "/basket")
    assert status == 301
    assert headers["Location"] == "/basket/"


def test_public_pages_set_no_cookie(shop: Shop) -> None:
    _, headers, _ = get(shop, "/", Cookie="visitor=anything")
    assert "Set-Cookie" not in headers


def test_a_visitor_cannot_pretend_to_have_come_by_https(shop: Shop) -> None:
    host = urlsplit(shop.base_url).netloc
    status, _, body = get(shop, "/sitemap.xml", X_Forwarded_Proto="https")
    assert status == 200
    assert f"https://{host}" not in body
    assert f"http://{host}" in body
