"""Pages whose parts are shown by several roles: each role renders them with its own addresses."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from bookstore import urls
from bookstore.roles import ROLES
from catalog.models import Edition, Recommendation
from catalog.tests.factories import EditionFactory, WorkFactory
from storefront.tests.shop import open_shop

pytestmark = pytest.mark.django_db


class OfOrders:
    """The addresses of the role that takes orders, and no other."""

    urlpatterns = urls.for_role(ROLES["rds"])
    handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def emma(settings: Settings) -> Edition:
    """In a shop whose only role is that one."""
    settings.ROOT_URLCONF = OfOrders
    return open_shop()


def test_a_basket_shows_covers_that_another_role_answers(emma: Edition, client: Client) -> None:
    bought = EditionFactory.create(work=WorkFactory.create(title="Persuasion"))
    Recommendation.objects.create(work=emma.work, other=bought.work, rank=1, reason="bought")
    headers: dict[str, Any] = {"sec-fetch-site": "same-origin"}
    line = {"isbn13": emma.isbn13, "quantity": "1"}
    assert client.post("/basket/lines/", line, headers=headers).status_code == 303
    page = client.get("/basket/").content.decode()
    assert "Often bought with “Emma”" in page
    assert f'src="/covers/{bought.isbn13}.svg?v=' in page


def test_the_api_names_covers_that_another_role_answers(emma: Edition, client: Client) -> None:
    cover = client.get(f"/api/v1/editions/{emma.isbn13}").json()["cover"]
    assert cover["url"].partition("?")[0].endswith(f"/covers/{emma.isbn13}.svg")
