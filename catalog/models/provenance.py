"""Provenance: who said what of an edition and its work, and which of it staff has locked.

SupplierRecord: the latest record of each supplier on an edition, by its digest.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

STAFF = "staff"


class Provenance(models.Model):
    """The source of each field of one edition, kept beside it.

    `sources` maps a field's name to who said it last: `staff`, or a supplier's code. Fields of the
    work that the edition's records fill are named `work.title` and so on. What staff wrote, and
    what is `locked`, no feed overwrites. A supplier overwrites what one of at most its own trust
    said; what has a value and no source was written before anybody kept count, and is taken for
    staff’s.
    """

    edition = models.OneToOneField(
        "catalog.Edition", models.CASCADE, primary_key=True, related_name="provenance"
    )
    sources = models.JSONField(default=dict)
    locked = models.JSONField(default=list, help_text="Names of fields.")

    class Meta:
        verbose_name = _("provenance")
        verbose_name_plural = _("provenances")

    def __str__(self) -> str:
        return str(self.edition_id)


class SupplierRecord(models.Model):
    """That a supplier's record was taken in: the same one again changes nothing.

    Delete the row when what it said should be taken in once more, as after a field was unlocked.
    """

    supplier = models.ForeignKey("catalog.Supplier", models.CASCADE, related_name="+")
    edition = models.ForeignKey(
        "catalog.Edition", models.CASCADE, related_name="supplier_records", db_index=False
    )
    digest = models.CharField(
        max_length=64, help_text="Of the record, and of our settings that change its reading."
    )
    is_confirmed = models.BooleanField(
        default=False, help_text="Whether a record came that was no early notification."
    )

    class Meta:
        verbose_name = _("supplier’s record")
        verbose_name_plural = _("suppliers’ records")
        constraints = (
            models.UniqueConstraint(name="supplier_record_once", fields=("edition", "supplier")),
        )
        indexes = (models.Index(fields=("digest", "supplier"), name="supplier_record_by_digest"),)

    def __str__(self) -> str:
        return f"{self.supplier_id}: {self.edition_id}"
