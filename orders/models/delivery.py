"""Delivery: how and where to an order goes, as it was agreed; a part of Order."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """The columns of an order that say how it reaches its customer."""

    shipping_name = models.CharField(_("name"), max_length=200, blank=True)
    shipping_line1 = models.CharField(_("address"), max_length=200, blank=True)
    shipping_line2 = models.CharField(_("address, second line"), max_length=200, blank=True)
    shipping_city = models.CharField(_("city"), max_length=100, blank=True)
    shipping_postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    shipping_country = models.CharField(_("country"), max_length=2, blank=True)
    shipping_method = models.CharField(_("shipping method"), max_length=40)
    shipping_method_name = models.CharField(_("name of the shipping method"), max_length=100)
    collection_point = models.TextField(_("collected at"), max_length=800, blank=True)
    location = models.ForeignKey(
        "catalog.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("served from this place alone"),
    )

    class Meta:
        abstract = True

    @property
    def is_collection(self) -> bool:
        """Whether the customer comes to the shop for it."""
        return bool(self.collection_point)

    @property
    def address_lines(self) -> list[str]:
        """The postal address as on an envelope; empty when there is none."""
        town = f"{self.shipping_postcode} {self.shipping_city}".strip()
        parts = (self.shipping_name, self.shipping_line1, self.shipping_line2, town)
        return [part for part in (*parts, self.shipping_country) if part]
