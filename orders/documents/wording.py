"""How a paper reads in its language: every word and figure on it, ready to be set."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from catalog.money import format_money
from orders.documents.contents import Bill, BillLine, Means, Party, Slip, SlipLine, TaxRow, tidy

Wording = dict[str, Any]
Pair = tuple[str, str]


def bill_wording(bill: Bill) -> Wording:
    """What stands on an invoice or a credit note."""
    with translation.override(bill.language):
        is_invoice = bill.kind == "invoice"
        name = _("Invoice") if is_invoice else _("Credit note")
        return {
            **_frame(bill, name=name, recipient=bill.customer),
            "title": f"{name} {bill.number}",
            "heading": name,
            "number": tidy(bill.number),
            "facts": list(_bill_facts(bill)),
            "intro": _tidied(_intro(bill)),
            "columns": _bill_columns(bill),
            "lines": [_bill_line(line, bill.currency) for line in bill.lines],
            "sums": list(_sums(bill)),
            "total": (
                _("Total") if is_invoice else _("Credited to you"),
                format_money(bill.total_amount, bill.currency),
            ),
            "taxes": _taxes(bill),
            "means": [_means(each, bill) for each in bill.means],
            "note": _tidied(bill.note.splitlines()),
        }


def slip_wording(slip: Slip) -> Wording:
    """What stands on a packing slip or a gift receipt."""
    with translation.override(slip.language):
        is_gift = slip.kind == "gift_receipt"
        name = _("Gift receipt") if is_gift else _("Packing slip")
        facts = [
            (_("Order number"), slip.order_number),
            (_("Ordered on"), date_format(slip.ordered_on)),
            (_("Sent by"), "" if is_gift else tidy(slip.shipping_name)),
        ]
        return {
            **_frame(slip, name=name, recipient=slip.recipient),
            "title": f"{name} {slip.order_number}",
            "heading": name,
            "is_gift": is_gift,
            "facts": [(label, value) for label, value in facts if value],
            "columns": [_("Quantity"), _("Title"), "" if is_gift else _("Place")],
            "lines": [_slip_line(line) for line in slip.lines],
            "tick": _("Packed"),
            "elsewhere_heading": _("Not in this parcel"),
            "elsewhere": [_slip_line(line) for line in slip.elsewhere],
            "closing": (
                _("You may exchange it at our shop: please bring this receipt.")
                if is_gift
                else _("Is something missing or damaged? Please tell us, with the order’s number.")
            ),
        }


def _frame(paper: Bill | Slip, *, name: str, recipient: Party) -> Wording:
    """What every paper has: head, address window and foot."""
    seller = paper.seller
    contact = (_tax_number(seller), seller.register_entry, seller.email, seller.phone)
    return {
        "language": paper.language.partition("-")[0],
        "shop": tidy(paper.shop),
        "author": tidy(seller.name) or tidy(paper.shop),
        "sender": _tidied([seller.name, *seller.address]),
        "recipient": _tidied([recipient.name, *recipient.address, _tax_number(recipient)]),
        "foot": [_tidied([seller.name, *seller.address]), _tidied(contact)],
        "page": _("Page {page} of {pages}"),
        "running_head": f"{name} {getattr(paper, 'number', paper.order_number)}",
    }


def _tax_number(party: Party) -> str:
    text = _("Tax number %(number)s") % {"number": party.tax_number}
    return text if party.tax_number else ""


def _bill_facts(bill: Bill) -> Iterator[Pair]:
    yield _("Number"), tidy(bill.number)
    yield _("Date"), date_format(bill.issued_on)
    if bill.invoice_number:
        yield _("Invoice"), tidy(bill.invoice_number)
    yield _("Order number"), tidy(bill.order_number)
    yield _("Ordered on"), date_format(bill.ordered_on)
    if bill.supplied_on:
        yield _("Delivered on"), date_format(bill.supplied_on)


def _intro(bill: Bill) -> list[str]:
    if bill.invoiced_on is None:
        return []
    corrects = _("This corrects invoice %(number)s of %(day)s.") % {
        "number": bill.invoice_number,
        "day": date_format(bill.invoiced_on),
    }
    return [corrects, _("Reason: %(reason)s") % {"reason": bill.reason} if bill.reason else ""]


def _bill_columns(bill: Bill) -> list[str]:
    return [_("Quantity"), _("Title"), _("Tax") if bill.taxes else "", _("Each"), _("Amount")]


def _bill_line(line: BillLine, currency: str) -> Wording:
    unit = "" if line.unit_amount is None else format_money(line.unit_amount, currency)
    return {
        "quantity": str(line.quantity),
        "title": tidy(line.title),
        "details": _tidied(line.details),
        "tax": "" if line.tax_rate is None else percent(line.tax_rate),
        "unit": unit,
        "amount": format_money(line.amount, currency),
    }


def _slip_line(line: SlipLine) -> Wording:
    return {
        "quantity": str(line.quantity),
        "title": tidy(line.title),
        "details": _tidied(line.details),
        "place": tidy(line.place),
    }


def _sums(bill: Bill) -> Iterator[Pair]:
    """What stands between the lines and the total."""
    if bill.subtotal_amount is None:
        return
    yield _("Subtotal"), format_money(bill.subtotal_amount, bill.currency)
    if bill.discount_amount:
        yield _("Discount"), format_money(-bill.discount_amount, bill.currency)
    if bill.shipping_name:
        yield tidy(bill.shipping_name), format_money(bill.shipping_amount, bill.currency)


def _taxes(bill: Bill) -> Wording | None:
    """The summary by rates; None where no tax is shown."""
    if not bill.taxes:
        return None
    rows = [_tax_row(percent(row.rate), row, bill.currency) for row in bill.taxes]
    whole = TaxRow(
        rate=Decimal(0),
        gross_amount=sum((row.gross_amount for row in bill.taxes), start=Decimal(0)),
        tax_amount=sum((row.tax_amount for row in bill.taxes), start=Decimal(0)),
    )
    return {
        "heading": _("Tax contained"),
        "columns": [_("Rate"), _("Net"), _("Tax"), _("Gross")],
        "rows": rows,
        "whole": _tax_row(_("Together"), whole, bill.currency) if len(rows) > 1 else [],
    }


def _tax_row(name: str, row: TaxRow, currency: str) -> list[str]:
    amounts = (row.net_amount, row.tax_amount, row.gross_amount)
    return [name, *(format_money(amount, currency) for amount in amounts)]


def _means(means: Means, bill: Bill) -> Pair:
    """A way the money went, and how much of it."""
    sentence = _("Paid on %(day)s") if bill.kind == "invoice" else _("Returned on %(day)s")
    day = sentence % {"day": date_format(means.on)}
    return f"{day} · {tidy(means.name)}", format_money(means.amount, bill.currency)


def percent(rate: Decimal) -> str:
    """19.00 as 19%, 5.5 as 5.5%."""
    figures = format(rate.normalize(), "f")
    places = len(figures.partition(".")[2])
    return f"{number_format(rate, decimal_pos=places, use_l10n=True)}%"


def _tidied(texts: Iterable[str]) -> list[str]:
    return [text for text in (tidy(each) for each in texts) if text]
