"""Amounts: what an order costs and what is paid for it, as it was agreed; a part of Order."""

from decimal import Decimal

from django.db import models
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from orders.models.payment import Payment, Refund
from orders.models.provider import RefundRequest


class Amounts(models.Model):
    """The columns of an order that say how much; all with tax, in `currency`."""

    currency = models.CharField(_("currency"), max_length=3)
    subtotal_amount = models.DecimalField(_("subtotal"), max_digits=12, decimal_places=2)
    discount_amount = models.DecimalField(
        _("discount"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    voucher_code = models.CharField(
        _("voucher"), max_length=40, blank=True, default="", db_default=""
    )
    shipping_amount = models.DecimalField(_("shipping"), max_digits=10, decimal_places=2)
    tax_amount = models.DecimalField(_("tax contained"), max_digits=12, decimal_places=2)
    tax_country = models.CharField(
        _("country whose tax it is"), max_length=2, blank=True, default="", db_default=""
    )
    total_amount = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    gift_card_amount = models.DecimalField(
        _("paid by gift card"), max_digits=12, decimal_places=2, default=0, db_default=0
    )

    class Meta:
        abstract = True

    @property
    def payable_amount(self) -> Decimal:
        """What is left to pay by the chosen method, once gift cards gave their part."""
        return self.total_amount - self.gift_card_amount

    @property
    def received_amount(self) -> Decimal:
        """What came in for it and did not go back, in the order's currency."""
        return _total(Payment, self) - _total(Refund, self)

    @property
    def waiting_amount(self) -> Decimal:
        """What is about to go back, in the order's currency."""
        return _total(RefundRequest, self, status=RefundRequest.Status.WAITING)

    @property
    def refundable_amount(self) -> Decimal:
        """What came in, did not go back and is not about to, in the order's currency."""
        return max(self.received_amount - self.waiting_amount, Decimal("0.00"))

    @property
    def missing_amount(self) -> Decimal:
        """What has yet to come in, by whatever way, in the order's currency."""
        return max(self.total_amount - self.refundable_amount, Decimal("0.00"))


def _total(
    rows: type[Payment | Refund | RefundRequest], order: Amounts, **conditions: object
) -> Decimal:
    of_order = rows._default_manager.filter(order=order.pk, currency=order.currency, **conditions)
    total: Decimal | None = of_order.aggregate(total=Sum("amount"))["total"]
    return total or Decimal("0.00")
