"""OrderEvent: what happened to an order, append-only."""

import datetime
import hashlib
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_REFERENCE = 230


def fitted_reference(text: str) -> str:
    """The text, short enough for an event; what is cut off still tells two apart."""
    if len(text) <= LONGEST_REFERENCE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: LONGEST_REFERENCE - len(digest) - 1]}/{digest}"


class OrderEventQuerySet(models.QuerySet["OrderEvent"]):
    """Selections of events."""

    def open(self) -> Self:
        """Those about money that does not match, as long as staff has not settled them.

        A word about the whole order settles them all, but for what staff has to give back: that is
        settled by itself alone.
        """
        kind = OrderEvent.Kind
        of_this = Q(reference=Concat(Value("event-"), Cast(OuterRef("pk"), CharField())))
        later = OrderEvent.objects.filter(
            order=OuterRef("order"), kind=kind.SETTLED, id__gt=OuterRef("id")
        )
        return self.filter(
            ~Exists(later.filter(of_this)),
            Q(kind=kind.REFUND_DUE) | ~Exists(later.filter(reference="")),
            kind__in=(
                *(kind.PAYMENT_MISMATCH, kind.PAYMENT_LATE, kind.PAYMENT_EXTRA),
                *(kind.PROVIDER_DIFFERS, kind.DISPUTED, kind.DISPUTE_CLOSED),
                *(kind.REFUND_DUE, kind.REFUND_FAILED),
            ),
        )

    def served(self, *, since: datetime.datetime) -> Self:
        """Those of copies that were set aside for who waited, latest first, with their orders."""
        found = self.filter(kind=OrderEvent.Kind.SERVED, created_at__gte=since)
        return found.select_related("order").order_by("-created_at", "-id")


class OrderEvent(models.Model):
    """One change of an order, or one thing that staff must know about it."""

    class Kind(models.TextChoices):
        """What happened."""

        PLACED = "placed", _("Placed")
        PAYMENT_FAILED = "payment_failed", _("Payment failed")
        PAYMENT_MISMATCH = "payment_mismatch", _("Payment of a wrong amount")
        PAYMENT_LATE = "payment_late", _("Payment of a canceled order")
        PAYMENT_EXTRA = "payment_extra", _("Paid more than once")
        PAYMENT_PROCESSING = "payment_processing", _("Payment under way")
        PAYMENT_CHANGED = "payment_changed", _("To be paid another way")
        PROVIDER_DIFFERS = "provider_differs", _("The provider’s books differ")
        PAID = "paid", _("Paid")
        PACKED = "packed", _("Packed")
        UNPACKED = "unpacked", _("Unpacked")
        SERVED = "served", _("Copies came in")
        PROMISE_MOVED = "promise_moved", _("Promised for another day")
        READY = "ready", _("Ready to collect")
        SHIPPED = "shipped", _("Shipped")
        HANDED_OVER = "handed_over", _("Handed over")
        DELIVERED = "delivered", _("Delivered")
        COMPLETED = "completed", _("Completed")
        CANCELED = "canceled", _("Canceled")
        EXPIRED = "expired", _("Expired without payment")
        EXPIRY_FAILED = "expiry_failed", _("Could not expire")
        LINES_CANCELED = "lines_canceled", _("Partly canceled")
        REALLOCATED = "reallocated", _("Taken up again after a late payment")
        GIFT_CARD_ISSUED = "gift_card_issued", _("Gift card issued")
        RETURN_REQUESTED = "return_requested", _("Return requested")
        RETURN_RECEIVED = "return_received", _("Return received")
        RETURN_DECLINED = "return_declined", _("Return declined")
        WITHDRAWN = "withdrawn", _("Customer withdrew from the contract")
        DISPUTED = "disputed", _("Payment disputed")
        DISPUTE_CLOSED = "dispute_closed", _("Dispute closed")
        REFUND_REQUESTED = "refund_requested", _("Refund requested")
        REFUND_FAILED = "refund_failed", _("Refund failed")
        MESSAGE_UNCERTAIN = "message_uncertain", _("E-mail that may not have arrived")
        MESSAGE_SETTLED = "message_settled", _("E-mail settled by staff")
        REFUND_DUE = "refund_due", _("Money to be returned")
        REFUNDED = "refunded", _("Refunded")
        SETTLED = "settled", _("Settled by staff")

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    reference = models.CharField(_("provider's event"), max_length=LONGEST_REFERENCE, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = OrderEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                name="order_event_reference_once",
                fields=("order", "kind", "reference"),
                condition=~Q(reference=""),
            ),
        )
        indexes = (
            models.Index(
                fields=("created_at",), name="order_event_served", condition=Q(kind="served")
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.note}" if self.note else self.get_kind_display()

    @property
    def kind_label(self) -> str:
        """What happened, in words; `get_kind_display` puts all kinds into words at each call."""
        return str(OrderEvent.Kind(self.kind).label)

    @property
    def key(self) -> str:
        """What the event that settles this one refers to."""
        return f"event-{self.pk}"
