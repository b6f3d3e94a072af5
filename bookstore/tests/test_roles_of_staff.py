"""The groups that every shop begins with, and what an account reads that may not do something."""

import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from catalog.tests.factories import EditionFactory
from orders.tests.factories import make_order
from tests.people import PASSWORD, carol

pytestmark = pytest.mark.django_db

ORDERS, STOCK, EDITIONS = "orders/order/", "catalog/stocktake/", "catalog/edition/"
VOUCHERS, USERS, GROUPS = "orders/voucher/add/", "accounts/user/", "auth/group/add/"


def clerk(client: Client, role: str) -> User:
    """A member of staff with this role, signed in."""
    user = User.objects.create_user(f"{role}@example.com", PASSWORD, is_staff=True, name=role)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


@pytest.mark.parametrize(
    ("role", "opens", "closed"),
    [
        ("Manager", [ORDERS, STOCK, f"{EDITIONS}add/", VOUCHERS, USERS], [GROUPS]),
        ("Orders", [ORDERS, EDITIONS, USERS], [STOCK, f"{EDITIONS}add/", VOUCHERS, GROUPS]),
        ("Stock", [STOCK, EDITIONS, "catalog/stockmovement/"], [ORDERS, VOUCHERS, USERS]),
        ("Catalogue", [f"{EDITIONS}add/", "catalog/work/add/"], [ORDERS, STOCK, USERS]),
    ],
)
def test_each_role_opens_its_pages(
    client: Client, role: str, opens: list[str], closed: list[str]
) -> None:
    clerk(client, role)
    assert client.get("/admin/").status_code == 200
    assert {page: client.get(f"/admin/{page}").status_code for page in opens} == dict.fromkeys(
        opens, 200
    )
    assert {page: client.get(f"/admin/{page}").status_code for page in closed} == dict.fromkeys(
        closed, 403
    )


def test_the_roles_do_their_work(client: Client) -> None:
    edition = EditionFactory.create(stock=3)
    order = make_order({edition: 1})
    do = f"/admin/orders/order/{order.pk}"
    receive = f"/admin/catalog/edition/{edition.pk}/stock/receive/"
    for role, statuses in (
        ("Orders", (200, 403)),
        ("Stock", (403, 200)),
        ("Catalogue", (403, 403)),
    ):
        clerk(client, role)
        found = (client.get(f"{do}/mark-paid/").status_code, client.get(receive).status_code)
        assert found == statuses, role
    assert client.get(f"/admin/catalog/edition/{edition.pk}/change/").status_code == 200
    assert not Group.objects.get(name="Orders").permissions.filter(codename="change_giftcard")


def test_a_role_is_changed_like_any_other_and_only_what_is_used_is_offered(
    client: Client,
) -> None:
    client.force_login(carol())
    page = client.get("/admin/auth/group/add/").content.decode()
    offered = set(map(int, re.findall(r'<option value="(\d+)"', page)))
    names = set(Permission.objects.filter(pk__in=offered).values_list("codename", flat=True))
    assert {"change_order", "change_stock", "add_contribution", "view_price"} <= names
    assert not names & {"add_session", "add_contenttype", "add_searchentry", "change_doneform"}
    given = Group.objects.get(name="Manager").permissions.values_list("pk", flat=True)
    assert set(given) <= offered


def test_who_may_not_reads_whom_to_ask(client: Client) -> None:
    carol()
    clerk(client, "Stock")
    response = client.get(f"/admin/{VOUCHERS}")
    page = response.content.decode()
    assert response.status_code == 403
    assert "Your account may not do this" in page
    assert "ask Carol Bird: they give out" in page
    assert 'href="/admin/">Back to the start page' in page
    assert "front door" not in page
