"""OrderLine: some copies of one edition in an order, as they were agreed."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from catalog.models import Format
from catalog.models.edition import DIGITAL_FORMATS
from orders.models.shipment import ShipmentLine

if TYPE_CHECKING:
    from accounts.models import User


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    """Selections of order lines."""

    def in_locking_order(self) -> Self:
        """The one order in which their stock is changed, so that no two orders can deadlock."""
        return self.select_related("stock__edition").order_by("isbn13", "stock__location_id")

    def with_shipped(self) -> Self:
        """Annotate `shipped_quantity`, how many copies have left."""
        shipped = (
            ShipmentLine.objects.filter(
                order_line=OuterRef("pk"), shipment__shipped_at__isnull=False
            )
            .values("order_line")
            .annotate(total=Sum("quantity"))
            .values("total")
        )
        return self.annotate(shipped_quantity=Coalesce(Subquery(shipped), 0))

    def holding_stock(self) -> Self:
        """Those for which copies are allocated; `open_quantity` says how many."""
        return (
            self.with_shipped()
            .annotate(open_quantity=F("quantity") - F("shipped_quantity"))
            .filter(stock__isnull=False, open_quantity__gt=0, order__canceled_at=None)
        )


class OrderLine(models.Model):
    """What was agreed about one edition; it stays when the edition changes or goes."""

    class Supply(models.TextChoices):
        """Where its copies come from, as the customer was told."""

        STOCK = "stock", _("From stock")
        PREORDER = "preorder", _("Pre-order")
        BACKORDER = "backorder", _("Ordered for the customer")

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="lines")
    edition = models.ForeignKey(
        "catalog.Edition", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    isbn13 = models.CharField(_("ISBN-13 or SKU"), max_length=13)
    title = models.CharField(_("title"), max_length=500)
    byline = models.CharField(_("by"), max_length=1000, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format)
    unit_amount = models.DecimalField(_("amount of one"), max_digits=10, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    tax_rate = models.DecimalField(
        _("tax rate"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    tax_amount = models.DecimalField(_("tax contained"), max_digits=12, decimal_places=2)
    total_amount = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    discount_amount = models.DecimalField(
        _("share of the discount"), max_digits=12, decimal_places=2, default=0, db_default=0
    )
    supply = models.CharField(
        _("supply"), max_length=10, choices=Supply, default=Supply.STOCK, db_default="stock"
    )
    awaited_quantity = models.PositiveSmallIntegerField(
        _("copies that have not come yet"), default=0, db_default=0
    )
    canceled_quantity = models.PositiveSmallIntegerField(
        _("copies canceled"), default=0, db_default=0
    )
    promised_date = models.DateField(_("promised for"), null=True, blank=True)
    stock = models.ForeignKey(
        "catalog.Stock",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="order_lines",
        verbose_name=_("allocated at"),
    )

    objects = OrderLineQuerySet.as_manager()

    open_quantity: int
    """How many copies are still to leave; set by `holding_stock`."""

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="order_line_once", fields=("order", "isbn13")),
            models.CheckConstraint(
                name="order_line_quantity_positive", condition=Q(quantity__gt=0)
            ),
            models.CheckConstraint(
                name="order_line_amounts",
                condition=Q(
                    unit_amount__gte=0,
                    tax_amount__gte=0,
                    tax_amount__lte=F("total_amount"),
                    total_amount=F("unit_amount") * F("quantity"),
                    discount_amount__gte=0,
                    discount_amount__lte=F("total_amount"),
                ),
            ),
            models.CheckConstraint(
                name="order_line_copies",
                condition=Q(
                    quantity__gte=F("awaited_quantity") + F("canceled_quantity"),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title} ({self.isbn13})"

    @property
    def is_digital(self) -> bool:
        """Whether it is a file, with nothing to pack."""
        return self.format in DIGITAL_FORMATS

    @property
    def charged_amount(self) -> Decimal:
        """What the customer pays for it: the total less its share of the discount."""
        return self.total_amount - self.discount_amount

    @property
    def unshipped_quantity(self) -> int:
        """How many copies have not left yet."""
        shipped = self.shipment_lines.filter(shipment__shipped_at__isnull=False)
        total: int = shipped.aggregate(total=Coalesce(Sum("quantity"), 0))["total"]
        return self.quantity - total

    def release(self, *, reference: str) -> None:
        """Give back what is still allocated. Call once, when the order is canceled."""
        quantity = self.unshipped_quantity
        if self.stock and quantity:
            self.stock.release(quantity, reference=reference)

    def consume(self, quantity: int, *, reference: str, actor: "User | None") -> None:
        """Hand out `quantity` of the allocated copies."""
        if self.stock:
            self.stock.consume(quantity, reference=reference, actor=actor)
