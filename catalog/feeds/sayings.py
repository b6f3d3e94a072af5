"""What a record says of an edition and its work, field by field, cut to what columns hold.

Knows nothing of what is there already, and needs no database. Whom it names stays a name here;
`Vocabulary` has the ids.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from catalog import isbn, languages
from catalog.feeds import fields, pricing, standing
from catalog.feeds.terms import Terms
from catalog.formats import DIGITAL_FORMATS, Format
from catalog.onix.records import Collection, Person, Record, Unreadable
from catalog.roles import ContributorRole

LONGEST = {
    "title": 500,
    "description": 20_000,
    "keywords": 5_000,
    "name": 200,
    "series": 300,
    "sentence": 500,
}
MOST_LISTED = 100  # of people, subjects, series and keywords of one record
WITHOUT_WORDS = "zxx"
LONGEST_CODE = 20
SMALLINT, INTEGER = 32_767, 2_147_483_647

ROLES, FORMATS = frozenset(ContributorRole.values), frozenset(Format.values)
OF_ONE_EDITION = frozenset({ContributorRole.TRANSLATOR, ContributorRole.NARRATOR, "B08", "B10"})
"""Roles that belong to an edition: another edition has another translator."""


class Name(NamedTuple):
    """A contributor as the record names them; the key that tells people apart comes first."""

    sort_name: str
    birth_year: int | None
    death_year: int | None
    is_corporate: bool
    name: str
    biography: str

    @property
    def key(self) -> tuple[str, int | None, bool]:
        """Two with the same name and another year of birth are two people."""
        return (self.sort_name, self.birth_year, self.is_corporate)


@dataclass(slots=True)
class Saying:
    """The fields that a record says, with their values."""

    record: Record
    """What the record is told apart, matched and related by; its other fields are `values`."""
    values: dict[str, Any] = field(default_factory=dict)
    reasons: list[list[str]] = field(default_factory=list)
    """What was left out: [field, sentence]."""

    @property
    def isbn13(self) -> str:
        """The edition's number."""
        return self.record.isbn13

    @property
    def reference(self) -> str:
        """As the file numbers its records."""
        return self.record.reference

    @property
    def notification(self) -> str:
        """List 1."""
        return self.record.notification

    def copy(self) -> "Saying":
        """One like it, to be worked on: a batch may be tried more than once."""
        return Saying(self.record, dict(self.values), list(self.reasons))

    def leave_out(self, name: str, sentence: str) -> None:
        """Note that something was not taken."""
        self.reasons.append([name, clean(sentence, LONGEST["sentence"])])


class Refused(NamedTuple):
    """What is told of a record that cannot be taken in."""

    isbn13: str
    reference: str
    notification: str
    reasons: list[list[str]]


def heard(read: Record | Unreadable, terms: Terms) -> Saying | Refused:
    """All that the record says, or why it cannot be taken in."""
    reference = clean(read.reference, 100)
    if isinstance(read, Unreadable):
        return Refused("", reference, "", [["", clean(read.message, LONGEST["sentence"])]])
    if problems := _problems(read):
        number, notification = clean(read.isbn13, 13), clean(read.notification, 2)
        return Refused(number, reference, notification, problems)
    return _all_of(read, _sound(read, reference), terms)


def _problems(record: Record) -> list[list[str]]:
    """Why the record cannot be taken in; empty: it can."""
    found = []
    if not isbn.is_edition_number(record.isbn13):
        found.append(["ProductIdentifier", _("It has no sound ISBN-13, GTIN or ISBN-10.")])
    if record.notification in ("04", "05"):
        return found
    if not clean(record.title, 500):
        found.append(["TitleDetail", _("It has no title.")])
    if record.is_book and record.format not in FORMATS:
        found.append(["ProductForm", _("Its form is missing or is none that we know.")])
    return found


