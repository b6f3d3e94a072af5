"""Physical: how large, heavy and long a product is, in millimeters, grams, pages and minutes."""

import functools
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _

from catalog.onix.context import Context
from catalog.onix.nodes import Node

HEIGHT, WIDTH, THICKNESS, WEIGHT = "01", "02", "03", "08"
"""List 48."""
_UNITS = {
    "mm": Decimal(1),
    "cm": Decimal(10),
    "in": Decimal("25.4"),
    "gr": Decimal(1),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
"""List 50, in millimeters or grams."""
_WEIGHTS = frozenset({"gr", "g", "kg", "oz", "lb"})
_MOST = 32_767

_PAGE_COUNTS = ("00", "05", "07", "11", "06", "10", "08")
"""List 23: the main count before those that count more or otherwise."""
_PAGES = frozenset({"03", ""})
_DURATIONS = ("09", "14", "16")
_MINUTES = {
    "04": Decimal(60),
    "14": Decimal(60),
    "05": Decimal(1),
    "06": 1 / Decimal(60),
}
"""List 24: what has one unit."""
_MOST_PAGES = 100_000
_MOST_MINUTES = 100_000


def measures(node: Node, context: Context) -> dict[str, int]:
    """By the codes above; what cannot be is left out."""
    found: dict[str, int] = {}
    for part in node.each("Measure"):
        kind = part.first("MeasureType", "MeasureTypeCode")
        if kind in (HEIGHT, WIDTH, THICKNESS, WEIGHT) and kind not in found:
            text, unit = part.first("Measurement"), part.first("MeasureUnitCode").lower()
            if text:
                size = _size(text, unit, is_weight=kind == WEIGHT)
                if size is None:
                    message = _("“%(text)s %(unit)s” is no measure that can be.")
                    words = {"text": text[:20], "unit": unit[:5]}
                    context.trouble("Measurement", message % words, part)
                else:
                    found[kind] = size
    return found


def pages(node: Node, context: Context) -> int | None:
    """How many pages it has."""
    sent: dict[str, str] = {}
    for part in node.each("Extent"):
        if part.first("ExtentUnit") in _PAGES:
            sent.setdefault(part.first("ExtentType"), part.first("ExtentValue"))
    texts = [sent[kind] for kind in _PAGE_COUNTS if sent.get(kind)]
    texts += node.every("NumberOfPages")
    for text in texts:
        number = _number(text)
        if number is not None and number == number.to_integral() and number <= _MOST_PAGES:
            if number:
                return int(number)
            continue
        message = _("“%(text)s” is no number of pages.") % {"text": text[:20]}
        context.trouble("ExtentValue", message, node)
    return None


def duration_minutes(node: Node, context: Context) -> int | None:
    """How long it takes to listen to."""
    sent = {part.first("ExtentType"): part for part in node.each("Extent")}
    for kind in _DURATIONS:
        if kind in sent:
            text, unit = sent[kind].first("ExtentValue"), sent[kind].first("ExtentUnit")
            minutes = _minutes(text, unit)
            if minutes is not None and minutes <= _MOST_MINUTES:
                return int(minutes.to_integral(ROUND_HALF_UP)) or None
            message = _("“%(text)s” is no duration.") % {"text": text[:20]}
            context.trouble("ExtentValue", message, sent[kind])
    return None


@functools.lru_cache(maxsize=10_000)
def _size(text: str, unit: str, *, is_weight: bool) -> int | None:
    factor = _UNITS.get(unit)
    number = _number(text)
    if factor is None or number is None or (unit in _WEIGHTS) != is_weight:
        return None
    size = int((number * factor).to_integral(ROUND_HALF_UP))
    return size if 0 < size <= (_MOST if not is_weight else 1_000_000) else None


def _minutes(text: str, unit: str) -> Decimal | None:
    """Also of digits run together: HHHMM, HHHMMSS."""
    number = _number(text)
    if number is None:
        return None
    if unit in _MINUTES:
        return number * _MINUTES[unit]
    if unit == "15":
        hours, minutes = divmod(int(number), 100)
        return Decimal(hours * 60 + minutes)
    if unit == "16":
        rest, seconds = divmod(int(number), 100)
        hours, minutes = divmod(rest, 100)
        return Decimal(hours * 60 + minutes) + Decimal(seconds) / 60
    return None


@functools.lru_cache(maxsize=10_000)
def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ".", 1))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < 10**9 else None
