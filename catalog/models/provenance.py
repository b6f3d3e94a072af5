"""Provenance: who said what of an edition and its work, and which of it staff has locked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

STAFF = "staff"


class Provenance(models.Model):
    """The source of each field of one edition, kept beside it.

    `sources` maps a field's name to who said it last: `staff`, or a supplier's code. Fields of the
    work that the edition's records fill are named `work.title` and so on. What staff wrote, and
    what is `locked`, no feed overwrites. A supplier overwrites what one of at most its own trust
    said.
    """

    edition = models.OneToOneField(
        "catalog.Edition", models.CASCADE, primary_key=True, related_name="provenance"
    )
    sources = models.JSONField(default=dict)
    locked = models.JSONField(default=list, help_text="Names of fields.")
    digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of the latest record that was taken in: the same one again changes nothing.",
    )
    digest_supplier = models.ForeignKey(
        "catalog.Supplier", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("provenance")
        verbose_name_plural = _("provenances")

    def __str__(self) -> str:
        return str(self.edition_id)
