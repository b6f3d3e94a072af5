"""Writes what a batch has changed: each table in a number of statements that does not grow."""

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from catalog import covers, titles
from catalog.feeds import fields, rows
from catalog.feeds.states import EditionState, WorkState
from catalog.folding import fold
from catalog.models import (
    Classification,
    Contribution,
    Edition,
    Price,
    Provenance,
    SeriesMembership,
    Supplier,
    SupplierRecord,
    Supply,
    Work,
)

EDITION_COLUMNS = tuple(fields.column(name) for name in fields.EDITION_COLUMNS)
WORK_COLUMNS = tuple(fields.column(name) for name in fields.WORK_COLUMNS)
NUMBERS_OR_DATES = frozenset(
    {
        *("pages", "duration_minutes", "weight_grams", "height_mm", "width_mm", "thickness_mm"),
        *("edition_number", "publication_date", "embargo_date", "replaced_by"),
        *("work.first_published", "work.main_subject"),
    }
)
"""Fields of which nothing is NULL; of the others it is an empty text."""


def write(
    editions: Collection[EditionState],
    works: Collection[WorkState],
    *,
    supplier: Supplier,
    at: datetime,
    today: date,
) -> None:
    """Write all that these states have new or changed."""
    _write_works(works, at)
    _write_editions(editions, at)
    _replace_rows(editions, works)
    priced = [each for each in editions if "price" in each.changed]
    write_prices(
        {each.id: each.values["price"] for each in priced},
        known={each.id for each in priced if not each.is_new},
        today=today,
    )
    supplied = [each for each in editions if "backorders" in each.changed]
    write_supplies(
        {each.id: each.values["backorders"] for each in supplied},
        known={each.id for each in supplied if not each.is_new},
    )
    _write_provenance(editions)
    _write_digests(editions, supplier)
    if pictured := [each.id for each in editions if "cover_url" in each.changed]:
        covers.want(pictured, at=at)


def _values(values: dict[str, Any], names: Iterable[str]) -> list[Any]:
    return [
        value if (value := values.get(name)) is not None or name in NUMBERS_OR_DATES else ""
        for name in names
    ]


def _write_works(works: Collection[WorkState], at: datetime) -> None:
    new = [work for work in works if work.is_new]
    keys = _keys(new)
    rows.insert(
        Work,
        ("id", "key", "match_key", *WORK_COLUMNS, "popularity", "is_sample", "created_at"),
        [
            (
                work.id,
                keys[work.id],
                titles.match_key(work.values["work.title"]),
                *(
                    rows.array(value) if isinstance(value, list) else value
                    for value in _values({"work.audiences": [], **work.values}, fields.WORK_COLUMNS)
                ),
                *(0, False, at),
            )
            for work in new
        ],
    )
    changed = [w for w in works if not w.is_new and not w.changed.isdisjoint(fields.WORK_COLUMNS)]
    rows.update(
        Work,
        ("match_key", *WORK_COLUMNS),
        [
            {
                "id": work.id,
                "match_key": titles.match_key(work.values["work.title"]),
                **dict(zip(WORK_COLUMNS, _values(work.values, fields.WORK_COLUMNS), strict=True)),
            }
            for work in changed
        ],
    )


def _keys(works: Collection[WorkState]) -> dict[int, str]:
    """As files without keys of their own make them, so that those find the works; else the id."""
    if not works:
        return {}
    wanted = {work.id: _likely_key(work) for work in works}
    taken = set(Work.objects.filter(key__among=wanted.values()).values_list("key", flat=True))
    keys = {}
    for pk, key in wanted.items():
        keys[pk] = key if key and key not in taken else f"{key[:180]}-{pk}"
        taken.add(keys[pk])
    return keys


def _likely_key(work: WorkState) -> str:
    return fold(f"{work.first_name} {work.values['work.title']}").replace(" ", "-")[:200]


def _write_editions(editions: Collection[EditionState], at: datetime) -> None:
    new = sorted((each for each in editions if each.is_new), key=lambda each: each.isbn13)
    rows.insert(
        Edition,
        ("id", "isbn13", "work_id", *EDITION_COLUMNS, "is_sample", "created_at"),
        [
            (
                *(each.id, each.isbn13, each.work.id),
                *_values(each.values, fields.EDITION_COLUMNS),
                *(False, at),
            )
            for each in new
        ],
    )
    columns = set(fields.EDITION_COLUMNS)
    rows.update(
        Edition,
        EDITION_COLUMNS,
        [
            {
                "id": each.id,
                **dict(
                    zip(EDITION_COLUMNS, _values(each.values, fields.EDITION_COLUMNS), strict=True)
                ),
            }
            for each in editions
            if not each.is_new and not each.changed.isdisjoint(columns)
        ],
    )


