"""Stock and catalogue as CSV that our own imports read back and find nothing to change.

Read in batches, so memory and the number of statements a batch do not depend on the shop's size.
"""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from catalog import edition_rows
from catalog.models import (
    Contribution,
    Edition,
    Location,
    Price,
    SeriesMembership,
    Stock,
    Subject,
    Work,
)

CHUNK = 500  # works, or rows of stock
STOCK_HEADINGS = (
    "isbn13", "title", "location", "on_hand", "allocated", "available", "price", "currency",
)  # fmt: skip


def stock_rows(*, on: datetime.date, location: Location | None = None) -> Iterator[Sequence[Any]]:
    """Each edition at each location, or at one: `on_hand`, and today's price, in one statement."""
    yield STOCK_HEADINGS
    prices = Price.objects.in_force(on).filter(edition=OuterRef("edition")).values("amount")
    stocks: QuerySet[Any] = Stock.objects.annotate(price_amount=Subquery(prices[:1]))
    if location is not None:
        stocks = stocks.filter(location=location)
    ordered = stocks.select_related("edition__work", "location").order_by(
        "location__priority", "location", "edition__isbn13"
    )
    for stock in ordered.iterator(chunk_size=CHUNK):
        yield (
            stock.edition.isbn13,
            stock.edition.display_title,
            stock.location.code,
            stock.on_hand,
            stock.allocated,
            stock.available,
            stock.price_amount,
            settings.SHOP_CURRENCY,
        )


def catalog_rows(*, on: datetime.date) -> Iterator[Sequence[Any]]:
    """Each edition, those of a work together, with the price `on` that day, and its copies at the
    first location.
    """
    yield tuple(edition_rows.COLUMNS.kinds)
    contributions = Contribution.objects.select_related("contributor").order_by("ordinal", "id")
    editions = Edition.objects.with_price(on=on).select_related("imprint__publisher")
    # What has the work's own title comes first: the import takes that of the first line.
    editions = editions.order_by("title", "isbn13").prefetch_related(
        Prefetch("stocks", Stock.objects.filter(location=Location.objects.first()))
    )
    works = (
        Work.objects.filter(editions__isnull=False)
        .distinct()
        .select_related("main_subject")
        .prefetch_related(
            Prefetch("editions", editions),
            Prefetch("contributions", contributions),
            Prefetch("subjects", Subject.objects.order_by("code")),
            Prefetch("series_memberships", SeriesMembership.objects.select_related("series")),
        )
        .order_by("pk")
    )
    for work in works.iterator(chunk_size=CHUNK):
        shared = _of_work(work)
        for place, edition in enumerate(work.editions.all()):
            fields = {**shared, **_of_edition(work, edition)}
            if place:
                fields["description"] = ""  # once is enough, and it is long
            yield [fields.get(name) for name in edition_rows.COLUMNS.kinds]


def _of_work(work: Work) -> dict[str, Any]:
    membership = next(iter(work.series_memberships.all()), None)
    subjects = [subject.code for subject in work.subjects.all()]
    if work.main_subject:
        subjects = list(dict.fromkeys([work.main_subject.code, *subjects]))
    return {
        "work": work.key,
        "series": membership.series.title if membership else "",
        "series_position": membership.position if membership else None,
        "first_published": work.first_published,
        "original_language": work.original_language,
        "subjects": "; ".join(subjects),
        "description": work.description,
    }


def _of_edition(work: Work, edition: Edition) -> dict[str, Any]:
    people = [
        _person(contribution)
        for contribution in work.contributions.all()
        if contribution.edition_id in (None, edition.pk)
    ]
    has_own_title = bool(edition.title)
    price = edition.price_amount
    return {
        "isbn13": edition.isbn13,
        "title": edition.title if has_own_title else work.title,
        "subtitle": edition.subtitle if has_own_title else work.subtitle,
        "contributors": "; ".join(people),
        "publisher": edition.imprint.publisher.name,
        "imprint": edition.imprint.name,
        "format": edition.format,
        "language": edition.language,
        "publication_date": edition.publication_date,
        "pages": edition.pages,
        "duration_minutes": edition.duration_minutes,
        "weight_grams": edition.weight_grams,
        "price": price,
        "currency": settings.SHOP_CURRENCY if price is not None else "",
        "stock": next((stock.on_hand for stock in edition.stocks.all()), None),
    }


def _person(contribution: Contribution) -> str:
    """As the import reads it: `Austen, Jane, 1775-1817 [A01]`."""
    person = contribution.contributor
    years = ""
    if person.birth_year is not None or person.death_year is not None:
        birth, death = (
            "" if year is None else year for year in (person.birth_year, person.death_year)
        )
        years = f", {birth}-{death}"
    return f"{person.sort_name}{years} [{contribution.role}]"
