"""RefundLine: what the money of a refund is for."""

from decimal import Decimal

from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _


class RefundLineQuerySet(models.QuerySet["RefundLine"]):
    """Selections of lines of refunds."""

    def total(self) -> Decimal:
        """What they come to."""
        total: Decimal | None = self.aggregate(total=Sum("amount"))["total"]
        return total or Decimal("0.00")


class RefundLine(models.Model):
    """Some copies of an order's line, shipping, or what is taken off; with tax, and in the
    currency of its request. The lines of a request come to its amount.

    A request without lines gives back some of an order as a whole.
    """

    class Kind(models.TextChoices):
        """What it is for."""

        GOODS = "goods", _("Goods")
        SHIPPING = "shipping", _("Shipping")
        DEDUCTION = "deduction", _("Deduction")

    request = models.ForeignKey("orders.RefundRequest", models.CASCADE, related_name="lines")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, blank=True, related_name="refund_lines"
    )
    quantity = models.PositiveSmallIntegerField(
        _("quantity"),
        default=0,
        db_default=0,
        help_text=_("0: the rest of copies whose money goes back in several ways."),
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)

    objects = RefundLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a refund")
        verbose_name_plural = _("lines of refunds")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="refund_line_of_a_kind",
                condition=Q(kind="goods", order_line__isnull=False, amount__gt=0)
                | Q(kind="shipping", order_line=None, quantity=0, amount__gt=0)
                | Q(kind="deduction", order_line=None, quantity=0, amount__lt=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_line or self.get_kind_display()}: {self.amount}"
