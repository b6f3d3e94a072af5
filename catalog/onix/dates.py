"""Dates in the formats of list 55, and those that name no format."""

import datetime
import functools
import re

_SEASON_MONTHS = {"1": 3, "2": 6, "3": 9, "4": 12}
"""Spring, summer, autumn, winter."""
_RANGES = {"06": 8, "07": 6, "08": 6, "09": 5, "10": 5, "11": 4}
"""Formats of two dates in one, by the length of the first."""
_SINGLE = {"06": "00", "07": "01", "08": "02", "09": "03", "10": "04", "11": "05"}
_NO_DATES = frozenset({"12", "32"})
_OTHER_CALENDARS = frozenset({"20", "21", "25"})
_LENGTHS = {8: "00", 6: "01", 5: "03", 4: "05"}
"""What a date without a format is by its length."""
_PUNCTUATION = re.compile(r"(?<=[0-9])[-/.](?=[0-9])")


class NoDate(ValueError):
    """The text is no date that can be."""


def parse(text: str, date_format: str = "") -> datetime.date:
    """The day that `text` means, the first of a longer period. Raises NoDate.

    A format that does not suit the text is not believed: many files leave the wrong one there.
    """
    return span(text, date_format)[0]


def span(text: str, date_format: str = "") -> tuple[datetime.date, datetime.date | None]:
    """The first day that `text` means, and of two dates the second's first day. Raises NoDate."""
    if date_format in _NO_DATES or date_format in _OTHER_CALENDARS:
        raise NoDate(text)
    if date_format in _RANGES:
        length = _RANGES[date_format]
        digits = _PUNCTUATION.sub("", text.strip())
        if len(digits) == 2 * length:
            single = _SINGLE[date_format]
            return _day(digits[:length], single), _day(digits[length:], single)
    return _day(text, date_format), None


def year(text: str) -> int | None:
    """The year of a date in any format that begins with it."""
    digits = text.strip()[:4]
    return int(digits) if len(digits) == 4 and digits.isascii() and digits.isdigit() else None


@functools.lru_cache(maxsize=10_000)
def _day(text: str, date_format: str) -> datetime.date:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()):
        digits = _PUNCTUATION.sub("", digits.split("T")[0].split(" ")[0])
        if not (digits.isascii() and digits.isdigit()):
            raise NoDate(text)
    kind = _LENGTHS.get(len(digits), "")
    if date_format in ("02", "03", "04") and len(digits) == (6 if date_format == "02" else 5):
        kind = date_format
    elif len(digits) in (12, 14):  # with hours and minutes
        digits, kind = digits[:8], "00"
    try:
        return _of_kind(digits, kind)
    except ValueError as error:
        raise NoDate(text) from error


def _of_kind(digits: str, kind: str) -> datetime.date:
    number = int(digits[:4])
    match kind:
        case "00" | "01":
            month, day = int(digits[4:6]), int(digits[6:8] or 1)
            # Some write what they do not know as zeros.
            return datetime.date(number, month or 1, (day or 1) if month else 1)
        case "02":
            return datetime.date.fromisocalendar(number, int(digits[4:]), 1)
        case "03":
            return datetime.date(number, int(digits[4]) * 3 - 2, 1)
        case "04":
            return datetime.date(number, _SEASON_MONTHS.get(digits[4], 0), 1)
        case "05":
            return datetime.date(number, 1, 1)
        case _:
            raise ValueError(digits)
