"""Levels: where the words of a search may stand, from titles outward, and which of them is shown.

Counts and page come with the choice in one statement, for the index takes long to tell all works
that have a common word: what is asked first and is enough spares asking for more.

What was made of the entries that match is kept (`catalog.as_it_was`). Where they are as they were,
PostgreSQL says so, and neither counts nor sorts them.
"""

# ruff: noqa: S608 - numbers of our own; what visitors say are parameters

import math
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.utils import timezone

from catalog import facets, ways
from catalog.as_it_was import PRINT, Kept, Made
from catalog.criteria import Criteria, Match
from catalog.facets import Counts
from catalog.listing import Key
from catalog.ways import Question

MOST_LEARNT = 4_096  # questions
PLENTY = 2  # times as many works as are counted: they do not all lose a word within moments
BELIEVED = 60  # seconds

SAMPLE = """
sample_{number} AS MATERIALIZED (
    SELECT count(*) AS works, {print} AS print FROM catalog_searchentry
    WHERE {unanswered} ctid = ANY(%(places_{number})s::tid[])
),"""
"""Where more match than are counted, any of them are counted. As long as those are as they were,
they match, and nothing has to be looked for: a common word stands in a tenth of all entries.
"""
LEVEL = """{sample}
level_{number} AS MATERIALIZED (
    SELECT entry.ctid, entry.xmin
    FROM catalog_searchentry AS entry WHERE {unanswered} {changed} {match} LIMIT {most}
), size_{number} AS MATERIALIZED (
    SELECT count(*) AS works, {print} AS print FROM level_{number} {or_sample}
)"""
CHANGED = "(SELECT print = %(counted_{number})s FROM sample_{number}) IS NOT TRUE"
OR_SAMPLE = """
    HAVING {changed} UNION ALL SELECT works, print FROM sample_{number} WHERE NOT ({changed})
"""
CHOICE = """
WITH {levels}, chosen AS MATERIALIZED (SELECT {choice} AS level)
SELECT chosen.level, {widest} AS widest, found.*
FROM chosen, LATERAL ({found}) AS found
"""
FOUND = """
SELECT size.works, size.print, counted.offers, counted.subjects, counted.places, page.keys
FROM size_{number} AS size, LATERAL (
    SELECT string_agg(offers::text, '') AS offers, string_agg(subjects::text, '') AS subjects,
        {places} AS places
    FROM catalog_searchentry WHERE ctid = ANY(ARRAY(SELECT ctid FROM level_{number} LIMIT {most}))
    AND size.print IS DISTINCT FROM %(counted_{number})s
) AS counted, LATERAL ({page}) AS page
WHERE chosen.level = {number}
"""
"""The arrays of all works as one text: a row for each takes longer to send, and to read.

They are read from where they stand when it is known that they are counted: to carry those of
thousands of works along takes as long as to find them.
"""
PAGE = """
SELECT json_agg(page) AS keys FROM ({sorted}) AS page
WHERE size.works <= {most} AND size.print IS DISTINCT FROM %(paged_{number})s
"""
# Of few the index tells as soon, and without words PostgreSQL might read the whole table for them.
PLACES = "(SELECT array_agg(ctid)::text FROM level_{number} WHERE size.works > {most})"
NO_PAGE = "SELECT NULL::json AS keys"


class Found(NamedTuple):
    """What is shown."""

    level: Match
    counts: Counts
    keys: list[Key] | None
    """What the works of the page are sorted by; None where that has to be asked for apart."""


class Row(NamedTuple):
    """What the statement answers."""

    level: int
    widest: int
    """How many works the widest level has, up to PLENTY times what is counted; 0 if not asked."""
    works: int
    print: int | None
    """None where there are no works."""
    offers: str | None
    subjects: str | None
    places: str | None
    """Those of more than are counted, if they are new."""
    keys: list[dict[str, int | str]] | None


class Learnt(NamedTuple):
    """What came of a question the last time."""

    shown: int
    """Which level is therefore likely."""
    start: int
    """With which to begin, as narrower ones had no say."""
    stop: int
    """Before which to end, as wider ones had no say either."""
    until: float
    """For how long that is believed, by the monotonic clock."""
    has_more: bool
    """Whether more works matched than are counted; then their page is not found by sorting."""

    @property
    def asked(self) -> range:
        """The levels to ask."""
        return range(self.start, self.stop)


