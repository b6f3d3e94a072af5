"""StockMovement: the ledger of stock, one line a change."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class StockMovement(models.Model):
    """One line of the ledger: never changed, never deleted (a trigger refuses it)."""

    class Kind(models.TextChoices):
        """Why copies moved."""

        RECEIVE = "receive", _("Received")
        ADJUST = "adjust", _("Adjusted")
        DAMAGE = "damage", _("Damaged")
        RETURN = "return", _("Returned by a customer")
        TRANSFER_OUT = "transfer_out", _("Moved away")
        TRANSFER_IN = "transfer_in", _("Moved here")
        ALLOCATE = "allocate", _("Allocated")
        RELEASE = "release", _("Released")
        CONSUME = "consume", _("Handed out")

    stock = models.ForeignKey("catalog.Stock", models.CASCADE, related_name="movements")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    on_hand_change = models.IntegerField(_("change of on hand"))
    allocated_change = models.IntegerField(_("change of allocated"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reference = models.CharField(
        _("reference"),
        max_length=40,
        blank=True,
        help_text=_("The order’s number."),
    )
    other_location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("other location"),
        help_text=_("Where a transfer went, or came from."),
    )
    stocktake = models.ForeignKey(
        "catalog.Stocktake",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        verbose_name=_("stocktake"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="stock_movement_fits_kind",
                condition=(
                    Q(kind__in=("receive", "return"), on_hand_change__gt=0, allocated_change=0)
                    | Q(kind="adjust", allocated_change=0) & ~Q(on_hand_change=0)
                    | Q(kind="damage", on_hand_change__lt=0, allocated_change=0)
                    | Q(
                        kind="transfer_out",
                        on_hand_change__lt=0,
                        allocated_change=0,
                        other_location__isnull=False,
                    )
                    | Q(
                        kind="transfer_in",
                        on_hand_change__gt=0,
                        allocated_change=0,
                        other_location__isnull=False,
                    )
                    | Q(kind="allocate", on_hand_change=0, allocated_change__gt=0)
                    | Q(kind="release", on_hand_change=0, allocated_change__lt=0)
                    | Q(kind="consume", on_hand_change__lt=0, allocated_change=F("on_hand_change"))
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on_hand_change:+} / {self.allocated_change:+}"
