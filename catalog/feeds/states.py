"""What the database says of the editions of a batch and their works, and who said it.

All of it is read in a fixed number of statements, with the rows locked: editions in the order of
their numbers, then works in that of their ids.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q

from catalog.feeds import fields
from catalog.models import (
    Classification,
    Contribution,
    Edition,
    Price,
    Provenance,
    SeriesMembership,
    SupplierRecord,
    Supply,
    Work,
)
from catalog.models.provenance import STAFF


@dataclass(slots=True)
class WorkState:
    """A work: its fields, and for each which edition's record said it."""

    id: int
    values: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Field → (edition id, source) of every edition of the work that claims it."""
    locked: set[str] = field(default_factory=set)
    is_new: bool = False
    changed: set[str] = field(default_factory=set)
    first_name: str = ""
    """As the main contributor of a new one is filed."""


@dataclass(slots=True)
class EditionState:
    """An edition: its fields, and who said each."""

    id: int
    isbn13: str
    work: WorkState
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    is_new: bool = False
    has_provenance: bool = False
    is_confirmed: bool = False
    """Whether any supplier's record was no early notification."""
    digest: str = ""
    """Of the record that this batch took in; empty: none."""
    changed: set[str] = field(default_factory=set)
    sources_changed: bool = False


def numbers_lock(numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """Lock the editions with these numbers, in their order; their columns by number."""
    columns = [fields.column(name) for name in fields.EDITION_COLUMNS]
    found = (
        Edition.objects.filter(isbn13__among=numbers)
        .order_by("isbn13")
        .select_for_update(of=("self",))
        .values("pk", "isbn13", "work_id", *columns)
    )
    return {row["isbn13"]: row for row in found}


def load(
    found: Collection[dict[str, Any]], more_works: Iterable[int], today: datetime.date
) -> tuple[dict[str, EditionState], dict[int, WorkState]]:
    """The states of editions that `numbers_lock` found, and of their and of other works."""
    works = _works({row["work_id"] for row in found} | set(more_works))
    editions = {
        row["isbn13"]: EditionState(
            id=row["pk"],
            isbn13=row["isbn13"],
            work=works[row["work_id"]],
            values={name: _json(row[fields.column(name)]) for name in fields.EDITION_COLUMNS}
            | {"contributors": [], "price": [], "backorders": None},
        )
        for row in found
    }
    by_id = {state.id: state for state in editions.values()}
    if works:
        _add_provenance(works, by_id)
        _add_people(works, by_id)
        _add_classes(works)
    if by_id:
        _add_selling(by_id, today)
    return editions, works


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value


def _works(ids: Collection[int]) -> dict[int, WorkState]:
    if not ids:
        return {}
    columns = [fields.column(name) for name in fields.WORK_COLUMNS]
    rows = Work.objects.filter(pk__among=ids).order_by("pk").select_for_update(of=("self",))
    return {
        row["pk"]: WorkState(
            row["pk"],
            {name: row[fields.column(name)] for name in fields.WORK_COLUMNS}
            | {name: [] for name in fields.WORK_ROWS},
        )
        for row in rows.values("pk", *columns)
    }


def _add_provenance(works: dict[int, WorkState], editions: dict[int, EditionState]) -> None:
    rows = Provenance.objects.filter(edition__work__among=works).order_by("edition_id")
    # Locked, or what staff marks meanwhile would be written over.
    told = rows.select_for_update(of=("self",)).values_list(
        "edition_id", "edition__work_id", "sources", "locked"
    )
    for edition_id, work_id, sources, locked in told:
        work = works[work_id]
        work.locked |= {name for name in locked if name.startswith("work.")}
        for name, source in sources.items():
            if name.startswith("work."):
                work.claims.setdefault(name, []).append((edition_id, source))
        state = editions.get(edition_id)
        if state is not None:
            state.sources, state.locked = sources, set(locked)
            state.has_provenance = True
    for edition_id in SupplierRecord.objects.filter(
        edition__among=editions, is_confirmed=True
    ).values_list("edition_id", flat=True):
        editions[edition_id].is_confirmed = True


def _add_people(works: dict[int, WorkState], editions: dict[int, EditionState]) -> None:
    rows = Contribution.objects.filter(
        Q(edition=None) | Q(edition__among=editions), work__among=works
    ).order_by("ordinal", "pk")
    columns = ("work_id", "edition_id", "contributor_id", "role")
    found: list[tuple[int, int | None, int, str]] = list(rows.values_list(*columns))
    for work_id, edition_id, who, role in found:
        if edition_id is None:
            works[work_id].values["work.contributors"].append([who, role])
        else:
            editions[edition_id].values["contributors"].append([who, role])


def _add_classes(works: dict[int, WorkState]) -> None:
    tags = Work.subjects.through.objects.filter(work__among=works).order_by("subject_id")
    for work_id, subject_id in tags.values_list("work_id", "subject_id"):
        works[work_id].values["work.subjects"].append(subject_id)
    places = SeriesMembership.objects.filter(work__among=works).order_by("series_id")
    for work_id, series_id, position in places.values_list("work_id", "series_id", "position"):
        text = None if position is None else str(position)
        works[work_id].values["work.series"].append([series_id, text])
    others = Classification.objects.filter(work__among=works).order_by("scheme", "code")
    for work_id, *values in others.values_list("work_id", "scheme", "code", "is_main"):
        works[work_id].values["work.classifications"].append(values)


def _add_selling(editions: dict[int, EditionState], today: datetime.date) -> None:
    prices = Price.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        edition__among=editions,
        currency=settings.SHOP_CURRENCY,
    ).order_by("valid_from")
    for row in prices.values("edition_id", "amount", "tax_rate", "valid_from", "valid_to"):
        rate = None if row["tax_rate"] is None else str(row["tax_rate"])
        first = max(row["valid_from"], today).isoformat()
        period = [str(row["amount"]), rate, first, _json(row["valid_to"])]
        editions[row["edition_id"]].values["price"].append(period)
    supplies = Supply.objects.filter(edition__among=editions)
    for pk, accepts, days in supplies.values_list(
        "edition_id", "accepts_backorders", "backorder_days"
    ):
        editions[pk].values["backorders"] = days if accepts else 0


def trusts_of(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How much each source is believed, by its code; staff more than anybody."""
    return defaultdict(int, {**dict(pairs), STAFF: 1_000_000})
