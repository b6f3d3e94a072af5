"""An order's gift cards: those that paid a part of it, and those that it sold; a part of Order."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Sum

from catalog.models import Format
from orders.models.gift_card import GIFT_CARD, GiftCard, GiftCardMovement, GiftCardUsed

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order import Order
    from orders.models.order_line import OrderLine
    from orders.models.payment import Payment, Refund


class OrderGiftCards(models.Model):
    """What an order can do with gift cards; call it under the order's lock."""

    class Meta:
        abstract = True

    @property
    def sold_gift_cards(self: "Order") -> "models.QuerySet[GiftCard]":
        """The cards that were issued for its lines, in order."""
        return GiftCard.objects.filter(order_line__order=self).order_by("order_line_id", "ordinal")

    @property
    def sells_gift_cards(self: "Order") -> bool:
        """Whether any of its lines is a gift card."""
        return self.lines.filter(format=Format.GIFT_CARD).exists()

    def kept_from_gift_card(self: "Order", card: GiftCard) -> Decimal:
        """What the card paid of the order and did not get back."""
        movements = self.gift_card_movements.filter(
            gift_card=card,
            kind__in=(GiftCardMovement.Kind.REDEEM, GiftCardMovement.Kind.GIVE_BACK),
        )
        return -(movements.aggregate(total=Sum("amount"))["total"] or Decimal("0.00"))

    @transaction.atomic
    def give_back_to_gift_card(
        self: "Order",
        payment: "Payment",
        amount: Decimal,
        *,
        at: datetime.datetime,
        actor: "User | None" = None,
        reason: str = "",
    ) -> "Refund":
        """Put `amount` of what a gift card paid back on it.

        Raises ValueError for more than what it paid and did not get back yet.
        """
        spent = GiftCardMovement.objects.get(pk=int(payment.event_id), order=self)
        if not 0 < amount <= self.kept_from_gift_card(spent.gift_card):
            raise ValueError(f"{amount} was not paid by gift card {spent.gift_card}")
        back = spent.gift_card.give_back(amount, order=self, reason=reason, actor=actor)
        return self.refunds.create(
            provider=GIFT_CARD,
            event_id=str(back.pk),
            amount=amount,
            currency=self.currency,
            reason=reason,
            actor=actor,
            refunded_at=at,
        )

    def give_back_gift_cards(
        self: "Order", *, at: datetime.datetime, actor: "User | None" = None
    ) -> None:
        """Put all that gift cards paid, and did not get back yet, back on them."""
        # In the order of the cards, so that no two transactions wait for each other.
        spent = {
            str(movement.pk): movement.gift_card
            for movement in self.gift_card_movements.filter(
                kind=GiftCardMovement.Kind.REDEEM
            ).select_related("gift_card")
        }
        payments = self.payments.filter(provider=GIFT_CARD)
        for payment in sorted(payments, key=lambda payment: spent[payment.event_id].pk):
            kept = self.kept_from_gift_card(spent[payment.event_id])
            if kept > 0:
                self.give_back_to_gift_card(payment, min(kept, payment.amount), at=at, actor=actor)

    @transaction.atomic
    def void_gift_cards(
        self: "Order",
        line: "OrderLine",
        quantity: int,
        *,
        reason: str = "",
        actor: "User | None" = None,
    ) -> None:
        """Take back so many of the cards that the line sold, of those that nobody has used.

        Raises GiftCardUsed, with nothing written, when there are not that many.
        """
        cards = self._locked_cards(self.sold_gift_cards.filter(order_line=line))
        unused = [card for card in reversed(cards) if card.is_untouched]
        if quantity > len(unused):
            raise GiftCardUsed(*[card for card in cards if card not in unused][:1])
        for card in unused[:quantity]:
            card.void(reason=reason, actor=actor)

    @transaction.atomic
    def void_all_gift_cards(
        self: "Order", *, reason: str = "", actor: "User | None" = None
    ) -> None:
        """Take back all that it sold and that were not taken back before.

        Raises GiftCardUsed, with nothing written, when one of them was used.
        """
        voided = GiftCardMovement.objects.filter(kind=GiftCardMovement.Kind.VOID)
        for card in self._locked_cards(
            self.sold_gift_cards.exclude(pk__in=voided.values("gift_card"))
        ):
            card.void(reason=reason, actor=actor)

    def _locked_cards(self, cards: "models.QuerySet[GiftCard]") -> list[GiftCard]:
        # All, and in the order of the cards, before the first changes: their owners may use them.
        return list(cards.select_for_update(of=("self",)).order_by("pk"))
