"""What tests of suppliers' feeds need: a supplier, records, and taking them in without a file."""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.feeds import sayings, taking, terms
from catalog.feeds.items import Item
from catalog.models import Edition, ImportRecord, ImportRun, Subject, Supplier, SupplierRecord
from catalog.onix.records import Collection, Offer, Person, Record, Topic, Unreadable
from catalog.tests.factories import sku

AT = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
TODAY = AT.date()
WOOLF = Person("Virginia Woolf", "Woolf, Virginia", "A01", 1, birth_year=1882, death_year=1941)


def supplier(code: str = "gardners", **values: Any) -> Supplier:
    """A supplier that sends prices in the shop's currency."""
    told = {"name": code.title(), "currency": settings.SHOP_CURRENCY, **values}
    return Supplier.objects.get_or_create(code=code, defaults=told)[0]


def price(amount: str = "9.99", **values: Any) -> Offer:
    """A consumer's price, tax included."""
    return Offer(Decimal(amount), settings.SHOP_CURRENCY, "02", **values)


def record(number: int = 1, **values: Any) -> Record:
    """A full record of The Waves."""
    full: dict[str, Any] = {
        "ordinal": 1, "line": 1, "reference": f"ref-{number}", "notification": "03",
        "isbn13": sku(number), "title": "The Waves", "subtitle": "A Novel", "people": (WOOLF,),
        "collections": (Collection("Collected Works", Decimal(7)),), "format": "paperback",
        "product_form": "BC", "language": "en", "imprint": "Hogarth",
        "publisher": "Hogarth Press", "publication_date": datetime.date(2024, 3, 1),
        "publishing_status": "04", "supplier_availability": "21",
        "topics": (Topic("thema", "FBC", is_main=True), Topic("bisac", "FIC004000")),
        "keywords": ("sea", "soliloquy"), "audiences": ("01",), "description": "Six voices.",
        "offers": (price(),), "pages": 224, "weight_grams": 180, "height_mm": 198,
    }  # fmt: skip
    return Record(**{**full, **values})


def subjects() -> None:
    """A twig of the tree."""
    if not Subject.objects.exists():
        top = Subject.objects.create(code="F", name="Fiction", slug="fiction")
        Subject.objects.create(code="FBC", name="Classics", slug="classics", parent=top)


def started(source: Supplier | None = None) -> ImportRun:
    """A run that is going on, of a file that nobody reads."""
    return ImportRun.objects.create(
        supplier=source or supplier(), file_name="feed.xml", file_digest="0" * 64, file_bytes=1,
        status=ImportRun.Status.RUNNING, started_at=AT,
    )  # fmt: skip


def items(
    source: Supplier,
    records: Sequence[Record | Unreadable],
    *,
    first: int = 1,
    at: datetime.datetime = AT,
) -> list[Item]:
    """As the reader hands them on; a record that was taken in before is known by its digest."""
    made = []
    told_by = terms.of(source, today=at.date())
    for place, each in enumerate(records, start=first):
        told = replace(each, ordinal=0, line=0)
        digest = hashlib.sha256(f"{source.reads_as()}{told!r}".encode()).hexdigest()
        known = SupplierRecord.objects.filter(supplier=source, digest=digest).first()
        said = sayings.heard(each, told_by)
        made.append(Item(place, place * 10, digest, known.edition_id if known else None, said))
    return made


def taken(
    *records: Record | Unreadable, by: Supplier | None = None, at: datetime.datetime = AT
) -> ImportRun:
    """The run of a file with these records, after it was taken in."""
    source = by or supplier()
    subjects()
    run = started(source)
    taking.take(run, items(source, records, at=at), bytes_read=1, at=at)
    ImportRun.objects.filter(pk=run.pk).update(status=ImportRun.Status.DONE, finished_at=at)
    run.refresh_from_db()
    return run


def outcomes(run: ImportRun) -> list[str]:
    """What became of each record, in order."""
    return list(ImportRecord.objects.filter(run=run).values_list("outcome", flat=True))


def edition(number: int = 1) -> Edition:
    """The edition, as it is now."""
    return Edition.objects.select_related("work", "imprint__publisher").get(isbn13=sku(number))
