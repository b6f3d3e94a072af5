"""Allocation: copies that lie at a place and are promised to an order's line."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Allocation(models.Model):
    """What is promised and has not left; shipping consumes it, canceling releases it."""

    order_line = models.ForeignKey("orders.OrderLine", models.CASCADE, related_name="allocations")
    stock = models.ForeignKey("catalog.Stock", models.PROTECT, related_name="allocations")
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="allocation_once", fields=("order_line", "stock")),
            models.CheckConstraint(name="allocation_of_some", condition=Q(quantity__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.quantity} @ {self.stock_id}"
