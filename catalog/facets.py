"""Facets: how many of the works found each further filter would leave.

Counted are works, exactly, up to MOST_COUNTED of them; where more match, of any MOST_COUNTED, so
that each number is the least there are.
"""

# ruff: noqa: S608 - numbers of our own; what visitors say are parameters

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import connection

from catalog import offer_codes
from catalog.criteria import Criteria, Match, offer_test

MOST_COUNTED = 2_000  # beyond this the exact number helps nobody and costs a scan
SIGNS = "flpy"  # before a format, a language, a price band and a year, to count all in one
YEARS_ALONE = 4  # years that stand for themselves; those before are counted by decades


@dataclass
class Counts:
    """How many works there are, in all and by each filter's values."""

    total: int = 0
    """Counted up to MOST_COUNTED."""
    has_more: bool = False
    """Whether there are more than were counted."""
    formats: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    prices: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    subjects: Counter[str] = field(default_factory=Counter)
    """By their ids, as text."""

    def __hash__(self) -> int:
        """So that what was made of it can be kept under it: once counted, it is not changed."""
        return hash((self.total, self.has_more, len(self.subjects), len(self.years)))


def of_size(size: int) -> Counts:
    """The count of so many works, none of which is counted by its values."""
    return Counts(total=min(size, MOST_COUNTED), has_more=size > MOST_COUNTED)


def total(match: Match) -> Counts:
    """How many works match, and nothing else of them."""
    sql = f"SELECT FROM catalog_searchentry AS entry WHERE {match.sql} LIMIT {MOST_COUNTED + 1}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS found", match.told)
        return of_size(cursor.fetchone()[0])


def tally(
    works: int, offers: str | None, subjects: str | None, criteria: Criteria, *, this_year: int
) -> Counts:
    """The counts of so many works, whose `offers` and `subjects` stand one after the other, each as
    PostgreSQL writes an array; those of MOST_COUNTED of them, where they are more.
    """
    counts = _by_offer(_arrays(offers), criteria, this_year)
    counts.has_more = works > MOST_COUNTED
    counts.subjects = Counter((subjects or "")[1:-1].replace("}{", ",").split(","))
    return counts


def _arrays(text: str | None) -> list[str]:
    """The numbers of each of the arrays that PostgreSQL has written one after the other."""
    return text[1:-1].split("}{") if text else []


def _by_offer(works: Collection[str], criteria: Criteria, this_year: int) -> Counts:
    """Each work counts once for a value, whatever number of its editions has it."""
    if criteria.concerns_editions:
        fits = offer_test(criteria)
        works = [_fitting(offers, fits) for offers in works]
    values = (_values_of_work(offers, this_year) for offers in works if offers)
    tally = Counter(itertools.chain.from_iterable(values))
    of_each: dict[str, Counter[str]] = {sign: Counter() for sign in SIGNS}
    for value, times in tally.items():
        of_each[value[0]][value[1:]] = times
    formats, languages, prices, years = (of_each[sign] for sign in SIGNS)
    return Counts(len(works), formats=formats, languages=languages, prices=prices, years=years)


def _fitting(offers: str, fits: Callable[[int], bool]) -> str:
    if "," not in offers:
        return offers  # the one by which the work was found
    return ",".join(offer for offer in offers.split(",") if fits(int(offer)))


@functools.lru_cache(maxsize=8_192)  # the works that are found most
def _values_of_work(offers: str, this_year: int) -> Collection[str]:
    """The values of all its offers."""
    if "," not in offers:  # as most
        return _values(int(offers) & offer_codes.COUNTED_MASK, this_year)
    numbers = {int(offer) & offer_codes.COUNTED_MASK for offer in offers.split(",")}
    return frozenset[str]().union(*(_values(number, this_year) for number in numbers))


@functools.lru_cache(maxsize=32_768)  # a catalogue has some thousands
def _values(offer: int, this_year: int) -> tuple[str, ...]:
    """An offer's format, language, price band and year, as far as it has them, behind SIGNS."""
    band = (offer & offer_codes.BAND_MASK) >> offer_codes.BAND_AT
    values = (
        offer_codes.FORMAT_NAMES[(offer & offer_codes.FORMAT_MASK) >> offer_codes.FORMAT_AT],
        offer_codes.language_of(offer & offer_codes.LANGUAGE_MASK),
        offer_codes.BANDS[band - 1] if band else "",
        period(offer_codes.year_of(offer), this_year),
    )
    return tuple(sign + value for sign, value in zip(SIGNS, values, strict=True) if value)


def period(year: int, this_year: int) -> str:
    """What a year is counted under: itself, or its decade; empty for none.

    No decade stands beside one of its years, or its number would not be what it leaves.
    """
    if not year:
        return ""
    decade = year // 10 * 10
    return str(year) if decade >= (this_year - YEARS_ALONE + 1) // 10 * 10 else f"{decade}s"
