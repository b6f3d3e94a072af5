"""Titles of products and of the series that they stand in."""

import functools
import re
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.onix.context import Context
from catalog.onix.nodes import Node
from catalog.onix.records import Collection

_TYPES = ("01", "00", "", "05", "03", "02")
"""List 15: the distinctive title before others; 10 and above are other trades' titles."""
PRODUCT, COLLECTION, SUBCOLLECTION = "01", "02", "03"
"""List 149: what a title element names."""
LONGEST_TITLE = 500
LONGEST_SERIES = 300
_MOST_COLLECTIONS = 10

_ROMAN = re.compile(r"\b(?=[IVXL])(XL|L?X{0,3})(IX|IV|V?I{0,3})\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
_DIGITS = re.compile(r"[0-9]{1,5}(?:[.,][0-9])?(?![0-9])")


def title(node: Node, context: Context) -> tuple[str, str]:
    """The title with its prefix, and the subtitle; `node` is what holds all titles."""
    details = list(node.each("TitleDetail", "Title"))
    for detail in sorted(details, key=_rank):
        main, subtitle = _title_of(detail)
        if main:
            return _fitting(main, context), _fitting(subtitle, context)
    return _fitting(node.first("DistinctiveTitle"), context), ""


def collections(node: Node, context: Context) -> tuple[Collection, ...]:
    """The series that the product stands in, with its place."""
    found: dict[str, Collection] = {}
    for part in node.each("Collection", "Series", "Set"):
        for full_name, place in _places(part):
            name = full_name[:LONGEST_SERIES]
            if name and name not in found and len(found) < _MOST_COLLECTIONS:
                found[name] = Collection(name, _position(place, part, context))
    return tuple(found.values())


@functools.lru_cache(maxsize=1000)
def position(text: str) -> Decimal | None:
    """The place that “3”, “Band 3”, “2.5” or “III” means."""
    if match := _DIGITS.search(text):
        return Decimal(match[0].replace(",", "."))
    for match in _ROMAN.finditer(text):
        if match[0]:
            return Decimal(_roman(match[0]))
    return None


def _rank(detail: Node) -> int:
    kind = detail.first("TitleType")
    return _TYPES.index(kind) if kind in _TYPES else len(_TYPES)


def _title_of(detail: Node) -> tuple[str, str]:
    if "TitleElement" not in detail.parts:
        return _words(detail), detail.first("Subtitle")
    product, above = None, []
    for element in detail.parts["TitleElement"]:
        if element.first("TitleElementLevel") == PRODUCT:
            product = product or element
        else:
            above.append(element)
    if product and (words := _words(product)):
        return words, product.first("Subtitle")
    # A volume that is known by its series and number alone.
    names = [_words(element) for element in above if _words(element)]
    if not names:
        return "", ""
    number = product.first("PartNumber", "YearOfAnnual") if product else ""
    return " ".join((*names, number)).strip(), ""


def _words(element: Node) -> str:
    text = element.first("TitleText")
    if text:
        return text
    prefix, rest = element.first("TitlePrefix"), element.first("TitleWithoutPrefix")
    if not prefix:
        return rest
    return f"{prefix}{rest}" if prefix.endswith(("'", "’")) else f"{prefix} {rest}".strip()


def _places(part: Node) -> list[tuple[str, str]]:
    """Each series in a collection, and the place in it as sent."""
    if "TitleOfSeries" in part.codes or "TitleOfSet" in part.codes:
        number = part.first("NumberWithinSeries", "ItemNumberWithinSet")
        return [(part.first("TitleOfSeries", "TitleOfSet"), number)]
    sequence = part.part("CollectionSequence").first("CollectionSequenceNumber")
    for detail in sorted(part.each("TitleDetail", "Title"), key=_rank):
        elements = detail.parts.get("TitleElement")
        if not elements:
            return [(_words(detail), part.first("NumberWithinSeries") or sequence)]
        numbers = {each.first("TitleElementLevel"): each.first("PartNumber") for each in elements}
        own = numbers.get(PRODUCT, "")
        found = [
            (_words(element), element.first("PartNumber") or own or sequence)
            for element in elements
            if element.first("TitleElementLevel") in (COLLECTION, SUBCOLLECTION)
        ]
        if any(name for name, number in found):
            return found
    return []


def _position(text: str, part: Node, context: Context) -> Decimal | None:
    found = position(text) if text else None
    if text and found is None:
        message = _("“%(text)s” is no place in a series.") % {"text": text[:40]}
        context.trouble("PartNumber", message, part)
    return found


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )


def _fitting(text: str, context: Context) -> str:
    if len(text) > LONGEST_TITLE:
        context.trouble("TitleText", _("The title is too long; it was cut."))
        return text[: LONGEST_TITLE - 1] + "…"
    return text
