"""A book as its page shows it: an edition, its work with all editions, and the people; read by one
statement, however many of them there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from catalog import prepared
from catalog.models import Cover, Edition, Imprint, Publisher, Supply, Work
from catalog.models.contributor import ROLE_LABELS
from catalog.models.price import AMOUNT
from catalog.models.recommendation import stored_as_json
from catalog.models.series import printed
from catalog.prepared import columns, fields
from catalog.roles import ContributorRole
from catalog.surroundings import Node

_WORK = fields(
    Work, "id", "key", "title", "subtitle", "description", "original_language", "first_published",
)  # fmt: skip
_EDITION = fields(
    Edition, "id", "work_id", "isbn13", "format", "language", "title", "subtitle", "imprint_id",
    "pages", "publication_date", "embargo_date", "duration_minutes", "weight_grams", "is_offered",
    "replaced_by_id",
)  # fmt: skip
_SUPPLY = fields(
    Supply, "id", "edition_id", "accepts_preorders", "preorder_cap", "promised_date",
    "accepts_backorders", "backorder_days", "awaited",
)  # fmt: skip
_COVER = fields(Cover, "id", "edition_id", "digest", "width", "height", "color")


_ABOUT = f"""
SELECT asked.id AS edition_id, main.id AS main_id, main.name AS main_name, main.slug AS main_slug,
    main.size AS main_size, {", ".join(f"work.{name} AS work_{name}" for name in _WORK)},
    (SELECT json_agg(json_build_array(part.edition_id, part.role, person.name, person.slug)
        ORDER BY part.ordinal, part.id)
     FROM catalog_contribution AS part JOIN catalog_contributor AS person
         ON person.id = part.contributor_id
     WHERE part.work_id = work.id) AS parts,
    (SELECT json_agg(json_build_array(series.title, series.slug, place.position::text)
        ORDER BY place.position NULLS LAST, place.id)
     FROM catalog_seriesmembership AS place JOIN catalog_series AS series
         ON series.id = place.series_id
     WHERE place.work_id = work.id) AS places,
    (SELECT json_agg(json_build_array(subject.id, subject.name, subject.slug, subject.size)
        ORDER BY subject.path)
     FROM catalog_work_subjects AS tag JOIN catalog_subject AS subject
         ON subject.id = tag.subject_id
     WHERE tag.work_id = work.id) AS subjects,
    {stored_as_json("asked.work_id")} AS recommended
FROM catalog_edition AS asked JOIN catalog_work AS work ON work.id = asked.work_id
LEFT JOIN catalog_subject AS main ON main.id = work.main_subject_id
WHERE asked.isbn13 = %(isbn13)s AND asked.is_offered
"""  # noqa: S608 - names of our own
_ABOUT_SIZE = 1 + 4 + len(_WORK) + 4
_FOUND = f"""
WITH about AS MATERIALIZED ({_ABOUT})
SELECT {columns("edition", _EDITION)},
    imprint.name, imprint.slug, publisher.id, publisher.name,
    {AMOUNT},
    {columns("cover", _COVER)}, {columns("supply", _SUPPLY)}, here.*
FROM about
JOIN catalog_edition AS edition ON edition.work_id = about.work_id AND edition.is_offered
JOIN catalog_imprint AS imprint ON imprint.id = edition.imprint_id
JOIN catalog_publisher AS publisher ON publisher.id = imprint.publisher_id
LEFT JOIN catalog_cover AS cover ON cover.edition_id = edition.id
LEFT JOIN catalog_supply AS supply ON supply.edition_id = edition.id
LEFT JOIN about AS here ON here.edition_id = edition.id
ORDER BY edition.format, edition.id
"""  # noqa: S608 - the same
"""All editions; what is said of the work stands once, beside the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's part in a work, or in one edition of it."""

    edition_id: int | None
    role: str
    name: str
    slug: str

    @property
    def is_author(self) -> bool:
        """Whether the part is the writing itself."""
        return self.role == ContributorRole.AUTHOR

    @property
    def role_label(self) -> str:
        """The role's name."""
        return str(ROLE_LABELS.get(self.role, self.role))

    @property
    def url(self) -> str:
        """The page with the person's works."""
        return f"/contributors/{self.slug}/"


