"""ShippingMethod: a way for an order to reach its customer; PostalAddress: where to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.basket import Basket, are_all_digital


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """Where a parcel goes."""

    name: str
    line1: str
    line2: str = ""
    city: str
    postcode: str
    country: str
    """ISO 3166 code, two letters."""


class ShippingMethodQuerySet(models.QuerySet["ShippingMethod"]):
    """Selections of shipping methods."""

    def offered(self) -> Self:
        """Those that customers may choose."""
        return self.filter(is_active=True)

    def for_basket(self, basket: Basket) -> Self:
        """Those that suit what is in the basket."""
        lines = basket.lines.select_related("edition")
        return self.offered().filter(for_digital=are_all_digital(lines))


class ShippingMethod(models.Model):
    """A way to the customer, at a fixed price."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    amount = models.DecimalField(
        _("amount"), max_digits=10, decimal_places=2, default=Decimal("0.00")
    )
    requires_address = models.BooleanField(_("needs an address"), default=True)
    location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("collected at"),
        help_text=_("Orders are then served from this place alone."),
    )
    for_digital = models.BooleanField(
        _("for files alone"), default=False, help_text=_("For orders with nothing to send.")
    )
    is_active = models.BooleanField(_("offered"), default=True)
    ordinal = models.PositiveSmallIntegerField(_("position"), default=1)

    objects = ShippingMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering = ("ordinal", "id")
        constraints = (
            models.CheckConstraint(
                name="shipping_method_amount_not_negative", condition=Q(amount__gte=0)
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_collection(self) -> bool:
        """Whether the customer comes to the shop for it."""
        return self.location_id is not None
