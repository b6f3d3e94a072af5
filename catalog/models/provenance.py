"""Provenance: who said what of an edition and its work, and which of it staff has locked."""

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

STAFF = "staff"
OF_WORK = "work."
"""What the names of the work's fields begin with."""

# Each is one statement, so that of two writers at once neither loses what the other one said. Rows
# are taken in the order of editions, so that nobody waits in a ring.
_ADD = """
INSERT INTO catalog_provenance (edition_id, sources, locked, digest)
SELECT edition.id, %(sources)s::jsonb, %(locked)s::jsonb, ''
FROM catalog_edition AS edition WHERE edition.id = ANY(%(editions)s) ORDER BY edition.id
ON CONFLICT (edition_id) DO UPDATE SET
    sources = catalog_provenance.sources || excluded.sources,
    locked = (
        SELECT coalesce(jsonb_agg(DISTINCT name), '[]')
        FROM jsonb_array_elements(catalog_provenance.locked || excluded.locked) AS name
    )
"""
_TAKE = """
UPDATE catalog_provenance AS provenance SET
    sources = provenance.sources - %(sources)s::text[],
    locked = provenance.locked - %(locked)s::text[],
    digest = '', digest_supplier_id = NULL
FROM (
    SELECT edition_id FROM catalog_provenance
    WHERE edition_id = ANY(%(editions)s) ORDER BY edition_id FOR UPDATE
) AS mine
WHERE mine.edition_id = provenance.edition_id
"""
# Of many editions at once, each with fields of its own.
_MARK = """
INSERT INTO catalog_provenance (edition_id, sources, locked, digest)
SELECT edition_id, sources::jsonb, '[]', ''
FROM unnest(%(editions)s::bigint[], %(sources)s::text[]) AS said (edition_id, sources)
ORDER BY edition_id
ON CONFLICT (edition_id) DO UPDATE SET sources = catalog_provenance.sources || excluded.sources
"""


class ProvenanceQuerySet(models.QuerySet["Provenance"]):
    """What is said of several editions at once. Editions without a row get one."""

    def mark_staff(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Staff wrote these fields of all these editions (ids)."""
        _run(_ADD, editions, sources=Jsonb(dict.fromkeys(fields, STAFF)), locked=Jsonb([]))

    def mark_staff_each(self, fields: dict[int, set[str]]) -> None:
        """Staff wrote, by the edition's id, these fields."""
        said = {pk: json.dumps(dict.fromkeys(sorted(names), STAFF)) for pk, names in fields.items()}
        _run(_MARK, said, sources=list(said.values()))

    def lock(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """No feed overwrites these fields from now on, whoever said what stands there."""
        _run(_ADD, editions, sources=Jsonb({}), locked=Jsonb(sorted(fields)))

    def unlock(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Feeds may overwrite them again, unless staff wrote them; the next file does."""
        _run(_TAKE, editions, sources=[], locked=sorted(fields))

    def release(self, editions: Collection[int], fields: Iterable[str]) -> None:
        """Give these fields back to feeds: nobody said them, and they are not locked."""
        names = sorted(fields)
        _run(_TAKE, editions, sources=names, locked=names)


def _run(statement: str, editions: Collection[int], **values: Any) -> None:
    if editions:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"editions": list(editions), **values})


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
