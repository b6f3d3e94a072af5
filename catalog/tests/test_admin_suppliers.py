"""Suppliers in the back office: their prices in the order of choice, and what they sent."""

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from catalog.models import Supplier
from catalog.models.supplier import PRICE_TYPES
from catalog.tests.suppliers import north, run_of

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/supplier/"


def form_of(**changes: Any) -> dict[str, Any]:
    places = {f"price_type_{code}": "" for code in PRICE_TYPES}
    fields = {"name": "Northern Books", "code": "north", "currency": "EUR", "trust": "60"}
    more = {"order_days": "14", "takes_orders": "on"}
    return {**fields, **more, **places, **changes}


def test_a_supplier_is_entered_with_its_prices_in_order(client: Client, clerk: "User") -> None:
    page = client.get(f"{LIST}add/").content.decode()
    assert "What staff wrote is believed before everybody." in page
    assert "Fixed by law or contract, tax included" in page
    assert 'name="price_type_02" value="1"' in page
    assert f'name="currency" value="{settings.SHOP_CURRENCY}"' in page
    # What the shop pays is no price to sell for, unless staff say so.
    assert 'name="price_type_05" min' in page
    places = {"price_type_04": "1", "price_type_02": "5", "price_type_01": "2"}
    assert client.post(f"{LIST}add/", form_of(**places)).status_code == 302
    supplier = Supplier.objects.get()
    assert (supplier.name, supplier.trust) == ("Northern Books", 60)
    assert supplier.price_types == ["04", "01", "02"]


def test_the_order_is_changed_and_the_code_is_not(client: Client, clerk: "User") -> None:
    supplier = north(price_types=["01", "02", "99"])
    page = client.get(f"{LIST}{supplier.pk}/change/").content.decode()
    assert 'name="price_type_02" value="2"' in page
    assert 'name="code"' not in page
    form = form_of(code="south", price_type_02="1")
    assert client.post(f"{LIST}{supplier.pk}/change/", form).status_code == 302
    supplier.refresh_from_db()
    assert (supplier.code, supplier.price_types) == ("north", ["02", "99"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "Give at least one kind of price a place."),
        ({"price_type_02": "0"}, "greater than or equal to 1"),
        ({"price_type_02": "1", "currency": "eur"}, "three capital letters"),
    ],
)
def test_what_cannot_be_is_refused(
    client: Client, clerk: "User", changes: dict[str, str], message: str
) -> None:
    answer = client.post(f"{LIST}add/", form_of(**changes))
    assert message in answer.content.decode()
    assert not Supplier.objects.exists()


def test_the_list_says_what_came_last(
    client: Client, clerk: "User", django_assert_max_num_queries: Any
) -> None:
    supplier = north()
    for n in range(3):
        run_of(supplier, created_count=n + 1_000)
    client.get(LIST)
    with django_assert_max_num_queries(7):
        page = client.get(LIST).content.decode()
    assert "1,002 Created" in page
    assert f'?supplier__id__exact={supplier.pk}">3</a>' in page


def test_who_has_sent_files_stays(client: Client, clerk: "User") -> None:
    supplier = north()
    run_of(supplier)
    url = f"{LIST}{supplier.pk}/delete/"
    assert client.post(url, {"post": "yes"}).status_code == 403
    supplier.runs.all().delete()
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Supplier.objects.exists()


def test_who_may_only_look_sees_the_prices(client: Client, helper: "User") -> None:
    supplier = north()
    assert client.get(f"{LIST}{supplier.pk}/change/").status_code == 403
    helper.user_permissions.add(Permission.objects.get(codename="view_supplier"))
    page = client.get(f"{LIST}{supplier.pk}/change/")
    assert page.status_code == 200
    assert "Fixed by law or contract" in page.content.decode()


def test_all_that_is_said_of_a_supplier_is_on_the_form_once(client: Client, clerk: "User") -> None:
    for url in (f"{LIST}add/", f"{LIST}{north().pk}/change/"):
        groups = client.get(url).context["adminform"].fieldsets
        names = [name for _title, options in groups for name in options["fields"]]
        places = [name for name in names if name.startswith("price_type_")]
        assert [name for name in names if name not in places] == [
            *("name", "code", "currency", "country"),
            *("trust", "offers_at_once", "takes_orders", "order_days"),
        ]
        assert len(places) == 9
