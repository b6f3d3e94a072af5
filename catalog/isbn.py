"""Numbers of editions: ISBN-13, ISBN-10 and the shop's own SKUs.

Sources: ISO 2108 (ISBN), GS1 General Specifications 7.9 (check digit) and 2.1.5 (the prefixes 20
to 29 are for numbers used inside a shop). 979-0 is the music number (ISMN), no ISBN.
"""

import re

from django.utils.translation import gettext as _
from stdnum import isbn as stdnum_isbn

LONGEST = 13  # digits

_SEPARATORS = re.compile(r"[\s\-‐-―−.]+")
_LABEL = re.compile(r"^(?:urn:)?(?:isbn|ean|sku)(?:-?1[03])?:?\s*", re.IGNORECASE)


class InvalidNumber(ValueError):
    """What was given is no ISBN and no SKU."""


def check_digit(twelve_digits: str) -> str:
    """The GS1 check digit for the first twelve digits of a 13-digit number."""
    total = sum(map(int, twelve_digits[::2])) + 3 * sum(map(int, twelve_digits[1::2]))
    return str(-total % 10)


def is_isbn13(number: str) -> bool:
    """Whether the 13 digits are in the range of books (978 and 979, without music's 979-0)."""
    return number.startswith(("978", "979")) and not number.startswith("9790")


def is_edition_number(number: str) -> bool:
    """Whether these are 13 digits in the range of books or of in-store numbers, rightly checked."""
    return (
        len(number) == 13
        and number.isascii()
        and number.isdigit()
        and (is_isbn13(number) or number.startswith("2"))
        and check_digit(number[:12]) == number[12]
    )


def normalize(text: str) -> str:
    """The 13 digits meant by an ISBN-13, ISBN-10 or SKU in any notation.

    Raises InvalidNumber when the text is none, or its check digit is wrong.
    """
    compact = _compact(text)
    if re.fullmatch(r"[0-9]{9}[0-9X]", compact) and stdnum_isbn.is_valid(compact):
        return str(stdnum_isbn.to_isbn13(compact))
    if is_edition_number(compact):
        return compact
    raise InvalidNumber(f"{text[:40]!r} is not a valid ISBN or SKU.")


def why_invalid(text: str) -> str:
    """Why a text is no number of an edition, and what to do: the end of a sentence about it."""
    compact = re.sub(r"[\s\-‐-―−]", "", _LABEL.sub("", text.strip())).upper()
    if re.fullmatch(r"[0-9]{8}[0-9X]|[0-9]{7}[0-9X]", compact):
        return _(
            "has %(n)d digits: a spreadsheet may have dropped the zeros in front of an ISBN-10."
            " Write the ISBN-13, in a column formatted as text."
        ) % {"n": len(compact)}
    if compact.isdigit() and compact.startswith("9790"):
        return _("is the number of printed music (ISMN) and no ISBN.")
    if compact.isdigit() and len(compact) not in (10, 13):
        return _("has %(n)d digits; an ISBN has 13 (or 10). Copy it from the book.") % {
            "n": len(compact)
        }
    if re.fullmatch(r"[0-9]{13}|[0-9]{9}[0-9X]", compact) and not stdnum_isbn.is_valid(compact):
        return _("is not a valid ISBN or SKU: its check digit is wrong. Compare it with the book.")
    return _("is not a valid ISBN or SKU.")


def notations(number: str) -> set[str]:
    """The compact forms that somebody may type: the 13 digits, and the ISBN-10 where there is one.

    ISO 2108: an ISBN-10 is the nine digits after 978 with a check digit of its own.
    """
    if not number.startswith("978"):
        return {number}
    return {number, str(stdnum_isbn.to_isbn10(number)).lower()}


def looks_like_number(text: str) -> bool:
    """Whether someone who typed this meant a number, right or wrong, and not words."""
    compact = _compact(text)
    return re.fullmatch(r"[0-9]{12}[0-9]|[0-9]{9}[0-9X]", compact) is not None


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", _LABEL.sub("", text.strip())).upper()


def hyphenated(number: str) -> str:
    """An ISBN as printed on the book, with hyphens; a SKU as it is."""
    return str(stdnum_isbn.format(number)) if is_isbn13(number) else number
