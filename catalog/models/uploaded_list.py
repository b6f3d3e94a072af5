"""UploadedList: a list that staff uploaded; ListMapping: what the headings of such lists mean."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class UploadedListQuerySet(models.QuerySet["UploadedList"]):
    """Selections of lists."""

    def without_content(self) -> Self:
        """Without reading the files, which may be large."""
        return self.defer("content", "wrong_rows")


class UploadedList(models.Model):
    """One file of copies, prices or titles. It lies in the database, where no address leads to it,
    and its content is removed once it was taken in."""

    class Kind(models.TextChoices):
        """What its lines say."""

        STOCK = "stock", _("Stock list: copies on hand")
        PRICES = "prices", _("Price list")
        CATALOG = "catalog", _("Catalogue: new or changed titles")

    class Status(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded", _("Columns to be named")
        CHECKED = "checked", _("Looked through, nothing done")
        WAITING = "waiting", _("Waits for the worker")
        RUNNING = "running", _("Is being taken in")
        DONE = "done", _("Taken in")
        FAILED = "failed", _("Not taken in")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    file_name = models.CharField(_("file name"), max_length=200)
    content = models.BinaryField()
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.UPLOADED)
    layout = models.JSONField(
        default=dict, help_text="Encoding, decimal mark, date order, columns: as staff said."
    )
    location = models.ForeignKey(
        "catalog.Location", models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("location"),
    )  # fmt: skip
    leaves_out_wrong = models.BooleanField(_("wrong lines are left out"), default=False)
    report = models.JSONField(
        default=dict, help_text="Numbers of lines by outcome, notes, and the first errors."
    )
    wrong_rows = models.TextField(blank=True, help_text="CSV of the wrong lines, with the reasons.")
    done_count = models.PositiveIntegerField(default=0, help_text="Lines taken in so far.")
    done_key = models.CharField(
        max_length=40, blank=True, help_text="Of the last: a run goes on behind it after a kill."
    )
    message = models.CharField(_("why it was not taken in"), max_length=500, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("taken in at"), null=True, blank=True)

    objects = UploadedListQuerySet.as_manager()

    class Meta:
        verbose_name = _("uploaded list")
        verbose_name_plural = _("uploaded lists")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_open(self) -> bool:
        """Whether its columns can still be named anew, or it can be given up."""
        return self.status in (self.Status.UPLOADED, self.Status.CHECKED)

    @property
    def is_busy(self) -> bool:
        """Whether it waits for the worker, or the worker has it."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)

    @property
    def percent(self) -> int:
        """How many of its sound lines are taken in, of a hundred."""
        sound = self.report.get("sound", 0)
        return min(100, self.done_count * 100 // sound) if sound else 0

    def finish(self, status: Status, **changes: Any) -> None:
        """It is at an end: only what it did is kept, and not the file."""
        self.status, self.content = status, b""
        for name, value in changes.items():
            setattr(self, name, value)
        self.save()


class ListMappingQuerySet(models.QuerySet["ListMapping"]):
    """What is remembered."""

    def remember(self, kind: str, signature: str, layout: dict[str, Any]) -> None:
        """What staff said of a list with these headings, for the next one."""
        self.update_or_create(kind=kind, signature=signature, defaults={"layout": layout})

    def recall(self, kind: str, signature: str) -> dict[str, Any]:
        """What staff said the last time; empty where there was none."""
        known = self.filter(kind=kind, signature=signature).first()
        return known.layout if known else {}


class ListMapping(models.Model):
    """What the columns of lists with certain headings mean."""

    kind = models.CharField(max_length=10, choices=UploadedList.Kind)
    signature = models.CharField(max_length=64, help_text="SHA-256 of the headings, folded.")
    layout = models.JSONField()

    objects = ListMappingQuerySet.as_manager()

    class Meta:
        verbose_name = _("remembered columns")
        verbose_name_plural = _("remembered columns")
        constraints = (
            models.UniqueConstraint(name="list_mapping_once", fields=("kind", "signature")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.signature[:8]}"
