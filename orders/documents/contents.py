"""What stands on a paper, as plain frozen values: taken once, kept as JSON, printed from there.

Amounts are gross, in the order's currency; rates are percent. Nothing here looks anything up, so a
paper says for ever what was true when it was made.
"""

import datetime
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import TypeAdapter

# These turn a text's direction round without being seen, so a title could pass for another.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Party:
    """A seller or a customer."""

    name: str
    address: tuple[str, ...] = ()
    tax_number: str = ""
    register_entry: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class BillLine:
    """Some copies of one edition, or what else costs something."""

    title: str
    amount: Decimal
    quantity: int = 1
    details: tuple[str, ...] = ()
    """Who wrote it, its format, its number: what stands below the title."""
    unit_amount: Decimal | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True)
class TaxRow:
    """What is taxed at one rate."""

    rate: Decimal
    gross_amount: Decimal
    tax_amount: Decimal

    @property
    def net_amount(self) -> Decimal:
        """Without the tax."""
        return self.gross_amount - self.tax_amount


@dataclass(frozen=True)
class Means:
    """A part of the money, and the way it went: a gift card, a payment provider."""

    name: str
    amount: Decimal
    on: datetime.date


@dataclass(frozen=True)
class Bill:
    """An invoice or a credit note; a credit note's amounts are what goes back, and positive."""

    kind: Literal["invoice", "credit_note"]
    language: str
    number: str
    issued_on: datetime.date
    shop: str
    seller: Party
    customer: Party
    order_number: str
    ordered_on: datetime.date
    currency: str
    lines: tuple[BillLine, ...]
    total_amount: Decimal
    subtotal_amount: Decimal | None = None
    discount_amount: Decimal = Decimal("0.00")
    shipping_name: str = ""
    shipping_amount: Decimal = Decimal("0.00")
    taxes: tuple[TaxRow, ...] = ()
    means: tuple[Means, ...] = ()
    supplied_on: datetime.date | None = None
    """When it left or was handed over, where that is known already."""
    invoice_number: str = ""
    """Of the invoice that a credit note corrects, with its date."""
    invoiced_on: datetime.date | None = None
    reason: str = ""
    note: str = ""
    """What the seller wants on every bill."""


@dataclass(frozen=True)
class SlipLine:
    """Some copies of one edition, without any price."""

    quantity: int
    title: str
    details: tuple[str, ...] = ()
    place: str = ""
    """Where they lie; empty on what a customer gets."""


@dataclass(frozen=True)
class Slip:
    """What lies in a parcel: a packing slip, or a gift receipt."""

    kind: Literal["packing_slip", "gift_receipt"]
    language: str
    shop: str
    seller: Party
    recipient: Party
    order_number: str
    ordered_on: datetime.date
    printed_on: datetime.date
    lines: tuple[SlipLine, ...]
    shipping_name: str = ""
    elsewhere: tuple[SlipLine, ...] = ()
    """What else was ordered and is in other parcels."""


Paper = Bill | Slip

_BILL = TypeAdapter(Bill)


def to_json(bill: Bill) -> dict[str, Any]:
    """The bill as values that JSON knows; amounts are text."""
    content: dict[str, Any] = _BILL.dump_python(bill, mode="json")
    return content


def from_json(content: dict[str, Any]) -> Bill:
    """The bill again. Raises ValueError when it is none."""
    return _BILL.validate_python(content)


def tidy(text: str) -> str:
    """The text without what cannot be printed: control characters, and marks that hide."""
    seen = (" " if unicodedata.category(each) == "Cc" else each for each in text)
    return " ".join("".join(each for each in seen if each not in TURNING).split())
