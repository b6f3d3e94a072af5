"""The three roles apart, behind the image's own nginx: each answers for its part."""

import http.client
import re
import threading
import time
from urllib.parse import urlsplit

import pytest

from tests.conftest import NextEdition
from tests.patience import until
from tests.shop import Shop

CHANGE_PRICE = """
import time
from decimal import Decimal
from django.db import transaction
from django.utils import timezone
from catalog.models import Edition
edition = Edition.objects.get(isbn13="{isbn13}")
for amount in ("1001.00", "1002.00", "1003.00"):
    with transaction.atomic():
        edition.set_price(Decimal(amount), valid_from=timezone.localdate())
    print("price", amount[:4], time.time())
    time.sleep(1.3)
"""


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
    status, _, body = until(lambda answer: answer[0] != 503, lambda: get(shop, path))
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


# --- nginx --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/metrics", "/%6detrics", "//metrics/", "/api/../metrics"])
def test_figures_are_not_for_visitors(shop: Shop, path: str) -> None:
    status, headers, body = get(shop, path)
    assert status == 404
    assert headers["X-Request-ID"] in body


def test_files_are_kept_for_ever_in_the_form_that_was_asked_for(shop: Shop) -> None:
    style = re.findall(r'href="(/static/[^"]+\.css)"', get(shop, "/")[2])[0]
    for _time in range(2):  # the second out of nginx's cache
        for asked, given in (("gzip, br", "gzip"), ("identity", None)):
            status, headers, _ = get(shop, style, Accept_Encoding=asked)
            assert (status, headers["Content-Encoding"]) == (200, given)
            assert "immutable" in headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/", "/basket/", "/api/v1/editions", "/live/visitor", "/no/such/page", "/metrics"]
)
def test_each_protection_is_named_once(shop: Shop, path: str) -> None:
    for _time in range(2):  # the second may come out of nginx's cache
        _, headers, _ = get(shop, path)
        for name in (
            "Content-Security-Policy",
            "Cross-Origin-Opener-Policy",
            "Referrer-Policy",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "X-Request-ID",
            "Cache-Control",
        ):
            assert len(headers.get_all(name, [])) == 1, name


def test_an_old_price_is_shown_for_less_than_a_second(
    shop: Shop, next_edition: NextEdition
) -> None:
    edition = next_edition()
    seen: list[tuple[float, str]] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            sent_at = time.time()
            _, _, body = get(shop, edition["url"])
            found = [number for number in ("1001", "1002", "1003") if f"1,{number[1:]}.00" in body]
            seen.append((sent_at, found[0] if found else ""))

    readers = [threading.Thread(target=read) for _each in range(3)]
    for reader in readers:
        reader.start()
    changed = shop.manage("shell", "-c", CHANGE_PRICE.format(**edition))
    is_over.set()
    for reader in readers:
        reader.join()
    lines = [line.split() for line in changed.stdout.splitlines() if line.startswith("price ")]
    assert [number for _word, number, _at in lines] == ["1001", "1002", "1003"]
    assert max(seen)[1] == "1003"
    for _word, number, saved_at in lines:
        late = [at for at, shown in seen if shown < number and at >= float(saved_at) + 1]
        assert late == []
