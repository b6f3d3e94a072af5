"""Vouchers in the back office."""

import csv
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from catalog.tests.factories import EditionFactory
from orders import vouchers
from orders.models import Voucher
from orders.tests.factories import make_order, make_voucher
from tests import people

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/voucher/"
NEW = {
    "code": " spring 26 ",
    "is_active": "on",
    "kind": "percentage",
    "percent": "12.5",
    "amount": "",
    "minimum_amount": "20.00",
    "subject": "",
    "email": "",
    "max_uses": "100",
    "max_uses_per_customer": "1",
    "uses-TOTAL_FORMS": "0",
    "uses-INITIAL_FORMS": "0",
}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(people.carol())
    return client


def test_a_new_voucher(staff: Client) -> None:
    assert staff.post(f"{LIST}add/", NEW).status_code == 302
    voucher = Voucher.objects.get()
    assert (voucher.code, voucher.percent) == ("SPRING26", Decimal("12.50"))
    page = staff.get(LIST).content.decode()
    for words in ("SPRING26", "12.5 %", "100"):
        assert words in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "TEN"}, "already exists"),
        ({"code": " "}, "required"),
        ({"percent": ""}, "Give a percentage or an amount, as the kind says."),
        ({"percent": "101"}, "Give a percentage or an amount, as the kind says."),
        ({"kind": "amount"}, "Give a percentage or an amount, as the kind says."),
        ({"kind": "free_shipping"}, "Give a percentage or an amount, as the kind says."),
        ({"max_uses": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_a_voucher(staff: Client, changes: dict[str, str], words: str) -> None:
    make_voucher()
    response = staff.post(f"{LIST}add/", {**NEW, **changes})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert Voucher.objects.count() == 1


def test_who_used_it(staff: Client) -> None:
    voucher = make_voucher(max_uses=5)
    order = make_order(voucher_code="TEN")
    page = staff.get(f"{LIST}{voucher.pk}/change/").content.decode()
    assert order.number in page
    assert "guest@example.com" in page
    assert f"{voucher.code}" in staff.get(LIST, {"q": order.number}).content.decode()


def test_a_change_does_not_write_over_uses_that_came_meanwhile(staff: Client) -> None:
    voucher = make_voucher(max_uses=5)
    EditionFactory.create(stock=1)
    make_order(voucher_code="TEN")
    fields = {**NEW, "code": "TEN", "max_uses": "7", "uses-INITIAL_FORMS": "0"}
    response = staff.post(f"{LIST}{voucher.pk}/change/", fields)
    assert response.status_code == 302
    voucher.refresh_from_db()
    assert (voucher.max_uses, voucher.used_count) == (7, 1)


def test_no_fewer_uses_than_there_were(staff: Client) -> None:
    voucher = make_voucher(max_uses=5)
    make_order(voucher_code="TEN")
    fields = {**NEW, "code": "TEN", "max_uses": "0"}
    response = staff.post(f"{LIST}{voucher.pk}/change/", fields)
    assert "It has been used more often than that." in response.content.decode()
    voucher.refresh_from_db()
    assert voucher.max_uses == 5


def test_taken_out_of_force(staff: Client) -> None:
    voucher = make_voucher()
    action = {"action": "take_out_of_force", "_selected_action": [voucher.pk]}
    assert "1 voucher is out of force." in staff.post(LIST, action, follow=True).content.decode()
    with pytest.raises(vouchers.UnknownVoucher):
        vouchers.find("TEN")


MANY = {
    "key": "k",
    "number": "20",
    "beginning": "fair-",
    "kind": "amount",
    "percent": "",
    "amount": "5.00",
    "minimum_amount": "0",
    "subject": "",
}


def test_many_at_once_come_as_csv(staff: Client) -> None:
    assert "Create many" in staff.get(LIST).content.decode()
    assert "How many" in staff.get(f"{LIST}many/").content.decode()
    response = staff.post(f"{LIST}many/", MANY)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(response.content.decode().splitlines()))
    codes = {row["code"] for row in rows}
    assert len(codes) == 20
    assert all(code.startswith("FAIR-") and len(code) == 13 for code in codes)
    made = Voucher.objects.filter(code__in=codes, max_uses=1, amount=Decimal("5.00"))
    assert made.count() == 20
    assert LogEntry.objects.get().change_message.startswith("20 ×")
    assert make_order(voucher_code=rows[0]["code"]).discount_amount == Decimal("5.00")


def test_a_batch_is_made_once_by_a_form(staff: Client) -> None:
    form = {**MANY, "key": staff.get(f"{LIST}many/").context["form"]["key"].value()}
    first, again = (staff.post(f"{LIST}many/", form) for _click in range(2))
    assert first.content == again.content
    assert Voucher.objects.count() == 20
    staff.post(f"{LIST}many/", MANY)
    assert Voucher.objects.count() == 40


@pytest.mark.parametrize(
    "changes", [{"number": "0"}, {"number": "5001"}, {"amount": ""}, {"kind": "x"}]
)
def test_many_of_what_cannot_be(staff: Client, changes: dict[str, str]) -> None:
    assert staff.post(f"{LIST}many/", {**MANY, **changes}).status_code == 422
    assert not Voucher.objects.exists()


def test_who_may_only_look_makes_none(client: Client) -> None:
    user = people.bob()
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_voucher"))
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    assert "Create many" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}many/", MANY).status_code == 403
    assert not Voucher.objects.exists()
