"""What a refund is for: each copy and the shipping once, and its own tax on the credit note."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, main_shop
from orders import cancellation, fulfillment, gift_cards, refunds, restitution, returns, withdrawal
from orders.documents.contents import Bill, from_json
from orders.documents.issuing import issue_credit_note, issue_invoice
from orders.models import GiftCard, Order, OrderLine, RefundLine, RefundRequest, Return
from orders.tests.factories import NOW, gift_card_edition, make_order, shipping_method
from orders.tests.test_cancellation import paid, pay, refunds_asked
from tests.audited import assert_books_in_order
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(days=1)


def taxed(amount: str, rate: str | None, **more: object) -> Edition:
    tax_rate = Decimal(rate) if rate else None
    return EditionFactory.create(price=Decimal(amount), price__tax_rate=tax_rate, **more)


def title(edition: Edition) -> str:
    return OrderLine.objects.get(isbn13=edition.isbn13).title


def bills(order: Order) -> list[Bill]:
    """The credit notes of all that went back, in the order of the refunds."""
    for refund in order.refunds.order_by("id"):
        issue_credit_note(refund_id=refund.pk, at=LATER)
    notes = order.documents.filter(kind="credit_note").order_by("id")
    return [from_json(note.content) for note in notes]


def taxes(bill: Bill) -> dict[str, tuple[str, str]]:
    return {str(row.rate): (str(row.gross_amount), str(row.tax_amount)) for row in bill.taxes}


def said(bill: Bill) -> list[tuple[int, str, str]]:
    return [(line.quantity, line.title, str(line.amount)) for line in bill.lines]


def come_back(order: Order, copies: dict[str, int], *, of: dict[str, int] | None = None) -> Return:
    """The copies come, of those that were announced."""
    made = returns.request_return(order=order, copies=of or copies, at=LATER)
    returns.receive(
        of_return=made, restocked=copies, written_off={}, location=main_shop(), at=LATER
    )
    return made


# --- Shipping goes back once ----------------------------------------------------------------------


def test_giving_up_one_by_one_brings_the_shipping_once() -> None:
    book, card = EditionFactory.create(stock=5), gift_card_edition("5.00")
    order = paid({book: 1, card: 5})
    gift_cards.issue_sold(order_id=order.pk)
    for place, number in enumerate([book.isbn13, card.isbn13, card.isbn13]):
        order = Order.objects.get(pk=order.pk)
        withdrawal.withdraw(
            order=order, at=LATER, name="Alice", copies={number: 1}, key=f"k{place}"
        )
    assert refunds_asked(order) == [Decimal("14.49"), Decimal("5.00"), Decimal("5.00")]
    assert GiftCard.objects.filter(is_active=True).count() == 3
    assert_books_in_order()


def test_files_bring_no_shipping_back() -> None:
    book, first, second = (
        EditionFactory.create(stock=5),
        *(EditionFactory.create(format=Format.EBOOK) for _file in range(2)),
    )
    order = paid({book: 1, first: 1, second: 1})
    for number in (book.isbn13, first.isbn13):
        cancellation.cancel_copies(order=order, copies={number: 1}, at=LATER)
    assert refunds_asked(order) == [Decimal("14.49"), Decimal("9.99")]
    cancellation.cancel_copies(order=order, copies={second.isbn13: 1}, at=LATER)
    assert sum(refunds_asked(order)) == order.total_amount


def test_what_express_cost_more_does_not_come_back_with_a_file() -> None:
    shipping_method("standard")
    book, file = EditionFactory.create(stock=5), EditionFactory.create(format=Format.EBOOK)
    order = make_order(
        {book: 1, file: 1}, payment_method="fake", shipping_method=shipping_method("express")
    )
    pay(order)
    order.refresh_from_db()
    fulfillment.ship(order=order, at=NOW)
    returns.refund(of_return=come_back(order, {book.isbn13: 1}), at=LATER)
    order.refresh_from_db()
    cancellation.cancel_copies(order=order, copies={file.isbn13: 1}, at=LATER)
    assert refunds_asked(order) == [Decimal("14.49"), Decimal("9.99")]


def test_shipping_that_staff_has_still_to_hand_back_counts() -> None:
    book, file = EditionFactory.create(stock=5), EditionFactory.create(format=Format.EBOOK)
    order = paid({book: 1, file: 1}, method="offline")
    cancellation.cancel_copies(order=order, copies={book.isbn13: 1}, at=LATER)
    assert order.refund_requests.get().status == "waiting"
    assert restitution.unreturned_shipping(order) == 0


# --- Credit notes ---------------------------------------------------------------------------------


def test_each_credit_note_takes_back_the_tax_of_what_it_is_for() -> None:
    book = taxed("10.00", "20.00", stock=5)
    file = taxed("10.00", "10.00", format=Format.EBOOK)
    card = gift_card_edition("30.00")
    order = paid({book: 3, file: 1, card: 1})
    gift_cards.issue_sold(order_id=order.pk)
    invoice = from_json(issue_invoice(order_id=order.pk, at=NOW).content)  # type: ignore[union-attr]
    for edition in (card, file):
        cancellation.cancel_copies(order=order, copies={edition.isbn13: 1}, at=LATER)
    order.refresh_from_db()
    fulfillment.ship(order=order, at=LATER)
    some = come_back(order, {book.isbn13: 1}, of={book.isbn13: 3})
    returns.refund(of_return=some, at=LATER)
    returns.refund(of_return=come_back(order, {book.isbn13: 2}), at=LATER)

    of_card, of_file, of_one, of_rest = notes = bills(order)
    assert (said(of_card), taxes(of_card)) == ([(1, title(card), "30.00")], {})
    assert (said(of_file), taxes(of_file)) == (
        [(1, title(file), "10.00")], {"10.00": ("10.00", "0.91")},
    )  # fmt: skip
    assert (said(of_one), taxes(of_one)) == (
        [(1, title(book), "10.00")], {"20.00": ("10.00", "1.67")},
    )  # fmt: skip
    assert said(of_rest) == [(2, title(book), "20.00"), (1, "Shipping", "4.50")]
    for row in invoice.taxes:  # to the last cent, shipping included
        rows = [each for note in notes for each in note.taxes if each.rate == row.rate]
        assert sum(each.gross_amount for each in rows) == row.gross_amount
        assert sum(each.tax_amount for each in rows) == row.tax_amount
    assert_books_in_order()


def test_a_deduction_stands_on_the_note_and_takes_no_tax_back() -> None:
    dear, cheap = taxed("30.00", "20.00", stock=5), taxed("10.00", "10.00", stock=5)
    order = paid({dear: 1, cheap: 1})
    fulfillment.ship(order=order, at=NOW)
    made = come_back(order, {dear.isbn13: 1})
    returns.refund(of_return=made, at=LATER, deduction_amount=Decimal("6.00"))
    [note] = bills(order)
    assert said(note) == [(1, title(dear), "30.00"), (1, "Deduction", "-6.00")]
    assert taxes(note) == {"20.00": ("24.00", "4.00")}
    assert note.total_amount == Decimal("24.00")


def test_a_return_that_goes_back_by_two_ways_is_on_two_notes() -> None:
    book, other = taxed("10.00", "20.00", stock=5), taxed("10.00", "10.00", stock=5)
    card = GiftCard.objects.issue(Decimal("12.00"), currency="USD")
    order = paid_by_two_ways({book: 1, other: 1}, card)
    made = come_back(order, {book.isbn13: 1, other.isbn13: 1})
    returns.refund(of_return=made, at=LATER)
    assert made.refund_requests.count() == 2
    first, second = bills(order)
    assert said(first) == [(1, title(book), "10.00"), (1, title(other), "2.50")]
    assert said(second) == [(1, f"{title(other)}, the rest", "7.50"), (1, "Shipping", "4.50")]
    assert taxes(first) == {"20.00": ("10.00", "1.67"), "10.00": ("2.50", "0.23")}
    assert_books_in_order()


def paid_by_two_ways(lines: dict[Edition, int], card: GiftCard) -> Order:
    order = make_order(lines, payment_method="fake", gift_card_codes=[card.code])
    pay(order)
    order.refresh_from_db()
    fulfillment.ship(order=order, at=NOW)
    return order


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_however_it_goes_back_the_notes_come_to_the_invoice(data: st.DataObject) -> None:
    rates = st.sampled_from(["20.00", "7.00", None])
    prices = st.integers(1, 5000).map(lambda cents: str(Decimal(cents) / 100))
    editions = [
        taxed(data.draw(prices), data.draw(rates), stock=3)
        for _line in range(data.draw(st.integers(1, 3)))
    ]
    order = paid({edition: data.draw(st.integers(1, 3)) for edition in editions})
    invoice = from_json(issue_invoice(order_id=order.pk, at=NOW).content)  # type: ignore[union-attr]
    if data.draw(st.booleans(), label="some goodwill"):
        refunds.request_refund(order=order, amount=Decimal("0.01"), at=NOW)
    while loose := cancellation.cancelable(order):
        line = data.draw(st.sampled_from(sorted(loose, key=lambda one: one.pk)))
        copies = {line.isbn13: data.draw(st.integers(1, loose[line]))}
        if data.draw(st.booleans(), label="it left before"):
            fulfillment.ship(order=order, at=NOW, copies=copies)
            order.refresh_from_db()
            returns.refund(of_return=come_back(order, copies), at=LATER)
        else:
            cancellation.cancel_copies(order=order, copies=copies, at=LATER)
        order.refresh_from_db()
    for request in RefundRequest.objects.waiting().filter(order=order):
        refunds.carry_out(request.pk, at=LATER)
    notes = bills(order)
    assert sum(note.total_amount for note in notes) == invoice.total_amount
    for row in invoice.taxes:
        rows = [each for note in notes for each in note.taxes if each.rate == row.rate]
        assert sum(each.gross_amount for each in rows) == row.gross_amount
        assert sum(each.tax_amount for each in rows) == row.tax_amount
    assert RefundLine.objects.filter(request__order=order, kind="shipping").total() <= Decimal(
        order.shipping_amount
    )


# --- Gift cards, goodwill, and what the customer reads --------------------------------------------


def test_an_unused_gift_card_can_be_given_up_after_the_order_is_complete() -> None:
    book, card = EditionFactory.create(stock=5), gift_card_edition("30.00")
    file = EditionFactory.create(format=Format.EBOOK)
    order = paid({book: 1, card: 1, file: 1})
    gift_cards.issue_sold(order_id=order.pk)
    fulfillment.ship(order=order, at=NOW)
    fulfillment.complete(order=order, at=NOW)
    assert withdrawal.withdrawable(order) == {
        order.lines.get(isbn13=book.isbn13): 1,
        order.lines.get(isbn13=card.isbn13): 1,
    }
    withdrawal.withdraw(order=order, at=LATER, name="Alice", copies={card.isbn13: 1})
    assert refunds_asked(order) == [Decimal("30.00")]
    assert not GiftCard.objects.get().is_active
    order.refresh_from_db()
    assert order.status == "completed"


def test_an_order_of_a_gift_card_alone_gives_its_money_back_once_complete() -> None:
    card = gift_card_edition("30.00")
    order = make_order(
        {card: 1}, payment_method="fake", shipping_method=shipping_method("download"),
        address=None, country="GB",
    )  # fmt: skip
    pay(order)
    gift_cards.issue_sold(order_id=order.pk)
    order.refresh_from_db()
    if order.status != "completed":
        fulfillment.complete(order=order, at=NOW)
    made = withdrawal.withdraw(order=order, at=LATER, name="Alice")
    assert refunds_asked(order) == [Decimal("30.00")]
    assert list(made.refund_requests.all()) == list(order.refund_requests.all())
    assert withdrawal.withdrawable(order) == {}


def test_goodwill_is_known_until_it_was_deducted() -> None:
    book = EditionFactory.create(stock=5)
    order = paid({book: 3})
    fulfillment.ship(order=order, at=NOW)
    assert restitution.given_besides(order) == 0
    refunds.request_refund(order=order, amount=Decimal("4.00"), at=NOW, reason="Goodwill")
    assert restitution.given_besides(order) == Decimal("4.00")
    made = come_back(order, {book.isbn13: 1})
    worth = returns.refund(of_return=made, at=LATER, deduction_amount=Decimal("3.00"))
    assert worth is not None
    assert worth.amount == Decimal("6.99")
    assert restitution.given_besides(order) == Decimal("1.00")


def test_money_that_came_in_twice_is_no_goodwill() -> None:
    order = paid({EditionFactory.create(stock=5): 1})
    extra = order.payments.create(
        provider="fake", event_id="twice", amount=order.total_amount, currency="USD",
        received_at=NOW,
    )  # fmt: skip
    refunds.request_refund(order=order, payment=extra, at=NOW)
    assert restitution.given_besides(order) == 0


def test_a_customer_reads_refunded_once_the_money_went_back() -> None:
    book = EditionFactory.create(stock=5)
    order = paid({book: 1}, method="offline")
    made = withdrawal.withdraw(order=order, at=LATER, name="Alice")
    assert (made.progress, made.is_paid_back) == ("We hand the money back", False)
    refunds.hand_over(order.refund_requests.get(), actor=carol(), at=LATER)
    made = Return.objects.get()
    assert (made.progress, made.is_paid_back) == ("Refunded", True)

    unpaid = make_order({book: 1})
    made = withdrawal.withdraw(order=unpaid, at=LATER, name="Alice")
    assert (made.progress, made.is_paid_back) == ("Done", False)


def test_what_a_provider_has_not_confirmed_is_on_its_way() -> None:
    order = paid({EditionFactory.create(stock=5): 1})
    made = withdrawal.withdraw(order=order, at=LATER, name="Alice")
    assert made.progress == "Money is on its way back"
    refunds.carry_out(order.refund_requests.get().pk, at=LATER)
    assert Return.objects.get().progress == "Refunded"
