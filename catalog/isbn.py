"""Numbers of editions: ISBN, ISMN, GTIN-13 and the shop's own SKUs, all of 13 digits.

Sources: ISO 2108 (ISBN), ISO 10957 (ISMN: music's 979-0, before 2008 an M in its place), GS1
General Specifications 7.9 (check digit), 2.1.5 (the prefixes 20 to 29 are for numbers used inside
a shop) and 1.4 (which others are for articles, and none for coupons or one company alone).
"""

import re

from django.utils.translation import gettext as _
from stdnum import isbn as stdnum_isbn
from stdnum import ismn as stdnum_ismn

LONGEST = 13  # digits
PATTERN = r"^(00[1-9]|0[136-9][0-9]|1[0-3][0-9]|[2-8][0-9]{2}|9[0-7][0-9])[0-9]{10}$"
"""What is bought in shops, be it a book, music or anything else, and what a shop numbers itself."""

_IS_PREFIXED = re.compile(PATTERN).match
_SEPARATORS = re.compile(r"[\s\-‐-―−.]+")
_LABEL = re.compile(r"^(?:urn:)?(?:isbn|ismn|ean|gtin|sku)(?:-?1[03])?:?\s*", re.IGNORECASE)


class InvalidNumber(ValueError):
    """What was given is no ISBN, ISMN, GTIN or SKU."""


def check_digit(twelve_digits: str) -> str:
    """The GS1 check digit for the first twelve digits of a 13-digit number."""
    total = sum(map(int, twelve_digits[::2])) + 3 * sum(map(int, twelve_digits[1::2]))
    return str(-total % 10)


def is_isbn13(number: str) -> bool:
    """Whether the 13 digits are in the range of books (978 and 979, without music's 979-0)."""
    return number.startswith(("978", "979")) and not number.startswith("9790")


def is_ismn13(number: str) -> bool:
    """Whether the 13 digits are in the range of printed music."""
    return number.startswith("9790")


def is_own(number: str) -> bool:
    """Whether the 13 digits are in the range that is left to shops, and mean nothing elsewhere."""
    return number.startswith("2")


def is_edition_number(number: str) -> bool:
    """Whether these are 13 digits that an article or a shop may have, rightly checked."""
    return (
        len(number) == 13
        and _IS_PREFIXED(number) is not None
        and check_digit(number[:12]) == number[12]
    )


def normalize(text: str) -> str:
    """The 13 digits meant by an ISBN, ISMN, GTIN-13 or SKU in any notation.

    Raises InvalidNumber when the text is none, or its check digit is wrong.
    """
    compact = _compact(text)
    if re.fullmatch(r"[0-9]{9}[0-9X]", compact) and stdnum_isbn.is_valid(compact):
        return str(stdnum_isbn.to_isbn13(compact))
    if re.fullmatch(r"M[0-9]{9}", compact) and stdnum_ismn.is_valid(compact):
        return f"9790{compact[1:]}"
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
    if compact.isdigit() and len(compact) == 12:
        return _(
            "has 12 digits; an ISBN has 13. If it stands so under a bar code (UPC), write a 0"
            " in front of it."
        )
    if compact.isdigit() and len(compact) not in (10, 13):
        return _("has %(n)d digits; an ISBN has 13 (or 10). Copy it from the book.") % {
            "n": len(compact)
        }
    if _is_miscounted(compact):
        return _("is not a valid ISBN or SKU: its check digit is wrong. Compare it with the book.")
    return _("is not a valid ISBN or SKU.")


def _is_miscounted(compact: str) -> bool:
    """Whether it is as long as a number, and only its check digit does not fit."""
    if re.fullmatch(r"[0-9]{13}", compact):
        return check_digit(compact[:12]) != compact[12]
    if re.fullmatch(r"M[0-9]{9}", compact):
        return not stdnum_ismn.is_valid(compact)
    return re.fullmatch(r"[0-9]{9}[0-9X]", compact) is not None


def notations(number: str) -> set[str]:
    """The compact forms that somebody may type: the 13 digits, and the ISBN-10 or the ISMN with
    its M where there is one.

    ISO 2108: an ISBN-10 is the nine digits after 978 with a check digit of its own.
    """
    if is_ismn13(number):
        return {number, f"m{number[4:]}"}
    if not number.startswith("978"):
        return {number}
    return {number, str(stdnum_isbn.to_isbn10(number)).lower()}


def looks_like_number(text: str) -> bool:
    """Whether someone who typed this meant a number, right or wrong, and not words."""
    compact = _compact(text)
    return re.fullmatch(r"[0-9]{13}|[0-9]{9}[0-9X]|M[0-9]{9}", compact) is not None


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", _LABEL.sub("", text.strip())).upper()


def hyphenated(number: str) -> str:
    """An ISBN or ISMN as it is printed, with hyphens; others as they are."""
    if is_ismn13(number):
        return str(stdnum_ismn.format(number))
    return str(stdnum_isbn.format(number)) if is_isbn13(number) else number


def name(number: str) -> str:
    """What such a number is called."""
    if is_isbn13(number):
        return _("ISBN")
    if is_ismn13(number):
        return _("ISMN")
    return _("Shop number") if is_own(number) else _("Article number")
