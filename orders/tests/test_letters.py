"""Letters: each kind says what happened and what to do next, in text and in HTML."""

import datetime
import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation
from django.utils.formats import date_format

from catalog.models import Format
from catalog.tests.factories import EditionFactory, WorkFactory, embargoed, preorderable
from orders.documents.issuing import issue_invoice
from orders.letters import NothingToTell, compose
from orders.models import (
    GiftCard,
    Order,
    OrderEvent,
    OrderLine,
    OrderMessage,
    Return,
    Seller,
)
from orders.tests.factories import NOW, make_order
from tests.people import alice

pytestmark = pytest.mark.django_db
Kind = OrderMessage.Kind


@pytest.fixture
def order() -> Order:
    """Two titles, one of them by 'Hostile & <Co>', paid."""
    Seller(
        legal_name="Book Street Ltd", address="1 Book Street\n75005 Paris", country="FR",
        email="hello@shop.example", tax_number="FR 12",
    ).save()  # fmt: skip
    made = make_order(
        {
            EditionFactory.create(
                work=WorkFactory.create(title="Orlando", author="Virginia Woolf"), stock=3
            ): 2,
            EditionFactory.create(work=WorkFactory.create(title="Flush & <b>"), stock=1): 1,
        }
    )
    made.mark_paid(at=NOW)
    return made


def reference_of(order: Order, kind: OrderMessage.Kind) -> str:
    """Makes what the e-mail of this kind is about."""
    line = order.lines.get(title="Orlando")
    match kind:
        case Kind.READY | Kind.SHIPPED | Kind.DELIVERED:
            parcel = order.shipments.create(
                packed_at=NOW, shipped_at=NOW, carrier="DHL", tracking="AB 1"
            )
            parcel.lines.create(order_line=line, quantity=1)
            return str(parcel.pk)
        case Kind.SERVED | Kind.PROMISE_MOVED | Kind.LINES_CANCELED | Kind.PAYMENT_FAILED:
            return str(order.record(OrderEvent.Kind.SERVED, note="1 × Orlando", at=NOW).pk)
        case Kind.REFUNDED:
            made = order.refunds.create(
                provider="fake", event_id="r", amount=Decimal("9.99"), currency="USD",
                refunded_at=NOW,
            )  # fmt: skip
            return str(made.pk)
        case Kind.RETURN_REQUESTED | Kind.RETURN_RECEIVED | Kind.RETURN_DECLINED | Kind.WITHDRAWN:
            is_withdrawal = kind == Kind.WITHDRAWN
            back = order.returns.create(
                kind=Return.Kind.WITHDRAWAL if is_withdrawal else Return.Kind.RETURN,
                name="Alice Liddell", email="alice@example.com", requested_at=NOW,
                note="It was read.",
            )  # fmt: skip
            back.lines.create(order_line=line, quantity=2)
            return back.number
        case Kind.GIFT_CARD:
            card = GiftCard.objects.issue(
                Decimal("25.00"), currency="USD", sold_with=(line, 1),
                expires_at=NOW + datetime.timedelta(days=365),
            )  # fmt: skip
            return str(card.pk)
    return ""


def written(order: Order, kind: OrderMessage.Kind) -> tuple[EmailMultiAlternatives, str, str]:
    """The e-mail, its text and its HTML; kept as a file where LETTERS names a folder."""
    mail = compose(Order.objects.get(pk=order.pk), kind, reference_of(order, kind))
    html = str(mail.alternatives[0][0])
    if folder := os.environ.get("LETTERS"):
        Path(folder, f"{kind.value}.html").write_text(html)
        Path(folder, f"{kind.value}.txt").write_text(f"{mail.subject}\n\n{mail.body}")
    return mail, str(mail.body), html


EXPECTED = {
    Kind.PLACED: "We pack your books now",
    Kind.PAYMENT_FAILED: "it comes back to you by itself",
    Kind.PAID: "You find your invoice on the page of your order.",
    Kind.SERVED: "put them aside for you: 1 × Orlando.",
    Kind.PROMISE_MOVED: "the days below hold from now on",
    Kind.READY: "Please tell us the number of your order",
    Kind.SHIPPED: "They travel with DHL, tracking number AB 1.",
    Kind.DELIVERED: "You can change your mind for 14 days",
    Kind.CANCELED: "We return what you have paid.",
    Kind.LINES_CANCELED: "The rest of your order stays as it is.",
    Kind.REFUNDED: "We have returned $9.99 to you",
    Kind.RETURN_REQUESTED: "Please pack the books well",
    Kind.RETURN_RECEIVED: "Thank you: we have your books.",
    Kind.RETURN_DECLINED: "Here is why: It was read.",
    Kind.WITHDRAWN: "Please keep this e-mail: it says what we received, and when.",
    Kind.GIFT_CARD: "It is worth $25.00.",
}