_kept = Kept()
_learnt: dict[Match, Learnt] = {}
"""By the widest level.

Hardly any word is asked for once. What began too late is noticed, as more match than are counted;
and what ended too early, as no more do where more did, or nothing at all matches.
"""


def forget() -> None:
    """Ask everything as if for the first time."""
    _kept.forget()
    _learnt.clear()


class Pages(Protocol):
    """What asks for the keys of the page of a level; nothing where the page is not known so far."""

    def of_few(self, level: Match, places: str) -> Question | None:
        """If no more works match than are counted; `places` asks for their `ctid`s."""

    def of_many(self, level: Match) -> Sequence[Question]:
        """If more do; `ways.better` reads the answers."""


def choose(
    levels: Sequence[Match],
    criteria: Criteria,
    *,
    pages: Pages | None = None,
    besides: Sequence[Question] = (),
) -> tuple[Found, list[list[tuple[Any, ...]]]]:
    """Choose which of the `levels`, each wider than the one before, is shown, and count it.

    It is the first that more works match than are counted. The last is for what few works match:
    where more do, and any match the level before, that one is shown instead.
    Its page comes along if that could be expected. Without `pages` the works are only counted.
    What is asked `besides` travels in the same message.
    """
    asking = _Asking(levels, criteria, timezone.localdate().year, pages)
    learnt = _believed(levels)
    parts = asking.parts(learnt)
    many = pages.of_many(levels[learnt.shown]) if pages and learnt.has_more else ()
    *others, (row,) = ways.answers([*besides, *many, _question(parts, levels)])
    others, of_many = others[: len(besides)], others[len(besides) :]
    found = Row(*row)
    if _is_outdated(learnt, levels, found):
        parts, of_many = asking.parts(_unknown(levels)), []
        ((row,),) = ways.answers([_question(parts, levels)])
        found = Row(*row)
    _note(levels, found, learnt)
    shown = asking.read(parts[found.level - parts[0].number], found)
    if of_many and found.level == learnt.shown and shown.counts.has_more:
        shown = shown._replace(keys=ways.better(of_many))
    return shown, others


@dataclass(frozen=True)
class _Part:
    """A level, as a part of the statement, with what was made of its works before."""

    number: int
    level: Match
    match: Question
    """The condition, with parameters of its own."""
    page: Question | None
    """The same of what asks for the page."""
    counts_key: Hashable
    page_key: Hashable
    counted: Made
    paged: Made

    @property
    def told(self) -> dict[str, Any]:
        """The parameters."""
        counted: dict[str, Any] = {f"counted_{self.number}": self.counted.print}
        if self.counted.places:
            counted[f"places_{self.number}"] = self.counted.places
        if self.page is None:
            return {**self.match.told, **counted}
        paged = {f"paged_{self.number}": self.paged.print}
        return {**self.match.told, **counted, **self.page.told, **paged}

    def sized(self, before: Sequence[int], most: int) -> str:
        """The entries and how many they are, if none of the levels `before` is enough."""
        unanswered = "".join(f"{_size(n)} <= {facets.MOST_COUNTED} AND " for n in before)
        said = {"number": self.number, "print": PRINT, "unanswered": unanswered}
        sample = changed = or_sample = ""
        if self.counted.places:
            sample, changed = SAMPLE.format(**said), CHANGED.format(**said)
            or_sample = OR_SAMPLE.format(**said, changed=changed)
            changed += " AND"
        return LEVEL.format(
            **said, match=self.match.sql, most=most,
            sample=sample, changed=changed, or_sample=or_sample,
        )  # fmt: skip

    @property
    def found(self) -> str:
        """What is made of them, if that is not what is known."""
        most, page, places = facets.MOST_COUNTED, NO_PAGE, "NULL::text"
        if self.page:
            page = PAGE.format(sorted=self.page.sql, most=most, number=self.number)
        if self.level.words and self.level.is_told_by_entries:
            places = PLACES.format(most=most, number=self.number)
        return FOUND.format(number=self.number, most=most, page=page, places=places)


