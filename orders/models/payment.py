"""Payment and Refund: money in, money back. Append-only; a trigger refuses any change."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.gift_card import GIFT_CARD, GiftCardMovement

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order import Order

OFFLINE = "offline"
"""The provider of money that staff saw themselves: cash, a transfer."""


class MoneyEvent(models.Model):
    """Money that changed hands over an order, as a provider or staff said."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="%(class)ss")
    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("provider's event"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="%(class)s_event_once", fields=("provider", "event_id")),
            models.CheckConstraint(name="%(class)s_amount_positive", condition=Q(amount__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.provider})"


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Selections of payments."""

    def kept(self, order: "Order") -> "dict[Payment, Decimal]":
        """What is left of each payment of the order; money first, as a customer has more use for
        it than for the balance of a gift card. Call it under the order's lock.
        """
        payments = sorted(order.payments.all(), key=lambda one: (one.is_by_gift_card, one.pk))
        kept = {payment: payment.amount for payment in payments}
        for request in order.refund_requests.exclude(status="failed").select_related("payment"):
            if request.payment in kept:
                kept[request.payment] -= request.amount
        for refund in order.refunds.filter(request=None):
            _take_off(kept, refund)
        return {payment: amount for payment, amount in kept.items() if amount > 0}

    def covering(self, order: "Order") -> "dict[Payment, Decimal]":
        """How much of what a paid order cost came by which of its payments; nothing of one that
        was never paid. What came in besides is not among them.

        Gift cards paid their part, and what is exactly payable the rest; else all other money did.
        What had come in when it was paid comes first, the latest of that before what had perhaps
        gone back by then.
        """
        paid_at = order.paid_at
        if paid_at is None:
            return {}
        payments = sorted(
            (each for each in order.payments.all() if each.currency == order.currency),
            key=lambda one: (one.received_at <= paid_at, one.received_at, -one.pk),
            reverse=True,
        )
        by_card = [each for each in payments if each.is_by_gift_card]
        by_money = [each for each in payments if not each.is_by_gift_card]
        exact = [each for each in by_money if each.amount == order.payable_amount][:1]
        covering = _up_to(order.gift_card_amount, by_card)
        covering |= _up_to(order.payable_amount, exact or by_money)
        return dict(sorted(covering.items(), key=lambda part: part[0].pk))

    def cover(self, order: "Order") -> bool:
        """Whether one of them is exactly what is payable, if anything is."""
        by_money = order.payments.exclude(provider=GIFT_CARD).filter(currency=order.currency)
        payable = order.payable_amount
        return payable == 0 or by_money.filter(amount=payable).exists()

    def take_by_hand(
        self, order: "Order", amount: Decimal, *, at: datetime.datetime, actor: "User | None"
    ) -> None:
        """Write down what staff has seen come in, if anything."""
        if amount > 0:
            self.create(
                order=order,
                provider=OFFLINE,
                event_id=order.number,
                amount=amount,
                currency=order.currency,
                actor=actor,
                received_at=at,
            )

    def give_back_gift_cards(
        self, order: "Order", *, at: datetime.datetime, actor: "User | None" = None
    ) -> None:
        """Put all that gift cards paid, and did not get back yet, back on them.

        Call it under the order's lock.
        """
        payments = [(one.spent.gift_card, one) for one in order.payments.filter(provider=GIFT_CARD)]
        # In the order of the cards, so that no two transactions wait for each other.
        for card, payment in sorted(payments, key=lambda pair: pair[0].pk):
            if kept := card.kept_from(order):
                payment.give_back_to_gift_card(min(kept, payment.amount), at=at, actor=actor)


class Payment(MoneyEvent):
    """Money that came in for an order, right or wrong in amount."""

    received_at = models.DateTimeField(_("received at"))

    objects = PaymentQuerySet.as_manager()

    class Meta(MoneyEvent.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")

    @property
    def is_by_gift_card(self) -> bool:
        """Whether a gift card gave it."""
        return self.provider == GIFT_CARD

    @property
    def spent(self) -> GiftCardMovement:
        """The movement of the gift card that gave it."""
        return GiftCardMovement.objects.select_related("gift_card").get(pk=int(self.event_id))

    @property
    def is_going_back(self) -> bool:
        """Whether all of it has gone back, or is about to."""
        asked = (each for each in self.refund_requests.all() if each.status != "failed")
        return sum(each.amount for each in asked) >= self.amount

    @property
    def goes_back_by_itself(self) -> bool:
        """Whether a provider returns it; what staff took with their hands, they give back so."""
        return self.provider != OFFLINE

    @transaction.atomic
    def give_back_to_gift_card(
        self,
        amount: Decimal,
        *,
        at: datetime.datetime,
        reason: str = "",
        actor: "User | None" = None,
    ) -> "Refund":
        """Put `amount` of what the gift card gave back on it. Call it under the order's lock.

        Raises ValueError for more than what it gave and did not get back yet.
        """
        card = self.spent.gift_card
        if not 0 < amount <= card.kept_from(self.order):
            raise ValueError(f"{amount} was not paid by gift card {card}")
        back = card.give_back(amount, order=self.order, reason=reason, actor=actor)
        return Refund.objects.create(
            order=self.order,
            provider=GIFT_CARD,
            event_id=str(back.pk),
            amount=amount,
            currency=self.currency,
            reason=reason,
            actor=actor,
            refunded_at=at,
        )


class Refund(MoneyEvent):
    """Money that went back for an order."""

    reason = models.CharField(_("reason"), max_length=200, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"))

    class Meta(MoneyEvent.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")


def _up_to(amount: Decimal, payments: Iterable[Payment]) -> dict[Payment, Decimal]:
    """How much of the amount each of the payments covers: the first all it can, and so on."""
    covered, left = {}, amount
    for payment in payments:
        if taken := min(left, payment.amount):
            covered[payment] = taken
            left -= taken
    return covered


def _take_off(kept: dict[Payment, Decimal], refund: Refund) -> None:
    """A refund that names no payment was of those that came the same way, or of any."""
    left = refund.amount
    for payment in sorted(kept, key=lambda payment: payment.provider != refund.provider):
        if payment.currency == refund.currency and kept[payment] > 0:
            taken = min(left, kept[payment])
            kept[payment] -= taken
            left -= taken
