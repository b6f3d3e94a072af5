"""GiftCard: money that a customer holds as a code, and the ledger of what became of it.

The balance changes only through the verbs below: each is one conditional UPDATE with a CHECK behind
it, and a movement in the same transaction.
"""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from orders.models import numbers

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order import Order
    from orders.models.order_line import OrderLine

GIFT_CARD = "gift_card"
"""The provider of what gift cards pay."""


class GiftCardOverdrawn(Exception):
    """The card holds less than what it was to give, or cannot be used; for staff to read."""

    def __init__(self, card: "GiftCard") -> None:
        super().__init__(gettext("Gift card %(card)s does not hold that much.") % {"card": card})
        self.card = card


class GiftCardUsed(Exception):
    """A card that was sold cannot be taken back, as some of it was spent; for staff to read."""

    def __init__(self, card: "GiftCard | None" = None) -> None:
        super().__init__(
            gettext("Gift card %(card)s cannot be taken back: some of it was used.")
            % {"card": card}
            if card
            else gettext("There are not that many gift cards to take back.")
        )
        self.card = card


class GiftCardQuerySet(models.QuerySet["GiftCard"]):
    """Selections of gift cards."""

    def by_code(self, text: str) -> "GiftCard":
        """The card whose code someone typed. Raises GiftCard.DoesNotExist."""
        return self.get(code=numbers.normalize_gift_card_code(text))

    def usable(self, at: datetime.datetime) -> Self:
        """Those that can be used then, if there is anything on them."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), is_active=True)

    @transaction.atomic
    def issue(
        self,
        amount: Decimal,
        *,
        currency: str,
        sold_with: "tuple[OrderLine, int] | None" = None,
        expires_at: datetime.datetime | None = None,
        reason: str = "",
        actor: "User | None" = None,
        key: str | None = None,
    ) -> "GiftCard":
        """Make a card that holds `amount`; `sold_with` names the line and which copy of it.

        With a `key` it can be found again by whoever asked for it.
        """
        line, ordinal = sold_with or (None, None)
        card = self.create(
            currency=currency, order_line=line, ordinal=ordinal, expires_at=expires_at, key=key
        )
        card.book(
            GiftCardMovement.Kind.ISSUE,
            amount,
            order=line.order if line else None,
            reason=reason,
            actor=actor,
        )
        return card

    def issue_later(self, order: "Order") -> None:
        """Have those that the order sold issued and sent after the commit, unless they were."""
        if any(line.is_gift_card for line in order.lines.all()):
            # By name, because jobs stand above models.
            app.configure_task("orders.issue_gift_cards").defer(order_id=order.pk)

    def sold_by(self, order: "Order") -> Self:
        """Those that were issued for the order's lines, as they follow one another."""
        return self.filter(order_line__order=order).order_by("order_line_id", "ordinal")

    def not_taken_back(self) -> Self:
        """Without those that were voided."""
        voided = GiftCardMovement.objects.filter(kind=GiftCardMovement.Kind.VOID)
        return self.exclude(pk__in=voided.values("gift_card"))

    def untouched(self) -> Self:
        """Those on which all is that was put there, so that they can be taken back."""
        return self.filter(balance_amount=_issued_amount())

    def used(self) -> Self:
        """Those of which some was spent; one that was taken back was not."""
        return self.not_taken_back().exclude(balance_amount=_issued_amount())

    @transaction.atomic
    def take_back(
        self, line: "OrderLine", quantity: int, *, reason: str = "", actor: "User | None" = None
    ) -> None:
        """Void so many of the cards that the line sold, of those that nobody has used.

        Raises GiftCardUsed, with nothing written, when there are not that many.
        """
        cards = self.filter(order_line=line)._locked()
        unused = [card for card in reversed(cards) if card.is_untouched]
        if quantity > len(unused):
            raise GiftCardUsed(*[card for card in cards if card not in unused][:1])
        for card in unused[:quantity]:
            card.void(reason=reason, actor=actor)

    @transaction.atomic
    def take_back_all(self, order: "Order", *, actor: "User | None" = None) -> None:
        """Void all that the order sold and that were not voided before.

        Raises GiftCardUsed, with nothing written, when one of them was used.
        """
        for card in self.sold_by(order).not_taken_back()._locked():
            card.void(reason=order.number, actor=actor)

    def _locked(self) -> "list[GiftCard]":
        # All, and in the order of the cards, before the first changes: their owners may use them.
        return list(self.select_for_update(of=("self",)).order_by("pk"))


