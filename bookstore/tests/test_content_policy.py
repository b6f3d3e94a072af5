"""The Content-Security-Policy: on every answer, once, and a page's own where it needs one."""

from collections.abc import Callable

import pytest
from csp.constants import NONCE
from csp.decorators import csp_exempt, csp_update
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from pytest_django import Settings

from bookstore.content_policy import ContentPolicy

NAME = "Content-Security-Policy"


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page")


def answer(view: Callable[[HttpRequest], HttpResponseBase] = plain) -> HttpResponse:
    response = ContentPolicy(view)(RequestFactory().get("/"))
    assert isinstance(response, HttpResponse)
    return response


def directives(response: HttpResponse) -> set[str]:
    return set(response[NAME].split("; "))


def test_every_answer_names_the_policy(settings: Settings) -> None:
    expected = {
        f"{name} {' '.join(values)}"
        for name, values in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    }
    assert directives(answer()) == expected == set(build_policy().split("; "))


def test_an_answer_keeps_its_own() -> None:
    def strict(request: HttpRequest) -> HttpResponse:
        return HttpResponse("a picture", headers={NAME: "default-src 'none'"})

    assert answer(strict)[NAME] == "default-src 'none'"


def test_a_page_may_need_more() -> None:
    more = csp_update({"img-src": ["https://pictures.example"]})(plain)
    assert directives(answer(more)) - directives(answer()) == {
        "img-src 'self' data: https://pictures.example"
    }
    assert "pictures" not in answer()[NAME]


def test_a_page_may_be_exempt() -> None:
    assert NAME not in answer(csp_exempt()(plain))


@pytest.mark.parametrize("debug", [False, True])
def test_a_page_may_have_a_number_used_once(debug: bool, settings: Settings) -> None:
    settings.DEBUG = debug

    def numbered(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]  # django-csp's

    policy = answer(csp_update({"script-src": ["'self'", NONCE]})(numbered))
    assert f"'nonce-{policy.content.decode()}'" in policy[NAME]
    assert "nonce" not in answer()[NAME]
