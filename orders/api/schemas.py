"""What the API of baskets and orders reads and answers."""

import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator

from catalog.api import ONE_LINE, Money, Number
from orders import countries, gateways
from orders.gift_cards import MAX_CARDS
from orders.models import Basket, Order, PostalAddress, RefundRequest, Shipment, ShippingMethod
from orders.models.basket import MAX_QUANTITY
from orders.models.numbers import LONGEST_CODE


def _checked_email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(_("This is no e-mail address.")) from None
    return text


def _no_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(_('Give an amount as a string: "12.50".'))
    return value


def _text(least: int, most: int) -> StringConstraints:
    return StringConstraints(
        strip_whitespace=True, min_length=least, max_length=most, pattern=ONE_LINE
    )


Email = Annotated[str, _text(3, 254), AfterValidator(_checked_email)]
Amount = Annotated[
    Decimal, BeforeValidator(_no_float), Field(gt=0, max_digits=12, decimal_places=2)
]
ExpectedAmount = Annotated[
    Decimal, BeforeValidator(_no_float), Field(ge=0, max_digits=12, decimal_places=2)
]


class BasketId(Schema):
    """A basket that was made."""

    id: UUID


class LineIn(Schema):
    """Copies to put in."""

    isbn13: Number
    quantity: int = Field(1, ge=1, le=MAX_QUANTITY, strict=True)


def _known_country(code: str) -> str:
    if code not in countries.NAMES:
        raise ValueError(_("This is no ISO 3166 code of a country."))
    return code


class BasketLineOut(Schema):
    """Some copies of one edition."""

    isbn13: str
    title: str
    quantity: int
    unit_amount: Money | None
    total_amount: Money
    previous_amount: Money | None = Field(
        None, description="What one copy cost when it was put in, if it costs something else now."
    )
    problem: str = Field(description="Why it cannot be ordered as it is; empty: it can.")
    promise: str = Field(
        "", description="When copies come that are not there yet; empty: all are there."
    )


class BasketOut(Schema):
    """What is in a basket, at today's prices."""

    id: UUID
    lines: list[BasketLineOut]
    subtotal_amount: Money
    currency: str

    @classmethod
    def of(cls, basket: Basket) -> "BasketOut":
        """What the API says of a basket."""
        lines = [
            BasketLineOut(
                isbn13=line.edition.isbn13,
                title=line.edition.display_title,
                quantity=line.quantity,
                unit_amount=line.unit_amount,
                total_amount=line.total_amount,
                previous_amount=line.previous_amount,
                problem=line.problem,
                promise=line.promise,
            )
            for line in basket.priced_lines()
        ]
        return cls(
            id=basket.pk,
            lines=lines,
            subtotal_amount=basket.subtotal_amount,
            currency=settings.SHOP_CURRENCY,
        )


class MethodOut(Schema):
    """A way of shipping, or to pay."""

    code: str
    name: str
    amount: Money
    requires_address: bool = False

    @classmethod
    def of(cls, method: ShippingMethod, amount: Decimal) -> "MethodOut":
        """What the API says of a way of shipping that costs `amount`."""
        return cls(
            code=method.code,
            name=method.name,
            amount=amount,
            requires_address=method.requires_address,
        )


class MethodList(Schema):
    """All of them."""

    items: list[MethodOut]
    next: str | None = None


Country = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$"),
    AfterValidator(_known_country),
    Field(description="ISO 3166 code, two letters"),
]


class MethodFilter(Schema):
    """For whom ways of shipping are asked for."""

    basket: UUID | None = Field(None, description="Only what suits it, at what it would cost.")
    country: Country | None = Field(
        None, description="Where it goes to; the shop’s own country where none is given."
    )


class AddressIn(Schema):
    """Where a parcel goes."""

    name: Annotated[str, _text(1, 200)]
    line1: Annotated[str, _text(1, 200)]
    line2: Annotated[str, _text(0, 200)] = ""
    city: Annotated[str, _text(1, 100)]
    postcode: Annotated[str, _text(0, 20)] = ""
    country: Country

    def as_address(self) -> PostalAddress:
        """In the words of the checkout."""
        return PostalAddress(**self.model_dump())


class OrderIn(Schema):
    """What to order, and how it is paid and sent."""

    basket: UUID
    email: Email
    shipping_address: AddressIn | None = Field(None, description="Where the method needs one.")
    shipping_method: Annotated[str, _text(1, 40)]
    payment_method: Annotated[str, _text(1, 20)]
    country: Country | None = Field(
        None,
        description="Where the customer lives: needed for an order of files alone in a shop whose"
        " tax depends on it.",
    )
    voucher: Annotated[str, _text(0, LONGEST_CODE)] = Field("", description="Its code.")
    gift_cards: list[Annotated[str, _text(1, LONGEST_CODE)]] = Field(
        [], max_length=MAX_CARDS, description="Their codes: each pays what it holds, in this order."
    )
    expected_total_amount: ExpectedAmount | None = Field(
        None, description="The total that the customer agreed to; a 409 if it is another."
    )
    expected_payable_amount: ExpectedAmount | None = Field(
        None,
        description="What the customer agreed to pay besides the gift cards; a 409 if it is more or"
        " less, as one was spent elsewhere.",
    )

    def for_digest(self) -> dict[str, object]:
        """What tells this request from another; new fields only where they were used, so that a
        request from before a release is known again after it.
        """
        body = self.model_dump(mode="json")
        used = {name: body.pop(name) for name in _LATER_FIELDS}
        return body | {name: value for name, value in used.items() if value}


