"""Issuing invoices and credit notes: once each, numbered without a gap.

Number, content and PDF are written in one transaction that holds the counter's row, so whatever
fails in it takes no number. An order is locked before the counter: who comes second finds what the
first has issued.
"""

import datetime
from decimal import Decimal

from django.db import transaction

from orders.documents import billing
from orders.documents.contents import Bill, from_json, to_json
from orders.documents.printing import print_paper
from orders.models import Document, DocumentCounter, DocumentKind, Order, Refund, Seller


@transaction.atomic
def issue_invoice(*, order_id: int, at: datetime.datetime) -> Document | None:
    """The order's invoice, issued now unless it was before; None for one that was never paid."""
    order = Order.objects.select_for_update(of=("self",)).filter(pk=order_id).first()
    return _invoice(order, at=at) if order else None


@transaction.atomic
def issue_credit_note(*, refund_id: int, at: datetime.datetime) -> Document | None:
    """The refund's credit note, issued now unless it was before.

    None where the refund takes nothing off an invoice: the order was never paid, or the money had
    come in twice.
    """
    refund = Refund.objects.select_related("order").filter(pk=refund_id).first()
    if refund is None:
        return None
    refund.order.lock()
    earlier = list(refund.order.documents.filter(kind=DocumentKind.CREDIT_NOTE).order_by("id"))
    if issued := next((note for note in earlier if note.refund_id == refund.pk), None):
        return issued
    invoice = _invoice(refund.order, at=at)
    amount = _credited_amount(refund)
    if invoice is None or amount <= 0:
        return None
    year, sequence, number = _next_number(DocumentKind.CREDIT_NOTE, at=at)
    bill = billing.credit_note(
        refund,
        amount=amount,
        corrected=from_json(invoice.content),
        earlier=[from_json(note.content) for note in earlier],
        number=number,
        at=at,
    )
    return _write(bill, order=refund.order, refund=refund, year=year, sequence=sequence, at=at)


def _invoice(order: Order, *, at: datetime.datetime) -> Document | None:
    if issued := order.documents.filter(kind=DocumentKind.INVOICE).first():
        return issued
    if order.paid_at is None:
        return None
    year, sequence, number = _next_number(DocumentKind.INVOICE, at=at)
    bill = billing.invoice(order, number=number, at=at)
    return _write(bill, order=order, refund=None, year=year, sequence=sequence, at=at)


def _credited_amount(refund: Refund) -> Decimal:
    """What the refund takes off the invoice: it first gives back what came in too much.

    Counted from the ledgers up to this refund, so that it does not matter in which order the
    credit notes of several are issued.
    """
    order = refund.order
    if refund.currency != order.currency:  # it gives back what should not have come in
        return billing.ZERO
    received = order.payments.filter(currency=order.currency, created_at__lte=refund.created_at)
    returned = order.refunds.filter(currency=order.currency, pk__lt=refund.pk)
    kept = sum((each.amount for each in received), start=billing.ZERO) - sum(
        (each.amount for each in returned), start=billing.ZERO
    )
    too_much = max(kept - order.total_amount, billing.ZERO)
    return refund.amount - too_much


def _next_number(kind: DocumentKind, *, at: datetime.datetime) -> tuple[int, int, str]:
    """Year, number in it, and both with the seller's prefix."""
    seller = Seller.objects.current()
    year = billing.local_date(at).year
    sequence = DocumentCounter.objects.take(kind, year)
    is_invoice = kind is DocumentKind.INVOICE
    prefix = seller.invoice_prefix if is_invoice else seller.credit_note_prefix
    return year, sequence, f"{prefix}{year}-{sequence:06}"


def _write(
    bill: Bill, *, order: Order, refund: Refund | None, year: int, sequence: int,
    at: datetime.datetime,
) -> Document:  # fmt: skip
    return Document.objects.create(
        kind=bill.kind,
        year=year,
        sequence=sequence,
        number=bill.number,
        order=order,
        refund=refund,
        content=to_json(bill),
        pdf=print_paper(bill),
        issued_at=at,
    )
