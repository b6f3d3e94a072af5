"""Which edition has taken the place of which: either of the two records may say so."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Case, Value, When

from catalog.feeds.states import EditionState
from catalog.models import Edition
from catalog.onix.records import Record

REPLACES, REPLACED_BY = "03", "05"
"""List 51."""


def named(records: Collection[Record]) -> set[str]:
    """The numbers that these records say they replace or are replaced by."""
    codes = (REPLACES, REPLACED_BY)
    return {each.isbn13 for r in records for each in r.relations if each.code in codes}


def replaced_by(
    record: Record, editions: Mapping[str, EditionState], others: Mapping[str, dict[str, Any]]
) -> int | None:
    """The id of the edition that replaces the record's; None: it names none that is here."""
    for each in record.relations:
        if each.code == REPLACED_BY and each.isbn13 != record.isbn13:
            if each.isbn13 in editions:
                return editions[each.isbn13].id
            if each.isbn13 in others:
                pk: int = others[each.isbn13]["pk"]
                return pk
    return None


def write(
    records: Collection[Any],
    editions: Mapping[str, EditionState],
    others: Mapping[str, dict[str, Any]],
) -> None:
    """Point old editions that nobody has said it of to those that say they replace them."""
    new: dict[int, int] = {}
    for record in records:
        for each in record.relations:
            if each.code != REPLACES or each.isbn13 == record.isbn13:
                continue
            state, row = editions.get(each.isbn13), others.get(each.isbn13)
            old = state.id if state else row["pk"] if row else None
            if old is not None:
                new[old] = editions[record.isbn13].id
    if new:
        cases = Case(*(When(pk=old, then=Value(pk)) for old, pk in new.items()))
        Edition.objects.filter(pk__in=new, replaced_by=None).update(replaced_by=cases)
