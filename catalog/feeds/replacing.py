"""Which edition has taken the place of which: either of the two records may say so."""

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, Q, Value, When

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
    records: Collection[Record],
    editions: Mapping[str, EditionState],
    others: Mapping[str, dict[str, Any]],
) -> dict[str, list[int]]:
    """Point old editions that nobody has said it of to those that say they replace them.

    By the numbers of those, the ids of the editions that now point to them.
    """
    new: dict[int, EditionState] = {}
    for record in records:
        for each in record.relations:
            if each.code != REPLACES or each.isbn13 == record.isbn13:
                continue
            state, row = editions.get(each.isbn13), others.get(each.isbn13)
            if state is not None and state.values.get("replaced_by") is None:
                new[state.id] = editions[record.isbn13]
            elif state is None and row is not None and row["replaced_by_id"] is None:
                new[row["pk"]] = editions[record.isbn13]
    pointed: dict[str, list[int]] = {}
    for old, by in new.items():
        pointed.setdefault(by.isbn13, []).append(old)
    if new:
        cases = Case(*(When(pk=old, then=Value(by.id)) for old, by in new.items()))
        Edition.objects.filter(pk__in=new, replaced_by=None).update(replaced_by=cases)
    return pointed


def take_back(pointed: Collection[tuple[int, int]]) -> None:
    """Undo what `write` did: pairs of an old edition and the one that it points to.

    What points elsewhere by now stays.
    """
    if not pointed:
        return
    pairs = reduce(or_, (Q(pk=old, replaced_by=by) for old, by in pointed))
    Edition.objects.filter(pairs).update(replaced_by=None)
