"""The audit holds on what the verbs do, and finds whatever somebody did behind their backs."""

import datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F

from bookstore import audit
from catalog import indexing
from catalog.models import SearchEntry, Stock
from catalog.tests.factories import EditionFactory
from orders import fulfillment
from orders.models import Order
from orders.tests.factories import NOW, make_order
from tests.people import carol

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy_shop() -> dict[str, Order]:
    """Orders in every state, made by the real verbs."""
    edition = EditionFactory.create(stock=20)
    indexing.works_changed([edition.work_id])
    clerk = carol()
    orders = {
        state: make_order({edition: 2})
        for state in ("waiting", "paid", "shipped", "canceled", "refunded")
    }
    for state in ("paid", "shipped", "refunded"):
        orders[state].mark_paid(at=NOW, actor=clerk)
    fulfillment.ship(order=orders["shipped"], actor=clerk, at=NOW)
    orders["canceled"].cancel(actor=clerk, at=NOW)
    orders["refunded"].cancel(actor=clerk, at=NOW)
    return orders


def findings() -> list[str]:
    return list(audit.findings())


def test_all_holds_in_a_busy_shop(busy_shop: dict[str, Order]) -> None:
    assert findings() == []
    out = StringIO()
    call_command("audit", stdout=out)
    assert out.getvalue() == f"All {len(audit.CHECKS)} checks hold.\n"


def test_it_exits_with_1_and_a_line_for_each_finding(busy_shop: dict[str, Order]) -> None:
    Stock.objects.update(on_hand=F("on_hand") + 1)
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("audit", stdout=out)
    assert exit_.value.code == 1
    number = Stock.objects.get().edition.isbn13
    assert out.getvalue() == (
        f"stock {number} at main: on hand 19, allocated 4; its movements say 18, 4\n"
    )


def test_a_promise_that_no_order_holds_is_found(busy_shop: dict[str, Order]) -> None:
    stock = Stock.objects.get()
    Stock.objects.allocate_many({stock: 3}, reference="NOBODY")
    assert findings() == [f"stock {stock.edition.isbn13} at main: allocated 7; open orders hold 4"]


def test_a_line_that_does_not_add_up_is_found(busy_shop: dict[str, Order]) -> None:
    order = busy_shop["waiting"]
    order.lines.update(quantity=1, total_amount=Decimal("9.99"))
    assert f"order {order.number}: subtotal 19.98; its lines say 9.99" in findings()


def test_a_paid_order_without_its_money_is_found(busy_shop: dict[str, Order]) -> None:
    order = busy_shop["waiting"]
    Order.objects.filter(pk=order.pk).update(status="paid", paid_at=NOW)
    assert findings() == [f"order {order.number}: paid, total 24.48; received 0.00"]


def test_money_of_a_canceled_order_that_nobody_sees_is_found(busy_shop: dict[str, Order]) -> None:
    order = busy_shop["refunded"]
    order.refund_requests.all().delete()
    assert findings() == [
        f"order {order.number}: canceled, total 24.48, holds 24.48, and nobody is told"
    ]


def test_more_money_back_than_came_in_is_found(busy_shop: dict[str, Order]) -> None:
    order = busy_shop["shipped"]
    order.refunds.create(
        provider="offline", event_id="x", amount=Decimal("99.00"), currency=order.currency,
        refunded_at=NOW + datetime.timedelta(days=1),
    )  # fmt: skip
    assert findings() == [f"order {order.number}: refunded 99.00 of 24.48"]


def test_a_work_that_search_does_not_know_is_found(busy_shop: dict[str, Order]) -> None:
    key = SearchEntry.objects.get().work.key
    SearchEntry.objects.all().delete()
    assert findings() == [f"work {key}: offered, and not in the search index"]
