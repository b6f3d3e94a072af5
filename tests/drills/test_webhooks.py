"""Webhooks that come twice, late, at once and in the wrong order: one payment, or one refund."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.conftest import NextEdition
from tests.drills.persistent import Purchase
from tests.drills.provider import Provider
from tests.drills.records import Records
from tests.drills.test_clock import buy
from tests.patience import eventually
from tests.shop import Shop
from tests.visitor import Visitor

pytestmark = pytest.mark.usefixtures("whole_again")

AT_ONCE = 8


@pytest.fixture
def records(shop: Shop) -> Records:
    return Records(shop)


@pytest.fixture
def provider(shop: Shop) -> Provider:
    return Provider(shop)


@pytest.fixture
def isbn13(staff: Visitor, next_edition: NextEdition) -> str:
    """An edition of which there are three copies."""
    number: str = next_edition()["isbn13"]
    assert staff.call("PUT", f"stock/{number}", {"on_hand": 3}).status == 200
    return number


def expire(shop: Shop, records: Records, *purchases: Purchase) -> None:
    """Have the time of these orders run out."""
    for each in purchases:
        records.change(
            "UPDATE orders_order SET expires_at = now() - interval '1 minute' WHERE number = %s",
            each.number,
        )
    code = "from orders.jobs import expire_orders; expire_orders(0)"
    assert shop.manage("shell", "-c", code).returncode == 0
    assert set(records.statuses(*purchases)) == {"canceled"}


def test_one_event_told_by_many_at_once_is_one_payment(
    shop: Shop, records: Records, provider: Provider, isbn13: str
) -> None:
    order = buy(shop, isbn13, f"webhook-{isbn13}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tellings = [
            pool.submit(provider.tell, order.number, order.amount, event_id=f"once-{isbn13}")
            for _time in range(AT_ONCE)
        ]
    assert {telling.result().status for telling in tellings} == {204}
    assert records.payments(order.number) == [Decimal(order.amount)]
    assert records.events(order.number, "paid") == 1


def test_failures_before_and_after_change_no_success(
    shop: Shop, records: Records, provider: Provider, isbn13: str
) -> None:
    order = buy(shop, isbn13, f"webhook-{isbn13}")
    for kind, event_id in (
        ("failed", "first"), ("succeeded", "second"), ("failed", "third"), ("failed", "first"),
        ("succeeded", "second"),
    ):  # fmt: skip
        told = provider.tell(order.number, order.amount, kind=kind, event_id=f"{event_id}-{isbn13}")
        assert told.status == 204
    assert records.status(order.number) == "paid"
    assert records.payments(order.number) == [Decimal(order.amount)]
    assert records.events(order.number, "payment_failed") == 2


def test_payments_around_the_expiry(
    shop: Shop, staff: Visitor, records: Records, provider: Provider, isbn13: str
) -> None:
    paid, late, too_late = (buy(shop, isbn13, f"webhook-{isbn13}-{n}") for n in range(3))
    provider.tell(paid.number, paid.amount, event_id=f"paid-{isbn13}")
    expire(shop, records, late, too_late)
    assert records.stock(isbn13) == (3, 1)
    assert staff.call("PUT", f"stock/{isbn13}", {"on_hand": 2}).status == 200  # one is left
    for _time in range(2):
        for order, name in ((paid, "paid"), (late, "late"), (too_late, "too-late")):
            told = provider.tell(order.number, order.amount, event_id=f"{name}-{isbn13}")
            assert told.status == 204
    assert records.statuses(paid, late, too_late) == ["paid", "paid", "canceled"]
    assert records.stock(isbn13) == (2, 2)
    eventually(lambda: records.refunds(too_late.number) == [Decimal(too_late.amount)])
    provider.tell(too_late.number, too_late.amount, kind="failed", event_id=f"after-{isbn13}")
    for order in (paid, late, too_late):
        assert records.payments(order.number) == [Decimal(order.amount)]
    assert records.refunds(paid.number) == records.refunds(late.number) == []
    assert records.refunds(too_late.number) == [Decimal(too_late.amount)]


def test_wrong_money_pays_nothing_and_is_shown(
    shop: Shop, records: Records, provider: Provider, isbn13: str
) -> None:
    order = buy(shop, isbn13, f"webhook-{isbn13}")
    less = str(Decimal(order.amount) - 1)
    assert provider.tell(order.number, less, event_id=f"less-{isbn13}").status == 204
    told = provider.tell(order.number, order.amount, event_id=f"euro-{isbn13}", currency="EUR")
    assert told.status == 204
    assert records.status(order.number) == "awaiting_payment"
    assert records.events(order.number, "payment_mismatch") == 2
    # The same event with another amount is refused, and nothing is written.
    conflict = provider.tell(order.number, order.amount, event_id=f"less-{isbn13}")
    assert conflict.status == 409
    assert provider.tell(order.number, order.amount, event_id=f"right-{isbn13}").status == 204
    assert records.status(order.number) == "paid"
    # Paid once more by another payment: staff is told, and the order is paid all the same.
    assert provider.tell(order.number, order.amount, event_id=f"again-{isbn13}").status == 204
    assert records.events(order.number, "payment_extra") == 1
    assert records.events(order.number, "paid") == 1
