"""Cards: what lists show of works, read by one statement for any number of them.

A card is no model: lists have dozens, and an object of each table for each of them costs more than
all that a page says. It says the same as `Work.lead_edition`, `Work.byline` and what hangs on them.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from catalog import formats, prepared
from catalog.formats import DIGITAL_FORMATS
from catalog.models import ContributorRole, Cover
from catalog.models.price import AMOUNT
from catalog.models.series import printed
from catalog.models.slugs import readable

_DIGITAL = "ARRAY[" + ", ".join(f"'{each}'" for each in sorted(DIGITAL_FORMATS)) + "]"
_RELEASE = "greatest(edition.publication_date, edition.embargo_date)"
"""`Edition.release_date`."""
_FORTHCOMING = f"coalesce({_RELEASE} > %(today)s, false)"
_HERE = """EXISTS (
    SELECT FROM catalog_stock AS stock JOIN catalog_location AS location
        ON location.id = stock.location_id AND (serves_shipping OR offers_collection)
    WHERE stock.edition_id = edition.id
    HAVING sum(stock.on_hand - stock.allocated) > 0
)"""
_BYLINE = f"""coalesce(
    (SELECT string_agg(person.name, ', ' ORDER BY part.ordinal, part.id)
     FROM catalog_contribution AS part JOIN catalog_contributor AS person
         ON person.id = part.contributor_id
     WHERE part.work_id = work.id AND part.edition_id IS NULL
         AND part.role = '{ContributorRole.AUTHOR}'),
    (SELECT person.name
     FROM catalog_contribution AS part JOIN catalog_contributor AS person
         ON person.id = part.contributor_id
     WHERE part.work_id = work.id AND part.edition_id IS NULL
     ORDER BY part.ordinal, part.id LIMIT 1),
    '')"""  # noqa: S608 - a role of our own
"""`Work.byline`, of the row `work`."""
_CARDS = f"""
SELECT work.id, work.key, work.main_subject_id, {_BYLINE},
    (SELECT json_agg(json_build_array(series.id, series.title, place.position::text)
        ORDER BY place.position NULLS LAST, place.id)
     FROM catalog_seriesmembership AS place JOIN catalog_series AS series
         ON series.id = place.series_id
     WHERE place.work_id = work.id),
    lead.isbn13, coalesce(nullif(lead.title, ''), work.title), lead.format, lead.language,
    imprint.name, lead.release_date, lead.is_forthcoming, lead.amount,
    lead.is_now, coalesce(supply.accepts_preorders, false),
    cover.digest, cover.width, cover.height, cover.color
FROM unnest(%(works)s::bigint[]) WITH ORDINALITY AS wanted (id, place)
JOIN catalog_work AS work ON work.id = wanted.id
CROSS JOIN LATERAL (
    SELECT edition.id, edition.isbn13, edition.title, edition.format, edition.language,
        edition.imprint_id, {_RELEASE} AS release_date, {_FORTHCOMING} AS is_forthcoming,
        {AMOUNT} AS amount,
        bool_or(NOT {_FORTHCOMING} {{now}}) OVER () AS is_now
    FROM catalog_edition AS edition
    WHERE edition.work_id = work.id AND edition.is_offered
        AND (%(editions)s::bigint[] IS NULL OR edition.id = ANY(%(editions)s::bigint[]))
    ORDER BY edition.format = ANY({_DIGITAL}), is_forthcoming, amount NULLS LAST, edition.id
    LIMIT 1
) AS lead
JOIN catalog_imprint AS imprint ON imprint.id = lead.imprint_id
LEFT JOIN catalog_supply AS supply ON supply.edition_id = lead.id
LEFT JOIN catalog_cover AS cover ON cover.edition_id = lead.id AND cover.digest <> ''
ORDER BY wanted.place
"""  # noqa: S608 - names of our own; what varies are parameters
_OUT = _CARDS.format(now="")
_AT_HAND = _CARDS.format(now=f"AND (edition.format = ANY({_DIGITAL}) OR {_HERE})")
_BYLINES = f"""
SELECT work.id, {_BYLINE} FROM unnest(%(works)s::bigint[]) AS wanted (id)
JOIN catalog_work AS work ON work.id = wanted.id
"""  # noqa: S608 - the same


class Place(NamedTuple):
    """A work's place in a series."""

    series_id: int
    series: str
    label: str
    """The position as printed; empty where it has none."""


@dataclass(slots=True)  # not frozen: to make one would take three times as long
class Card:
    """A work in a list, with the edition that stands for it."""

    work_id: int
    key: str
    main_subject_id: int | None
    byline: str
    places: Sequence[Place]
    isbn13: str
    title: str
    format: str
    language: str
    imprint: str
    release_date: datetime.date | None
    is_forthcoming: bool
    price_amount: Decimal | None
    is_now: bool
    """Whether some edition of the work is out; of those `with_stock`, can be had at once."""
    accepts_preorders: bool
    picture: Cover | None
    """The picture to show; without, the cover is drawn."""

    @property
    def url(self) -> str:
        """The page of the book, with its readable part."""
        return f"/books/{self.isbn13}/{readable(self.title, fallback='book')}/"

    @property
    def format_label(self) -> str:
        """The format's name."""
        return formats.label(self.format)

    @property
    def is_for_sale(self) -> bool:
        """Whether customers can order it today, as `Edition.is_for_sale` has it."""
        return self.price_amount is not None and (not self.is_forthcoming or self.accepts_preorders)


def read(
    works: Collection[int],
    *,
    editions: Collection[int] | None = None,
    with_stock: bool = False,
) -> list[Card]:
    """The cards of these works, by their ids, in that order; none of what is not offered.

    `editions` are the ids of those that may stand for a work, if not all that are offered may.
    """
    if not works:
        return []
    found = prepared.rows(
        _AT_HAND if with_stock else _OUT,
        {
            "works": prepared.array(works),
            "editions": None if editions is None else prepared.array(editions),
            "today": timezone.localdate(),
            "currency": settings.SHOP_CURRENCY,
        },
    )
    return [_card(*row) for row in found]


def bylines(works: Collection[int]) -> dict[int, str]:
    """The authors' names of these works, as printed on their covers."""
    found = prepared.rows(_BYLINES, {"works": prepared.array(works)}) if works else []
    return dict(found)


def _card(
    work_id: int, key: str, main_subject_id: int | None, byline: str, places: Any, *rest: Any
) -> Card:
    *edition, digest, width, height, color = rest
    picture = None
    if digest:
        picture = Cover(digest=digest, width=width, height=height, color=color)
    in_series = [Place(pk, title, printed(position)) for pk, title, position in places or ()]
    values = (work_id, key, main_subject_id, byline, in_series, *edition, picture)
    return Card(*values)  # in the order of its fields
