"""Order: what was agreed with a customer, and how it goes on from there.

An order changes only through the verbs below. Each locks the order's row first, so of two that
come together (a payment and the expiry, say) exactly one wins, and the other sees what it did.
"""

import datetime
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from catalog import prepared
from orders.models import numbers, order_rows
from orders.models.amounts import Amounts
from orders.models.delivery import Delivery
from orders.models.gift_card import GiftCard, GiftCardUsed
from orders.models.order_event import OrderEvent
from orders.models.order_line import OrderLine
from orders.models.order_message import OrderMessage
from orders.models.payment import OFFLINE, Payment
from orders.models.provider import PaymentAttempt, RefundRequest
from orders.models.voucher import VoucherUse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from orders.models.payment import Refund


class WrongState(Exception):
    """The order has gone too far for this, or not far enough; the message is for staff."""

    def __init__(self, order: "Order", wish: str, reason: str = "") -> None:
        refusal = _("Order %(number)s is “%(status)s”: it cannot be %(wish)s.") % {
            "number": order.number,
            "status": order.get_status_display(),
            "wish": wish,
        }
        super().__init__(f"{refusal} {reason}".strip())
        self.order = order


class OrderQuerySet(models.QuerySet["Order"]):
    """Selections of orders."""

    def of_user(self, user: "User") -> Self:
        """Those of a customer, newest first."""
        return self.filter(user=user).order_by("-placed_at", "-id")

    def of_basket(self, basket_id: UUID) -> "Order | None":
        """The order that the basket has become, if it has."""
        return self.filter(basket_id=basket_id).first()

    def by_number(self, text: str) -> "Order":
        """The order that someone means by `text`. Raises Order.DoesNotExist."""
        return self.get(number=numbers.normalize_number(text))

    def page_of(self, text: str) -> "Order":
        """As `by_number`, of all orders, with all that its page shows."""
        order = order_rows.read_for_page(Order, numbers.normalize_number(text))
        if order is None:
            raise Order.DoesNotExist
        return order

    def to_write_about(self, pk: int, kind: OrderMessage.Kind, about: str) -> "Order | None":
        """The order with its lines, unless it is gone, or the e-mail of this kind was sent."""
        return order_rows.read_for_letter(Order, pk, kind=kind.value, about=about)

    def expired(self, now: datetime.datetime) -> Self:
        """Those that were not paid in time and still hold their stock: oldest first, but those
        that staff must look at last, so that they never stand in the others' way.
        """
        awaiting = self.filter(status=Order.Status.AWAITING_PAYMENT, expires_at__lte=now)
        return awaiting.order_by("needs_attention", "expires_at", "id")

    def waiting_for(self, numbers: Collection[str]) -> Self:
        """Those that await copies of these editions, in the order in which they are served."""
        awaiting = OrderLine.objects.awaiting().filter(order=OuterRef("pk"), isbn13__in=numbers)
        is_unpaid = IsNull(F("paid_at"), True)
        return self.filter(Exists(awaiting)).order_by(is_unpaid, "placed_at", "id")


