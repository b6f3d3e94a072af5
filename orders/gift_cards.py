"""Gift cards: paying a part of an order by them, and issuing those that an order sold.

A card's balance is looked at without a lock, for pages and checkouts alike. Only `redeem` binds:
checkouts that race for one card pass its locked row one by one.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.models import Format
from orders import pricing, readiness
from orders.models import (
    GiftCard,
    GiftCardMovement,
    Order,
    OrderEvent,
    OrderLine,
    OrderMessage,
)
from orders.models.gift_card import GIFT_CARD, GiftCardOverdrawn

MAX_CARDS = 5
"""With which one order can be paid."""


class GiftCardError(Exception):
    """The gift card cannot be used like this; the message is for the customer, `code` was typed."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class UnknownGiftCard(GiftCardError):
    """There is no gift card of that code, or it must not be used."""

    def __init__(self, code: str) -> None:
        # The same words for a code that is none and one that is blocked: nothing is given away.
        message = _("We know no gift card of the code “%(code)s”. Please check how you typed it.")
        super().__init__(message % {"code": code[:40]}, code)


class GiftCardExpired(GiftCardError):
    """Its time is over."""

    def __init__(self, card: GiftCard, code: str) -> None:
        day = date_format(timezone.localtime(card.expires_at))
        message = _("The gift card %(card)s ended on %(day)s. Please pay without it.")
        super().__init__(message % {"card": card, "day": day}, code)


class GiftCardEmpty(GiftCardError):
    """Nothing is left on it."""

    def __init__(self, card: GiftCard, code: str = "") -> None:
        message = _("Nothing is left on the gift card %(card)s. Please pay without it.")
        super().__init__(message % {"card": card}, code or card.code)


class GiftCardOtherCurrency(GiftCardError):
    """It holds money of another currency than the shop's."""

    def __init__(self, card: GiftCard, code: str) -> None:
        message = _("The gift card %(card)s holds %(currency)s, which we do not take here.")
        super().__init__(message % {"card": card, "currency": card.currency}, code)


class TooManyGiftCards(GiftCardError):
    """More cards than one order can be paid with."""

    def __init__(self) -> None:
        super().__init__(
            _("An order can be paid with at most %(most)d gift cards.") % {"most": MAX_CARDS}
        )


def find(code: str) -> GiftCard:
    """The card of that code. Raises UnknownGiftCard, also for one that is blocked."""
    try:
        card = GiftCard.objects.by_code(code)
    except GiftCard.DoesNotExist:
        raise UnknownGiftCard(code) from None
    if not card.is_active:
        raise UnknownGiftCard(code)
    return card


def find_usable(codes: Sequence[str], *, at: datetime.datetime) -> list[GiftCard]:
    """The cards of these codes, each once, in the order they were typed.

    Raises a GiftCardError naming the first that cannot be used.
    """
    cards = list(dict.fromkeys(_find_usable(code, at) for code in codes[: 4 * MAX_CARDS]))
    if len(cards) > MAX_CARDS:
        raise TooManyGiftCards
    return cards


def _find_usable(code: str, at: datetime.datetime) -> GiftCard:
    card = find(code)
    if card.is_expired(at):
        raise GiftCardExpired(card, code)
    if card.currency != settings.SHOP_CURRENCY:
        raise GiftCardOtherCurrency(card, code)
    if card.balance_amount == 0:
        raise GiftCardEmpty(card, code)
    return card


def plan(cards: Sequence[GiftCard], coverable_amount: Decimal) -> dict[GiftCard, Decimal]:
    """How much each card would pay of `coverable_amount`: the first all it can, and so on.

    Gift cards buy no gift cards, so an order's lines of them are not coverable.
    """
    parts, left = {}, coverable_amount
    for card in cards:
        parts[card] = min(card.balance_amount, left)
        left -= parts[card]
    return parts


def redeem(cards: Sequence[GiftCard], order: Order, *, at: datetime.datetime) -> Decimal:
    """Pay as much of the order as the cards hold, in the transaction that places it; how much.

    Call it last of all that takes locks, when the order's lines are written. Raises a GiftCardError
    when a card was spent or blocked meanwhile; the transaction must end then.
    """
    if not cards:
        return pricing.ZERO
    ids = [card.pk for card in cards]
    locked = GiftCard.objects.select_for_update().order_by("pk").in_bulk(ids)
    parts = plan([locked[pk] for pk in ids], _coverable_amount(order))
    for card, amount in sorted(parts.items(), key=lambda part: part[0].pk):
        if card.balance_amount == 0:
            raise GiftCardEmpty(card)
        if amount:
            _pay(order, card, amount, at)
    order.change(gift_card_amount=order.gift_card_amount + sum(parts.values()))
    return sum(parts.values(), start=pricing.ZERO)


def _coverable_amount(order: Order) -> Decimal:
    sold = order.lines.filter(format=Format.GIFT_CARD).aggregate(total=Sum("total_amount"))
    return order.total_amount - (sold["total"] or pricing.ZERO)


def _pay(order: Order, card: GiftCard, amount: Decimal, at: datetime.datetime) -> None:
    try:
        spent = card.redeem(amount, order=order, at=at)
    except GiftCardOverdrawn:
        raise UnknownGiftCard(card.code) from None
    order.payments.create(
        provider=GIFT_CARD,
        event_id=str(spent.pk),
        amount=amount,
        currency=order.currency,
        received_at=at,
    )


def take_again(order: Order, *, at: datetime.datetime) -> None:
    """Have the gift cards of an order pay their part once more that was canceled and goes on.

    Raises a GiftCardError when they do not hold it any more; the transaction must end then.
    """
    paid = order.gift_card_movements.filter(kind=GiftCardMovement.Kind.REDEEM).order_by("-pk")
    parts = dict(paid.values_list("gift_card", "amount"))
    for card in GiftCard.objects.select_for_update().filter(pk__in=parts).order_by("pk"):
        missing = -parts[card.pk] - card.kept_from(order)
        if card.balance_amount < missing:
            raise GiftCardEmpty(card)
        if missing > 0:
            _pay(order, card, missing, at)


@transaction.atomic
def issue_sold(*, order_id: int) -> None:
    """Issue the gift cards that a paid order sold, one a copy, and have them sent to the customer.

    However often it is called, each copy's card is issued once; none of an order whose money has
    gone back.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.paid_at is None or order.status == Order.Status.CANCELED:
        return
    if readiness.keeps_nothing(order):
        return
    lines = order.lines.filter(format=Format.GIFT_CARD).order_by("pk")
    for line in lines.prefetch_related("gift_cards"):
        issued = {card.ordinal for card in line.gift_cards.all()}
        for ordinal in range(1, line.quantity - line.canceled_quantity + 1):
            if ordinal not in issued:
                _issue(order, line, ordinal)


def _issue(order: Order, line: OrderLine, ordinal: int) -> None:
    card = GiftCard.objects.issue(
        line.unit_amount, currency=order.currency, sold_with=(line, ordinal)
    )
    order.record(OrderEvent.Kind.GIFT_CARD_ISSUED, note=str(card), reference=str(card.pk))
    order.tell(OrderMessage.Kind.GIFT_CARD, str(card.pk))
