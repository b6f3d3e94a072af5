"""What a product record says, whichever release of ONIX it came in: the words that a shop can use.

Codes are those of EDItEUR's code lists; which list is said at each field.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in a record that was not understood, in words for who sent the file."""

    field: str
    """The element's reference name."""
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """A contributor, as the record names them."""

    name: str
    """As printed: Jane Austen."""
    sort_name: str
    """As filed: Austen, Jane."""
    role: str
    """List 17."""
    ordinal: int
    is_corporate: bool = False
    birth_year: int | None = None
    death_year: int | None = None
    biography: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A series that the product stands in."""

    title: str
    position: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject: its scheme (`thema`, `bisac`, `bic`) and code."""

    scheme: str
    code: str
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A price."""

    amount: Decimal
    currency: str
    """ISO 4217; empty where the record does not say: the supplier's default."""
    kind: str
    """List 58."""
    tax_rate: Decimal | None = None
    """Percent, where the record says so."""
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    """The last day."""
    countries: frozenset[str] = frozenset()
    """Where it holds, ISO 3166; empty: wherever the record does not say otherwise."""
    countries_excluded: frozenset[str] = frozenset()
    minimum_quantity: int = 1


@dataclass(frozen=True, slots=True)
class Relation:
    """Another product that this one has to do with."""

    code: str
    """List 51: 06 alternative format, 03 replaces, 05 replaced by …"""
    isbn13: str


@dataclass(frozen=True, slots=True)
class Record:
    """One product of a file."""

    ordinal: int
    """Its place in the file, from 1."""
    line: int
    """Where it begins in the file, from 1."""
    reference: str
    notification: str
    """List 1: 01 to 03 whole records, 04 blocks, 05 delete."""
    blocks: frozenset[int] = frozenset()
    """Which blocks an update (04) replaces, 1 to 8; empty for whole records."""
    deletion_reason: str = ""
    """Why it is deleted (05), in the sender's words; mostly empty."""
    isbn13: str = ""
    """The number, or an in-store one; empty where the record has none that is sound."""
    title: str = ""
    """With its prefix: The Waves."""
    subtitle: str = ""
    people: tuple[Person, ...] = ()
    collections: tuple[Collection, ...] = ()
    format: str = ""
    """A value of Format; empty for what is no book (dumpbins, packs) or not known."""
    product_form: str = ""
    """List 150, or the older list 7 as sent."""
    is_book: bool = True
    """Whether the form is one that a bookshop's customers buy singly."""
    language: str = ""
    """A key of `languages.NAMES`, of the text; empty where it is not known."""
    original_language: str = ""
    imprint: str = ""
    publisher: str = ""
    publication_date: datetime.date | None = None
    embargo_date: datetime.date | None = None
    first_published: int | None = None
    publishing_status: str = ""
    """List 64."""
    supplier_availability: str = ""
    """List 65; older codes are translated to it."""
    topics: tuple[Topic, ...] = ()
    keywords: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    """List 28."""
    description: str = ""
    """Plain text, paragraphs parted by blank lines; markup was taken away."""
    offers: tuple[Offer, ...] = ()
    cover_url: str = ""
    relations: tuple[Relation, ...] = ()
    pages: int | None = None
    duration_minutes: int | None = None
    weight_grams: int | None = None
    height_mm: int | None = None
    width_mm: int | None = None
    thickness_mm: int | None = None
    edition_number: int | None = None
    edition_statement: str = ""
    troubles: tuple[Trouble, ...] = field(default=())
    """What was left out, and why; the record is sound without it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A product that could not be read at all; the rest of the file goes on."""

    ordinal: int
    line: int
    reference: str
    """As far as it could be read."""
    message: str
