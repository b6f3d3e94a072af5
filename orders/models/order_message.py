"""OrderMessage: an e-mail to an order's customer, and whether it has left."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import prepared
from orders.models.order_event import OrderEvent

if TYPE_CHECKING:
    from accounts.models import User


SENT = """
UPDATE orders_ordermessage SET sent_at = %(at)s, problem = '' WHERE id = %(message)s RETURNING id
"""


class OrderMessageQuerySet(models.QuerySet["OrderMessage"]):
    """Selections of e-mails."""

    def sent(self) -> Self:
        """Those that a mail server took, or staff saw arrive."""
        return self.filter(sent_at__isnull=False)

    def waiting(self) -> Self:
        """Those that no mail server has taken yet."""
        return self.filter(sent_at=None, sending_at=None)

    def held(self, pk: int) -> "OrderMessage":
        """The one with this key, locked until the transaction ends. Raises DoesNotExist."""
        locked = "WHERE id = %(message)s FOR UPDATE"
        for message in prepared.objects(OrderMessage, locked, {"message": pk}):
            return message
        raise OrderMessage.DoesNotExist

    def uncertain(self) -> Self:
        """Those of which nobody knows whether they left (or that are leaving at this moment)."""
        return self.filter(sent_at=None, sending_at__isnull=False)


class OrderMessage(models.Model):
    """An e-mail about the order: of a kind, about one thing (`reference`), sent at most once.

    `sending_at` is committed before the mail server is spoken to and `sent_at` after it agreed, so
    one with the first and without the second may or may not have arrived.
    """

    class Kind(models.TextChoices):
        """What the e-mail says."""

        PLACED = "placed", gettext_lazy("Confirmation")
        PAYMENT_FAILED = "payment_failed", gettext_lazy("Payment failed")
        PAID = "paid", gettext_lazy("Payment received")
        SERVED = "served", gettext_lazy("Copies came in")
        PROMISE_MOVED = "promise_moved", gettext_lazy("Promised for another day")
        READY = "ready", gettext_lazy("Ready to collect")
        SHIPPED = "shipped", gettext_lazy("On its way")
        DELIVERED = "delivered", gettext_lazy("Delivered")
        CANCELED = "canceled", gettext_lazy("Canceled")
        LINES_CANCELED = "lines_canceled", gettext_lazy("Partly canceled")
        REFUNDED = "refunded", gettext_lazy("Refunded")
        RETURN_REQUESTED = "return_requested", gettext_lazy("Return requested")
        RETURN_RECEIVED = "return_received", gettext_lazy("Return received")
        RETURN_DECLINED = "return_declined", gettext_lazy("Return declined")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawal received")
        GIFT_CARD = "gift_card", gettext_lazy("Gift card")

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="messages")
    kind = models.CharField(gettext_lazy("kind"), max_length=20, choices=Kind)
    reference = models.CharField(
        gettext_lazy("about"), max_length=40, blank=True, default="", db_default=""
    )
    sending_at = models.DateTimeField(gettext_lazy("handed over at"), null=True, blank=True)
    sent_at = models.DateTimeField(gettext_lazy("sent at"), null=True, blank=True)
    problem = models.CharField(
        gettext_lazy("problem"), max_length=500, blank=True, default="", db_default=""
    )

    objects = OrderMessageQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("order e-mail")
        verbose_name_plural = gettext_lazy("order e-mails")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                name="order_message_once", fields=("order", "kind", "reference")
            ),
        )
        indexes = (
            models.Index(fields=("id",), name="order_message_unsent", condition=Q(sent_at=None)),
        )

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody knows if it left."""
        return self.sent_at is None and self.sending_at is not None

    def is_first(self) -> bool:
        """Write it down, unless there is one about the same already; whether there was none."""
        return prepared.insert_once(self)

    def take_back(self, problem: str) -> None:
        """The mail server surely did not take it: it waits again."""
        self.sending_at, self.problem = None, problem[:500]
        self.save(update_fields=("sending_at", "problem"))

    def mark_sent(self, *, at: datetime.datetime) -> None:
        """The mail server has said yes."""
        self.sent_at, self.problem = at, ""
        prepared.rows(SENT, {"message": self.pk, "at": at})

    @transaction.atomic
    def call_uncertain(self, problem: str) -> None:
        """Nobody knows whether it left: have staff look, once for each sending."""
        self.problem = problem[:500]
        self.save(update_fields=("problem",))
        reference = f"{self.pk} {self.sending_at:%Y-%m-%dT%H:%M:%S.%f}"
        self.order.lock()
        if not self.order.events.filter(reference=reference).exists():
            self.order.record(
                OrderEvent.Kind.MESSAGE_UNCERTAIN,
                note=self.get_kind_display(),
                reference=reference,
                needs_attention=True,
            )

    @transaction.atomic
    def send_again(self, *, actor: "User") -> bool:
        """Staff wants it sent, now; whether it was not sent before."""
        self._lock()
        if self.sent_at is not None:
            return False
        self.sending_at = None
        self.save(update_fields=("sending_at",))
        self._record_settled(_("Sent again: %(kind)s"), actor=actor)
        self.order.tell(OrderMessage.Kind(self.kind), self.reference)
        return True

    @transaction.atomic
    def mark_arrived(self, *, actor: "User", at: datetime.datetime) -> bool:
        """Staff knows that it arrived; whether it was not sent before."""
        self._lock()
        if self.sent_at is not None:
            return False
        self.sending_at, self.sent_at, self.problem = self.sending_at or at, at, ""
        self.save(update_fields=("sending_at", "sent_at", "problem"))
        self._record_settled(_("It arrived: %(kind)s"), actor=actor)
        return True

    def _lock(self) -> None:
        self.refresh_from_db(from_queryset=OrderMessage.objects.select_for_update())

    def _record_settled(self, text: str, *, actor: "User") -> None:
        note = text % {"kind": self.get_kind_display()}
        self.order.record(OrderEvent.Kind.MESSAGE_SETTLED, actor=actor, note=note)
