"""Papers as PDF: what may stand in them, and that the same paper gives the same bytes."""

import datetime
import logging
import re
import zlib
from decimal import Decimal
from typing import Any

import pytest
import typst

from orders.documents import printing, wording
from orders.documents.contents import (
    Bill,
    BillLine,
    Means,
    Party,
    Slip,
    SlipLine,
    TaxRow,
    from_json,
    tidy,
    to_json,
)
from orders.documents.printing import print_paper

DAY = datetime.date(2026, 3, 4)
SELLER = Party(
    name="Book Street Ltd",
    address=("1 Book Street", "75005 Paris", "France"),
    tax_number="FR 12 345678901",
    register_entry="RCS Paris 123",
    email="hello@shop.example",
)
CUSTOMER = Party("Alice Liddell", ("1 Tom Quad", "OX1 1DP Oxford", "United Kingdom"))


def line(title: str = "Orlando", **changes: Any) -> BillLine:
    fields: dict[str, Any] = {
        "title": title,
        "details": ("Virginia Woolf", "Paperback"),
        "unit_amount": Decimal("12.99"),
        "amount": Decimal("12.99"),
        "tax_rate": Decimal("5.50"),
    }
    return BillLine(**{**fields, **changes})


def bill(*lines: BillLine, **changes: Any) -> Bill:
    fields: dict[str, Any] = {
        "kind": "invoice",
        "language": "en",
        "number": "2026-000123",
        "issued_on": DAY,
        "shop": "The Bookstore",
        "seller": SELLER,
        "customer": CUSTOMER,
        "order_number": "ABCD-EFGH",
        "ordered_on": DAY,
        "currency": "EUR",
        "lines": lines or (line(),),
        "subtotal_amount": Decimal("12.99"),
        "discount_amount": Decimal("1.00"),
        "shipping_name": "Standard delivery",
        "shipping_amount": Decimal("4.50"),
        "total_amount": Decimal("16.49"),
        "taxes": (TaxRow(Decimal("5.50"), Decimal("16.49"), Decimal("0.86")),),
        "means": (Means("Gift card", Decimal("16.49"), DAY),),
    }
    return Bill(**{**fields, **changes})


def slip(**changes: Any) -> Slip:
    fields: dict[str, Any] = {
        "kind": "packing_slip",
        "language": "en",
        "shop": "The Bookstore",
        "seller": SELLER,
        "recipient": CUSTOMER,
        "order_number": "ABCD-EFGH",
        "ordered_on": DAY,
        "printed_on": DAY,
        "lines": (SlipLine(2, "Orlando", ("Virginia Woolf",), "Main shop"),),
        "elsewhere": (SlipLine(1, "The Waves"),),
    }
    return Slip(**{**fields, **changes})


