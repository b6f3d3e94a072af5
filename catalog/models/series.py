"""Series: a set of works, most of them numbered."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_MISSING = 12  # numbers; more would be a list of what the shop is not


class Series(models.Model):
    """A set of works that belong together."""

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

    def missing_numbers(self) -> list[int]:
        """The books between the first and the last for sale that the shop does not sell."""
        from catalog.models.edition import Edition

        offered = Edition.objects.offered().filter(work=models.OuterRef("work"))
        here = self.memberships.filter(models.Exists(offered)).exclude(position=None)
        positions = set(here.values_list("position", flat=True))
        last = int(max(positions, default=0))
        return [number for number in range(1, last) if number not in positions][:MOST_MISSING]

    def next_to_come(self, today: datetime.date) -> "SeriesMembership | None":
        """The next book of which no edition is out; with its work and its `publication_date`."""
        from catalog.models.edition import Edition

        editions = Edition.objects.offered().filter(work=models.OuterRef("work"))
        ahead = editions.filter(publication_date__gt=today).order_by("publication_date")
        day = models.Subquery(ahead.values("publication_date")[:1])
        coming = self.memberships.annotate(publication_date=day).exclude(publication_date=None)
        out = editions.exclude(publication_date__gt=today)
        found = coming.exclude(models.Exists(out)).order_by("publication_date", "position", "id")
        return found.select_related("work").first()


class SeriesMembership(models.Model):
    """A work's place in a series."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="memberships")
    work = models.ForeignKey("catalog.Work", models.CASCADE, related_name="series_memberships")
    publication_date: datetime.date
    """When its first edition comes out; set by `next_to_come`."""
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
