"""Shipment: a parcel, or what is handed over the counter, with the lines that are in it."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders import carriers
from orders.models.order_event import OrderEvent

if TYPE_CHECKING:
    from accounts.models import User
    from orders.models.order import Order


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    """Selections of shipments."""

    def packed(self) -> Self:
        """Those that are packed and still here."""
        return self.filter(shipped_at=None)

    def gone(self) -> Self:
        """Those that have left."""
        return self.filter(shipped_at__isnull=False)

    def for_page(self) -> Self:
        """With what is in them, and where they were packed."""
        return self.select_related("location").prefetch_related("lines__order_line")

    def take_apart(
        self, order: "Order", *, at: datetime.datetime, actor: "User | None" = None
    ) -> None:
        """Unpack what is still here of the order, which ends now and is locked.

        Staff is told to put the copies back, unless it was staff who ended it.
        """
        parcels = list(self.packed().filter(order=order).for_page())
        if not parcels:
            return
        order.change(packed_at=None, ready_at=None)
        for parcel in parcels:
            contents = [f"{each.quantity} × {each.order_line.title}" for each in parcel.lines.all()]
            order.record(
                OrderEvent.Kind.UNPACKED,
                actor=actor,
                note=f"{parcel.location or ''}: {', '.join(contents)}",
                at=at,
                needs_attention=actor is None or not actor.is_staff,
            )
            parcel.delete()


class Shipment(models.Model):
    """What leaves the shop together for one order."""

    order = models.ForeignKey("orders.Order", models.CASCADE, related_name="shipments")
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking = models.CharField(_("tracking number"), max_length=100, blank=True)
    packed_at = models.DateTimeField(_("packed at"))
    ready_at = models.DateTimeField(_("ready to collect at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("packed at"),
    )
    key = models.CharField(max_length=150, blank=True, default="", db_default="", editable=False)
    """Whoever packs twice with the same key packs once."""

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                name="shipment_key_once",
                fields=("order", "key", "location"),
                condition=~Q(key=""),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="shipment_delivered_after_shipped",
                condition=Q(delivered_at=None) | Q(shipped_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return " ".join(filter(None, (self.carrier, self.tracking))) or f"#{self.pk}"

    @property
    def tracking_url(self) -> str:
        """Where the customer can follow it; empty when we know no such page."""
        return carriers.tracking_url(self.carrier, self.tracking)

    @property
    def quantity(self) -> int:
        """How many copies are in it."""
        return sum(line.quantity for line in self.lines.all())


class ShipmentLine(models.Model):
    """How many copies of an order's line are in a shipment."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        "orders.OrderLine", models.CASCADE, related_name="shipment_lines"
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(name="shipment_line_once", fields=("shipment", "order_line")),
            models.CheckConstraint(
                name="shipment_line_quantity_positive", condition=Q(quantity__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line}"