def _all_of(record: Record, sound: Record, terms: Terms) -> Saying:
    """All that the record says; of an update (04), only what its blocks say."""
    saying = Saying(sound)
    for trouble in record.troubles[:MOST_LISTED]:
        saying.leave_out(trouble.field, trouble.message)
    values = _edition_columns(saying, record)
    people = _people(saying, record)
    values["imprint"] = _imprint(record, terms)
    values["contributors"] = [each for each in people if each[1] in OF_ONE_EDITION]
    values["price"] = pricing.choose(saying.leave_out, record, terms)
    is_digital = record.format in DIGITAL_FORMATS
    values["backorders"] = standing.backorder_days(record, terms, is_digital=is_digital)
    values |= _work_columns(saying, record)
    values["work.contributors"] = [each for each in people if each[1] not in OF_ONE_EDITION]
    values["work.series"] = _series(saying, record)
    topics = [topic for topic in record.topics[:MOST_LISTED] if _is_code(topic.code)]
    values["work.subjects"] = [topic for topic in topics if topic.scheme == "thema"]
    values["work.classifications"] = sorted(
        {
            (t.scheme, t.code): [t.scheme, t.code, t.is_main] for t in topics if t.scheme != "thema"
        }.values()
    )
    if record.blocks:
        values = {
            name: value for name, value in values.items() if fields.BLOCKS[name] in record.blocks
        }
    saying.values = values
    return saying


def _sound(record: Record, reference: str) -> Record:
    """What the record is told apart and matched by, cut to what PostgreSQL can be asked for."""
    return Record(
        ordinal=record.ordinal,
        line=record.line,
        reference=reference,
        notification=clean(record.notification, 2),
        isbn13=record.isbn13,
        is_book=record.is_book,
        language=record.language,
        title=clean(record.title, LONGEST["title"]),
        subtitle=clean(record.subtitle, LONGEST["title"]),
        edition_statement=clean(record.edition_statement, LONGEST["name"]),
        people=tuple(map(_sound_person, record.people[:MOST_LISTED])),
        collections=tuple(
            Collection(clean(each.title, LONGEST["series"]))
            for each in record.collections[:MOST_LISTED]
        ),
        relations=tuple(r for r in record.relations if isbn.is_edition_number(r.isbn13)),
    )


def _sound_person(person: Person) -> Person:
    name = clean(person.name, LONGEST["name"])
    sort_name = clean(person.sort_name, LONGEST["name"])
    if name == person.name and sort_name == person.sort_name and not person.biography:
        return person
    return Person(
        name,
        sort_name,
        *(person.role, person.ordinal, person.is_corporate, person.birth_year, person.death_year),
    )


def clean(text: str, longest: int) -> str:
    """`text` as PostgreSQL can keep it, in at most so many characters."""
    if not text.isascii():
        text = text.encode("utf-8", "ignore").decode()  # halves of pairs have no UTF-8
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text[:longest].strip()


def _text(saying: Saying, name: str, text: str, longest: int) -> str:
    kept = clean(text, longest)
    if len(text) > longest:
        saying.leave_out(name, _("Cut after %(longest)d characters.") % {"longest": longest})
    return kept


def _number(saying: Saying, name: str, number: int | None, low: int, high: int) -> int | None:
    if number is None or low <= number <= high:
        return number
    saying.leave_out(name, _("%(number)s is no likely number.") % {"number": str(number)[:20]})
    return None


