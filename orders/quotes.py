"""What an order costs, computed in one place for pages, programs and the order itself.

A quote is arithmetic over what was read before: lines with their prices, the way of shipping, the
rules of the day, a discount and what gift cards hold. Its sums are exact: the lines' shares add up
to the discount, their tax and that of shipping to the tax lines, and nothing is ever negative.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from catalog.models import Edition
from orders import taxes
from orders.models import (
    BasketLine,
    Consignment,
    Seller,
    ShippingMethod,
    ShippingZone,
    TaxKind,
    tables,
)
from orders.models.shipping import weight_of
from orders.models.tables import Tables
from orders.pricing import ZERO, contained_taxes, share
from orders.taxes import Taxation, TaxRules


class NotServed(Exception):
    """The way of shipping does not go to the country, or does not take so much.

    The message is for the customer.
    """

    def __init__(self, method: ShippingMethod, zone: ShippingZone | None) -> None:
        self.is_about_country = not method.serves(zone)
        super().__init__(
            _("This way of shipping does not go to this country.")
            if self.is_about_country
            else _("This way of shipping does not take so much.")
        )


class Reduction(Protocol):
    """What a voucher takes off."""

    @property
    def code(self) -> str:
        """The voucher's."""

    @property
    def shares(self) -> Mapping[int, Decimal]:
        """What each edition's line becomes cheaper by, at most its total, by the edition's id."""

    @property
    def frees_shipping(self) -> bool:
        """Whether nothing is asked for shipping."""


@dataclass(frozen=True)
class PricedLine:
    """Some copies of one edition at the price that holds."""

    edition: Edition
    quantity: int
    unit_amount: Decimal
    price_tax_rate: Decimal | None = None
    """Percent, as it stands with the price."""

    @property
    def total_amount(self) -> Decimal:
        """All copies together, before any discount."""
        return self.unit_amount * self.quantity


@dataclass(frozen=True)
class Rules:
    """What the shop's tables say of orders to one country, on one day."""

    country: str = ""
    """Where the customer is; empty: not known yet, or not asked."""

    zone: ShippingZone | None = None
    seller: Seller = field(default_factory=Seller)
    taxes: TaxRules = field(default_factory=TaxRules)

    @classmethod
    def read(cls, country: str, *, day: datetime.date, known: Tables | None = None) -> "Rules":
        """Those for a country, in at most two statements; `known` was read just now."""
        known = known or tables.read()
        return cls(
            country=country,
            zone=known.zone_of(country) if country else None,
            seller=known.seller,
            taxes=TaxRules.in_force(known.seller, known.areas, destination=country, day=day),
        )

    def taxation_of(self, method: ShippingMethod | None) -> Taxation:
        """What is collected is taxed where it is handed over."""
        is_collection = method is not None and method.is_collection
        return self.taxes.taxation_of("" if is_collection else self.country)


@dataclass(frozen=True, kw_only=True)
class QuotedLine(PricedLine):
    """A line with its part of the discount and of the tax."""

    discount_amount: Decimal
    tax_kind: TaxKind
    tax_rate: Decimal | None
    tax_amount: Decimal = ZERO

    @property
    def charged_amount(self) -> Decimal:
        """What the customer pays for it."""
        return self.total_amount - self.discount_amount


