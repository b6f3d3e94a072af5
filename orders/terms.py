"""The terms on which a basket is sold to a customer: rules, discount and gift cards, read once.

Pages, programs and the checkout ask the same terms for a quote, so none of them says another
amount than the order will have. Nothing is locked and nothing is bound here.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from orders import gift_cards, quotes, vouchers
from orders.models import BasketLine, GiftCard, ShippingMethod
from orders.pricing import ZERO
from orders.quotes import PricedLine, Quote, Rules
from orders.vouchers import Discount


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the customer has said so far, besides the books."""

    country: str = ""
    """Where it goes to, or where the customer is; empty: not known yet, or not asked."""

    email: str = ""
    user: User | None = None
    voucher_code: str = ""
    gift_card_codes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for these lines, whichever way they are sent."""

    lines: tuple[PricedLine, ...]
    rules: Rules
    discount: Discount | None = None
    cards: tuple[GiftCard, ...] = ()

    @classmethod
    def read(
        cls,
        lines: Sequence[BasketLine],
        wishes: Wishes,
        *,
        at: datetime.datetime,
        rules: Rules | None = None,
    ) -> "Terms":
        """Those for lines of `Basket.priced_lines`, by `rules` that were read for this country.

        Raises a VoucherError or a GiftCardError.
        """
        priced, code = tuple(quotes.price(lines)), wishes.voucher_code
        return cls(
            lines=priced,
            rules=rules or Rules.read(wishes.country, day=timezone.localdate(at)),
            discount=vouchers.discount(
                vouchers.find(code), priced, at=at, email=wishes.email, user=wishes.user
            )
            if code
            else None,
            cards=tuple(gift_cards.find_usable(wishes.gift_card_codes, at=at)),
        )

    def quote(self, method: ShippingMethod | None = None) -> Quote:
        """What it costs, sent by `method`. Raises NotServed."""
        return quotes.quote(
            self.lines,
            rules=self.rules,
            method=method,
            discount=self.discount,
            gift_card_balance=self.gift_card_balance,
        )

    @property
    def gift_card_balance(self) -> Decimal:
        """What the gift cards hold together."""
        return sum((card.balance_amount for card in self.cards), start=ZERO)
