"""Supplier: who sends the shop records of books; ImportRun: one file of theirs, taken in."""

import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

PRICE_TYPES = ("02", "42", "04", "22", "41", "01", "21", "05", "07")
"""List 58: consumer prices with tax before those without, fixed before recommended where equal."""

COSTS = frozenset({"05", "07"})
"""What the shop itself pays: nobody sells for that unless staff say so."""

IMPORTS_FOLDER = "private/imports"
"""In the default storage. Whatever is `private/` there has no address in the shop."""


def default_price_types() -> list[str]:
    """Which prices a new supplier's records are read for, the best first."""
    return [kind for kind in PRICE_TYPES if kind not in COSTS]


class Supplier(models.Model):
    """A publisher, distributor or wholesaler whose files the shop reads."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Write three capital letters, like EUR."))],
        help_text=_("Of prices that do not name one. ISO 4217 code."),
    )
    price_types = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("price types"),
        default=default_price_types,
        help_text=_("Codes of ONIX list 58, the best first, parted by commas."),
    )
    trust = models.PositiveSmallIntegerField(
        _("trust"),
        default=50,
        help_text=_("Where two suppliers differ, the one with the higher number is believed."),
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Write two capital letters, like GB."))],
        help_text=_("Whose prices are taken where they differ by country. Empty: any country’s."),
    )
    offers_at_once = models.BooleanField(
        _("offer new titles at once"),
        default=True,
        help_text=_("Otherwise staff looks at each title first."),
    )
    takes_orders = models.BooleanField(
        _("we order there for customers"),
        default=True,
        db_default=True,
        help_text=_("What is available there can be bought while no copy is in the shop."),
    )
    order_days = models.PositiveSmallIntegerField(
        _("which usually takes (days)"),
        default=14,
        db_default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ("-trust", "name")

    def __str__(self) -> str:
        return self.name

    def reads_as(self) -> str:
        """All of these settings that change what is made of a record, as one text."""
        prices = ",".join(self.price_types)
        flags = f"{self.offers_at_once} {self.takes_orders} {self.order_days}"
        return f"{self.currency} {self.country} {prices} {self.trust} {flags}"


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    """Selections of runs."""

    def unfinished(self) -> Self:
        """Those that wait or run."""
        return self.filter(status__in=(ImportRun.Status.WAITING, ImportRun.Status.RUNNING))

    def not_looked_at(self) -> Self:
        """Those whose end nobody has seen: failed, or done with records that were rejected."""
        ended_badly = Q(status=ImportRun.Status.FAILED) | Q(
            status=ImportRun.Status.DONE, rejected_count__gt=0
        )
        return self.filter(ended_badly, seen_at=None)


class ImportRun(models.Model):
    """One file of a supplier's, from its upload to its end, or until it was undone."""

    class Status(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    supplier = models.ForeignKey(
        Supplier, models.PROTECT, related_name="runs", verbose_name=_("supplier")
    )
    file = models.FileField(
        _("file"),
        upload_to=f"{IMPORTS_FOLDER}/%Y/%m/",
        max_length=300,
        blank=True,
        help_text=_("Kept for a while; what became of its records stays."),
    )
    file_name = models.CharField(_("file name"), max_length=300)
    file_digest = models.CharField(max_length=64, editable=False, help_text="SHA-256, hexadecimal.")
    file_bytes = models.BigIntegerField(_("size in bytes"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    notes = models.JSONField(
        default=list, help_text="What was noticed of the file as a whole: sentences for staff."
    )
    message = models.CharField(_("why it failed"), max_length=500, blank=True)
    is_refused = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="It is no ONIX: never will be."
    )
    bytes_read = models.BigIntegerField(_("bytes read"), default=0)
    records_done = models.PositiveIntegerField(
        _("records done"), default=0, help_text="Where a run goes on after its worker was killed."
    )
    created_count = models.PositiveIntegerField(_("created"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    deleted_count = models.PositiveIntegerField(_("withdrawn"), default=0)
    rejected_count = models.PositiveIntegerField(_("rejected"), default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    undone_from = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="Records from this place on are undone."
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(
        _("looked at"), null=True, blank=True, help_text=_("When staff saw how it ended.")
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="import_run_counts_add_up",
                condition=Q(
                    records_done=F("created_count")
                    + F("changed_count")
                    + F("unchanged_count")
                    + F("deleted_count")
                    + F("rejected_count")
                ),
            ),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int:
        """How much of the file was read, 0 to 100."""
        if self.status == self.Status.DONE:
            return 100
        return min(99, self.bytes_read * 100 // self.file_bytes) if self.file_bytes else 0

    @property
    def has_written(self) -> bool:
        """Whether any of its records may have changed the catalogue."""
        return bool(self.created_count or self.changed_count or self.deleted_count)

    @property
    def may_be_undone(self) -> bool:
        """Whether it is over, and there is something to take back.

        Records that changed nothing may still have said which edition replaces which.
        """
        over = (self.Status.DONE, self.Status.FAILED)
        return self.status in over and bool(self.has_written or self.unchanged_count)

    @property
    def may_be_retried(self) -> bool:
        """Whether it failed for a reason that may have passed, and its file is kept."""
        return self.status == self.Status.FAILED and self.has_file and not self.is_refused

    @property
    def may_be_deleted(self) -> bool:
        """Whether nothing in the catalogue goes back to it: it is over, and wrote nothing."""
        return not self.is_moving and not self.has_written and not self.unchanged_count

    @property
    def is_moving(self) -> bool:
        """Whether the worker has something left to do for it."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING, self.Status.UNDOING)

    @property
    def has_file(self) -> bool:
        """Whether the file is still kept."""
        return bool(self.file)

    def records_per_second(self, *, at: datetime.datetime) -> int | None:
        """How fast records were read, by the time `at` or by its end; None: too early to say."""
        seconds = self._seconds_read(at)
        return round(self.records_done / seconds) if seconds and self.records_done else None

    def seconds_left(self, *, at: datetime.datetime) -> int | None:
        """How long it will take to read the rest at this speed; None: too early to say."""
        seconds = self._seconds_read(at)
        if self.status != self.Status.RUNNING or not seconds or not self.bytes_read:
            return None
        return round(max(0, self.file_bytes - self.bytes_read) * seconds / self.bytes_read)

    def _seconds_read(self, at: datetime.datetime) -> float:
        if self.started_at is None:
            return 0.0
        return max(0.0, ((self.finished_at or at) - self.started_at).total_seconds())

    @property
    def earlier(self) -> "ImportRun | None":
        """The latest run before this one of the very same file of the supplier's."""
        same = ImportRun.objects.filter(supplier=self.supplier_id, file_digest=self.file_digest)
        return same.filter(pk__lt=self.pk).first()

    def follows_others_since(self, earlier: "ImportRun") -> bool:
        """Whether other files of the supplier came between the two."""
        between = ImportRun.objects.filter(supplier=self.supplier_id, pk__lt=self.pk)
        return between.filter(pk__gt=earlier.pk).exists()

    def mark_seen(self, *, at: datetime.datetime) -> None:
        """Say that staff has looked at how it ended; the first look counts."""
        ImportRun.objects.filter(pk=self.pk, seen_at=None).update(seen_at=at)