class GiftCard(models.Model):
    """A code with a balance, which always equals the sum of its movements."""

    code = models.CharField(
        _("code"), max_length=19, unique=True, default=numbers.make_gift_card_code
    )
    currency = models.CharField(_("currency"), max_length=3)
    balance_amount = models.DecimalField(_("balance"), max_digits=10, decimal_places=2, default=0)
    order_line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="gift_cards",
        verbose_name=_("sold with"),
    )
    ordinal = models.PositiveSmallIntegerField(
        _("which copy of the line"), null=True, blank=True, editable=False
    )
    key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    """Of the form that issued it: sent twice, it issues one card."""
    is_active = models.BooleanField(_("can be used"), default=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    created_at = models.DateTimeField(_("issued at"), auto_now_add=True)

    objects = GiftCardQuerySet.as_manager()

    class Meta:
        verbose_name = _("gift card")
        verbose_name_plural = _("gift cards")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="gift_card_not_overdrawn", condition=Q(balance_amount__gte=0)
            ),
            models.UniqueConstraint(name="gift_card_issued_once", fields=("order_line", "ordinal")),
        )

    def __str__(self) -> str:
        return f"…{self.code[-4:]}"

    @property
    def is_untouched(self) -> bool:
        """Whether all that was put on it is there, so that it can be taken back."""
        issued = self.movements.get(kind=GiftCardMovement.Kind.ISSUE).amount
        return self.balance_amount == issued

    def kept_from(self, order: "Order") -> Decimal:
        """What it paid of the order and did not get back."""
        movements = self.movements.filter(
            order=order, kind__in=(GiftCardMovement.Kind.REDEEM, GiftCardMovement.Kind.GIVE_BACK)
        )
        return -(movements.aggregate(total=Sum("amount"))["total"] or Decimal("0.00"))

    def is_expired(self, at: datetime.datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= at

    @transaction.atomic
    def redeem(
        self, amount: Decimal, *, order: "Order", at: datetime.datetime
    ) -> "GiftCardMovement":
        """Spend `amount` on the order.

        Raises GiftCardOverdrawn when it holds less, or cannot be used (any more).
        """
        usable = GiftCard.objects.usable(at).filter(currency=order.currency)
        return self.book(GiftCardMovement.Kind.REDEEM, -amount, among=usable, order=order)

    @transaction.atomic
    def give_back(
        self, amount: Decimal, *, order: "Order", reason: str = "", actor: "User | None" = None
    ) -> "GiftCardMovement":
        """Put back what was spent on the order, also on a card that cannot be used any more."""
        return self.book(
            GiftCardMovement.Kind.GIVE_BACK, amount, order=order, reason=reason, actor=actor
        )

    @transaction.atomic
    def adjust(self, change: Decimal, *, reason: str, actor: "User") -> "GiftCardMovement":
        """Correct the balance by `change`. Raises GiftCardOverdrawn when it would fall below 0."""
        return self.book(GiftCardMovement.Kind.ADJUST, change, reason=reason, actor=actor)

    @transaction.atomic
    def void(self, *, reason: str = "", actor: "User | None" = None) -> None:
        """Take it back, with all that is on it. Raises GiftCardUsed when some of it was spent."""
        self.refresh_from_db(from_queryset=GiftCard.objects.select_for_update(of=("self",)))
        if not self.is_untouched:
            raise GiftCardUsed(self)
        self.book(
            GiftCardMovement.Kind.VOID,
            -self.balance_amount,
            order=self.order_line.order if self.order_line else None,
            reason=reason,
            actor=actor,
        )
        self.switch(is_active=False)

    def switch(self, *, is_active: bool) -> None:
        """Let it be used, or not; its balance stays."""
        self.is_active = is_active
        self.save(update_fields=["is_active"])

    def book(
        self,
        kind: "GiftCardMovement.Kind",
        change: Decimal,
        *,
        among: GiftCardQuerySet | None = None,
        order: "Order | None" = None,
        reason: str = "",
        actor: "User | None" = None,
    ) -> "GiftCardMovement":
        """Change the balance and write down why; for the verbs.

        Raises GiftCardOverdrawn when it would fall below 0, or the card is not `among` those.
        """
        cards = GiftCard.objects.all() if among is None else among
        is_changed = cards.filter(pk=self.pk, balance_amount__gte=-change).update(
            balance_amount=F("balance_amount") + change
        )
        if not is_changed:
            raise GiftCardOverdrawn(self)
        self.refresh_from_db(fields=["balance_amount"])
        return self.movements.create(
            kind=kind, amount=change, order=order, reason=reason, actor=actor
        )


class GiftCardMovement(models.Model):
    """One line of a gift card's ledger: never changed, never deleted (a trigger refuses it)."""

    class Kind(models.TextChoices):
        """Why the balance changed."""

        ISSUE = "issue", _("Issued")
        REDEEM = "redeem", _("Used for an order")
        GIVE_BACK = "give_back", _("Given back")
        ADJUST = "adjust", _("Corrected by staff")
        VOID = "void", _("Taken back")

    gift_card = models.ForeignKey(GiftCard, models.PROTECT, related_name="movements")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = models.DecimalField(
        _("amount"), max_digits=10, decimal_places=2, help_text=_("Below 0 when it was spent.")
    )
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="gift_card_movements"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("gift card movement")
        verbose_name_plural = _("gift card movements")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="gift_card_movement_fits_kind",
                condition=Q(kind__in=("issue", "give_back"), amount__gt=0)
                | Q(kind__in=("redeem", "void"), amount__lt=0)
                | Q(kind="adjust") & ~Q(amount=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount:+}"


def _issued_amount() -> Subquery:
    """What was put on a card, for a query of cards."""
    issued = GiftCardMovement.objects.filter(
        gift_card=OuterRef("pk"), kind=GiftCardMovement.Kind.ISSUE
    )
    return Subquery(issued.values("amount")[:1])