def _day(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _code(code: str) -> str:
    return code if len(code) == 2 and code.isascii() and code.isalnum() else ""


def _is_code(text: str) -> bool:
    return 0 < len(text) <= LONGEST_CODE and text.isascii() and text.isprintable()


def _language(code: str) -> str:
    return code if code in languages.NAMES else ""


def _edition_columns(saying: Saying, record: Record) -> dict[str, Any]:
    def number(name: str, highest: int) -> int | None:
        return _number(saying, name, getattr(record, name), 1, highest)

    cover = clean(record.cover_url, 501)
    is_address = cover.startswith(("http://", "https://")) and len(cover) <= 500
    return {
        "format": record.format if record.is_book else Format.OTHER.value,
        "language": _language(record.language) or ("" if record.is_book else WITHOUT_WORDS),
        "title": _text(saying, "title", record.title, LONGEST["title"]),
        "subtitle": _text(saying, "subtitle", record.subtitle, LONGEST["title"]),
        "pages": number("pages", 50_000),
        "duration_minutes": number("duration_minutes", 100_000),
        "weight_grams": number("weight_grams", INTEGER),
        "height_mm": number("height_mm", SMALLINT),
        "width_mm": number("width_mm", SMALLINT),
        "thickness_mm": number("thickness_mm", SMALLINT),
        "edition_number": number("edition_number", SMALLINT),
        "edition_statement": _text(saying, "edition_statement", record.edition_statement, 200),
        "product_form": _code(record.product_form),
        "cover_url": cover if is_address else "",
        "publication_date": _day(record.publication_date),
        "embargo_date": _day(record.embargo_date),
        "publishing_status": _code(record.publishing_status),
        "supplier_availability": _code(record.supplier_availability),
    }


def _work_columns(saying: Saying, record: Record) -> dict[str, Any]:
    words = dict.fromkeys(clean(word, 200) for word in record.keywords[:MOST_LISTED])
    keywords = "; ".join(word for word in words if word)[: LONGEST["keywords"]]
    audiences = dict.fromkeys(code for code in record.audiences if _code(code))
    year = _number(saying, "first_published", record.first_published, -3500, 2200)
    return {
        "work.description": _text(
            saying, "description", record.description, LONGEST["description"]
        ),
        "work.original_language": _language(record.original_language),
        "work.first_published": year,
        "work.keywords": keywords,
        "work.audiences": list(audiences)[:MOST_LISTED],
    }


def _imprint(record: Record, terms: Terms) -> tuple[str, str]:
    """Imprint and publisher; each stands for the other, and the supplier for both."""
    imprint, publisher = clean(record.imprint, 200), clean(record.publisher, 200)
    either = imprint or publisher or terms.supplier
    return (imprint or either, publisher or either)


def _people(saying: Saying, record: Record) -> list[tuple[Name, str]]:
    """Whom the record names, in order.

    The same name, year of birth and role twice is taken for a repetition, and kept once: feeds
    often repeat themselves, and hardly a book is by two people of one name. Staff can name both.
    """
    people: dict[tuple[Any, str], tuple[Name, str]] = {}
    for person in sorted(record.people[:MOST_LISTED], key=lambda each: each.ordinal):
        name, role = _name(person), person.role
        if role not in ROLES:
            text = _("%(name)s has the role %(role)s, which we do not name.")
            saying.leave_out("Contributor", text % {"name": name.name, "role": role[:10]})
        elif name.sort_name:
            people.setdefault((name.key, role), (name, role))
    return list(people.values())


def _name(person: Person) -> Name:
    born = person.birth_year if abs(person.birth_year or 0) <= SMALLINT else None
    died = person.death_year if abs(person.death_year or 0) <= SMALLINT else None
    if born is not None and died is not None and died < born:
        died = None
    sort_name = clean(person.sort_name or person.name, LONGEST["name"])
    name = clean(person.name, LONGEST["name"]) or sort_name
    biography = clean(person.biography, LONGEST["description"])
    return Name(sort_name, born, died, person.is_corporate, name, biography)


def _series(saying: Saying, record: Record) -> list[tuple[str, str | None]]:
    found: dict[str, str | None] = {}
    for each in record.collections[:MOST_LISTED]:
        title = clean(each.title, LONGEST["series"])
        if title:
            found.setdefault(title, _position(each.position))
    return list(found.items())


def _position(position: Decimal | None) -> str | None:
    if position is None or not position.is_finite() or abs(position) >= 99_999:
        return None
    return str(position.quantize(Decimal("0.1")))