def test_every_kind_has_its_letter() -> None:
    assert set(EXPECTED) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_says_what_to_do_next(order: Order, kind: OrderMessage.Kind) -> None:
    mail, text, html = written(order, kind)
    assert EXPECTED[kind] in text
    assert EXPECTED[kind] in html
    assert order.number in mail.subject
    assert mail.to == [order.email]
    assert mail.reply_to == ["hello@shop.example"]
    assert mail.extra_headers["Message-ID"].startswith(f"<{order.number}.{kind.value}")
    for part in (text, html):
        # A gift card is passed on, and with it goes no way to the order.
        assert (order.token in part) == (kind != Kind.GIFT_CARD)
        assert "Book Street Ltd · 1 Book Street · 75005 Paris · FR 12" in part
    assert "<b>" not in html
    assert "\n\n\n" not in text
    assert "None" not in text


def test_a_withdrawal_is_acknowledged_with_its_content_and_moment(order: Order) -> None:
    _mail, text, _html = written(order, Kind.WITHDRAWN)
    for part in (
        "Received at: March 2, 2026, 12:00:00 (UTC)", "Name: Alice Liddell",
        "E-mail address: alice@example.com", "2 × Orlando, Virginia Woolf",
        f"Return number: {order.returns.get().number}", "Please send the books back within 14 days",
        "Where to send it:\nBook Street Ltd\n1 Book Street\n75005 Paris\nFrance",
    ):  # fmt: skip
        assert part in text


def test_a_parcel_can_be_followed(order: Order) -> None:
    _mail, text, html = written(order, Kind.SHIPPED)
    assert "Follow the parcel:\nhttps://www.dhl.com/" in text
    assert 'href="https://www.dhl.com/' in html
    assert "1 × Orlando" in text
    assert "The rest of your order comes in another parcel." in text


def test_a_gift_card_comes_with_its_code(order: Order) -> None:
    _mail, text, html = written(order, Kind.GIFT_CARD)
    card = GiftCard.objects.get()
    assert card.code in text
    assert card.code in html
    assert "Valid until: March 2, 2027" in text
    assert "/orders/gift-card/" in text


def test_what_is_promised_is_told_with_its_day(order: Order) -> None:
    order.lines.filter(title="Orlando").update(
        awaited_quantity=1, supply=OrderLine.Supply.PREORDER, promised_date=NOW.date()
    )
    order.lines.exclude(title="Orlando").update(
        awaited_quantity=1, supply=OrderLine.Supply.BACKORDER, promised_date=NOW.date()
    )
    _mail, text, _html = written(order, Kind.PAID)
    assert "Pre-ordered: it comes out on March 2, 2026." in text
    assert "We order it for you: expected by March 2, 2026." in text
    assert "as soon as all of them are here" in text


def test_the_end_of_an_embargo_is_told_in_its_own_words() -> None:
    edition = embargoed(5)
    preorderable(edition)
    assert edition.embargo_date is not None
    order = make_order({edition: 1}, placed_at=timezone.now())
    text = str(compose(order, Kind.PLACED).body)
    assert f"Pre-ordered: it is on sale from {date_format(edition.embargo_date)}." in text


def test_discount_and_gift_card_are_told(order: Order) -> None:
    total = order.total_amount - Decimal("1.00")
    Order.objects.filter(pk=order.pk).update(
        discount_amount=Decimal("1.00"), total_amount=total, gift_card_amount=Decimal("5.00")
    )
    _mail, text, _html = written(order, Kind.PLACED)
    assert "Discount: −$1.00" in text
    assert f"Total: ${total}\nGift card: −$5.00\nPaid: ${total - 5}" in text


def test_a_file_and_a_gift_card_are_told_apart() -> None:
    edition = EditionFactory.create(format=Format.EBOOK)
    order = make_order({edition: 1, EditionFactory.create(stock=1): 1})
    order.mark_paid(at=NOW)
    order.lines.filter(format=Format.EBOOK).update(format=Format.GIFT_CARD)
    text = str(compose(order, Kind.PAID).body)
    assert "Each gift card comes in an e-mail of its own." in text
    assert "e-books" not in text


def test_an_invoice_is_attached(order: Order) -> None:
    document = issue_invoice(order_id=order.pk, at=NOW)
    mail = compose(order, Kind.PAID, document=document)
    assert [each[0] for each in mail.attachments] == ["invoice-2026-000001.pdf"]
    assert "Your invoice is attached." in str(mail.body)


def test_a_customers_letters_hold_no_token(order: Order) -> None:
    order.change(user=alice())
    _mail, text, html = written(order, Kind.SHIPPED)
    assert order.token not in text + html


@pytest.mark.parametrize("kind", [Kind.SHIPPED, Kind.REFUNDED, Kind.WITHDRAWN, Kind.GIFT_CARD])
def test_nothing_is_written_about_what_is_gone_or_somebody_elses(
    order: Order, kind: OrderMessage.Kind
) -> None:
    other = make_order()
    others = reference_of(order, kind)
    for reference in (others, "999999", "no number"):
        with pytest.raises(NothingToTell):
            compose(other, kind, reference)


def test_letters_are_in_the_readers_language(order: Order) -> None:
    with translation.override("ar"):
        html = str(compose(order, Kind.PAID).alternatives[0][0])
    assert '<html lang="ar" dir="rtl">' in html
