"""ImportRecord: what became of one record of a file."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRecord(models.Model):
    """One record: created, changed with a difference of fields, unchanged, or rejected and why."""

    class Outcome(models.TextChoices):
        """What was done."""

        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        DELETED = "deleted", _("Withdrawn")
        REJECTED = "rejected", _("Rejected")

    run = models.ForeignKey("catalog.ImportRun", models.CASCADE, related_name="records")
    ordinal = models.PositiveIntegerField(_("place in the file"))
    line = models.PositiveIntegerField(_("line"))
    reference = models.CharField(_("record reference"), max_length=100, blank=True)
    notification = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text="ONIX list 1; empty where the record was known and not read again.",
    )
    isbn13 = models.CharField(_("ISBN-13 or SKU"), max_length=13, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    edition = models.ForeignKey(
        "catalog.Edition", models.SET_NULL, null=True, blank=True, related_name="import_records"
    )
    changes = models.JSONField(
        default=dict, help_text="Of each field that changed: what it was and what it became."
    )
    undo = models.JSONField(
        default=dict,
        db_default={},
        editable=False,
        help_text="What undoing it needs: `fields` with their values before and after, as the"
        " database has them; under `made` what was created beside the edition; under `replaces`"
        " the old editions that were pointed to it; under `expects` the numbers, not here yet,"
        " that were noted.",
    )
    reasons = models.JSONField(
        default=list, help_text="Why it was rejected, or what was left out: [field, sentence]."
    )

    class Meta:
        verbose_name = _("record of an import")
        verbose_name_plural = _("records of imports")
        ordering = ("run", "ordinal")
        constraints = (
            models.UniqueConstraint(name="import_record_once", fields=("run", "ordinal")),
        )
        indexes = (models.Index(fields=("run", "outcome", "ordinal"), name="import_by_outcome"),)

    def __str__(self) -> str:
        return f"{self.ordinal}: {self.isbn13 or self.reference}"

    @property
    def reasons_by_field(self) -> list[tuple[str, str]]:
        """The reasons, each with the field that it is about (empty: the record as a whole)."""
        return [
            (str(reason[0] or ""), str(reason[1]))
            if isinstance(reason, list)
            else ("", str(reason))
            for reason in self.reasons
        ]
