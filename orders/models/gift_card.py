"""GiftCard: money that a customer holds as a code, and the ledger of what became of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GiftCard(models.Model):
    """A code with a balance, which always equals the sum of its movements."""

    code = models.CharField(_("code"), max_length=19, unique=True)
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
    is_active = models.BooleanField(_("can be used"), default=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    created_at = models.DateTimeField(_("issued at"), auto_now_add=True)

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