class Order(Delivery, Amounts):
    """What a customer bought; names, prices and tax are copies of the day it was placed."""

    class Status(models.TextChoices):
        """How far the order is."""

        AWAITING_PAYMENT = "awaiting_payment", gettext_lazy("Awaiting payment")
        PAID = "paid", gettext_lazy("Paid")
        SHIPPED = "shipped", gettext_lazy("Shipped")
        COMPLETED = "completed", gettext_lazy("Completed")
        CANCELED = "canceled", gettext_lazy("Canceled")

    number = models.CharField(
        gettext_lazy("number"), max_length=14, unique=True, default=numbers.make_number
    )
    token = models.CharField(max_length=40, default=numbers.make_token, editable=False)
    status = models.CharField(
        gettext_lazy("status"), max_length=20, choices=Status, default=Status.AWAITING_PAYMENT
    )
    needs_attention = models.BooleanField(
        gettext_lazy("needs attention"),
        default=False,
        help_text=gettext_lazy("Staff should look at it; the events say why."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=gettext_lazy("customer"),
    )
    email = models.EmailField(gettext_lazy("e-mail address"))
    basket_id = models.UUIDField(unique=True, null=True, blank=True, editable=False)
    idempotency_key = models.CharField(
        max_length=200, unique=True, null=True, blank=True, editable=False
    )
    request_digest = models.CharField(max_length=128, blank=True, editable=False)
    payment_method = models.CharField(gettext_lazy("payment method"), max_length=20)

    placed_at = models.DateTimeField(gettext_lazy("placed at"))
    expires_at = models.DateTimeField(gettext_lazy("pay until"), null=True, blank=True)
    paid_at = models.DateTimeField(gettext_lazy("paid at"), null=True, blank=True)
    packed_at = models.DateTimeField(gettext_lazy("packed at"), null=True, blank=True)
    ready_at = models.DateTimeField(gettext_lazy("ready to collect at"), null=True, blank=True)
    shipped_at = models.DateTimeField(gettext_lazy("shipped at"), null=True, blank=True)
    completed_at = models.DateTimeField(gettext_lazy("completed at"), null=True, blank=True)
    canceled_at = models.DateTimeField(gettext_lazy("canceled at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("order")
        verbose_name_plural = gettext_lazy("orders")
        ordering = ("-placed_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="order_amounts",
                condition=Q(
                    subtotal_amount__gte=0,
                    shipping_amount__gte=0,
                    tax_amount__gte=0,
                    tax_amount__lte=F("total_amount"),
                    discount_amount__gte=0,
                    discount_amount__lte=F("subtotal_amount"),
                    gift_card_amount__gte=0,
                    gift_card_amount__lte=F("total_amount"),
                    total_amount=F("subtotal_amount") - F("discount_amount") + F("shipping_amount"),
                ),
            ),
            models.CheckConstraint(
                name="order_status_dated",
                condition=Q(status="awaiting_payment", paid_at=None, canceled_at=None)
                | Q(status="paid", paid_at__isnull=False, shipped_at=None, canceled_at=None)
                | Q(status="shipped", shipped_at__isnull=False, canceled_at=None)
                | Q(status="completed", completed_at__isnull=False, canceled_at=None)
                | Q(status="canceled", canceled_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                fields=("expires_at",),
                name="order_awaiting_by_expiry",
                condition=Q(status="awaiting_payment"),
            ),
            models.Index(fields=("user", "-placed_at"), name="order_of_user"),
            models.Index(fields=("status", "-placed_at"), name="order_by_status"),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The order's page, for its owner and for staff."""
        return f"/orders/{self.number}/"

    def get_guest_url(self) -> str:
        """The order's page, for whoever is given this address."""
        return f"{self.get_absolute_url()}?{urlencode({'token': self.token})}"

    def is_visible_to(self, user: "User | AnonymousUser", token: str = "") -> bool:
        """Whether this person may see the order: whose it is, or staff who may see them all."""
        may_see_all = user.is_staff and user.has_perm("orders.view_order")
        return may_see_all or self.belongs_to(user, token)

    def belongs_to(self, user: "User | AnonymousUser", token: str = "") -> bool:
        """Whether it is this person's: its owner's, or whoever has its token."""
        if user.is_authenticated and user.pk == self.user_id:
            return True
        return bool(token) and constant_time_compare(token, self.token)

    @property
    def stage(self) -> str:
        """How far it is, a little finer than its status; reads its shipments."""
        if self.status == Order.Status.PAID:
            if any(shipment.shipped_at for shipment in self.shipments.all()):
                return _("Partly sent")
            if self.ready_at:
                return _("Ready to collect")
            if self.packed_at:
                return _("Packed")
        if self.status == Order.Status.AWAITING_PAYMENT and self.packed_at:
            return _("Ready to collect, not paid") if self.ready_at else _("Packed, not paid")
        if self.is_collection and self.status in (Order.Status.SHIPPED, Order.Status.COMPLETED):
            return _("Collected")
        return str(Order.Status(self.status).label)

    @property
    def needs_shipment(self) -> bool:
        """Whether there is anything to pack, and not only files."""
        return any(
            not line.is_digital and line.quantity > line.canceled_quantity
            for line in self.lines.all()
        )

    # --- Verbs ----------------------------------------------------------------------------------

    def remember(self, **parts: Iterable[models.Model]) -> None:
        """Read these related rows no more until the order is locked: they were just written."""
        prepared.remember(self, **parts)

    def lock(self) -> None:
        """Let no one else change the order until the running transaction ends."""
        self.refresh_from_db(from_queryset=Order.objects.select_for_update(of=("self",)))

    def require_unpaid(self, wish: str) -> None:
        """Raises WrongState, which names the `wish`, unless the order awaits its payment."""
        if self.status != Order.Status.AWAITING_PAYMENT:
            raise WrongState(self, wish)

    def confirm(self) -> None:
        """Have it known that the order was placed; without anything to pay it is paid at once."""
        self.record(OrderEvent.Kind.PLACED, at=self.placed_at)
        self.tell(OrderMessage.Kind.PLACED)
        if self.payable_amount == 0:
            self.mark_paid(at=self.placed_at)

    @transaction.atomic
    def mark_paid(
        self,
        *,
        at: datetime.datetime,
        actor: "User | None" = None,
        rest_amount: Decimal | None = None,
        note: str = "",
    ) -> None:
        """Go on as paid; nothing happens if it is paid already.

        A provider's payment must have been recorded before (`orders.payments`), of exactly what is
        payable. Where none was, staff's word (`actor`), or any caller's for the method `offline`,
        stands for all that is payable; where a part came in, `rest_amount` must name the rest.

        Raises WrongState for an order that is canceled, or not covered by payments.
        """
        self.lock()
        if self.status == Order.Status.CANCELED:
            raise WrongState(self, _("marked as paid"))
        if self.status != Order.Status.AWAITING_PAYMENT:
            return
        if not Payment.objects.cover(self):
            if actor is None and self.payment_method != OFFLINE:
                raise WrongState(self, _("marked as paid"))
            missing = self.missing_amount
            # Without a word of a rest: that all of it was seen, or that nothing is missing.
            said = (self.payable_amount, 0) if rest_amount is None else (rest_amount,)
            if missing not in said:
                reason = _("%(missing)s %(currency)s of it have not come in.")
                facts = {"missing": missing, "currency": self.currency}
                raise WrongState(self, _("marked as paid"), reason % facts)
            Payment.objects.take_by_hand(self, missing, at=at, actor=actor)
        self.change(status=Order.Status.PAID, paid_at=at, expires_at=None)
        self.record(OrderEvent.Kind.PAID, actor=actor, note=note, at=at)
        PaymentAttempt.objects.give_up(self)
        app.configure_task("orders.issue_invoice").defer(order_id=self.pk)
        GiftCard.objects.issue_later(self)
        self.tell(OrderMessage.Kind.PAID)

    @transaction.atomic
    def cancel(
        self,
        *,
        actor: "User | None" = None,
        reason: str = "",
        at: datetime.datetime | None = None,
        reference: str = "",
    ) -> None:
        """Give its stock back and end it. Raises WrongState once a part has left, or twice.

        Staff is told when money has to go back. The event is found by its `reference`.
        """
        self.lock()
        is_open = self.status in (Order.Status.AWAITING_PAYMENT, Order.Status.PAID)
        if not is_open or self.shipments.gone().exists():
            raise WrongState(self, _("canceled"))
        kind, at = OrderEvent.Kind.CANCELED, at or timezone.now()
        self._cancel(kind, actor=actor, reason=reason, at=at, reference=reference)

    @transaction.atomic
    def expire(self, *, now: datetime.datetime) -> bool:
        """Cancel it if it was not paid in time; whether that was so."""
        self.lock()
        is_awaiting = self.status == Order.Status.AWAITING_PAYMENT
        if not is_awaiting or self.expires_at is None or self.expires_at > now:
            return False
        self._cancel(OrderEvent.Kind.EXPIRED, actor=None, reason="", at=now)
        return True

    @transaction.atomic
    def settle(self, *, actor: "User", note: str = "", event: OrderEvent | None = None) -> None:
        """Staff has looked at what needed attention: at all of it, or at this `event` alone."""
        self.lock()
        if event or self.needs_attention:
            reference = event.key if event else ""
            self.record(OrderEvent.Kind.SETTLED, actor=actor, note=note, reference=reference)
            self.change(needs_attention=bool(event) and self.events.open().exists())

    def record(
        self,
        kind: OrderEvent.Kind,
        *,
        actor: "User | None" = None,
        note: str = "",
        reference: str = "",
        at: datetime.datetime | None = None,
        needs_attention: bool = False,
    ) -> OrderEvent:
        """Write down that something happened, and whether staff must look at it."""
        if needs_attention:
            self.change(needs_attention=True)
        event = OrderEvent(
            order=self, kind=kind, actor=actor, note=note[:500], reference=reference,
            created_at=at or timezone.now(),
        )  # fmt: skip
        prepared.insert([event])
        return event

    def change(self, **fields: object) -> None:
        """Write these columns; for the verbs, which have locked the order and know its state."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=list(fields))

    def tell(self, kind: OrderMessage.Kind, reference: str = "") -> None:
        """Have the customer sent the e-mail of this kind about `reference`, after the commit."""
        # By name, because jobs stand above models.
        send = app.configure_task("orders.send_message")
        send.defer(order_id=self.pk, kind=kind.value, reference=reference)

    def document_refund(self, refund: "Refund") -> None:
        """Have a credit note issued and the customer told, after the commit."""
        app.configure_task("orders.issue_credit_note").defer(order_id=self.pk, refund_id=refund.pk)
        self.tell(OrderMessage.Kind.REFUNDED, str(refund.pk))

    def _cancel(
        self,
        kind: OrderEvent.Kind,
        *,
        actor: "User | None",
        reason: str,
        at: datetime.datetime,
        reference: str = "",
    ) -> None:
        promised = {line: line.promised_quantity for line in self.lines.with_promises()}
        OrderLine.objects.all().give_up(promised, reference=self.number, actor=actor)
        self.shipments.all().take_apart(self, actor=actor, at=at)
        for use in VoucherUse.objects.filter(order=self):
            use.give_back(at=at)
        self._undo_gift_cards(actor=actor, at=at)
        self.change(status=Order.Status.CANCELED, canceled_at=at, expires_at=None)
        self.record(kind, actor=actor, note=reason, at=at, reference=reference)
        PaymentAttempt.objects.give_up(self)
        RefundRequest.objects.ask_for_all(
            self, reason=_("The order was canceled."), actor=actor, at=at
        )
        self.tell(OrderMessage.Kind.CANCELED)

    def _undo_gift_cards(self, *, actor: "User | None", at: datetime.datetime) -> None:
        if self.paid_at is None:
            Payment.objects.give_back_gift_cards(self, at=at, actor=actor)
            return
        try:
            GiftCard.objects.take_back_all(self, actor=actor)
        except GiftCardUsed as used:
            raise WrongState(self, _("canceled"), str(used)) from used
