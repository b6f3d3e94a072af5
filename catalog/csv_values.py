"""What stands in the cells of a list: numbers, copies, amounts, dates, as spreadsheets leave them.

A value is either read without loss, or refused with what to do: what a spreadsheet has rounded or
shortened is never completed, because the result may be another book's number. Decimal marks and
the order of a date's parts are decided for a column by its own values, or not at all.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from django.conf import settings
from django.utils.translation import gettext as _

from catalog import isbn
from catalog.money import MOST_AMOUNT

MOST_COPIES = 1_000_000
_LONGEST = 100  # characters, of whatever is no text
_ROUNDED = "000000"
_SPACES = " \t\r\n\u00a0\u2007\u2009\u202f\u200b\ufeff"
_NARROW = re.compile("[\u00a0\u2007\u2009\u202f\u200b\ufeff ]")
_GUARDED = re.compile(r"'+[=+\-@]")
_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\s?[eE]\s?\+?[0-9]{1,2}")
_SIGNS = {
    "€": ("EUR",), "£": ("GBP",), "US$": ("USD",), "$": ("USD", "CAD", "AUD", "NZD"),
    "KR": ("SEK", "NOK", "DKK"), "ZŁ": ("PLN",), "KČ": ("CZK",),
}  # fmt: skip
_MONEY = re.compile(r"([^\d+\-.,]*)([+\-]?[\d.,'’]*\d)(?:,[-–]+)?([^\d]*)")
_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")


class InvalidField(ValueError):
    """A value cannot be read; the text says why, and what to do."""


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    """Of an edition: becomes 13 digits."""
    COPIES = "copies"
    AMOUNT = "amount"
    PERCENT = "percent"
    DATE = "date"


@dataclass(frozen=True)
class Habits:
    """How a column writes its values; empty where its values do not tell."""

    decimal_mark: str = ""
    date_order: str = ""
    """`dmy` or `mdy`."""


def trim(text: str) -> str:
    """Without spaces around, of any kind, and without the guard that keeps text from being run."""
    text = text.strip(_SPACES)
    return text[1:] if _GUARDED.match(text) else text


def read(kind: Kind, text: str, habits: Habits, notes: Counter[str]) -> str:
    """The value in its one notation: 13 digits, `12`, `12.50`, `2026-03-31`; blank stays blank.

    What was left out without loss is counted in `notes`. Raises InvalidField.
    """
    if not text or kind is Kind.TEXT or _is_plain(kind, text):
        return text
    if len(text) > _LONGEST:
        raise InvalidField(_("is longer than %(longest)d characters.") % {"longest": _LONGEST})
    text = _unwrapped(text, notes)
    match kind:
        case Kind.NUMBER:
            return _number(text, notes)
        case Kind.COPIES:
            return _copies(text, notes)
        case Kind.DATE:
            return _date(text, habits.date_order)
        case _:
            return _amount(text, habits.decimal_mark, is_money=kind is Kind.AMOUNT)


def _is_plain(kind: Kind, text: str) -> bool:
    """Whether it stands there as nearly all do, and needs no closer look: lists are long."""
    if kind is Kind.NUMBER:
        return isbn.is_edition_number(text) and not text.endswith(_ROUNDED)
    return (
        kind is Kind.COPIES and text.isascii() and text.isdigit() and text == text[:6].lstrip("0")
    )


def find_habits(kind: Kind, values: Iterable[str]) -> Habits:
    """How a column writes its values, by those that can mean one thing only."""
    if kind is Kind.DATE:
        orders = {order for value in values if (order := _order_told(value))}
        return Habits(date_order=orders.pop() if len(orders) == 1 else "")
    marks = {mark for value in values if (mark := _mark_told(value))}
    return Habits(decimal_mark=marks.pop() if len(marks) == 1 else "")


def _unwrapped(text: str, notes: Counter[str]) -> str:
    if formula := _FORMULA.fullmatch(text):
        notes[_('a value stood in a formula, like ="978…"')] += 1
        return formula[1].strip(_SPACES)
    if text.startswith("'"):
        notes[_("a value stood behind an apostrophe")] += 1
        return text[1:].strip(_SPACES)
    return text


# --- numbers of editions ---


def _number(text: str, notes: Counter[str]) -> str:
    if isbn.is_edition_number(text):
        _refuse_rounded(text)
        return text
    if _EXPONENT.fullmatch(text):
        raise InvalidField(
            _("was shortened by a spreadsheet, and its digits are lost. Format the column as text"
              " in the file that you have it from, and save it again.")
        )  # fmt: skip
    if re.fullmatch(r"[0-9]{1,3}(?:[.,'’\u00a0\u202f ][0-9]{3}){4}", text):
        notes[_("a number had separators between its thousands")] += 1
        text = re.sub(r"[^0-9]", "", text)
        _refuse_rounded(text)
    elif re.fullmatch(r"[0-9]{13}[.,]0+", text):
        notes[_("a number had decimals that are zero")] += 1
        text = text[:13]
        _refuse_rounded(text)
    try:
        return isbn.normalize(text)
    except isbn.InvalidNumber:
        raise InvalidField(isbn.why_invalid(_NARROW.sub("", text))) from None


def _refuse_rounded(digits: str) -> None:
    """Six zeros at the end of bare digits are what is left of 9.78014E+12."""
    if digits.endswith(_ROUNDED):
        raise InvalidField(
            _("ends in zeros, as numbers do that a spreadsheet has rounded. If it is right, write"
              " it with hyphens.")
        )  # fmt: skip


# --- copies ---


def _copies(text: str, notes: Counter[str]) -> str:
    if re.fullmatch(r"[0-9]{1,12}[.,]0", text) or re.fullmatch(r"[0-9]{1,12}[.,]00", text):
        notes[_("a count had decimals that are zero")] += 1
        text = re.split(r"[.,]", text)[0]
    if re.fullmatch(r"[0-9]{1,3}(?:[.,'’ \u00a0\u202f][0-9]{3})+", text):
        raise InvalidField(
            _("can mean thousands or a fraction: write it without a separator, like 1250.")
        )
    if text.startswith(("-", "−")):
        raise InvalidField(_("is negative. Write what lies on the shelf, 0 or more."))
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > MOST_COPIES:
        raise InvalidField(
            _("is no whole number of copies from 0 to %(most)d.") % {"most": MOST_COPIES}
        )
    return str(int(text))


# --- amounts ---


def _mark_told(text: str) -> str:
    """The decimal mark that this amount must have, if it can have only one."""
    digits = re.sub(r"[^\d.,]", "", text)
    marks: list[str] = re.findall(r"[.,]", digits)
    if not marks:
        return ""
    if len(set(marks)) == 2:
        return marks[-1]
    if len(marks) > 1:
        return "," if marks[0] == "." else "."
    after = len(digits) - 1 - digits.index(marks[0])
    if after == 3 and not digits.startswith("0"):
        return ""
    return marks[0] if after else ""


def _amount(text: str, mark: str, *, is_money: bool) -> str:
    if _EXPONENT.fullmatch(text):
        raise InvalidField(_("was shortened by a spreadsheet. Write the amount, like 12.50."))
    if not is_money:
        text = text.removesuffix("%").strip(_SPACES)
    found = _MONEY.fullmatch(_NARROW.sub("", text))
    if found is None:
        raise InvalidField(_("is no amount, like 12.50."))
    before, digits, after = found.groups()
    _check_signs([before, after])
    return str(_plain(re.sub(r"['’]", "", digits), mark))


def _check_signs(signs: list[str]) -> None:
    for sign in signs:
        name = sign.strip(_SPACES).upper()
        if name and settings.SHOP_CURRENCY not in _SIGNS.get(name, (name,)):
            raise InvalidField(
                _("is in “%(sign)s”. The shop’s currency is %(currency)s.")
                % {"sign": sign.strip()[:10], "currency": settings.SHOP_CURRENCY}
            )


def _plain(digits: str, mark: str) -> Decimal:
    told = _mark_told(digits)
    if mark and told and told != mark:
        raise InvalidField(
            _("has another decimal mark than the column (“%(mark)s”).") % {"mark": mark}
        )
    if not mark and re.search(r"[.,]", digits):
        raise InvalidField(
            _("can be read in two ways, as the column does not show which mark its decimals have."
              " Say whether it is the comma or the point.")
        )  # fmt: skip
    if not re.fullmatch(_grouped(mark or "."), digits):
        raise InvalidField(_("is no amount with at most two decimals, like 12.50."))
    thousands = "," if mark == "." else "."
    plain = digits.replace(thousands, "").replace(mark or ".", ".")
    if plain.startswith("-"):
        raise InvalidField(_("is negative."))
    value = Decimal(plain)
    if value > MOST_AMOUNT:
        raise InvalidField(_("is more than %(most)d.") % {"most": MOST_AMOUNT})
    return value


def _grouped(mark: str) -> str:
    decimal, thousands = re.escape(mark), re.escape("," if mark == "." else ".")
    return rf"[+-]?(?:\d+|\d{{1,3}}(?:{thousands}\d{{3}})+)?(?:{decimal}\d{{1,2}})?"


# --- dates ---


def _order_told(text: str) -> str:
    """The order that the parts of this date must have; points always part day, month, year."""
    found = _DATE.fullmatch(text)
    if found is None or found[2] == ".":
        return ""
    first, second = int(found[1]), int(found[3])
    if first > 12:
        return "dmy"
    return "mdy" if second > 12 else ""


def _date(text: str, order: str) -> str:
    text = re.sub(r"[ T]00:00(:00)?(\.0+)?$", "", text)
    try:
        return datetime.date.fromisoformat(text).isoformat() if "-" in text[4:5] else _other(
            text, order
        )  # fmt: skip
    except ValueError as error:
        if isinstance(error, InvalidField):
            raise
        raise InvalidField(_("is no date like 2026-03-31.")) from None


def _other(text: str, order: str) -> str:
    if re.fullmatch(r"[0-9]{5}([.,][0-9]+)?", text):
        raise InvalidField(
            _("is a number that a spreadsheet made of a date. Format the column as a date, or"
              " write 2026-03-31.")
        )  # fmt: skip
    found = _DATE.fullmatch(text)
    if found is None:
        raise InvalidField(_("is no date like 2026-03-31."))
    order = "dmy" if found[2] == "." else order
    if not order:
        raise InvalidField(
            _("can be read in two ways, day or month first. Write it like 2026-03-31.")
        )
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day, month = (first, second) if order == "dmy" else (second, first)
    return datetime.date(year, month, day).isoformat()
