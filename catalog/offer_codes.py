"""Offers as numbers: all that filters, facets and the order by price ask of an edition, in 63 bits.

A work's search entry keeps one number for each edition that is offered, so that thousands of works
are filtered and counted without looking at their editions. From the highest bit down: comes as a
file · not out yet · price in cents · price band · year · format · language. The smallest number of
a work is therefore the edition that stands for it in lists (`Edition.list_rank`).
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

FORMATS = {
    "hardback": 1, "paperback": 2, "large_print": 3, "board_book": 4, "ebook": 5, "audiobook": 6,
    "gift_card": 7, "audio_cd": 8, "map": 9, "sheet_music": 10, "other": 11,
}  # fmt: skip
"""Stored: a format keeps its number for ever."""
FORMAT_NAMES = {number: name for name, number in FORMATS.items()}
PRICE_BANDS: dict[str, tuple[int, int | None]] = {
    "under-10": (0, 1000),
    "10-20": (1000, 2000),
    "20-up": (2000, None),
}
"""In cents: from, and up to but without. Their places in this order are stored."""
BANDS = tuple(PRICE_BANDS)
DIGITAL = frozenset({"ebook", "audiobook", "gift_card"})

LETTERS = 27  # and none
LANGUAGE_BITS, FORMAT_BITS, YEAR_BITS, BAND_BITS, AMOUNT_BITS = 15, 4, 12, 3, 27
FORMAT_AT = LANGUAGE_BITS
YEAR_AT = FORMAT_AT + FORMAT_BITS
BAND_AT = YEAR_AT + YEAR_BITS
AMOUNT_AT = BAND_AT + BAND_BITS
FORTHCOMING_AT = AMOUNT_AT + AMOUNT_BITS
DIGITAL_AT = FORTHCOMING_AT + 1
NO_AMOUNT = (1 << AMOUNT_BITS) - 1  # stands behind every price

LANGUAGE_MASK = (1 << LANGUAGE_BITS) - 1
FORMAT_MASK = ((1 << FORMAT_BITS) - 1) << FORMAT_AT
YEAR_MASK = ((1 << YEAR_BITS) - 1) << YEAR_AT
BAND_MASK = ((1 << BAND_BITS) - 1) << BAND_AT
COUNTED_MASK = (1 << AMOUNT_AT) - 1
"""All that facets count but whether it is at hand."""
IS_DIGITAL, IS_FORTHCOMING = 1 << DIGITAL_AT, 1 << FORTHCOMING_AT


@dataclass(frozen=True)
class Offer:
    """An edition that is offered, as the lists see it."""

    format: str
    language: str
    year: int = 0
    """Of its publication; 0 where that is unknown."""
    cents: int = NO_AMOUNT
    """What it costs; NO_AMOUNT where it is not for sale."""
    is_forthcoming: bool = False

    @property
    def band(self) -> str:
        """The price band it belongs to; empty for none."""
        if self.cents == NO_AMOUNT:
            return ""
        for name, (lowest, limit) in PRICE_BANDS.items():
            if lowest <= self.cents and (limit is None or self.cents < limit):
                return name
        return ""

    @property
    def is_at_hand(self) -> bool:
        """Whether it is a file that a customer can have at once."""
        return self.format in DIGITAL and not self.is_forthcoming


def cents(amount: Decimal | None) -> int:
    """An amount as a whole number; what is dearer than can be said counts as the dearest."""
    return NO_AMOUNT if amount is None else min(int(amount * 100), NO_AMOUNT - 1)


def offer(
    *, format: str, language: str, published: datetime.date | None,
    released: datetime.date | None, amount: Decimal | None, today: datetime.date,
) -> Offer:  # fmt: skip
    """What the lists see of an edition on that day; `released`: from when on it may be sold."""
    return Offer(
        format=format,
        language=language,
        year=published.year if published else 0,
        cents=cents(amount),
        is_forthcoming=released is not None and released > today,
    )


def encode(offer: Offer) -> int:
    """The offer's number."""
    return (
        language_code(offer.language)
        | FORMATS[offer.format] << FORMAT_AT
        | min(offer.year, (1 << YEAR_BITS) - 1) << YEAR_AT
        | band_code(offer.band) << BAND_AT
        | offer.cents << AMOUNT_AT
        | (IS_FORTHCOMING if offer.is_forthcoming else 0)
        | (IS_DIGITAL if offer.format in DIGITAL else 0)
    )


def cents_of(number: int) -> int:
    """The price in an offer's number."""
    return number >> AMOUNT_AT & NO_AMOUNT


def year_of(number: int) -> int:
    """The year in an offer's number; 0 for none."""
    return (number & YEAR_MASK) >> YEAR_AT


def band_code(band: str) -> int:
    """The number of a price band; 0 for none."""
    return BANDS.index(band) + 1 if band else 0


def band_amounts(band: str) -> tuple[Decimal, Decimal | None]:
    """From which amount on, and below which if there is one, a price belongs to the band."""
    lowest, limit = PRICE_BANDS[band]
    return Decimal(lowest) / 100, None if limit is None else Decimal(limit) / 100


def language_code(language: str) -> int:
    """Two or three letters as digits of a number; 0 for none."""
    number = 0
    for letter in language:
        number = number * LETTERS + ord(letter) - ord("a") + 1
    return number


def language_of(number: int) -> str:
    """The letters that `language_code` made a number of."""
    letters = ""
    while number:
        number, digit = divmod(number, LETTERS)
        letters = chr(ord("a") + digit - 1) + letters
    return letters
