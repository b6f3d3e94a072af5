"""While PostgreSQL takes nothing, whoever orders is told so, and loses nothing that was typed."""

import html
import re

import psycopg
import pytest
from django.test import Client, RequestFactory
from procrastinate.exceptions import ConnectorException

from orders.models import Basket, BasketLine, Order
from orders.tests.factories import shipping_method
from storefront.tests import shopping
from storefront.tests.shopping import WISH, hidden, put
from storefront.views import errors
from storefront.views.errors import is_outage
from tests.frozen import frozen

HEADING = "<h1>Ordering pauses for a moment</h1>"


def fields(page: str) -> dict[str, str]:
    """All that the one form to send again would send."""
    form = re.search(r'<form method="post".*?</form>', page, re.DOTALL)
    assert form
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.django_db(transaction=True)
def test_a_checkout_is_sent_again_without_typing_it_anew() -> None:
    client = Client(raise_request_exception=False, headers={"Sec-Fetch-Site": "same-origin"})
    emma = shopping.emma()
    shipping_method()
    put(client, emma, 2)
    typed = {**hidden(client), **WISH, "line2": 'c/o "Emma" <b>'}
    with frozen():
        paused = client.post("/checkout/", typed)
        again = client.post("/basket/lines/", {"isbn13": emma.isbn13, "quantity": "1"})
    page = paused.content.decode()
    assert (paused.status_code, paused["Retry-After"]) == (503, "10")
    assert "no-store" in paused["Cache-Control"]
    assert HEADING in page
    assert "Your basket is kept, and so is what you filled in" in page
    assert "<b>" not in page
    assert fields(page) == typed
    assert HEADING in (said := again.content.decode())
    assert fields(said) == {"isbn13": emma.isbn13, "quantity": "1"}
    assert not Order.objects.exists()
    assert BasketLine.objects.get().quantity == 2
    ordered = client.post("/checkout/", fields(page))
    assert ordered.status_code == 303
    assert Order.objects.get().shipping_line2 == 'c/o "Emma" <b>'
    assert not Basket.objects.exists()


@pytest.mark.parametrize("path", ["/basket/", "/checkout/?step=2"])
def test_who_only_looks_is_told_that_the_basket_is_kept(path: str) -> None:
    response = errors.unavailable(RequestFactory().get(path))
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert HEADING in page
    assert "Your basket is kept." in page
    assert f'href="{path}"' in page
    assert '<form method="post"' not in page


@pytest.mark.parametrize("path", ["/basket/lines/", "/checkout/"])
def test_htmx_announces_it_and_leaves_the_page_alone(path: str) -> None:
    request = RequestFactory().post(path, {"quantity": "1"}, headers={"HX-Request": "true"})
    response = errors.unavailable(request)
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response["HX-Reswap"] == "none"
    assert response.content.decode().strip() == (
        '<p hx-swap-oob="innerHTML:#announcement">Ordering pauses for a moment. Your basket is'
        " kept: please press the button again in a minute.</p>"
    )


def test_elsewhere_it_is_back_in_a_moment() -> None:
    response = errors.unavailable(RequestFactory().post("/account/login/", {"password": "secret"}))
    page = response.content.decode()
    assert response.status_code == 503
    assert "<h1>Back in a moment</h1>" in page
    assert "secret" not in page


def test_an_outage_is_one_to_who_leaves_a_job_too() -> None:
    refused, confused = ConnectorException(), ConnectorException()
    refused.__cause__ = psycopg.OperationalError("server closed the connection unexpectedly")
    confused.__cause__ = psycopg.DataError("no such value")
    assert is_outage(refused)
    assert not is_outage(confused)
