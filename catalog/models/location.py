"""Location: where copies lie, and whom they are for."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LocationQuerySet(models.QuerySet["Location"]):
    """Selections of locations."""

    def for_customers(self) -> Self:
        """Those whose copies a customer can have: sent from there, or collected there."""
        return self.filter(Q(serves_shipping=True) | Q(offers_collection=True))


class Location(models.Model):
    """A shop or a store room."""

    class Kind(models.TextChoices):
        """What the place is."""

        SHOP = "shop", _("Shop")
        STORE_ROOM = "store_room", _("Store room")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind, default=Kind.SHOP, db_default=Kind.SHOP
    )
    address = models.TextField(_("address"), blank=True, max_length=500)
    offers_collection = models.BooleanField(_("customers can collect here"), default=False)
    serves_shipping = models.BooleanField(
        _("orders are sent from here"),
        default=True,
        db_default=True,
        help_text=_("Where neither is ticked, the copies are kept from the customers."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=1,
        help_text=_("Orders are served from the lowest first."),
    )

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("priority", "id")

    def __str__(self) -> str:
        return self.name
