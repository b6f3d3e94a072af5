"""Baskets and orders for tests; orders come into being by the real checkout."""

import datetime
from decimal import Decimal
from typing import Any

import factory
from django.conf import settings
from factory.django import DjangoModelFactory

from accounts.models import User
from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, main_shop
from orders.checkout import place_order
from orders.models import (
    Basket,
    BasketLine,
    GiftCard,
    Order,
    PostalAddress,
    Seller,
    ShippingMethod,
    Voucher,
)

NOW = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.UTC)
ADDRESS = PostalAddress(
    name="Alice Liddell",
    line1="1 Tom Quad",
    line2="Christ Church",
    city="Oxford",
    postcode="OX1 1DP",
    country="GB",
)


class BasketFactory(DjangoModelFactory[Basket]):
    """A guest's basket; `lines={edition: 2}` fills it."""

    class Meta:
        model = Basket
        skip_postgeneration_save = True

    @factory.post_generation
    def lines(
        self: Basket, create: bool, extracted: dict[Edition, int] | None, **kwargs: Any
    ) -> None:
        for edition, quantity in (extracted or {}).items():
            BasketLine.objects.create(basket=self, edition=edition, quantity=quantity)


def shipping_method(code: str = "standard") -> ShippingMethod:
    """One of those that every shop starts with, even where a test has emptied the tables."""
    is_collection, is_download = code == "collection", code == "download"
    return ShippingMethod.objects.get_or_create(
        code=code,
        defaults={
            "name": code.capitalize(),
            "amount": Decimal({"standard": "4.50", "express": "9.50"}.get(code, "0.00")),
            "requires_address": not is_collection and not is_download,
            "for_digital": is_download,
            "location": main_shop() if is_collection else None,
        },
    )[0]


def named_seller() -> Seller:
    """One that invoices can name and customers can write to."""
    return Seller.objects.create(
        legal_name="Lamplight Books Ltd", address="1 Broad Street", email="shop@example.com"
    )


def submit(basket: Basket, **changes: Any) -> Order:
    """Order what is in the basket: standard delivery to ADDRESS, paid offline, by a guest."""
    fields: dict[str, Any] = {
        "email": "guest@example.com",
        "shipping_method": shipping_method(),
        "payment_method": "offline",
        "address": ADDRESS,
        "placed_at": NOW,
    }
    return place_order(basket=basket, **{**fields, **changes})


def make_order(
    lines: dict[Edition, int] | None = None, *, user: User | None = None, **changes: Any
) -> Order:
    """An order as `submit` places it; without `lines` for two of three copies at 9.99."""
    lines = lines or {EditionFactory.create(stock=3): 2}
    if user:
        changes = {"email": user.email, "user": user, **changes}
    return submit(BasketFactory.create(lines=lines), **changes)


def make_voucher(**fields: Any) -> Voucher:
    """A voucher of ten percent, called TEN, without any limit."""
    if fields.get("kind", "percentage") == "percentage":
        fields.setdefault("percent", Decimal(10))
    return Voucher.objects.create(**{"code": "TEN", "kind": Voucher.Kind.PERCENTAGE, **fields})


def issue_card(amount: str = "10.00", **fields: Any) -> GiftCard:
    """A gift card that staff sold over the counter."""
    return GiftCard.objects.issue(Decimal(amount), **{"currency": settings.SHOP_CURRENCY, **fields})


def gift_card_edition(amount: str = "25.00") -> Edition:
    """What a customer buys to get a gift card of that amount."""
    return EditionFactory.create(format=Format.GIFT_CARD, price=Decimal(amount))
