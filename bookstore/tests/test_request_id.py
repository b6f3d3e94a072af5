"""Every request has a number, which its log lines and its error page name."""

import logging
import re

import pytest
from django.conf import settings as shop_settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from pytest_django import Settings

from bookstore import limits, urls
from bookstore.tests.lines import written
from caching.limits import Limit
from catalog import api as catalog_api
from storefront.tests.shop import open_shop
from storefront.views import errors

NUMBER = "f3b1-from-nginx"
GIVEN = {"X-Request-ID": NUMBER}
WORDS = 'If this goes on, <a href="/about/">write to us</a>'


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


def misread(request: HttpRequest) -> HttpResponse:
    raise BadRequest("No such day.")


def closed(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("broken", broken),
    path("misread", misread),
    path("closed", closed),
    path("form", csrf_protect(lambda request: HttpResponse())),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = (
    urls.handler400, urls.handler403, urls.handler404, urls.handler500,
)  # fmt: skip
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def visitor() -> Client:
    """Somebody whom the shop's failures reach as pages, and whose forms are checked."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def test_a_number_from_nginx_is_kept(client: Client) -> None:
    assert client.get("/health", headers=GIVEN)["X-Request-ID"] == NUMBER


@pytest.mark.parametrize(
    "given", ["short", "with space 1234", "<b>12345678</b>", "x" * 81, "é" * 9]
)
def test_another_one_is_made_where_that_is_none(client: Client, given: str) -> None:
    made = client.get("/health", headers={"X-Request-ID": given})["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert client.get("/health")["X-Request-ID"] != made


def test_it_is_first_in_every_role() -> None:
    assert shop_settings.MIDDLEWARE[0] == "bookstore.request_id.middleware"


# --- Log lines ----------------------------------------------------------------------------------


def test_the_lines_of_a_request_carry_its_number(visitor: Client) -> None:
    with written() as lines:
        visitor.get("/broken?q=secret", headers=GIVEN)
        visitor.get("/broken")
    (first, second) = (line for line in lines if line["logger"] == "django.request")
    assert first["request_id"] == NUMBER
    assert first["event"] == "Internal Server Error: /broken"
    assert first["exception"].endswith("RuntimeError: broken on purpose")
    assert second["request_id"] not in ("", NUMBER)


def test_what_is_written_after_the_answer_carries_it_too(client: Client) -> None:
    with written() as lines:
        client.get("/health", headers=GIVEN)
        logging.getLogger("gunicorn.error").error("The visitor is gone")
    assert [line["request_id"] for line in lines] == [NUMBER]


@pytest.mark.django_db
def test_a_role_that_is_not_ready_is_no_error(settings: Settings) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    with written() as lines:
        assert Client().get("/live/ready").status_code == 503
    assert not [line for line in lines if line["level"] == "error"]


@pytest.mark.django_db
def test_a_failure_of_the_api_is_written_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(catalog_api, "_editions", fail)
    with written() as lines:
        assert client.get("/api/v1/editions").status_code == 500
    assert [line["logger"] for line in lines if line["level"] == "error"] == ["bookstore.problems"]


# --- Pages and problems -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status"),
    [("/misread", 400), ("/closed", 403), ("/nowhere/", 404), ("/broken", 500)],
)
def test_the_page_for_a_fault_of_ours_names_it(visitor: Client, address: str, status: int) -> None:
    response = visitor.get(address, headers=GIVEN)
    is_ours = status == 500
    assert response.status_code == status
    assert (f"<code>{NUMBER}</code>" in response.content.decode()) is is_ours
    assert (WORDS in response.content.decode()) is is_ours
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("came_from", "again"),
    [
        ("", "/form"),
        ("http://testserver/basket/?a=1&b=2", "http://testserver/basket/?a=1&amp;b=2"),
        ("http://evil.example/basket/", "/form"),
        ("javascript:alert(1)", "/form"),
    ],
)
def test_an_old_form_leads_to_where_it_stands(visitor: Client, came_from: str, again: str) -> None:
    response = visitor.post("/form", headers={**GIVEN, "Referer": came_from})
    page = response.content.decode()
    assert response.status_code == 403
    assert "This form is too old" in page
    assert f'<a class="button" href="{again}">Load the page again</a>' in page
    assert NUMBER not in page
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_the_problem_of_too_much_names_it(
    visitor: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = {pattern: Limit(each.name, 0, 86_400) for pattern, each in limits.LIMITS.items()}
    monkeypatch.setattr(limits, "LIMITS", none)
    settings.RATE_LIMITS = True
    page = visitor.post("/basket/lines/", headers=GIVEN)
    assert (page.status_code, page["X-Request-ID"]) == (429, NUMBER)
    assert NUMBER not in page.content.decode()
    problem = visitor.post("/api/v1/baskets", headers=GIVEN)
    assert (problem.status_code, problem.json()["request_id"]) == (429, NUMBER)


def test_the_last_resort_names_it(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "WORDS", {})
    response = visitor.get("/broken", headers=GIVEN)
    assert response.status_code == 500
    assert response.content.decode().endswith(f"name this number: {NUMBER}")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/editions/9780000000002", "/api/nothing"])
def test_a_problem_names_it(client: Client, address: str) -> None:
    response = client.get(address, headers=GIVEN)
    assert (response.status_code, response.json()["request_id"]) == (404, NUMBER)


@pytest.mark.django_db
def test_no_kept_page_names_anybodys(client: Client) -> None:
    address = open_shop().get_absolute_url()
    for page in (address, "/", "/search/?q=emma", "/subjects/fiction/"):
        response = client.get(page, headers=GIVEN)
        assert response.status_code == 200
        assert NUMBER not in response.content.decode()
        assert response["X-Request-ID"] == NUMBER


def test_nothing_of_one_request_stays_with_the_next(client: Client) -> None:
    client.get("/health", headers=GIVEN)
    with written() as lines:
        client.get("/health")
        logging.getLogger("shop").error("After the second")
    assert lines[-1]["request_id"] not in ("", NUMBER)
