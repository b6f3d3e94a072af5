"""Orders as CSV."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.tests.factories import EditionFactory
from orders import exports
from orders.models import Order
from orders.tests.factories import make_order
from tests.people import alice, carol

pytestmark = pytest.mark.django_db
URL = "/admin/orders/order/download/"


def lines(**wanted: Any) -> list[dict[str, Any]]:
    rows = list(exports.order_rows(**wanted))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def placed(order: Order, day: int, hour: int) -> Order:
    """As if it had been placed then, in March 2026."""
    order.placed_at = datetime.datetime(2026, 3, day, hour, tzinfo=timezone.get_default_timezone())
    order.save()
    return order


def test_each_line_of_an_order_is_one_line_with_its_amounts() -> None:
    order = make_order({EditionFactory.create(stock=5, work__title="=Emma"): 2})
    line = order.lines.get()
    found = lines()
    assert len(found) == 1
    assert {name: found[0][name] for name in (
        "order", "status", "isbn13", "title", "quantity", "unit_amount", "line_total_amount",
        "order_shipping_amount", "order_total_amount", "currency", "paid_at",
    )} == {
        "order": order.number, "status": "awaiting_payment", "isbn13": line.isbn13,
        "title": "=Emma", "quantity": 2, "unit_amount": line.unit_amount,
        "line_total_amount": line.total_amount, "order_shipping_amount": order.shipping_amount,
        "order_total_amount": order.total_amount, "currency": "USD", "paid_at": "",
    }  # fmt: skip
    assert datetime.datetime.fromisoformat(found[0]["placed_at"]) == order.placed_at.replace(
        microsecond=0
    )


def test_by_day_and_status() -> None:
    orders = [
        placed(make_order({EditionFactory.create(stock=1): 1}), day, hour)
        for day, hour in ((1, 23), (2, 0), (3, 12))
    ]
    orders[1].mark_paid(at=timezone.now(), actor=carol())
    second = datetime.date(2026, 3, 2)
    assert [line["order"] for line in lines(first=second)] == [orders[1].number, orders[2].number]
    assert [line["order"] for line in lines(last=second)] == [orders[0].number, orders[1].number]
    assert [line["order"] for line in lines(status="paid")] == [orders[1].number]


def test_it_takes_one_query_and_the_command_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    for _number in range(3):
        make_order({EditionFactory.create(stock=1): 1})
    with CaptureQueriesContext(connection) as queries:
        assert len(lines()) == 3
    assert len(queries) == 1
    call_command("export_orders", "--from", "2020-01-01", "--status", "awaiting_payment")
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_the_page(client: Client) -> None:
    order = make_order({EditionFactory.create(stock=5, work__title="=Emma"): 1})
    client.force_login(carol())
    assert URL in client.get("/admin/orders/order/").content.decode()
    assert client.get(URL).status_code == 200
    answer: Any = client.post(URL, {"status": "awaiting_payment", "for_excel": "on"})
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufefforder,status,")
    assert f"{order.number},awaiting_payment," in text
    assert ",'=Emma," in text
    wrong = client.post(URL, {"first": "2026-03-02", "last": "2026-03-01"})
    assert (wrong.status_code, "before the first day" in wrong.content.decode()) == (422, True)


def test_permissions(client: Client) -> None:
    user = alice()
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert client.get(URL).status_code == client.post(URL).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    assert client.get(URL).status_code == 200
