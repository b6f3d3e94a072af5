"""Invoices and credit notes: issued once, numbered without a gap, adding up, never changed."""

import datetime
import threading
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import override_settings

from catalog.tests.factories import EditionFactory
from orders import refunds
from orders.documents import printing, slips
from orders.documents.contents import Bill, from_json
from orders.documents.issuing import issue_credit_note, issue_invoice
from orders.models import Document, DocumentCounter, Order, OrderMessage, Seller
from orders.tests.factories import NOW, make_order
from tests.audited import assert_books_in_order
from tests.jobs import run_jobs, waiting_jobs
from tests.processes import start_python
from tests.races import at_once

JOBS = ["orders.issue_invoice", "orders.issue_credit_note"]
IN_A_PROCESS = """
import datetime, sys
from orders.documents import issuing
print_paper = issuing.print_paper
def print_and_wait(bill):
    print("numbered", flush=True)
    sys.stdin.readline()
    return print_paper(bill)
issuing.print_paper = print_and_wait
issuing.issue_invoice(order_id={order_id}, at=datetime.datetime.now(datetime.UTC))
"""


def paid_order(*prices: tuple[str, str], quantity: int = 1, **changes: Any) -> Order:
    """A paid order with one edition for each price and tax rate; shipping is 4.50."""
    lines = {
        EditionFactory.create(
            stock=quantity, price=Decimal(amount), price__tax_rate=Decimal(rate)
        ): quantity
        for amount, rate in prices or (("10.00", "7.00"),)
    }
    order = make_order(lines, **changes)
    order.mark_paid(at=NOW)
    return order


def content_of(document: Document | None) -> Bill:
    assert document
    return from_json(Document.objects.get(pk=document.pk).content)


def refund(order: Order, amount: str | None = None) -> list[Document | None]:
    """Give back `amount`, or all of it; the credit notes of that."""
    wanted = Decimal(amount) if amount else None
    made = refunds.request_refund(order=order, amount=wanted, at=NOW, by_hand=True)
    return [issue_credit_note(refund_id=each.refund_id or 0, at=NOW) for each in made]


@pytest.mark.django_db
def test_a_paid_order_gets_its_invoice() -> None:
    seller = Seller(legal_name="Book Street Ltd", address="1 Book Street", tax_number="FR 12")
    seller.save()
    order = paid_order(("10.00", "7.00"), ("20.00", "19.00"))
    assert run_jobs(only=JOBS) == ["orders.issue_invoice"]
    document = order.documents.get()
    assert (document.kind, document.number, document.year, document.sequence) == (
        "invoice", "2026-000001", 2026, 1,
    )  # fmt: skip
    bill = content_of(document)
    assert bill.seller.name == "Book Street Ltd"
    assert bill.seller.tax_number == "FR 12"
    assert bill.customer.name == "Alice Liddell"
    assert bill.customer.address[-1] == "United Kingdom"
    assert bill.total_amount == order.total_amount == Decimal("34.50")
    assert sum(row.tax_amount for row in bill.taxes) == order.tax_amount
    assert sum(row.gross_amount for row in bill.taxes) == order.total_amount
    assert [(means.name, means.amount) for means in bill.means] == [
        ("At the shop or by bank transfer", Decimal("34.50"))
    ]
    assert bytes(document.pdf).startswith(b"%PDF-")
    assert document.filename == "invoice-2026-000001.pdf"


@pytest.mark.django_db
def test_an_invoice_is_issued_once_and_only_for_what_was_paid() -> None:
    order = paid_order()
    first = issue_invoice(order_id=order.pk, at=NOW)
    assert issue_invoice(order_id=order.pk, at=NOW) == first
    unpaid = make_order()
    assert issue_invoice(order_id=unpaid.pk, at=NOW) is None
    assert issue_invoice(order_id=0, at=NOW) is None
    assert DocumentCounter.objects.get().last == Document.objects.count() == 1


@pytest.mark.django_db
def test_each_kind_and_year_counts_from_one_with_its_prefix() -> None:
    Seller(invoice_prefix="R", credit_note_prefix="G").save()
    orders = [paid_order() for _ in range(3)]
    new_year = datetime.datetime(2026, 12, 31, 23, 30, tzinfo=datetime.UTC)
    numbers = [
        issue_invoice(order_id=order.pk, at=at)
        for order, at in zip(orders, (NOW, NOW, new_year), strict=True)
    ]
    assert [str(each) for each in numbers] == ["R2026-000001", "R2026-000002", "R2026-000003"]
    with override_settings(TIME_ZONE="Europe/Paris"):  # where it is already 2027
        another = issue_invoice(order_id=paid_order().pk, at=new_year)
    assert str(another) == "R2027-000001"
    assert [str(each) for each in refund(orders[0])] == ["G2026-000001"]


@pytest.mark.django_db
def test_credit_notes_over_all_take_back_exactly_the_invoices_tax() -> None:
    order = paid_order(("9.99", "7.00"), ("20.01", "19.00"))
    invoice = content_of(issue_invoice(order_id=order.pk, at=NOW))
    notes = [content_of(note) for part in ("3.33", "11.11", None) for note in refund(order, part)]
    assert [note.total_amount for note in notes] == [
        Decimal("3.33"), Decimal("11.11"), order.total_amount - Decimal("14.44"),
    ]  # fmt: skip
    assert {note.invoice_number for note in notes} == {invoice.number}
    for row in invoice.taxes:
        rows = [each for note in notes for each in note.taxes if each.rate == row.rate]
        assert sum(each.gross_amount for each in rows) == row.gross_amount
        assert sum(each.tax_amount for each in rows) == row.tax_amount
    assert all(sum(r.gross_amount for r in note.taxes) == note.total_amount for note in notes)
    assert_books_in_order()


