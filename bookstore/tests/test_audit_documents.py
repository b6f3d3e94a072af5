"""The audit of invoices and credit notes, on documents that are made wrong on purpose."""

from decimal import Decimal
from typing import Any

import pytest

from bookstore.audit import documents
from orders.documents.issuing import issue_invoice
from orders.models import Document, DocumentCounter, Order
from orders.tests.factories import NOW, make_order

pytestmark = pytest.mark.django_db


def findings() -> list[str]:
    return [line for check in documents.CHECKS for line in check()]


def paid_order() -> Order:
    order = make_order()
    order.mark_paid(at=NOW)
    return order


def write(order: Order, kind: str, total: str, **fields: Any) -> Document:
    DocumentCounter.objects.update_or_create(kind=kind, year=2026, defaults={"last": 1})
    return Document.objects.create(
        kind=kind, year=2026, sequence=1, number=f"{kind} 1", order=order, issued_at=NOW,
        content={"total_amount": total, "currency": order.currency}, pdf=b"%PDF-", **fields,
    )  # fmt: skip


def test_what_the_shop_issues_is_right() -> None:
    issue_invoice(order_id=paid_order().pk, at=NOW)
    assert findings() == []


def test_an_invoice_over_another_sum_is_found() -> None:
    order = paid_order()
    write(order, "invoice", "1.00")
    assert findings() == [
        f"invoice invoice 1: total 1.00; order {order.number} says {order.total_amount}"
    ]


def test_credit_notes_over_too_much_are_found() -> None:
    order = paid_order()
    refund = order.refunds.create(
        provider="fake", event_id="back", amount=Decimal("1.00"), currency="USD", refunded_at=NOW
    )
    write(order, "credit_note", "1000.00", refund=refund)
    assert findings() == [
        f"order {order.number}: total {order.total_amount}; its credit notes say 1000.00"
    ]
