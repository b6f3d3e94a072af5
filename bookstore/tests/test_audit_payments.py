"""The audit of what providers took and gave back, against what they were asked for and said."""

from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from bookstore import audit
from catalog.models import Format, SearchEntry
from catalog.tests.factories import EditionFactory
from orders import attempts, cancellation, refunds
from orders.models import Order, PaymentAttempt, RefundLine, RefundRequest
from orders.tests.factories import NOW, make_order
from orders.tests.test_cancellation import paid
from tests.jobs import run_jobs
from tests.localstripe import Provider

pytestmark = pytest.mark.django_db

FIVE = Decimal("5.00")


def findings() -> list[str]:
    """Without those of the search, which the factories do not fill."""
    return [line for line in audit.findings() if not line.startswith("search")]


@pytest.fixture
def order(provider: Provider) -> Order:
    """24.48, paid by card, of which 5.00 went back."""
    assert not SearchEntry.objects.exists()
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    provider.pay(order.payment_attempts.get().provider_id)
    attempts.look_up_all(order, at=timezone.now())
    refunds.request_refund(order=order, amount=FIVE, key="k", at=timezone.now())
    run_jobs(only=["orders.carry_out_refund"])
    order.refresh_from_db()
    return order


def test_all_holds(order: Order) -> None:
    assert order.received_amount == Decimal("19.48")
    assert [line for line in findings() if order.number in line] == []


def test_a_payment_that_nobody_spoke_of(order: Order) -> None:
    PaymentAttempt.objects.update(provider_id="pi_other")
    assert set(findings()) >= {
        f"order {order}: the provider never spoke of the payment 24.48 USD (stripe)",
        f"order {order}: stripe pi_other was paid, and is not in the books",
    }


def test_more_goes_back_of_a_payment_than_it_brought(order: Order) -> None:
    payment = order.payments.get()
    RefundRequest.objects.ask(
        payment, Decimal("20.00"), key="too-much", reason="", actor=None, at=NOW
    )
    line = f"order {order}: of the payment 24.48 USD (stripe) 25.00 goes back"
    assert line in findings()


def test_a_request_that_says_something_else_than_its_refund(order: Order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_refundrequest SET amount = 4.00")
    assert f"order {order}: refund request {order}:k is not what was refunded" in findings()


def test_the_audit_sees_what_goes_back_twice() -> None:
    book, file = EditionFactory.create(stock=5), EditionFactory.create(format=Format.EBOOK)
    order = paid({book: 1, file: 1})
    cancellation.cancel_copies(order=order, copies={book.isbn13: 1}, at=NOW)
    goods, shipping = RefundLine.objects.order_by("id")
    request = order.refund_requests.get()
    RefundLine.objects.filter(pk=goods.pk).update(amount=Decimal("10.00"))
    RefundLine.objects.filter(pk=shipping.pk).update(amount=Decimal("5.00"))
    assert {
        f"refund request {request.key}: 14.49; its lines say 15.00",
        f"order line {goods.order_line_id}: 10.00 goes back for what cost 9.99",
        f"order {order.number}: 5.00 goes back for shipping 4.50",
    } <= set(findings())