_LATER_FIELDS = (
    *("country", "voucher", "gift_cards"),
    *("expected_total_amount", "expected_payable_amount"),
)


class OrderLineOut(Schema):
    """Some copies of one edition, as they were agreed."""

    isbn13: str
    title: str
    quantity: int
    unit_amount: Money
    total_amount: Money
    discount_amount: Money = Field(description="Its share of what the voucher saves.")
    tax_rate: Decimal | None = Field(description="Percent contained; null: no tax is shown.")
    tax_amount: Money = Field(description="Contained in what is charged for the line.")
    supply: str = Field(description="stock, preorder, or backorder: ordered for the customer.")
    awaited_quantity: int = Field(description="Copies that have yet to come.")
    promised_date: datetime.date | None = Field(description="The day that they are promised for.")


class TaxLineOut(Schema):
    """All of an order that is taxed at one rate, its part of the shipping included."""

    country: str = Field(description="Whose tax it is, if that is known.")
    rate: Decimal = Field(description="Percent contained in the amount.")
    gross_amount: Money
    tax_amount: Money


class ShipmentOut(Schema):
    """A parcel that has left."""

    carrier: str
    tracking: str
    tracking_url: str = Field(description="Where it can be followed; empty if nowhere is known.")
    shipped_at: datetime.datetime
    delivered_at: datetime.datetime | None

    @classmethod
    def of(cls, shipment: Shipment) -> "ShipmentOut":
        """What the API says of a parcel that has left."""
        return cls.model_validate(shipment, from_attributes=True)


class OrderOut(Schema):
    """What was agreed, and how far it is."""

    number: str
    token: str
    status: str
    email: str
    lines: list[OrderLineOut]
    subtotal_amount: Money
    discount_amount: Money = Field(description="What the voucher saves on the lines.")
    voucher_code: str
    shipping_amount: Money
    tax_amount: Money = Field(description="Contained in the total.")
    tax_lines: list[TaxLineOut]
    total_amount: Money
    gift_card_amount: Money = Field(description="What gift cards paid of the total.")
    payable_amount: Money = Field(description="What is left to pay by the payment method.")
    currency: str
    shipping_method: str
    payment_method: str
    payment_url: str = Field(description="Where the customer pays; empty: nowhere to go.")
    placed_at: datetime.datetime
    expires_at: datetime.datetime | None = Field(description="Until when it must be paid.")
    shipments: list[ShipmentOut]

    @classmethod
    def of(cls, order: Order) -> "OrderOut":
        """What the API says of an order."""
        same = {name: getattr(order, name) for name in cls.model_fields if name not in _COMPUTED}
        return cls(
            **same,
            lines=[
                OrderLineOut.model_validate(line, from_attributes=True)
                for line in order.lines.all()
            ],
            tax_lines=[
                TaxLineOut.model_validate(line, from_attributes=True)
                for line in order.tax_lines.all()
            ],
            payment_url=gateways.start(order),
            shipments=[
                ShipmentOut.of(shipment)
                for shipment in order.shipments.all()
                if shipment.shipped_at
            ]
            if order.paid_at
            else [],
        )


_COMPUTED = {"lines", "tax_lines", "payment_url", "shipments"}


class ShipmentLineIn(Schema):
    """How many copies of an edition are sent."""

    isbn13: Number
    quantity: int = Field(ge=1, le=MAX_QUANTITY, strict=True)


class ShipmentIn(Schema):
    """How it is sent, and what of it."""

    carrier: Annotated[str, _text(0, 100)] = ""
    tracking: Annotated[str, _text(0, 100)] = ""
    lines: list[ShipmentLineIn] | None = Field(
        default=None, min_length=1, max_length=500, description="Without them: all that is left."
    )
    location: Annotated[str, _text(1, 40)] | None = Field(
        default=None, description="The code of the place that it is sent from; else any."
    )

    @field_validator("lines")
    @classmethod
    def _each_once(cls, lines: list[ShipmentLineIn] | None) -> list[ShipmentLineIn] | None:
        numbers = [line.isbn13 for line in lines or []]
        if len(set(numbers)) < len(numbers):
            raise ValueError(_("Name each edition once."))
        return lines

    @property
    def copies(self) -> dict[str, int] | None:
        """Numbers by isbn13; None where no lines are named."""
        return None if self.lines is None else {one.isbn13: one.quantity for one in self.lines}


class CancellationIn(Schema):
    """Why it is canceled."""

    reason: Annotated[str, _text(0, 200)] = ""


class RefundIn(Schema):
    """How much goes back, and why."""

    amount: Amount | None = Field(default=None, description="Without one: all that was received.")
    reason: Annotated[str, _text(0, 200)] = ""


class RefundOut(Schema):
    """Money that went back."""

    amount: Money
    currency: str
    reason: str
    status: str = Field(description="done; waiting for the payment provider; failed.")
    refunded_at: datetime.datetime | None = Field(description="When all of it was done.")
    remaining_amount: Money = Field(description="What could still be refunded.")

    @classmethod
    def of(cls, requests: list[RefundRequest], *, remaining_amount: Decimal) -> "RefundOut":
        """What the API says of a refund, whose parts go back by different payments."""
        parts = {request.status for request in requests}
        unfinished = [status for status in ("failed", "waiting") if status in parts]
        ended = [request.ended_at for request in requests if request.ended_at]
        return cls(
            amount=sum((request.amount for request in requests), start=Decimal("0.00")),
            currency=requests[0].currency,
            reason=requests[0].reason,
            status=unfinished[0] if unfinished else "done",
            refunded_at=None if unfinished else max(ended),
            remaining_amount=remaining_amount,
        )