@dataclass(frozen=True)
class _Asking:
    levels: Sequence[Match]
    criteria: Criteria
    this_year: int
    pages: Pages | None

    def parts(self, learnt: Learnt) -> list[_Part]:
        likely = None if learnt.has_more else learnt.shown
        return [self._part(number, is_likely=number == likely) for number in learnt.asked]

    def _part(self, number: int, *, is_likely: bool) -> _Part:
        level, page = self.levels[number], None
        match = Question(level.sql, told=level.told).numbered(number)
        if self.pages and is_likely:
            page = self.pages.of_few(level, f"SELECT ctid FROM level_{number}")
            page = page.numbered(number) if page else None
        given = self.criteria
        filters = (given.format, given.language, given.price, given.year, given.available)
        counts_key = (level, filters, self.this_year)
        # Where stock decides what comes first, the entries do not say it all.
        page_key = None
        if page and not given.available:
            page_key = (level, page.sql, tuple(page.told.items()))
        counted, paged = _kept.find(counts_key), _kept.find(page_key)
        return _Part(number, level, match, page, counts_key, page_key, counted, paged)

    def read(self, part: _Part, row: Row) -> Found:
        counts, keys = part.counted.value, None
        if row.print is None or row.print != part.counted.print:
            counts = facets.tally(
                row.works, row.offers, row.subjects, self.criteria, this_year=self.this_year
            )
            _kept.keep(part.counts_key, Made(row.print, counts, row.places or ""))
        if part.page and row.works <= facets.MOST_COUNTED:
            keys = part.paged.value
            if row.print is None or row.print != part.paged.print:
                keys = [tuple(each.values()) for each in row.keys or ()]
                if part.page_key:
                    _kept.keep(part.page_key, Made(row.print, keys))
        return Found(part.level, counts, keys)


def _question(parts: Sequence[_Part], levels: Sequence[Match]) -> Question:
    """The statement; the parts of a level that is not needed are never carried out."""
    numbers = [part.number for part in parts]
    widest = len(levels) - 1
    most = facets.MOST_COUNTED
    told: dict[str, Any] = {}
    sized = []
    for place, part in enumerate(parts):
        told |= part.told
        is_rival = place > 0 and part.number == widest
        sized.append(part.sized(numbers[:place], (PLENTY * most if is_rival else most) + 1))
    sql = CHOICE.format(
        levels=",".join(sized),
        choice=_choice(numbers, widest),
        widest=_size(widest) if widest in numbers else "0",
        found="UNION ALL".join(part.found for part in parts),
    )
    plan = "levels" if levels[-1].leaves_one_way else ""
    return Question(sql, levels[-1].ways, told, plan)


def _choice(numbers: Sequence[int], widest: int) -> str:
    *others, last = numbers
    most = facets.MOST_COUNTED
    cases = [f"WHEN {_size(n)} > {most} THEN {n}" for n in others]
    if others and last == widest:
        cases += [f"WHEN {_size(last)} > {most} AND {_size(last - 1)} > 0 THEN {last - 1}"]
    return f"CASE {' '.join(cases)} ELSE {last} END" if cases else str(last)


def _size(level: int) -> str:
    return f"(SELECT works FROM size_{level})"


def _unknown(levels: Sequence[Match]) -> Learnt:
    """Most that nobody has asked yet are words that few works have, so that all are shown."""
    return Learnt(len(levels) - 1, 0, len(levels), math.inf, has_more=False)


def _believed(levels: Sequence[Match]) -> Learnt:
    learnt = _learnt.get(levels[-1]) or _unknown(levels)
    return learnt if learnt.until > time.monotonic() else learnt._replace(stop=len(levels))


def _is_outdated(learnt: Learnt, levels: Sequence[Match], found: Row) -> bool:
    """Whether levels that were not asked have a say, too, by now."""
    has_more = found.works > facets.MOST_COUNTED
    if learnt.start > 0 and found.level == learnt.start and has_more:
        return True
    ends_early = learnt.stop < len(levels)
    return ends_early and (not found.works or (learnt.has_more and not has_more))


def _note(levels: Sequence[Match], found: Row, before: Learnt) -> None:
    """Begin with what is shown the next time, or with what it was compared with."""
    if len(_learnt) >= MOST_LEARNT:
        _learnt.clear()
    has_more = found.works > facets.MOST_COUNTED
    stop, until = len(levels), math.inf
    if has_more:
        stop = found.level + 1
    elif found.widest > PLENTY * facets.MOST_COUNTED:
        stop, until = found.level + 1, time.monotonic() + BELIEVED
    elif found.works and not found.widest:  # which was not asked
        stop, until = before.stop, before.until
    _learnt[levels[-1]] = Learnt(found.level, _start_of(levels, found), stop, until, has_more)


def _start_of(levels: Sequence[Match], found: Row) -> int:
    if found.works <= facets.MOST_COUNTED:
        return found.level
    is_widest = found.level == len(levels) - 1  # shown because no work matches the one before
    return max(0, found.level - 1) if is_widest else 0
