"""What was asked of payment providers and what they said: the shop's side of their books."""

import datetime
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from caching.jobs import defer_once
from orders.models.gift_card import GiftCard
from orders.models.order_event import OrderEvent
from orders.models.payment import OFFLINE, Payment, Refund

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order import Order


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    """Selections of payment attempts."""

    def open(self) -> Self:
        """Those of which the provider has not said yet what became of them, oldest first."""
        return self.filter(status=PaymentAttempt.Status.OPEN).order_by("created_at", "id")

    def give_up(self, order: "Order") -> None:
        """Have the provider take no payment for the order any more, after the commit."""
        if self.open().filter(order=order).exists():
            # By name, because jobs stand above models.
            app.configure_task("orders.abandon_attempts").defer(order_id=order.pk)

    def to_ask_about(self, *, quiet_since: datetime.datetime) -> Self:
        """Open ones that nobody has asked the provider about since then."""
        return self.open().filter(
            Q(checked_at=None) | Q(checked_at__lte=quiet_since), created_at__lte=quiet_since
        )


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

    objects = PaymentAttemptQuerySet.as_manager()

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

    def end(self, status: "PaymentAttempt.Status", *, at: datetime.datetime) -> None:
        """Write down what became of it; success is final, whatever is told late."""
        PaymentAttempt.objects.filter(pk=self.pk).exclude(status=self.Status.SUCCEEDED).update(
            status=status, checked_at=at
        )

    def check_off(self, *, at: datetime.datetime) -> None:
        """The provider was asked just now."""
        self.checked_at = at
        self.save(update_fields=["checked_at"])


class ProviderEventQuerySet(models.QuerySet["ProviderEvent"]):
    """Selections of providers' events."""

    def unclear(self) -> Self:
        """Those that could not be acted upon, latest first."""
        return self.filter(needs_attention=True)


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

    objects = ProviderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider’s event")
        verbose_name_plural = _("providers’ events")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(name="provider_event_once", fields=("provider", "event_id")),
        )
        indexes = (
            models.Index(
                fields=("provider",),
                name="provider_event_unclear",
                condition=Q(needs_attention=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"

    def defer(self) -> None:
        """Have it acted upon once more, after the commit."""
        # By name, because jobs stand above models.
        app.configure_task("orders.hear_again").defer(event_id=self.pk)

    def settle(self, *, note: str) -> None:
        """Staff has looked at it."""
        self.needs_attention, self.outcome = False, note[:200]
        self.save(update_fields=["needs_attention", "outcome"])


class RefundRequestQuerySet(models.QuerySet["RefundRequest"]):
    """Selections of refund requests."""

    def waiting(self) -> Self:
        """Those that the provider has not confirmed, oldest first."""
        return self._waiting().exclude(payment__provider=OFFLINE)

    def for_staff(self) -> Self:
        """Those that wait for staff to give the money back with their hands, oldest first."""
        return self._waiting().filter(payment__provider=OFFLINE)

    def _waiting(self) -> Self:
        return self.filter(status=RefundRequest.Status.WAITING).order_by("requested_at", "id")

    def ask(
        self,
        payment: Payment,
        amount: Decimal,
        *,
        key: str,
        reason: str,
        actor: "User | None",
        at: datetime.datetime,
    ) -> "RefundRequest":
        """Write down that so much of the payment is to go back."""
        return self.create(
            order=payment.order,
            payment=payment,
            key=key,
            amount=amount,
            currency=payment.currency,
            reason=reason[:200],
            actor=actor,
            requested_at=at,
        )

    def ask_for_all(
        self, order: "Order", *, reason: str, actor: "User | None", at: datetime.datetime
    ) -> None:
        """Have all that was paid go back: by itself where it can, else by the hands of staff.

        Call it under the order's lock.
        """
        for payment, amount in Payment.objects.kept(order).items():
            key = f"{order.number}:{secrets.token_urlsafe(8)}"
            self.ask(payment, amount, key=key, reason=reason, actor=actor, at=at).begin()


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
    tries = models.PositiveSmallIntegerField(
        _("tries"), default=1, db_default=1, help_text=_("How often staff had it tried.")
    )
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    refund = models.OneToOneField(
        "orders.Refund", models.PROTECT, null=True, blank=True, related_name="request"
    )
    of_return = models.ForeignKey(
        "orders.Return",
        models.PROTECT,
        verbose_name=_("return"),
        null=True,
        blank=True,
        related_name="refund_requests",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = RefundRequestQuerySet.as_manager()

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

    @property
    def provider_key(self) -> str:
        """What makes a repetition harmless at the provider; new only when staff tries again."""
        return f"{self.key}:{self.tries}"

    @property
    def waits_for_staff(self) -> bool:
        """Whether somebody has to give the money back with their hands."""
        is_by_hand = self.payment is not None and not self.payment.goes_back_by_itself
        return is_by_hand and self.status == self.Status.WAITING

    @property
    def open_event(self) -> OrderEvent | None:
        """What shows it to staff, if it is theirs to look at."""
        return self.order.events.open().filter(reference=self.provider_key).last()

    def begin(self) -> None:
        """Have it carried out, after the commit or by staff, and the order say so."""
        kind = OrderEvent.Kind
        self.order.record(
            kind.REFUND_DUE if self.waits_for_staff else kind.REFUND_REQUESTED,
            actor=self.actor,
            note=" ".join(filter(None, (f"{self.amount} {self.currency}", self.reason))),
            reference=self.provider_key,
            at=self.requested_at,
            needs_attention=self.waits_for_staff,
        )
        if not self.waits_for_staff:
            self.defer()

    def defer(self) -> None:
        """Have it carried out, after the commit, by one job at a time."""
        defer_once(
            "orders.carry_out_refund", once=f"refund:{self.pk}",
            order_id=self.order_id, request_id=self.pk,
        )  # fmt: skip

    def finish(self, refund: Refund, *, at: datetime.datetime) -> None:
        """The money has gone back."""
        self.status, self.refund, self.ended_at, self.problem = self.Status.DONE, refund, at, ""
        self.save(update_fields=["status", "refund", "ended_at", "problem"])

    def fail(self, problem: str, *, at: datetime.datetime) -> None:
        """The provider will not do it, and says why. The money stays, and gift cards are due."""
        self.status, self.problem, self.ended_at = self.Status.FAILED, problem[:500], at
        self.save(update_fields=["status", "problem", "ended_at"])
        GiftCard.objects.issue_later(self.order)

    def rename(self, key: str) -> None:
        """Have it found by this key from now on."""
        self.key = key
        self.save(update_fields=["key"])

    def resume(self, *, actor: "User") -> None:
        """Staff wants it done all the same: the provider is to take it for a new one."""
        self.status, self.ended_at, self.actor = self.Status.WAITING, None, actor
        self.tries += 1
        self.save(update_fields=["status", "ended_at", "actor", "tries"])
