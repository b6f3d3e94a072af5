"""What was asked of payment providers and what they said: the shop's side of their books."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PaymentAttempt(models.Model):
    """A payment that a provider was asked to take; `provider_id` is the provider's name for it."""

    class Status(models.TextChoices):
        """What the provider last said."""

        OPEN = "open", _("Open")
        SUCCEEDED = "succeeded", _("Succeeded")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payment_attempts")
    provider = models.CharField(_("provider"), max_length=20)
    provider_id = models.CharField(_("provider’s number"), max_length=200)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, db_default="open"
    )
    created_at = models.DateTimeField(_("asked at"), default=timezone.now)
    checked_at = models.DateTimeField(_("looked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="payment_attempt_once", fields=("provider", "provider_id")
            ),
            models.CheckConstraint(name="payment_attempt_positive", condition=Q(amount__gt=0)),
        )
        indexes = (
            models.Index(
                fields=("created_at",), name="payment_attempt_open", condition=Q(status="open")
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_id}"


class ProviderEvent(models.Model):
    """One thing that a provider said, taken down once, with what became of it."""

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("provider’s number"), max_length=200)
    kind = models.CharField(_("kind"), max_length=60)
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="provider_events"
    )
    content = models.JSONField(_("content"), default=dict)
    outcome = models.CharField(_("what became of it"), max_length=200, blank=True)
    needs_attention = models.BooleanField(_("needs attention"), default=False)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta:
        verbose_name = _("provider’s event")
        verbose_name_plural = _("providers’ events")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(name="provider_event_once", fields=("provider", "event_id")),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class RefundRequest(models.Model):
    """Money that is to go back; a job carries it out through the gateway, once."""

    class Status(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="refund_requests")
    payment = models.ForeignKey(
        "orders.Payment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refund_requests",
        help_text=_("The payment that it goes back by."),
    )
    key = models.CharField(_("key"), max_length=230, unique=True)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.WAITING, db_default="waiting"
    )
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    refund = models.OneToOneField(
        "orders.Refund", models.PROTECT, null=True, blank=True, related_name="request"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(name="refund_request_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="refund_request_done_with_refund",
                condition=Q(status="done", refund__isnull=False)
                | ~Q(status="done") & Q(refund=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.get_status_display()})"
