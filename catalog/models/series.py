"""Series: a set of works, most of them numbered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.former_address import Addressed, FormerAddress


class Series(Addressed):
    """A set of works that belong together."""

    address_kind = FormerAddress.Kind.SERIES

    title = models.CharField(_("title"), max_length=300, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    works: "models.ManyToManyField[models.Model, models.Model]" = models.ManyToManyField(
        "catalog.Work", through="SeriesMembership", related_name="series"
    )

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page with the series in order."""
        return f"/series/{self.slug}/"


class SeriesMembership(models.Model):
    """A work's place in a series."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="memberships")
    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="series_memberships")
    position = models.DecimalField(
        _("position"), max_digits=6, decimal_places=1, null=True, blank=True
    )

    class Meta:
        verbose_name = _("place in a series")
        verbose_name_plural = _("places in series")
        ordering = (models.F("position").asc(nulls_last=True), "id")
        constraints = (
            models.UniqueConstraint(name="work_once_in_series", fields=("series", "work")),
        )

    def __str__(self) -> str:
        return f"{self.series} {self.label}".strip()

    @property
    def label(self) -> str:
        """The position as printed: 3, not 3.0; nothing where it has none."""
        return "" if self.position is None else f"{self.position.normalize():f}"
