"""A line of a catalogue file, checked field by field: one edition and what it says of its work."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from catalog import csv_words, isbn, languages
from catalog.csv_files import Columns, Row, RowError
from catalog.csv_values import Kind
from catalog.folding import fold
from catalog.models import ContributorRole, Format

_NAMES = (
    *("isbn13", "work", "title", "subtitle", "contributors", "series", "series_position"),
    *("publisher", "imprint", "format", "language", "publication_date", "first_published"),
    *("original_language", "subjects", "pages", "duration_minutes", "weight_grams"),
    *("price", "currency", "stock", "description"),
)
COLUMNS = Columns(
    dict.fromkeys(_NAMES, Kind.TEXT)
    | {
        "isbn13": Kind.NUMBER,
        "publication_date": Kind.DATE,
        "price": Kind.AMOUNT,
        "stock": Kind.COPIES,
    },
    required=("isbn13", "title", "format", "language", "imprint"),
)
_PERSON = re.compile(
    r"^(?P<name>.+?)"
    r"(?:,\s*(?P<birth>-?\d{1,4})?\s*[-–]\s*(?P<death>-?\d{1,4})?)?"
    r"\s*(?:\[(?P<role>[A-Z]\d\d)\])?$"
)
_MOST_COPIES = 100_000


class _InvalidField(ValueError):
    """A field is wrong; the text says how."""


@dataclass(frozen=True)
class Person:
    """A contributor as the file names them."""

    sort_name: str
    birth_year: int | None
    death_year: int | None
    role: str

    @property
    def name(self) -> str:
        """As printed: `Austen, Jane` is Jane Austen; `Homer` is Homer."""
        surname, _comma, rest = self.sort_name.partition(", ")
        first, comma, suffix = rest.partition(", ")
        return f"{first} {surname}".strip() + (f"{comma}{suffix}" if comma else "")


@dataclass(frozen=True)
class EditionRow:
    """A checked line."""

    line: int
    isbn13: str
    work_key: str
    """As the file gives it; empty: the edition stays with its work."""
    title: str
    subtitle: str
    people: tuple[Person, ...]
    series: str
    series_position: Decimal | None
    publisher: str
    """Blank: the one that the imprint has already, or else one of its name."""
    imprint: str
    format: str
    language: str
    publication_date: datetime.date | None
    first_published: int | None
    original_language: str
    subject_codes: tuple[str, ...]
    pages: int | None
    duration_minutes: int | None
    weight_grams: int | None
    price: Decimal | None
    stock: int | None
    description: str

    @property
    def likely_work_key(self) -> str:
        """The key of the work, by title and first contributor, where the file gives none."""
        name = self.people[0].sort_name if self.people else ""
        return fold(f"{name} {self.title}").replace(" ", "-")[:200]


def parse(row: Row, *, currency: str) -> tuple[EditionRow | None, list[RowError]]:
    """The checked line, or everything that is wrong with it. `currency` is the shop's."""
    fields: dict[str, Any] = {}
    errors = list(row.errors)
    if not row.fields:
        return None, errors  # the line has not as many fields as the heading
    unread = {column for column in _CONVERTERS if column not in row.fields and row.has(column)}
    for column, convert in _CONVERTERS.items():
        if column in unread:
            continue
        try:
            fields[column] = convert(row[column])
        except (_InvalidField, isbn.InvalidNumber) as error:
            errors.append(row.error(column, str(error)))
    if row["currency"] not in ("", currency):
        message = _("The shop’s currency is %(currency)s.") % {"currency": currency}
        errors.append(row.error("currency", message))
    if errors:
        return None, errors
    return EditionRow(
        line=row.line,
        work_key=fields.pop("work"),
        people=fields.pop("contributors"),
        subject_codes=fields.pop("subjects"),
        **fields,
    ), []


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _people(text: str) -> tuple[Person, ...]:
    return tuple(_person(part) for part in _split(text))


def _person(text: str) -> Person:
    match = _PERSON.match(text)
    if match is None or len(match["name"]) > 200:
        raise _InvalidField(
            _("“%(text)s” is not of the form “Surname, First, born-died [A01]”.") % {"text": text}
        )
    role = match["role"] or ContributorRole.AUTHOR
    if role not in ContributorRole.values:
        raise _InvalidField(_("The role %(role)s is not known.") % {"role": role})
    birth, death = (int(year) if year else None for year in (match["birth"], match["death"]))
    if birth is not None and death is not None and death < birth:
        raise _InvalidField(_("“%(text)s” died before birth.") % {"text": text})
    return Person(match["name"], birth, death, role)


def _text(text: str, longest: int, *, required: bool = False) -> str:
    if required and not text:
        raise _InvalidField(_("is missing."))
    if len(text) > longest:
        raise _InvalidField(_("is longer than %(longest)d characters.") % {"longest": longest})
    return text


def _one_of(text: str, known: list[str]) -> str:
    if text not in known:
        raise _InvalidField(
            _("“%(text)s” is none of: %(known)s.")
            % {"text": text[:40], "known": ", ".join(value for value in known if value)}
        )
    return text


def _whole(text: str, lowest: int, highest: int) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
        raise _InvalidField(
            _("“%(text)s” is no whole number from %(lowest)d to %(highest)d.")
            % {"text": text[:40], "lowest": lowest, "highest": highest}
        )
    return int(text)


def _decimal(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    exponent = value.as_tuple().exponent
    if (
        not value.is_finite()
        or not isinstance(exponent, int)
        or exponent < -2
        or abs(value) > 99_999
    ):
        raise _InvalidField(
            _("“%(text)s” is no number with at most two decimals, like 12.50.")
            % {"text": text[:40]}
        )
    return value


def _price(text: str) -> Decimal | None:
    amount = _decimal(text)
    if amount is not None and amount < 0:
        raise _InvalidField(_("is negative."))
    return amount


def _date(text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise _InvalidField(
            _("“%(text)s” is no date like 2026-03-31.") % {"text": text[:40]}
        ) from None


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "isbn13": isbn.normalize,
    "work": lambda text: _text(text, 200),
    "title": lambda text: _text(text, 500, required=True),
    "subtitle": lambda text: _text(text, 500),
    "contributors": _people,
    "series": lambda text: _text(text, 300),
    "series_position": _decimal,
    "publisher": lambda text: _text(text, 200),
    "imprint": lambda text: _text(text, 200, required=True),
    "format": lambda text: _one_of(csv_words.format_of(text), Format.values),
    "language": lambda text: _one_of(csv_words.language_of(text), list(languages.NAMES)),
    "publication_date": _date,
    "first_published": lambda text: _whole(text, -3500, 2200),
    "original_language": lambda text: _one_of(csv_words.language_of(text), ["", *languages.NAMES]),
    "subjects": lambda text: tuple(_split(text)),
    "pages": lambda text: _whole(text, 1, 50_000),
    "duration_minutes": lambda text: _whole(text, 1, 100_000),
    "weight_grams": lambda text: _whole(text, 1, 100_000),
    "price": _price,
    "stock": lambda text: _whole(text, 0, _MOST_COPIES),
    "description": lambda text: _text(text, 20_000),
}
"""How each column is read; each raises _InvalidField or InvalidNumber with what is wrong."""
