"""Payment and Refund: money in, money back. Append-only; a trigger refuses any change."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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


class Payment(MoneyEvent):
    """Money that came in for an order, right or wrong in amount."""

    received_at = models.DateTimeField(_("received at"))

    class Meta(MoneyEvent.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")


class Refund(MoneyEvent):
    """Money that went back for an order."""

    reason = models.CharField(_("reason"), max_length=200, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"))

    class Meta(MoneyEvent.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
