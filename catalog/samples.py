"""The sample shop: loading its subjects, books and staff lists, and taking all of it away again."""

import contextlib
import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, ProtectedError, QuerySet

from catalog import importing, indexing, shelf_sizes, stock_lists, thema
from catalog.csv_files import read_rows
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Location,
    Publisher,
    Series,
    StaffList,
    StaffListEntry,
    StockMovement,
    Subject,
    Supply,
    Work,
)
from catalog.models.stock import publish_stock

SHELF_COLUMNS = ("code", "name", "slug", "intro", "gathers")
LOCATION_COLUMNS = (
    "code", "name", "kind", "address", "serves_shipping", "offers_collection", "priority",
)  # fmt: skip
SUPPLY_COLUMNS = ("isbn13", "preorders", "cap", "promised_date", "backorder_days")
SAMPLE = "sample-"  # what the codes of the sample's own locations and shelves begin with
LIST_COLUMNS = ("list", "title", "intro", "ordinal", "work", "note")


@transaction.atomic
def load(
    folder: Path,
    *,
    today: datetime.date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> importing.Report:
    """Load the sample files in `folder`, through the importer that a bookseller's file takes."""
    thema.load()
    with (folder / "editions.csv").open("rb") as file:
        report = importing.import_catalog(file, today=today, is_sample=True, progress=progress)
    _load_lists(folder / "lists.csv")
    _load_shelves(folder / "shelves.csv")
    shelf_sizes.renew()
    _load_locations(folder / "locations.csv")
    with (folder / "stock.csv").open("rb") as file:
        report.stock_changed += stock_lists.import_stock(file)
    _load_supply(folder / "supply.csv")
    return report


def _load_locations(path: Path) -> None:
    with path.open("rb") as file:
        rows = list(read_rows(file, required=LOCATION_COLUMNS, known=LOCATION_COLUMNS))
    for row in rows:
        Location.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "kind": row["kind"],
                "address": row["address"],
                "serves_shipping": row["serves_shipping"] == "yes",
                "offers_collection": row["offers_collection"] == "yes",
                "priority": int(row["priority"]),
            },
        )


def _load_supply(path: Path) -> None:
    with path.open("rb") as file:
        rows = list(read_rows(file, required=SUPPLY_COLUMNS, known=SUPPLY_COLUMNS))
    editions = Edition.objects.in_bulk([row["isbn13"] for row in rows], field_name="isbn13")
    supplies = [
        Supply(
            edition=editions[row["isbn13"]],
            accepts_preorders=row["preorders"] == "yes",
            preorder_cap=int(row["cap"]) if row["cap"] else None,
            promised_date=row["promised_date"] or None,
            accepts_backorders=bool(row["backorder_days"]),
            backorder_days=int(row["backorder_days"] or 14),
        )
        for row in rows
    ]
    Supply.objects.bulk_create(supplies, ignore_conflicts=True)


def _load_shelves(path: Path) -> None:
    """The sample's own shelves, which gather Thema subjects."""
    with path.open("rb") as file:
        rows = list(read_rows(file, required=SHELF_COLUMNS, known=SHELF_COLUMNS))
    for ordinal, row in enumerate(rows, start=1):
        shelf, was_created = Subject.objects.get_or_create(
            scheme=Subject.Scheme.SHOP,
            code=row["code"],
            defaults={
                "name": row["name"],
                "slug": row["slug"],
                "intro": row["intro"],
                "ordinal": ordinal,
            },
        )
        if was_created:
            shelf.gathers.set(
                Subject.objects.filter(
                    scheme=Subject.Scheme.THEMA, code__in=row["gathers"].split(";")
                )
            )


def _load_lists(path: Path) -> None:
    with path.open("rb") as file:
        rows = list(read_rows(file, required=LIST_COLUMNS, known=LIST_COLUMNS))
    works = {work.key: work for work in Work.objects.filter(key__in=[row["work"] for row in rows])}
    lists: dict[str, StaffList] = {}
    for row in rows:
        if row["list"] not in lists:
            lists[row["list"]], _created = StaffList.objects.get_or_create(
                slug=row["list"],
                defaults={
                    "title": row["title"],
                    "intro": row["intro"],
                    "ordinal": len(lists) + 1,
                    "is_sample": True,
                },
            )
        StaffListEntry.objects.get_or_create(
            staff_list=lists[row["list"]],
            work=works[row["work"]],
            defaults={"ordinal": int(row["ordinal"]), "note": row["note"]},
        )
    indexing.vocabulary_changed()


@transaction.atomic
def remove() -> int:
    """Take every sample edition and work away, and what only they used; how many editions.

    Orders keep what they have copied. A sample work that has a real edition stays, with it; so does
    the tree of subjects, which is the trade's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bookstore.allow_removal = 'on'")
    samples = Edition.objects.filter(is_sample=True)
    works = Work.objects.filter(is_sample=True)
    touched = set(works.values_list("pk", flat=True)) | set(samples.values_list("work", flat=True))
    numbers = list(samples.values_list("isbn13", flat=True))
    used = _used_by(works)
    indexing.works_leaving(touched)
    publish_stock(numbers)
    StockMovement.objects.filter(stock__edition__in=samples).delete()
    samples.delete()
    StaffList.objects.filter(is_sample=True).delete()
    works.filter(editions=None).delete()
    for rows in used:
        rows.delete()
    with contextlib.suppress(ProtectedError):  # orders and stocktakes keep theirs
        Location.objects.filter(code__startswith=SAMPLE, stocks=None).delete()
    for shelf in Subject.objects.filter(scheme=Subject.Scheme.SHOP, code__startswith=SAMPLE):
        with contextlib.suppress(ProtectedError):  # a voucher keeps the shelf it is for
            shelf.delete()
    indexing.works_changed(touched)  # which finds those that stay by what they are now
    shelf_sizes.renew()
    indexing.vocabulary_changed()
    return len(numbers)


def _used_by(works: "QuerySet[Work]") -> "list[QuerySet[Any]]":
    """What the works use, restricted (when it is deleted) to what nothing uses any more."""

    def among(model: type[Model], ids: Iterable[Any], **unused: None) -> "QuerySet[Any]":
        return model._default_manager.filter(pk__in=list(ids), **unused)

    imprints = list(works.values_list("editions__imprint", flat=True).distinct())
    publishers = works.values_list("editions__imprint__publisher", flat=True).distinct()
    return [
        among(
            Contributor,
            works.values_list("contributions__contributor", flat=True).distinct(),
            contributions=None,
        ),
        among(Series, works.values_list("series", flat=True).distinct(), memberships=None),
        among(Imprint, imprints, editions=None),
        among(Publisher, publishers, imprints=None),
    ]
