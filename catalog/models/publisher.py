"""Publisher: the company; Imprint: the brand on the spine."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress


class Publisher(models.Model):
    """A company that owns imprints."""

    name = models.CharField(_("name"), max_length=200, unique=True)

    class Meta:
        verbose_name = _("publisher")
        verbose_name_plural = _("publishers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Imprint(Addressed):
    """A brand that editions are published under."""

    address_kind = FormerAddress.Kind.IMPRINT

    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="imprints")
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("imprint")
        verbose_name_plural = _("imprints")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(name="imprint_of_publisher", fields=("publisher", "name")),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page with this imprint's works."""
        return f"/imprints/{self.slug}/"
