"""Unpaid orders end when their time is over, and give their copies back."""

import datetime

import pytest
from django.utils import timezone

from catalog.tests.factories import EditionFactory
from orders import expiry
from orders.jobs import expire_orders, forget_baskets
from orders.models import Basket, Order
from orders.tests.factories import NOW, BasketFactory, make_order
from tests.jobs import waiting_jobs
from tests.people import alice

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("method", "hold"),
    [("fake", datetime.timedelta(minutes=30)), ("offline", datetime.timedelta(days=7))],
)
def test_an_unpaid_order_expires_when_its_time_is_over(
    method: str, hold: datetime.timedelta
) -> None:
    edition = EditionFactory.create(stock=1)
    order = make_order({edition: 1}, payment_method=method)
    assert order.expires_at == NOW + hold

    assert expiry.cancel_expired(now=NOW + hold - MINUTE) == 0
    order.refresh_from_db()
    assert order.status == "awaiting_payment"

    assert expiry.cancel_expired(now=NOW + hold) == 1
    order.refresh_from_db()
    assert (order.status, order.canceled_at) == ("canceled", NOW + hold)
    assert edition.stocks.get().allocated == 0
    assert [event.kind for event in order.events.all()] == ["placed", "expired"]
    assert waiting_jobs("orders.send_message")[-1] == {
        "order_id": order.pk,
        "kind": "canceled",
        "reference": "",
    }
    assert expiry.cancel_expired(now=NOW + hold) == 0


def test_the_freed_copy_can_be_ordered() -> None:
    edition = EditionFactory.create(stock=1)
    make_order({edition: 1}, payment_method="fake")
    expiry.cancel_expired(now=NOW + 30 * MINUTE)
    assert make_order({edition: 1}).status == "awaiting_payment"


def test_a_paid_order_does_not_expire() -> None:
    order = make_order()
    order.mark_paid(at=NOW)
    assert expiry.cancel_expired(now=NOW + datetime.timedelta(days=99)) == 0
    assert not order.expire(now=NOW + datetime.timedelta(days=99))
    order.refresh_from_db()
    assert order.status == "paid"


def test_one_that_fails_does_not_keep_the_others_stock() -> None:
    edition, other = EditionFactory.create(stock=1), EditionFactory.create(stock=1)
    broken = make_order({edition: 1})
    good = make_order({other: 1}, placed_at=NOW + MINUTE)
    edition.stocks.update(allocated=0)  # so there is nothing left to release
    later = NOW + datetime.timedelta(days=99)

    assert expiry.cancel_expired(now=later) == 1
    assert expiry.cancel_expired(now=later) == 0

    good.refresh_from_db()
    broken.refresh_from_db()
    assert (good.status, other.stocks.get().allocated) == ("canceled", 0)
    assert (broken.status, broken.needs_attention) == ("awaiting_payment", True)
    assert [event.kind for event in broken.events.all()] == ["placed", "expiry_failed"]
    assert list(Order.objects.expired(later)) == [broken]


def test_every_minute_the_job_ends_what_is_over() -> None:
    over, open_still = make_order(), make_order(placed_at=timezone.now())
    expire_orders(timestamp=0)
    assert {order: order.status for order in Order.objects.all()} == {
        over: "canceled", open_still: "awaiting_payment",
    }  # fmt: skip


def test_baskets_that_nobody_comes_back_to_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    edition = EditionFactory.create()
    young, *old = (BasketFactory.create(lines={edition: 1}) for _basket in range(6))
    mine = BasketFactory.create(user=alice())
    long_ago = timezone.now() - expiry.BASKET_LIFETIME - MINUTE
    Basket.objects.exclude(pk=young.pk).update(updated_at=long_ago)
    assert expiry.forget_baskets(now=timezone.now()) == len(old)
    forget_baskets(timestamp=0)
    assert set(Basket.objects.all()) == {young, mine}
