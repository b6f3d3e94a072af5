"""Which POSTs without a CSRF token pass, and which are refused."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from catalog.tests.factories import EditionFactory
from orders.models import Basket
from storefront.same_origin import is_same_origin, same_origin

HERE = "http://testserver"


def asked(headers: dict[str, str], *, secure: bool = False) -> bool:
    return is_same_origin(RequestFactory().post("/", headers=headers, secure=secure))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_passes_what_the_browser_says_is_ours(site: str) -> None:
    assert asked({"Sec-Fetch-Site": site})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "Same-Origin", "nonsense"])
def test_refuses_what_the_browser_says_is_not(site: str) -> None:
    assert not asked({"Sec-Fetch-Site": site})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_fitting_origin_does_not_outweigh_the_site(site: str) -> None:
    assert not asked({"Sec-Fetch-Site": site, "Origin": HERE})


def test_the_site_outweighs_an_origin_that_a_proxy_has_changed() -> None:
    assert asked({"Sec-Fetch-Site": "same-origin", "Origin": "https://testserver"})


def test_passes_its_own_origin() -> None:
    assert asked({"Origin": HERE})
    assert asked({"Origin": "https://testserver"}, secure=True)
    assert asked({"Origin": "http://localhost:8000", "Host": "localhost:8000"})


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "https://testserver",  # another scheme
        "http://testserver:8001",  # another port
        "http://testserver.evil.example",
        "http://blog.testserver",
        "testserver",
        "http://testserver/",
    ],
)
def test_refuses_another_origin(origin: str) -> None:
    assert not asked({"Origin": origin})


def test_passes_trusted_origins(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://shop.example", "https://*.example.org"]
    assert asked({"Origin": "https://shop.example"})
    assert asked({"Origin": "https://www.example.org"})
    assert not asked({"Origin": "http://shop.example"})
    assert not asked({"Origin": "https://blog.shop.example"})
    assert not asked({"Origin": "https://evil-example.org"})
    assert not asked({"Origin": "null"})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_trusted_origin_is_another_site(settings: Settings, site: str) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://blog.example"]
    assert asked({"Sec-Fetch-Site": site, "Origin": "https://blog.example"})
    assert not asked({"Sec-Fetch-Site": site, "Origin": "https://evil.example"})
    assert not asked({"Sec-Fetch-Site": site})


def test_passes_what_is_no_browser() -> None:
    assert asked({})


@same_origin
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def test_reading_is_never_refused() -> None:
    request = RequestFactory().get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert view(request).status_code == 200


def test_the_decorator_refuses() -> None:
    with pytest.raises(PermissionDenied):
        view(RequestFactory().post("/", headers={"Sec-Fetch-Site": "cross-site"}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}],
)
def test_another_site_cannot_fill_a_basket(headers: dict[str, str]) -> None:
    edition = EditionFactory.create(stock=1)
    client = Client(enforce_csrf_checks=True)
    response = client.post("/basket/lines/", {"isbn13": edition.isbn13}, headers=headers)
    assert response.status_code == 403
    assert Basket.objects.count() == 0
    assert "visitor" not in response.cookies


@pytest.mark.django_db
def test_no_token_is_needed_to_fill_a_basket() -> None:
    edition = EditionFactory.create(stock=1)
    client = Client(enforce_csrf_checks=True)
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": HERE}
    response = client.post("/basket/lines/", {"isbn13": edition.isbn13}, headers=headers)
    assert response.status_code == 303