def pages(pdf: bytes) -> int:
    """How many pages a PDF has; its objects may stand in compressed streams."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, flags=re.DOTALL)
    objects = pdf
    for stream in streams:
        try:
            objects += zlib.decompress(stream)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", objects))


def text_of(words: dict[str, Any]) -> str:
    return str(words)


@pytest.mark.parametrize("paper", [bill(), slip(), slip(kind="gift_receipt")])
def test_the_same_paper_gives_the_same_bytes(paper: Bill | Slip) -> None:
    pdf = print_paper(paper)
    assert pdf == print_paper(paper)
    assert pdf.startswith(b"%PDF-")
    assert pages(pdf) == 1


def test_a_paper_is_archivable_accessible_and_says_what_it_is() -> None:
    pdf = print_paper(bill())
    for mark in (b"pdfaid:part>2<", b"pdfuaid:part>1<", b"Invoice 2026-000123", b"Book Street Ltd"):
        assert mark in pdf
    assert b"/Lang(en)" in pdf
    assert b"/StructTreeRoot" in pdf


@pytest.mark.parametrize(
    "title",
    [
        '#panic("x") #set page() *bold* $x$ @ref <label> // \\ " [',
        "x" * 500,
        "Très long " * 50,
        "שלום עולם",
        "ألف ليلة وليلة",
        "a\x01b\x7f\u202egnirts\u2066",
        "   ",
        "",
    ],
)
def test_any_title_can_be_printed(title: str) -> None:
    assert pages(print_paper(bill(line(title), customer=Party(title, (title,))))) <= 2
    assert print_paper(slip(lines=(SlipLine(1, title, (title,), title),)))


def test_a_character_that_no_font_has_stops_no_invoice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger=printing.__name__):
        pdf = print_paper(bill(line("\U000e0abc 日本語")))
    assert pages(pdf) == 1
    assert "lacks a font" in caplog.text


def test_a_mistake_in_a_template_is_no_missing_font() -> None:
    with pytest.raises(typst.TypstError):
        printing.typeset("bill.typ", {}, day=DAY)


def test_a_long_invoice_goes_over_several_pages() -> None:
    assert pages(print_paper(bill(*(line(f"Title {n}") for n in range(100))))) > 3


def test_an_invoice_says_what_the_law_wants() -> None:
    words = wording.bill_wording(bill(line(quantity=2, amount=Decimal("25.98"))))
    said = text_of(words)
    for part in (
        "Book Street Ltd", "1 Book Street", "FR 12 345678901", "Alice Liddell", "1 Tom Quad",
        "2026-000123", "March 4, 2026", "ABCD-EFGH", "Orlando", "€12.99", "€25.98", "5.5%",
        "−€1.00", "Standard delivery", "€4.50", "€16.49", "Paid on March 4, 2026 · Gift card",
    ):  # fmt: skip
        assert part in said
    assert words["taxes"]["rows"] == [["5.5%", "€15.63", "€0.86", "€16.49"]]
    assert words["taxes"]["whole"] == []


def test_several_rates_are_summed_up() -> None:
    rates = (
        TaxRow(Decimal("20"), Decimal("12.00"), Decimal("2.00")),
        TaxRow(Decimal("5.5"), Decimal("10.55"), Decimal("0.55")),
    )
    words = wording.bill_wording(bill(taxes=rates))
    assert words["taxes"]["whole"] == ["Together", "€20.00", "€2.55", "€22.55"]


def test_a_shop_without_tax_shows_none() -> None:
    words = wording.bill_wording(bill(line(tax_rate=None), taxes=()))
    assert words["taxes"] is None
    assert words["columns"][2] == ""
    assert pages(print_paper(bill(line(tax_rate=None), taxes=()))) == 1


@pytest.mark.parametrize(
    ("language", "currency", "total"),
    [
        ("en", "USD", "$1,234.50"),
        ("de", "EUR", "1.234,50\N{NO-BREAK SPACE}€"),
        ("fr", "CHF", "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}CHF"),
        ("en", "JPY", "¥1,234"),
    ],
)
def test_money_is_written_as_the_language_wants(language: str, currency: str, total: str) -> None:
    amount = Decimal("1234.50") if currency != "JPY" else Decimal("1234")
    paper = bill(language=language, currency=currency, total_amount=amount)
    assert wording.bill_wording(paper)["total"][1] == total
    assert print_paper(paper)


def test_a_credit_note_names_its_invoice() -> None:
    paper = bill(
        kind="credit_note",
        number="C2026-000001",
        invoice_number="2026-000123",
        invoiced_on=DAY,
        reason="Damaged",
        subtotal_amount=None,
    )
    words = wording.bill_wording(paper)
    assert words["intro"] == [
        "This corrects invoice 2026-000123 of March 4, 2026.", "Reason: Damaged",
    ]  # fmt: skip
    assert words["sums"] == []
    assert print_paper(paper)


def test_what_goes_to_somebody_else_names_no_price() -> None:
    said = text_of(wording.slip_wording(slip(kind="gift_receipt", lines=(SlipLine(2, "Orlando"),))))
    assert "Orlando" in said
    assert not re.search(r"[€$£]", said)


def test_a_bill_comes_back_from_json_as_it_was() -> None:
    paper = bill(line(), line("Flush", tax_rate=None))
    content = to_json(paper)
    assert content["total_amount"] == "16.49"
    assert from_json(content) == paper


def test_text_is_tidied() -> None:
    assert tidy(" a\tb\n\x00c \u202edog\u202c ") == "a b c dog"
