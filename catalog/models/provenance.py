"""Provenance: who said what of an edition and its work, and which of it staff has locked.

SupplierRecord: the latest record of each supplier on an edition, by its digest.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

STAFF = "staff"
OF_WORK = "work."
"""What the names of the work's fields begin with."""

RELEASED = "released"
"""In the place of who said it: given back, so that any feed may say it anew."""

# The rows are changed where they stand and not read before, so that of two writers at once neither
# loses what the other one said; and in the order of editions, so that nobody waits in a ring.
_CHANGE = """
WITH mine AS (
    SELECT edition_id FROM catalog_provenance
    WHERE edition_id = ANY(%(editions)s) ORDER BY edition_id FOR UPDATE
), said AS (
    SELECT * FROM unnest(%(editions)s::bigint[], %(sources)s::jsonb[]) AS said (id, sources)
)
UPDATE catalog_provenance AS provenance SET
    sources = provenance.sources || said.sources,
    locked = (
        SELECT coalesce(jsonb_agg(DISTINCT name), '[]')
        FROM jsonb_array_elements_text(provenance.locked || %(locked)s::jsonb) AS name
        WHERE name <> ALL(%(unlocked)s::text[])
    )
FROM mine JOIN said ON said.id = mine.edition_id
WHERE mine.edition_id = provenance.edition_id
"""


class ProvenanceQuerySet(models.QuerySet["Provenance"]):
    """What is said of several editions at once, by their ids. Those without a row get one."""

    def mark_staff(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Staff wrote these fields of all these editions."""
        names = set(fields)
        self.mark_staff_each(dict.fromkeys(editions, names))

    def mark_staff_each(self, fields: Mapping[int, Collection[str]]) -> None:
        """Staff wrote these fields, by the edition's id."""
        self._change({pk: dict.fromkeys(names, STAFF) for pk, names in fields.items()})

    def lock(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """No feed overwrites these fields from now on, whoever said what stands there."""
        self._change({pk: {} for pk in editions}, locked=sorted(fields))

    def unlock(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Feeds may overwrite them again, unless staff wrote them; the next file does."""
        self._change({pk: {} for pk in editions}, unlocked=sorted(fields))
        self._read_again(editions)

    def release(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Give these fields back: any feed may overwrite them, and the next file does."""
        names = sorted(fields)
        freed = dict.fromkeys(names, RELEASED)
        self._change(dict.fromkeys(editions, freed), unlocked=names)
        self._read_again(editions)

    def _change(
        self,
        sources: Mapping[int, dict[str, str]],
        *,
        locked: Collection[str] = (),
        unlocked: Collection[str] = (),
    ) -> None:
        if not sources:
            return
        missing = [Provenance(edition_id=pk) for pk in sorted(sources)]
        self.bulk_create(missing, ignore_conflicts=True)
        values: dict[str, Any] = {
            "editions": list(sources),
            "sources": [Jsonb(said) for said in sources.values()],
            "locked": Jsonb(list(locked)),
            "unlocked": list(unlocked),
        }
        with connection.cursor() as cursor:
            cursor.execute(_CHANGE, values)

    def _read_again(self, editions: Collection[int]) -> None:
        """Let the same record as before be news."""
        SupplierRecord.objects.filter(edition__in=editions).update(digest="")


class Provenance(models.Model):
    """The source of each field of one edition, kept beside it.

    `sources` maps a field's name to who said it last: `staff`, a supplier's code, or `released`
    where staff gave it back to feeds. Fields of the work that the edition's records fill are named
    `work.title` and so on. What staff wrote, and what is `locked`, no feed overwrites. A supplier
    overwrites what one of at most its own trust said; what has a value and no source was written
    before anybody kept count, and is taken for staff’s.
    """

    edition = models.OneToOneField(
        "catalog.Edition", models.CASCADE, primary_key=True, related_name="provenance"
    )
    sources = models.JSONField(default=dict)
    locked = models.JSONField(default=list, help_text="Names of fields.")

    objects = ProvenanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("provenance")
        verbose_name_plural = _("provenances")

    def __str__(self) -> str:
        return str(self.edition_id)

    def mark_staff(self, fields: Iterable[str]) -> None:
        """Staff wrote these fields."""
        self._say(Provenance.objects.mark_staff, fields)

    def lock(self, fields: Iterable[str]) -> None:
        """No feed overwrites these fields from now on."""
        self._say(Provenance.objects.lock, fields)

    def unlock(self, fields: Iterable[str]) -> None:
        """Feeds may overwrite them again, unless staff wrote them."""
        self._say(Provenance.objects.unlock, fields)

    def release(self, fields: Iterable[str]) -> None:
        """Give these fields back to feeds."""
        self._say(Provenance.objects.release, fields)

    def _say(
        self, verb: Callable[[Collection[int], Iterable[str]], None], fields: Iterable[str]
    ) -> None:
        verb([self.edition_id], fields)
        self.refresh_from_db()


class SupplierRecord(models.Model):
    """That a supplier's record was taken in: the same one again changes nothing.

    The digest goes when what it said should be taken in once more, as after a field was unlocked.
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
