"""Return: copies that a customer sends back, or a withdrawal from the contract."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.models import numbers


class ReturnQuerySet(models.QuerySet["Return"]):
    """Selections of returns."""

    def open(self) -> Self:
        """Those that staff has to receive, or to refund."""
        return self.filter(status__in=(Return.Status.REQUESTED, Return.Status.RECEIVED))

    def for_page(self) -> Self:
        """With what comes back."""
        return self.prefetch_related("lines__order_line")


class Return(models.Model):
    """What comes back of an order, how far it is, and which refund follows from it."""

    class Kind(models.TextChoices):
        """On what ground."""

        RETURN = "return", _("Return")
        WITHDRAWAL = "withdrawal", _("Withdrawal from the contract")

    class Status(models.TextChoices):
        """How far it is."""

        REQUESTED = "requested", _("Requested")
        RECEIVED = "received", _("Received")
        REFUNDED = "refunded", _("Refunded")
        DECLINED = "declined", _("Declined")

    number = models.CharField(_("number"), max_length=14, unique=True, default=numbers.make_number)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="returns")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.RETURN)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    note = models.CharField(_("note of staff"), max_length=500, blank=True)
    shipping_amount = models.DecimalField(
        _("shipping refunded"), max_digits=10, decimal_places=2, default=0, db_default=0
    )
    key = models.CharField(max_length=150, blank=True, default="", db_default="", editable=False)
    """Whoever asks twice with the same key asks once."""
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                name="return_key_once", fields=("order", "key"), condition=~Q(key="")
            ),
            models.CheckConstraint(
                name="return_shipping_not_negative", condition=Q(shipping_amount__gte=0)
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_paid_back(self) -> bool:
        """Whether the customer has all the money that it brings; false where it brings none."""
        states = {request.status for request in self.refund_requests.all()}
        return self.status == Return.Status.REFUNDED and states == {"done"}

    @property
    def progress(self) -> str | Promise:
        """How far it is, as the customer reads it: refunded is what the provider confirmed."""
        requests = list(self.refund_requests.all())
        if self.status != Return.Status.REFUNDED:
            return Return.Status(self.status).label
        if self.is_paid_back:
            return _("Refunded")
        if not requests:
            return _("Done")
        if any(request.waits_for_staff for request in requests):
            return _("We hand the money back")
        return _("Money is on its way back")


class ReturnLine(models.Model):
    """How many copies of an order's line come back, and where they went."""

    of_return = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="return_lines")
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    restocked_quantity = models.PositiveSmallIntegerField(_("back in stock"), default=0)
    written_off_quantity = models.PositiveSmallIntegerField(_("written off"), default=0)
    canceled_quantity = models.PositiveSmallIntegerField(
        _("had not left"),
        default=0,
        db_default=0,
        help_text=_("Copies of a withdrawal that were still here: they were canceled."),
    )
    refund_amount = models.DecimalField(
        _("refunded"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of returns")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="return_line_once", fields=("of_return", "order_line")),
            models.CheckConstraint(
                name="return_line_quantities",
                condition=Q(
                    quantity__gt=0,
                    quantity__gte=F("restocked_quantity")
                    + F("written_off_quantity")
                    + F("canceled_quantity"),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line}"

    @property
    def expected_quantity(self) -> int:
        """How many copies have to come back: those that had left."""
        return self.quantity - self.canceled_quantity

    @property
    def received_quantity(self) -> int:
        """How many copies did come back."""
        return self.restocked_quantity + self.written_off_quantity