@dataclass(frozen=True)
class TaxLine:
    """All that is taxed at one rate, its part of shipping included."""

    rate: Decimal
    gross_amount: Decimal
    tax_amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What an order costs."""

    lines: tuple[QuotedLine, ...]
    shipping_amount: Decimal
    saved_shipping_amount: Decimal
    """What shipping would have cost without the voucher that frees it."""

    voucher_code: str
    """Empty also where a voucher saves nothing."""

    tax_country: str
    tax_lines: tuple[TaxLine, ...]
    gift_card_amount: Decimal

    @property
    def subtotal_amount(self) -> Decimal:
        """All lines before the discount."""
        return _sum(line.total_amount for line in self.lines)

    @property
    def discount_amount(self) -> Decimal:
        """What the lines are cheaper by."""
        return _sum(line.discount_amount for line in self.lines)

    @property
    def saved_amount(self) -> Decimal:
        """What the voucher saves, on the lines or on shipping."""
        return self.discount_amount + self.saved_shipping_amount

    @property
    def tax_amount(self) -> Decimal:
        """All tax that the total contains."""
        return _sum(line.tax_amount for line in self.tax_lines)

    @property
    def total_amount(self) -> Decimal:
        """What the order is worth to the shop."""
        return self.subtotal_amount - self.discount_amount + self.shipping_amount

    @property
    def payable_amount(self) -> Decimal:
        """What is left to pay by the chosen method."""
        return self.total_amount - self.gift_card_amount


def price(lines: Iterable[BasketLine]) -> list[PricedLine]:
    """The lines of `Basket.priced_lines` that have a price."""
    return [
        PricedLine(line.edition, line.quantity, line.unit_amount, line.tax_rate)
        for line in lines
        if line.unit_amount is not None
    ]


def quote(
    lines: Sequence[PricedLine],
    *,
    rules: Rules,
    method: ShippingMethod | None = None,
    discount: Reduction | None = None,
    gift_card_balance: Decimal = ZERO,
) -> Quote:
    """What the lines cost, sent by `method`; without one, what they cost unsent.

    Gift cards pay for all but gift cards. Raises NotServed.
    """
    taxation = rules.taxation_of(method)
    quoted = [_with_discount(line, taxation, discount) for line in lines]
    usual = _shipping_amount(quoted, method, rules)
    shipping = ZERO if discount and discount.frees_shipping else usual
    saves = any(line.discount_amount for line in quoted) or shipping != usual
    taxed, tax_lines = _with_tax(quoted, shipping)
    coverable = _sum(line.charged_amount for line in quoted if _is_taxable(line)) + shipping
    return Quote(
        lines=taxed,
        shipping_amount=shipping,
        saved_shipping_amount=usual - shipping,
        voucher_code=discount.code if discount and saves else "",
        tax_country=taxation.country,
        tax_lines=tax_lines,
        gift_card_amount=min(gift_card_balance, coverable),
    )


def _with_discount(line: PricedLine, taxation: Taxation, discount: Reduction | None) -> QuotedLine:
    kind = taxes.kind_of(line.edition)
    off = discount.shares.get(line.edition.pk, ZERO) if discount else ZERO
    return QuotedLine(
        line.edition,
        line.quantity,
        line.unit_amount,
        line.price_tax_rate,
        discount_amount=min(off, line.total_amount),
        tax_kind=kind,
        tax_rate=taxation.rate_of(kind, line.price_tax_rate),
    )


def _shipping_amount(
    lines: Sequence[QuotedLine], method: ShippingMethod | None, rules: Rules
) -> Decimal:
    if method is None:
        return ZERO
    consignment = Consignment(
        zone=rules.zone,
        weight_grams=sum(weight_of(line.edition) * line.quantity for line in lines),
        value_amount=_sum(line.charged_amount for line in lines),
    )
    amount = method.amount_for(consignment)
    if amount is None:
        raise NotServed(method, rules.zone)
    return amount


def _with_tax(
    lines: Sequence[QuotedLine], shipping_amount: Decimal
) -> tuple[tuple[QuotedLine, ...], tuple[TaxLine, ...]]:
    """The lines with their tax, and what is taxed at each rate, highest first.

    Shipping is taxed as the goods that it brings, in proportion to their value.
    """
    groups: dict[Decimal | None, list[int]] = {}
    for place, line in enumerate(lines):
        if _is_taxable(line):
            groups.setdefault(line.tax_rate, []).append(place)
    goods = [[lines[place].charged_amount for place in places] for places in groups.values()]
    parts_of_shipping = share(shipping_amount, [_sum(amounts) for amounts in goods])
    taxed, tax_lines = list(lines), []
    for (rate, places), amounts, shipping in zip(
        groups.items(), goods, parts_of_shipping, strict=True
    ):
        parts = contained_taxes([*amounts, shipping], rate)
        for place, part in zip(places, parts[:-1], strict=True):
            taxed[place] = replace(lines[place], tax_amount=part)
        if rate is not None and (gross := _sum(amounts) + shipping):
            tax_lines.append(TaxLine(rate, gross, _sum(parts)))
    return tuple(taxed), tuple(sorted(tax_lines, key=lambda line: -line.rate))


def _is_taxable(line: QuotedLine) -> bool:
    return line.tax_kind != TaxKind.GIFT_CARD


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, start=ZERO)
