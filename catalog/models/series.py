"""Series: a set of works, most of them numbered."""

import datetime
from decimal import Decimal
from typing import TypeAlias, TypedDict

from django.db import models
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import WithAnnotations

from catalog.models.former_address import Addressed, FormerAddress
from catalog.models.trade_facts import forthcoming

MOST_MISSING = 12  # numbers; more would be a list of what the shop is not


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
        return self.address(self.slug)

    @staticmethod
    def address(slug: str) -> str:
        """The page of the series with this slug."""
        return f"/series/{slug}/"

    def missing_numbers(self) -> list[int]:
        """The books between the first and the last for sale that the shop does not sell."""
        from catalog.models.edition import Edition

        offered = Edition.objects.offered().filter(work=models.OuterRef("work"))
        here = self.memberships.filter(models.Exists(offered)).exclude(position=None)
        found = here.values_list("position", flat=True)
        positions = {position for position in found if position is not None}
        last = int(max(positions, default=Decimal(0)))
        return [number for number in range(1, last) if number not in positions][:MOST_MISSING]

    def next_to_come(self, today: datetime.date) -> "Coming | None":
        """The next book of which no edition is out, with its work and its `release_date`."""
        from catalog.models.edition import Edition

        editions = Edition.objects.offered().filter(work=models.OuterRef("work"))
        release = Greatest("publication_date", "embargo_date")
        ahead = editions.filter(forthcoming(today)).annotate(release=release).order_by("release")
        out = models.Exists(editions.exclude(forthcoming(today)))
        coming = self.memberships.filter(models.Exists(ahead)).exclude(out).select_related("work")
        found: models.QuerySet[Coming] = coming.annotate(
            release_date=models.Subquery(ahead.values("release")[:1])
        )
        return found.order_by("release_date", "position", "id").first()


def printed(position: Decimal | str | None) -> str:
    """A position in a series: 3, not 3.0; nothing for none."""
    return "" if position is None else f"{Decimal(position).normalize():f}"


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
        return printed(self.position)


class ComingOut(TypedDict):
    """What `next_to_come` finds out besides."""

    release_date: datetime.date


Coming: TypeAlias = "WithAnnotations[SeriesMembership, ComingOut]"
