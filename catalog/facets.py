"""Facets: how many of the works found each further filter would leave.

Counted are works, exactly, up to MOST_COUNTED of them; where more match, of any MOST_COUNTED, so
that each number is the least there are.

What is counted is also chosen here, in one statement, for the index takes long to tell all works
that have a common word: what is asked first and is enough spares asking for more.
"""

# ruff: noqa: S608 - numbers of our own; what visitors say are parameters

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from catalog import offer_codes, ways
from catalog.criteria import Criteria, Match, offer_test
from catalog.ways import Question

MOST_COUNTED = 2_000  # beyond this the exact number helps nobody and costs a scan
SIGNS = "flpy"  # before a format, a language, a price band and a year, to count all in one
YEARS_ALONE = 4  # years that stand for themselves; those before are counted by decades

MOST_LEARNT = 4_096  # questions


class Learnt(NamedTuple):
    """What came of a question the last time."""

    start: int
    """With which level to begin, as narrower ones had no say."""
    shown: int
    """Which level was shown; the others need only be counted."""
    is_all: bool
    """Whether that were all of its works, and any at all."""


_learnt: dict[Match, Learnt] = {}
"""By the widest level.

Hardly any word is asked for once. What began too late is noticed: more match than are counted.
"""

LEVEL = """
level_{number} AS {kept} (
    SELECT entry.offers, entry.subjects
    FROM catalog_searchentry AS entry WHERE {unanswered} {match} LIMIT %(most)s
), size_{number} AS MATERIALIZED (SELECT count(*) AS works FROM level_{number})"""
COUNT = """
WITH {levels}, chosen AS MATERIALIZED (SELECT {choice} AS level)
SELECT chosen.level, counted.works, counted.offers, counted.subjects
FROM chosen, LATERAL ({counted}) AS counted
"""
COUNTED = """
SELECT size_{number}.works, offers, subjects
FROM size_{number}, (
    SELECT string_agg(offers::text, '') AS offers, string_agg(subjects::text, '') AS subjects
    FROM (SELECT * FROM level_{number} LIMIT %(most)s - 1) AS work
) AS written
WHERE chosen.level = {number}
"""
"""The arrays of all works as one text: a row for each takes longer to send, and to read."""


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


def of_size(size: int) -> Counts:
    """The count of so many works, none of which is counted by its values."""
    return Counts(total=min(size, MOST_COUNTED), has_more=size > MOST_COUNTED)


def total(match: Match) -> Counts:
    """How many works match, and nothing else of them."""
    sql = f"SELECT FROM catalog_searchentry AS entry WHERE {match.sql} LIMIT {MOST_COUNTED + 1}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS found", match.told)
        return of_size(cursor.fetchone()[0])


def expected(levels: Sequence[Match]) -> Match | None:
    """The level that will be shown with all of its works, unless much has changed since it was."""
    learnt = _learnt.get(levels[-1])
    return levels[learnt.shown] if learnt and learnt.is_all else None


def count(
    levels: Sequence[Match],
    criteria: Criteria,
    *,
    this_year: int,
    besides: Sequence[Question] = (),
) -> tuple[Match, Counts, list[list[tuple[Any, ...]]]]:
    """Choose which of the `levels`, each wider than the one before, is shown, and count it.

    It is the first that more than MOST_COUNTED works match. The last is for what few works match:
    where more do, and any match the level before, that one is shown instead.
    What is asked `besides` travels in the same message.
    """
    start, shown, _is_all = _learnt.get(levels[-1], (0, None, False))
    *others, ((level, works, offers, subjects),) = _ask(levels, besides, start=start, shown=shown)
    if start and level == start and works > MOST_COUNTED:  # perhaps of narrower ones, too, by now
        (((level, works, offers, subjects),),) = _ask(levels)
    _note(levels, level, works)
    counts = _by_offer(_arrays(offers), criteria, this_year)
    counts.has_more = works > MOST_COUNTED
    counts.subjects = Counter((subjects or "")[1:-1].replace("}{", ",").split(","))
    return levels[level], counts, others


def _ask(
    levels: Sequence[Match],
    besides: Sequence[Question] = (),
    *,
    start: int = 0,
    shown: int | None = None,
) -> list[list[Any]]:
    told: dict[str, Any] = {f"level_{number}": level.tsquery for number, level in enumerate(levels)}
    told["most"] = MOST_COUNTED + 1
    asked = Question(_sql(levels, start=start, shown=shown), levels[-1].ways, told)
    return ways.answers([*besides, asked])


def _note(levels: Sequence[Match], level: int, works: int) -> None:
    """Begin with what is shown the next time, or with what it was compared with."""
    if len(_learnt) >= MOST_LEARNT:
        _learnt.clear()
    _learnt[levels[-1]] = Learnt(
        start=_start(levels, level, works), shown=level, is_all=0 < works <= MOST_COUNTED
    )


def _start(levels: Sequence[Match], level: int, works: int) -> int:
    if works <= MOST_COUNTED:
        return level
    is_widest = level == len(levels) - 1  # shown because no work matches the one before
    return max(0, level - 1) if is_widest else 0


def _sql(levels: Sequence[Match], *, start: int, shown: int | None) -> str:
    """The statement; the parts of a level that is not needed are never carried out.

    What was `shown` the last time is kept while it is counted. Another one is read again should it
    be shown: to keep the arrays of thousands of works takes as long as to find them.
    """
    asked = range(start, len(levels))
    parts = [
        LEVEL.format(
            number=number,
            kept="MATERIALIZED" if shown in (None, number) else "NOT MATERIALIZED",
            unanswered="".join(f"{_size(n)} < %(most)s AND " for n in range(start, number)),
            match=levels[number].sql.replace("%(tsquery)s", f"%(level_{number})s"),
        )
        for number in asked
    ]
    return COUNT.format(
        levels=",".join(parts),
        choice=_choice(asked) if len(asked) > 1 else str(start),
        counted="UNION ALL".join(COUNTED.format(number=number) for number in asked),
    )


def _choice(levels: range) -> str:
    last = levels[-1]
    enough = " ".join(f"WHEN {_size(n)} = %(most)s THEN {n}" for n in levels[:-1])
    too_many = f"WHEN {_size(last)} = %(most)s AND {_size(last - 1)} > 0 THEN {last - 1}"
    return f"CASE {enough} {too_many} ELSE {last} END"


def _size(level: int) -> str:
    return f"(SELECT works FROM size_{level})"


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
