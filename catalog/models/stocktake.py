"""Stocktake: what was counted at a location, compared with the books, and then posted.

The rule for what moves meanwhile: a title is compared with the copies that were on hand when it was
counted (its first scan, or when its number was entered), and posting applies that difference to
what is on hand then. So what was sold or received in between stays sold or received.
"""

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models.location import Location
from catalog.models.stock import Stock, StockQuerySet
from catalog.models.stock_movement import StockMovement

if TYPE_CHECKING:
    from accounts.models import User
    from catalog.models.edition import Edition

MOST_COUNTED = 1_000_000  # copies of one title at one location


class AlreadyPosted(Exception):
    """The stocktake has become movements; it can be neither changed nor deleted."""

    def __str__(self) -> str:
        return _("This stocktake has been posted already.")


class CountTooHigh(Exception):
    """Nobody has that many copies of one title."""

    def __str__(self) -> str:
        return _("More than %(most)d copies of one title cannot be counted.") % {
            "most": MOST_COUNTED
        }


class Stocktake(models.Model):
    """A count of one location, by one person or several at once."""

    location = models.ForeignKey(
        Location, models.PROTECT, related_name="stocktakes", verbose_name=gettext_lazy("location")
    )
    note = models.CharField(
        gettext_lazy("note"),
        max_length=200,
        blank=True,
        help_text=gettext_lazy("For example the shelves that are counted."),
    )
    is_complete = models.BooleanField(
        gettext_lazy("everything here is counted"),
        default=False,
        help_text=gettext_lazy("If so, what was not counted is not there: it is set to zero."),
    )
    started_at = models.DateTimeField(gettext_lazy("started at"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    posted_at = models.DateTimeField(gettext_lazy("posted at"), null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = gettext_lazy("stocktake")
        verbose_name_plural = gettext_lazy("stocktakes")
        ordering = ("-id",)

    def __str__(self) -> str:
        return _("Stocktake %(number)s: %(location)s") % {
            "number": self.pk,
            "location": self.location,
        }

    @property
    def is_posted(self) -> bool:
        """Whether the differences have become movements."""
        return self.posted_at is not None

    @transaction.atomic
    def scan(self, edition: "Edition") -> "StocktakeLine":
        """Count one copy more of `edition`. Raises AlreadyPosted or CountTooHigh."""
        self._lock_open()
        line = self.lines.filter(edition=edition).first()
        if line is None:
            line = StocktakeLine(stocktake=self, edition=edition, counted=0)
            line.expected = self._on_hand([edition.pk]).get(edition.pk, 0)
        if line.counted >= MOST_COUNTED:
            raise CountTooHigh
        line.counted += 1
        line.save()
        return line

    @transaction.atomic
    def enter(self, counts: "Mapping[Edition, int]") -> None:
        """Enter whole numbers that were counted just now, in the place of earlier ones.

        Raises AlreadyPosted or CountTooHigh, with nothing written.
        """
        if any(count > MOST_COUNTED for count in counts.values()):
            raise CountTooHigh
        self._lock_open()
        on_hand = self._on_hand([edition.pk for edition in counts])
        lines = [
            StocktakeLine(
                stocktake=self,
                edition=edition,
                counted=count,
                expected=on_hand.get(edition.pk, 0),
            )
            for edition, count in counts.items()
        ]
        StocktakeLine.objects.bulk_create(
            lines,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["stocktake", "edition"],
            update_fields=["counted", "expected"],
        )

    @transaction.atomic
    def leave_out(self, edition: "Edition") -> None:
        """Forget what was counted of `edition`. Raises AlreadyPosted."""
        self._lock_open()
        self.lines.filter(edition=edition).delete()

    @transaction.atomic
    def set_complete(self, is_complete: bool) -> None:
        """Say whether what was not counted is not there. Raises AlreadyPosted."""
        self._lock_open()
        self.is_complete = is_complete
        self.save(update_fields=["is_complete"])

    @transaction.atomic
    def abandon(self) -> None:
        """Delete it with all that was counted. Raises AlreadyPosted."""
        self._lock_open()
        self.delete()

    def uncounted(self) -> StockQuerySet:
        """Stock that the books know here and nobody counted, with its `missing_quantity`."""
        here = Stock.objects.filter(location=self.location)
        return here.exclude(edition__in=self.lines.values("edition")).missing(since=self.started_at)

    @transaction.atomic
    def post(self, *, at: datetime.datetime, actor: "User | None") -> int:
        """Make the differences movements; how many those are. A second time does nothing.

        Raises InsufficientStock naming every title of which fewer copies would be left than are
        promised to orders, with nothing written.
        """
        try:
            self._lock_open()
        except AlreadyPosted:
            return 0
        differences = {line.edition: line.difference for line in self.lines.differing()}
        Stock.objects.at((edition, self.location) for edition in differences)
        editions = {edition.pk for edition in differences}
        if self.is_complete:
            editions |= set(self.uncounted().values_list("edition", flat=True))
        rows = list(Stock.objects.filter(location=self.location, edition__in=editions).locked())
        # Looked at again under the lock: copies may have been sold since.
        missing = (
            {row: row.missing_quantity for row in self.uncounted()} if self.is_complete else {}
        )
        movements = [
            row.correction(
                difference, reason=self.note or _("Stocktake"), actor=actor, stocktake=self
            )
            for row in rows
            if (difference := differences.get(row.edition) or -missing.get(row, 0))
        ]
        StockMovement.objects.carry_out(movements, are_locked=True)
        self.posted_at, self.posted_by = at, actor
        self.save(update_fields=["posted_at", "posted_by"])
        return len(movements)

    def _lock_open(self) -> None:
        """Let one change this stocktake at a time. Raises AlreadyPosted."""
        now = Stocktake.objects.select_for_update().get(pk=self.pk)
        self.is_complete, self.posted_at = now.is_complete, now.posted_at
        if self.is_posted:
            raise AlreadyPosted

    def _on_hand(self, edition_ids: list[int]) -> dict[int, int]:
        rows = Stock.objects.filter(location=self.location, edition__in=edition_ids)
        return dict(rows.values_list("edition", "on_hand"))


class StocktakeLineQuerySet(models.QuerySet["StocktakeLine"]):
    """Selections of lines."""

    def differing(self) -> Self:
        """Those of which another number was counted than the books had."""
        return self.exclude(counted=F("expected")).select_related("edition")

    def with_stock(self) -> Self:
        """Annotate what is on hand and promised at the location now, to look at."""
        stocks = Stock.objects.filter(
            edition=OuterRef("edition"), location=OuterRef("stocktake__location")
        )
        return self.select_related("edition__work").annotate(
            on_hand_now=Coalesce(Subquery(stocks.values("on_hand")), 0),
            promised_now=Coalesce(Subquery(stocks.values("allocated")), 0),
        )


class StocktakeLine(models.Model):
    """What was counted of one edition."""

    stocktake = models.ForeignKey(Stocktake, models.CASCADE, related_name="lines")
    edition = models.ForeignKey("catalog.Edition", models.CASCADE, related_name="+")
    counted = models.PositiveIntegerField(gettext_lazy("counted"))
    expected = models.IntegerField(gettext_lazy("on hand when it was counted"))

    objects = StocktakeLineQuerySet.as_manager()

    on_hand_now: int
    """What is on hand by now; set by `with_stock`."""
    promised_now: int
    """What of it is promised to orders by now; set by `with_stock`."""

    class Meta:
        verbose_name = gettext_lazy("line of a stocktake")
        verbose_name_plural = gettext_lazy("lines of stocktakes")
        ordering = ("edition__isbn13",)
        constraints = (
            models.UniqueConstraint(name="stocktake_line_once", fields=("stocktake", "edition")),
        )

    def __str__(self) -> str:
        return f"{self.edition}: {self.counted}"

    @property
    def difference(self) -> int:
        """How many copies more were counted than the books had."""
        return self.counted - self.expected

    @property
    def breaks_promises(self) -> bool:
        """Whether posting it would leave fewer copies than orders hold; needs `with_stock`."""
        return self.difference < 0 and self.on_hand_now + self.difference < self.promised_now
