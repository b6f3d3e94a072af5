"""Return: copies that a customer sends back, or a withdrawal from the contract."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models import numbers


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
    refund_request = models.OneToOneField(
        "orders.RefundRequest", models.PROTECT, null=True, blank=True, related_name="of_return"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """How many copies of an order's line come back, and where they went."""

    of_return = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="return_lines")
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    restocked_quantity = models.PositiveSmallIntegerField(_("back in stock"), default=0)
    written_off_quantity = models.PositiveSmallIntegerField(_("written off"), default=0)
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
                    quantity__gte=F("restocked_quantity") + F("written_off_quantity"),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line}"