@pytest.mark.django_db
def test_a_credit_note_is_issued_once_and_after_its_invoice() -> None:
    order = paid_order()
    refunds.request_refund(order=order, at=NOW, by_hand=True)
    assert order.refunds.count() == 1
    (job,) = waiting_jobs("orders.issue_credit_note")
    run_jobs(only=["orders.issue_credit_note"])  # the invoice's job has not run yet
    run_jobs(only=JOBS)
    again = issue_credit_note(refund_id=int(str(job["refund_id"])), at=NOW)
    kinds = list(order.documents.order_by("id").values_list("kind", flat=True))
    assert kinds == ["invoice", "credit_note"]
    assert again == order.documents.get(kind="credit_note")
    assert issue_credit_note(refund_id=0, at=NOW) is None


@pytest.mark.django_db
def test_money_that_came_in_twice_goes_back_without_a_credit_note() -> None:
    order = paid_order()
    extra = order.payments.create(
        provider="fake", event_id="twice", amount=order.total_amount, currency="USD",
        received_at=NOW,
    )  # fmt: skip
    first, second = (
        order.refunds.create(
            provider="fake", event_id=f"back {n}", amount=extra.amount, currency="USD",
            refunded_at=NOW,
        )
        for n in (1, 2)
    )  # fmt: skip
    assert issue_credit_note(refund_id=first.pk, at=NOW) is None
    note = content_of(issue_credit_note(refund_id=second.pk, at=NOW))
    assert note.total_amount == order.total_amount


@pytest.mark.django_db
def test_a_refund_of_an_order_that_was_never_paid_has_no_credit_note() -> None:
    order = make_order()
    made = order.refunds.create(
        provider="fake", event_id="back", amount=Decimal("1.00"), currency="USD", refunded_at=NOW
    )
    assert issue_credit_note(refund_id=made.pk, at=NOW) is None
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_a_document_can_neither_be_changed_nor_deleted() -> None:
    document = issue_invoice(order_id=paid_order().pk, at=NOW)
    assert document
    for change in (
        partial(Document.objects.filter(pk=document.pk).update, number="1"),
        partial(Document.objects.filter(pk=document.pk).update, pdf=b""),
        document.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Document.objects.get().number == document.number


@pytest.mark.django_db
def test_what_fails_takes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid_order()
    monkeypatch.setattr(printing, "FOLDER", printing.FOLDER / "nowhere")
    with pytest.raises(FileNotFoundError), transaction.atomic():
        issue_invoice(order_id=order.pk, at=NOW)
    assert not DocumentCounter.objects.exists()
    run_jobs(only=["orders.send_message"])  # and the e-mail leaves without it
    assert "You find your invoice on the page of your order." in str(mail.outbox[-1].body)
    assert mail.outbox[-1].attachments == []
    monkeypatch.undo()
    document = issue_invoice(order_id=order.pk, at=NOW)
    assert document is not None
    assert document.sequence == 1


@pytest.mark.django_db
def test_the_emails_carry_their_documents() -> None:
    order = paid_order()
    run_jobs()
    refund(order)
    run_jobs()
    attached = [
        [attachment[0] for attachment in each.attachments]
        for each in mail.outbox
        if each.attachments
    ]
    assert attached == [["invoice-2026-000001.pdf"], ["credit-note-c2026-000001.pdf"]]
    assert order.messages.sent().filter(kind=OrderMessage.Kind.REFUNDED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_threads_leave_no_gap() -> None:
    orders = [paid_order() for _ in range(10)]
    outcomes = at_once(
        [partial(issue_invoice, order_id=order.pk, at=NOW) for order in orders for _ in range(3)]
    )
    assert {type(each) for each in outcomes} == {Document}
    sequences = Document.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == list(range(1, 11))
    assert DocumentCounter.objects.get().last == 10
    assert_books_in_order()


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_issues_leaves_no_gap() -> None:
    first, second = paid_order(), paid_order()
    worker = start_python(IN_A_PROCESS.format(order_id=first.pk))
    assert worker.stdout
    assert worker.stdout.readline() == "numbered\n"
    outcome: list[Document | None] = []
    other = threading.Thread(target=lambda: outcome.append(_issue_apart(second)))
    other.start()  # waits for the number that the worker holds
    worker.kill()
    worker.wait(timeout=60)
    other.join(timeout=60)
    assert [str(each) for each in outcome] == ["2026-000001"]
    assert str(issue_invoice(order_id=first.pk, at=NOW)) == "2026-000002"
    assert_books_in_order()


def _issue_apart(order: Order) -> Document | None:
    try:
        return issue_invoice(order_id=order.pk, at=NOW)
    finally:
        connection.close()


@pytest.mark.django_db
def test_papers_of_a_parcel() -> None:
    order = paid_order(("10.00", "7.00"), ("20.00", "7.00"), quantity=2)
    first, second = order.lines.all()
    shipment = order.shipments.create(packed_at=NOW)
    shipment.lines.create(order_line=first, quantity=2)
    shipment.lines.create(order_line=second, quantity=1)
    packing = slips.packing_slip(shipment, at=NOW)
    assert [(line.quantity, line.title) for line in packing.lines] == [
        (2, first.title), (1, second.title),
    ]  # fmt: skip
    assert [(line.quantity, line.title) for line in packing.elsewhere] == [(1, second.title)]
    gift = slips.gift_receipt(order, at=NOW, shipment=shipment)
    assert [line.quantity for line in gift.lines] == [2, 1]
    assert [line.quantity for line in slips.gift_receipt(order, at=NOW).lines] == [2, 2]
    assert printing.print_paper(packing)
    assert printing.print_paper(gift)
