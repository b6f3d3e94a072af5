"""Allocation: copies that lie at a place and are promised to an order's line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Stock

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order_line import OrderLine


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Selections of allocations, and the verbs that end them; their order is locked before."""

    def with_places(self) -> Self:
        """With what the verbs need: which copies, and where; the first places by priority first."""
        rows = self.select_related("stock__edition", "stock__location")
        return rows.order_by("stock__location__priority", "stock__location_id")

    @transaction.atomic
    def release(
        self, copies: "Mapping[Allocation, int]", *, reference: str, actor: "User | None" = None
    ) -> None:
        """Promise these copies to the order `reference` no more: others can have them."""
        Stock.objects.all().release_many(_by_stock(copies), reference=reference, actor=actor)
        self._lessen(copies)

    @transaction.atomic
    def consume(
        self, copies: "Mapping[Allocation, int]", *, reference: str, actor: "User | None" = None
    ) -> None:
        """Hand these copies out: they leave the shop with the order `reference`."""
        Stock.objects.all().consume_many(_by_stock(copies), reference=reference, actor=actor)
        self._lessen(copies)

    def add(self, copies: "Mapping[OrderLine, Mapping[Stock, int]]") -> None:
        """Write down that these copies, which are allocated, are the lines' besides theirs.

        The lines come from `OrderLine.objects.with_promises`.
        """
        rows = []
        for line, taken in copies.items():
            held = {
                allocation.stock_id: allocation.quantity for allocation in line.allocations.all()
            }
            for stock, quantity in taken.items():
                total = held.get(stock.pk, 0) + quantity
                rows.append(Allocation(order_line=line, stock=stock, quantity=total))
        self.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=("order_line", "stock"),
            update_fields=("quantity",),
        )

    def _lessen(self, copies: "Mapping[Allocation, int]") -> None:
        left = []
        for allocation, quantity in copies.items():
            allocation.quantity -= quantity
            if allocation.quantity:
                left.append(allocation)
        Allocation.objects.filter(pk__in=[each.pk for each in copies if not each.quantity]).delete()
        Allocation.objects.bulk_update(left, ["quantity"])


class Allocation(models.Model):
    """What is promised and has not left; shipping consumes it, canceling releases it."""

    order_line = models.ForeignKey("orders.OrderLine", models.CASCADE, related_name="allocations")
    stock = models.ForeignKey("catalog.Stock", models.PROTECT, related_name="allocations")
    quantity = models.PositiveIntegerField(_("quantity"))

    objects = AllocationQuerySet.as_manager()

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


def _by_stock(copies: "Mapping[Allocation, int]") -> dict[Stock, int]:
    for allocation, quantity in copies.items():
        if not 0 < quantity <= allocation.quantity:
            raise ValueError(f"{quantity} of {allocation.quantity} allocated copies")
    return {allocation.stock: quantity for allocation, quantity in copies.items()}