def _replace_rows(editions: Collection[EditionState], works: Collection[WorkState]) -> None:
    """Rows that hang on works and editions: taken away where they changed, and written anew."""

    def touched(name: str) -> list[WorkState]:
        return [work for work in works if name in work.changed]

    def old(states: Iterable[Any]) -> list[int]:
        return [state.id for state in states if not state.is_new]

    people, own = touched("work.contributors"), [e for e in editions if "contributors" in e.changed]
    if old(people) or old(own):
        Contribution.objects.filter(
            Q(work__in=old(people), edition=None) | Q(edition__in=old(own))
        ).delete()
    contributions = [
        (work.id, None, who, role, place)
        for work in people
        for place, (who, role) in enumerate(work.values["work.contributors"], start=1)
    ] + [
        (each.work.id, each.id, who, role, place)
        for each in own
        for place, (who, role) in enumerate(each.values["contributors"], start=1)
    ]
    rows.insert(
        Contribution, ("work_id", "edition_id", "contributor_id", "role", "ordinal"), contributions
    )
    for name, model, columns in (
        ("work.subjects", Work.subjects.through, ("work_id", "subject_id")),
        ("work.series", SeriesMembership, ("work_id", "series_id", "position")),
        ("work.classifications", Classification, ("work_id", "scheme", "code", "is_main")),
    ):
        states = touched(name)
        if old(states):
            model.objects.filter(work__in=old(states)).delete()
        listed = [
            (s.id, *(v if isinstance(v, list) else [v])) for s in states for v in s.values[name]
        ]
        rows.insert(model, columns, listed)


def write_prices(
    prices: dict[int, list[list[Any]]], *, known: Collection[int], today: date
) -> None:
    """From `today` on these prices hold, by edition; `known` editions may have had others."""
    if known:
        ours = Price.objects.filter(edition__among=known, currency=settings.SHOP_CURRENCY)
        ours.filter(valid_from__gte=today).delete()
        running = ours.filter(Q(valid_to=None) | Q(valid_to__gte=today))
        running.update(valid_to=today - timedelta(days=1))
    rows.insert(
        Price,
        ("edition_id", "amount", "currency", "tax_rate", "valid_from", "valid_to"),
        [
            (pk, amount, settings.SHOP_CURRENCY, rate, first, last)
            for pk, periods in prices.items()
            for amount, rate, first, last in periods
        ],
    )


def write_supplies(days: dict[int, int | None], *, known: Collection[int]) -> None:
    """In how many days copies of these editions are ordered for customers; 0: they are not.

    `known` editions may have had such a row before.
    """
    supplies = {
        pk: Supply(edition_id=pk, accepts_backorders=bool(value), backorder_days=value or 14)
        for pk, value in days.items()
    }
    Supply.objects.bulk_create(
        [supplies[pk] for pk in known],
        update_conflicts=True,
        unique_fields=["edition"],
        update_fields=["accepts_backorders", "backorder_days"],
    )
    rows.insert(
        Supply,
        ("edition_id", "accepts_preorders", "accepts_backorders", "backorder_days", "awaited"),
        [
            (pk, False, each.accepts_backorders, each.backorder_days, 0)
            for pk, each in supplies.items()
            if pk not in known
        ],
    )


def _write_provenance(editions: Collection[EditionState]) -> None:
    fresh = [each for each in editions if not each.has_provenance and each.sources]
    rows.insert(
        Provenance,
        ("edition_id", "sources", "locked"),
        [(each.id, json.dumps(each.sources), "[]") for each in fresh],
    )
    rows.update(
        Provenance,
        ("sources",),
        [
            {"edition_id": each.id, "sources": each.sources}
            for each in editions
            if each.has_provenance and each.sources_changed
        ],
    )


def _write_digests(editions: Collection[EditionState], supplier: Supplier) -> None:
    taken = [each for each in editions if each.digest]
    columns = ("edition_id", "supplier_id", "digest", "is_confirmed")
    rows.insert(
        SupplierRecord,
        columns,
        [(each.id, supplier.pk, each.digest, each.is_confirmed) for each in taken if each.is_new],
    )
    SupplierRecord.objects.bulk_create(
        [
            SupplierRecord(
                edition_id=each.id,
                supplier=supplier,
                digest=each.digest,
                is_confirmed=each.is_confirmed,
            )
            for each in taken
            if not each.is_new
        ],
        update_conflicts=True,
        unique_fields=["edition", "supplier"],
        update_fields=["digest", "is_confirmed"],
    )
