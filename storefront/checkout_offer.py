"""What the checkout's page offers for what was typed so far: each way of shipping, with amounts.

A voucher or a gift card that does not hold is left out and the reason is told, so that the page
can always say what the order costs as it would be placed now.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from orders import gift_cards
from orders.gift_cards import GiftCardError
from orders.models import BasketLine, GiftCard, ShippingMethod
from orders.quotes import NotServed, Quote, Rules
from orders.terms import Terms, Wishes
from orders.vouchers import VoucherError


@dataclass(frozen=True)
class Choice:
    """A way of shipping: what the order costs by it, or why that cannot be said."""

    method: ShippingMethod
    quote: Quote | None
    refusal: str = ""

    @property
    def is_unknown(self) -> bool:
        """Whether it depends on the country, and that is not known yet."""
        return self.quote is None and not self.refusal


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What can be agreed now."""

    wishes: Wishes
    """What holds of what the customer wished."""

    terms: Terms
    choices: tuple[Choice, ...]
    voucher_problem: str = ""
    gift_card_problems: tuple[GiftCardError, ...] = ()

    def choice(self, code: str) -> Choice | None:
        """The way of shipping with this code."""
        return next((each for each in self.choices if each.method.code == code), None)

    @property
    def is_for_files(self) -> bool:
        """Whether there is nothing to send."""
        return all(choice.method.for_digital for choice in self.choices)

    @property
    def is_served(self) -> bool:
        """Whether anything is sent there at all."""
        return any(each.quote for each in self.choices if each.method.requires_address)

    @property
    def needs_country(self) -> bool:
        """Whether the tax of files depends on where the customer is."""
        return self.is_for_files and self.terms.rules.taxes.depends_on_destination

    @property
    def depends_on_country(self) -> bool:
        """Whether another country may cost another amount."""
        return any(choice.method.rates.all() for choice in self.choices)

    @property
    def discount_amount(self) -> Decimal:
        """What the voucher makes the goods cheaper by."""
        return self.terms.discount.amount if self.terms.discount else Decimal("0.00")

    def cards_with(self, quote: Quote) -> list[tuple[GiftCard, Decimal]]:
        """The gift cards, each with what it would pay."""
        return list(gift_cards.plan(self.terms.cards, quote.gift_card_amount).items())


def read(
    lines: Sequence[BasketLine],
    methods: Sequence[ShippingMethod],
    wishes: Wishes,
    rules: Rules,
    *,
    at: datetime.datetime,
) -> Offer:
    """What can be agreed about `lines` of `Basket.priced_lines`, whatever was wished."""
    voucher_problem, gift_card_problems = "", list[GiftCardError]()
    while True:
        try:
            terms = Terms.read(lines, wishes, at=at, rules=rules)
            break
        except VoucherError as error:
            voucher_problem = str(error)
            wishes = replace(wishes, voucher_code="")
        except GiftCardError as error:
            gift_card_problems.append(error)
            wishes = replace(wishes, gift_card_codes=_without(error, wishes.gift_card_codes))
    return Offer(
        wishes=wishes,
        terms=terms,
        choices=tuple(_choice(method, terms) for method in methods),
        voucher_problem=voucher_problem,
        gift_card_problems=tuple(gift_card_problems),
    )


def _choice(method: ShippingMethod, terms: Terms) -> Choice:
    try:
        return Choice(method, terms.quote(method))
    except NotServed as refusal:
        is_known = terms.rules.country or not method.requires_address
        return Choice(method, None, str(refusal) if is_known else "")


def _without(error: GiftCardError, codes: Sequence[str]) -> tuple[str, ...]:
    """The other codes; of too many the first ones."""
    if not error.code:
        return tuple(codes[: min(gift_cards.MAX_CARDS, len(codes) - 1)])
    return tuple(code for code in codes if code != error.code)