@dataclass(frozen=True, slots=True)
class Place:
    """The work's place in a series."""

    series: str
    slug: str
    label: str
    """The position as printed; empty where it has none."""

    @property
    def url(self) -> str:
        """The page of the series."""
        return f"/series/{self.slug}/"


@dataclass(frozen=True)
class Book:
    """An edition that is offered, with its work and all that hangs on it."""

    work: Work
    edition: Edition
    editions: Sequence[Edition]
    """All that are offered, with their prices."""
    main_subject: Node | None
    parts: Sequence[Part]
    places: Sequence[Place]
    subjects: Sequence[Node]
    recommended: Sequence[Sequence[Any]]
    """What stands beside it, as `recommending.beside_book` reads it."""

    @property
    def ranked(self) -> list[Edition]:
        """The editions, the one that stands for the work in lists first."""
        return sorted(self.editions, key=lambda each: each.list_rank)

    @property
    def replacement(self) -> Edition | None:
        """The edition that has taken the place of this one, if that is of the same work."""
        newer = self.edition.replaced_by_id
        return next((each for each in self.editions if each.pk == newer), None)

    @property
    def people(self) -> list[Part]:
        """Everyone who had a part in the edition: the work's people, then its own."""
        return [
            *(part for part in self.parts if part.edition_id is None),
            *(part for part in self.parts if part.edition_id == self.edition.pk),
        ]

    @property
    def byline(self) -> str:
        """The authors' names, or that of whoever else comes first, as printed on a cover."""
        parts = [part for part in self.parts if part.edition_id is None]
        shown = [part for part in parts if part.is_author] or parts[:1]
        return ", ".join(part.name for part in shown)


def find(isbn13: str) -> Book | None:
    """The offered edition with this number."""
    told = {
        "isbn13": isbn13,
        "today": timezone.localdate(),
        "currency": settings.SHOP_CURRENCY,
    }
    rows = prepared.rows(_FOUND, told)
    asked = next((row[-_ABOUT_SIZE:] for row in rows if row[-_ABOUT_SIZE] is not None), None)
    if asked is None:
        return None
    (pk, *row), size = asked, len(_WORK)
    main, about, rest = row[:4], row[4 : 4 + size], row[4 + size :]
    parts, places, subjects, recommended = rest
    work = Work.from_db(None, _WORK, about)
    editions = [_edition(work, row[:-_ABOUT_SIZE]) for row in rows]
    return Book(
        work=work,
        edition=next(each for each in editions if each.pk == pk),
        editions=editions,
        main_subject=None if main[0] is None else Node(*main),
        parts=[Part(*part) for part in parts or ()],
        places=[Place(title, slug, printed(position)) for title, slug, position in places or ()],
        subjects=[Node(*subject) for subject in subjects or ()],
        recommended=recommended or (),
    )


def _edition(work: Work, row: Sequence[Any]) -> Edition:
    """The model of an edition without what the page does not ask; asking that costs a statement."""
    own, rest = row[: len(_EDITION)], row[len(_EDITION) :]
    (name, slug, publisher_id, publisher, amount), rest = rest[:5], rest[5:]
    cover, supply = rest[: len(_COVER)], rest[len(_COVER) :]
    edition = Edition.from_db(None, _EDITION, own)
    company = Publisher.from_db(None, ("id", "name"), (publisher_id, publisher))
    brand = (edition.imprint_id, company.pk, name, slug)
    known = edition._state.fields_cache
    known["work"] = work
    known["imprint"] = Imprint.from_db(None, ("id", "publisher_id", "name", "slug"), brand)
    known["imprint"]._state.fields_cache["publisher"] = company
    known["cover"] = None if cover[0] is None else Cover.from_db(None, _COVER, cover)
    known["supply"] = _supply(edition, supply)
    edition.price_amount = amount
    return edition


def _supply(edition: Edition, row: Sequence[Any]) -> Supply | None:
    if row[0] is None:
        return None
    supply = Supply.from_db(None, _SUPPLY, row)
    supply._state.fields_cache["edition"] = edition
    return supply
