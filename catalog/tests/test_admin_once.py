"""A form of the back office that is sent twice, by a double click or a reload, is done once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import DoneForm, Edition, Stock, StockMovement
from catalog.tests.factories import EditionFactory, main_shop, store_room
from tests.races import at_once

if TYPE_CHECKING:
    from accounts.models import User

DONE_ALREADY = "This form was sent before, and has been done already."
SCANNED = ("delivery", "loss", "transfer")
BY_EDITION = {"receive": 2, "adjust": -1, "damage": 1, "count": 9}


def rendered(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send of the form as it is rendered, before anybody types."""
    form = client.get(url).context["form"]
    assert f'name="key" value="{form["key"].value()}"' in str(form["key"])
    return {"key": form["key"].value(), "location": main_shop().pk, "reason": "Note 7"}


def filled_in(client: Client, edition: Edition, action: str) -> tuple[str, dict[str, Any]]:
    """The address and the content of one filled-in form."""
    if action in SCANNED:
        url = reverse("admin:catalog_stock_scanned", args=[action])
        more = {"numbers": edition.isbn13, "target": store_room().pk}
    else:
        url = reverse("admin:catalog_edition_stock_change", args=[edition.pk, action])
        more = {"quantity": BY_EDITION[action]}
    return url, {**rendered(client, url), **more}


@pytest.mark.django_db
@pytest.mark.parametrize("action", [*SCANNED, *BY_EDITION])
def test_a_form_sent_twice_is_done_once(client: Client, clerk: "User", action: str) -> None:
    url, form = filled_in(client, EditionFactory.create(stock=5), action)
    assert client.post(url, form).status_code == 303
    stock = list(Stock.objects.order_by("pk").values_list("on_hand", flat=True))
    movements = StockMovement.objects.count()

    again = client.post(url, form, follow=True)

    assert DONE_ALREADY in again.content.decode()
    assert list(Stock.objects.order_by("pk").values_list("on_hand", flat=True)) == stock
    assert StockMovement.objects.count() == movements


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["delivery", "receive"])
def test_a_form_that_is_rendered_anew_is_another(
    client: Client, clerk: "User", action: str
) -> None:
    edition = EditionFactory.create(stock=5)
    for _time in range(2):
        url, form = filled_in(client, edition, action)
        assert client.post(url, form).status_code == 303
    assert StockMovement.objects.filter(kind="receive", reason="Note 7").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["loss", "damage"])
def test_what_was_refused_may_be_corrected_and_sent(
    client: Client, clerk: "User", action: str
) -> None:
    edition = EditionFactory.create(stock=1)
    url, form = filled_in(client, edition, action)
    more = {"numbers": f"{edition.isbn13} 2", "quantity": 2}
    refused = client.post(url, {**form, **more})
    assert refused.status_code == 200
    assert not DoneForm.objects.exists()
    key = refused.context["form"]["key"].value()
    assert client.post(url, {**form, "key": key}).status_code == 303
    assert Stock.objects.get().on_hand == 0


@pytest.mark.django_db
def test_a_form_without_its_key_is_not_done(client: Client, clerk: "User") -> None:
    url, form = filled_in(client, EditionFactory.create(stock=5), "receive")
    assert list(client.post(url, {**form, "key": ""}).context["form"].errors) == ["key"]
    assert Stock.objects.get().on_hand == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("action", ["delivery", "receive"])
def test_a_double_click_books_once(client: Client, clerk: "User", action: str) -> None:
    edition = EditionFactory.create(stock=5)
    url, form = filled_in(client, edition, action)

    def click() -> Callable[[], object]:
        browser = Client()
        browser.force_login(clerk)
        return lambda: browser.post(url, form).status_code

    assert at_once([click() for _click in range(2)]) == [303, 303]

    booked = StockMovement.objects.filter(reason="Note 7")
    assert [movement.on_hand_change for movement in booked] == [1 if action == "delivery" else 2]
    assert Stock.objects.get().on_hand == 5 + booked[0].on_hand_change
