"""Availability: whether and how customers can have an edition, told from a few facts on any day."""

import datetime
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

FEW = 3  # copies; from here down the badge names the number

SCHEMA_ORG = {
    "in_stock": "https://schema.org/InStock",
    "few": "https://schema.org/LimitedAvailability",
    "to_order": "https://schema.org/BackOrder",
    "out": "https://schema.org/OutOfStock",
}
"""Of states that turn by the second; files and pre-orders are told by the page itself."""


@dataclass(frozen=True)
class StockLevel:
    """What a badge says of an edition."""

    isbn13: str
    state: str
    """in_stock, few, out, digital, preorder, to_order, forthcoming, or unknown (nothing in memory
    yet)."""
    quantity: int | None = None
    """Copies that could still be promised; None where it does not matter."""
    date: datetime.date | None = None
    """For when a forthcoming edition is promised; where it is not, when it is out."""
    publication_date: datetime.date | None = None
    """When a forthcoming edition is out: its copies may be promised for later."""
    days: int | None = None
    """How long it usually takes when it is ordered for the customer."""

    def as_json(self) -> dict[str, object]:
        """For a JSON answer: all of it, and the badge's words."""
        return {
            "isbn13": self.isbn13,
            "state": self.state,
            "quantity": self.quantity,
            "date": self.date and self.date.isoformat(),
            "publication_date": self.publication_date and self.publication_date.isoformat(),
            "days": self.days,
            "label": self.label,
        }

    @property
    def label(self) -> str:
        """The badge's words."""
        match self.state:
            case "in_stock":
                return _("In stock")
            case "out":
                return _("No more pre-orders") if self.date else _("Out of stock")
            case "digital":
                return _("Sent by e-mail")
            case "forthcoming":
                return _("Not on sale yet")
            case "unknown":
                return _("Checking stock …")
        return self._counted_label

    @property
    def _counted_label(self) -> str:
        quantity, days = self.quantity or 0, self.days or 0
        match self.state:
            case "few":
                text = ngettext("Only %(count)d left", "Only %(count)d left", quantity)
                return text % {"count": quantity}
            case "to_order":
                text = ngettext(
                    "We order it for you: usually %(days)d day",
                    "We order it for you: usually %(days)d days",
                    days,
                )
                return text % {"days": days}
            case _:
                day = date_format(self.date, "DATE_FORMAT") if self.date else ""
                is_out = self.date == self.publication_date
                text = _("Pre-order: out on %(date)s") if is_out else _("Pre-order: for %(date)s")
                return text % {"date": day}

    @property
    def schema_org(self) -> str:
        """The address that says the same to programs; nothing where the page says it."""
        return "" if self.date else SCHEMA_ORG.get(self.state, "")


@dataclass(frozen=True)
class Availability:
    """The facts: they hold until something is written, whatever day it is."""

    free: int | None
    """Copies that nobody was promised; None for a file."""
    publication_date: datetime.date | None = None
    preorder_date: datetime.date | None = None
    """For when pre-orders are promised; None: they are not accepted."""
    preorders_full: bool = False
    """Whether no more pre-orders are accepted than there are."""
    backorder_days: int | None = None
    """How long ordering it for a customer takes; None: the shop does not."""

    def level(self, isbn13: str, *, on: datetime.date) -> StockLevel:
        """What the badge of the edition says on that day."""
        if self.publication_date and self.publication_date > on:
            return self._level_before_publication(isbn13)
        if self.free is None:
            return StockLevel(isbn13, "digital")
        if self.free > 0:
            return StockLevel(isbn13, "few" if self.free <= FEW else "in_stock", self.free)
        if self.backorder_days:
            return StockLevel(isbn13, "to_order", days=self.backorder_days)
        return StockLevel(isbn13, "out", 0)

    def _level_before_publication(self, isbn13: str) -> StockLevel:
        if self.preorder_date is None:
            out = self.publication_date
            return StockLevel(isbn13, "forthcoming", date=out, publication_date=out)
        state = "out" if self.preorders_full and not (self.free or 0) > 0 else "preorder"
        return StockLevel(
            isbn13, state, date=self.preorder_date, publication_date=self.publication_date
        )
