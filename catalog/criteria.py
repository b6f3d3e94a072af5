"""Which search entries match: criteria as a condition in SQL on `entry`.

Words and filters become one tsquery, which the index answers alone. What that cannot say is checked
on the rows it finds: that one and the same edition fits all filters, and that a copy is there.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q

from catalog import isbn, offer_codes, ways
from catalog.entry_texts import FILE_MARK, words_of
from catalog.models import Edition
from catalog.models.edition import EditionQuerySet
from catalog.models.search_entry import COPIES_MARK
from catalog.numerals import in_words

MOST_WORDS = 12
LONGEST_NUMERAL = 6  # digits that titles spell out
SHORTEST_NUMBER = 7  # digits; from here on they are the beginning of an ISBN-10, not a year
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_PREFIXES = ("978", "979")
_NUMBER = re.compile(r"^(?:isbn[\s:]*)?([0-9][0-9\s\-‐-―−.]*[xX]?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Criteria:
    """What to find; an empty field restricts nothing."""

    q: str = ""
    subject: str = ""
    """Slug; everything below it is included."""
    format: str = ""
    language: str = ""
    price: str = ""
    """A key of PRICE_BANDS."""
    year: str = ""
    """Of publication: 2024, or 1990s for all from 1990 to 1999."""
    available: bool = False
    sort: str = "relevance"
    page: int = 1
    after: str = ""
    """The key of the work that the page before ended with."""
    before: str = ""
    """The key of the work that the page behind begins with."""

    @property
    def concerns_editions(self) -> bool:
        """Whether a filter is on that a single edition must fit."""
        return bool(self.format or self.language or self.price or self.year or self.available)

    @property
    def years(self) -> range:
        """The years that are meant; none where any is."""
        if not self.year:
            return range(0)
        first = int(self.year[:4])
        return range(first, first + (10 if self.year.endswith("s") else 1))


@dataclass(frozen=True)
class Match:
    """A condition on entries that are offered."""

    words: tuple[str, ...] = ()
    in_head: bool = False
    """Whether the words must stand in titles and names."""
    is_whole: bool = False
    """Whether the last word is a whole one, and no beginning."""
    marks: tuple[str, ...] = ()
    """Each must be there; of those that are joined by “|”, one."""
    checks: tuple[str, ...] = ()
    """More conditions."""

    @property
    def tsquery(self) -> str:
        """All that the index can answer; empty where that is nothing."""
        sign = "^" if self.in_head else ""
        words = [_sought(word, sign, is_whole=True) for word in self.words[:-1]]
        words += [_sought(word, sign, is_whole=self.is_whole) for word in self.words[-1:]]
        marks = ["(" + " | ".join(f"'{m}'" for m in mark.split("|")) + ")" for mark in self.marks]
        return " & ".join(words + marks)

    @property
    def sql(self) -> str:
        """The condition.

        `IS NOT FALSE`, or PostgreSQL would have a list of all that is offered made from another
        index, only to look for the same works in both.
        """
        by_index = ["entry.vector @@ %(tsquery)s::tsquery"] if self.tsquery else []
        return " AND ".join(["entry.is_offered IS NOT FALSE", *by_index, *self.checks])

    @property
    def told(self) -> dict[str, str]:
        """The parameters of `sql`."""
        return {"tsquery": self.tsquery}

    @property
    def ways(self) -> frozenset[str]:
        """Filters alone are few and known to the statistics: PostgreSQL may choose."""
        return ways.BY_WORDS if self.words else ways.ANY

    @property
    def is_told_by_entries(self) -> bool:
        """Whether an entry that matches does so until it changes: no stock is asked, for instance.

        `sql` is then the same for any words and marks, too.
        """
        return not self.checks

    @property
    def leaves_one_way(self) -> bool:
        """Whether PostgreSQL has nothing to choose, so that one plan is right for any words."""
        return bool(self.words) and self.is_told_by_entries


def _sought(word: str, sign: str, *, is_whole: bool) -> str:
    """A word as tsquery; a number may as well be spelled out."""
    query = f"'{sign}{word}'" if is_whole else f"'{sign}{word}':*"
    spelled = in_words(int(word)) if word.isdecimal() and len(word) <= LONGEST_NUMERAL else []
    if not spelled:
        return query
    in_letters = " & ".join(f"'{sign}{each}'" for each in spelled)
    return f"({query} | ({in_letters}))"


def match(criteria: Criteria, *, subjects: Collection[int] = ()) -> Match:
    """The condition for the criteria; one of `subjects`, by their ids."""
    marks = ["|".join(f"=s{subject}" for subject in subjects)] if subjects else []
    marks += [f"=f{criteria.format}"] if criteria.format else []
    marks += [f"=l{criteria.language}"] if criteria.language else []
    marks += [f"=p{criteria.price}"] if criteria.price else []
    marks += ["|".join(f"=y{year}" for year in criteria.years)] if criteria.year else []
    marks += [_at_hand_mark(criteria.format)] if criteria.available else []
    filters = (criteria.format, criteria.language, criteria.price, criteria.year)
    checks = []
    if criteria.available:
        checks.append(at_hand(criteria))
    elif sum(map(bool, filters)) > 1:
        fits = offer_fits(criteria)
        checks.append(f"EXISTS (SELECT FROM unnest(entry.offers) AS offer WHERE {fits})")
    return Match(
        words=tuple(typed(criteria.q)),
        marks=tuple(marks),
        checks=tuple(checks),
    )


def _at_hand_mark(edition_format: str) -> str:
    """What all have of which an edition may be at hand: whether one is, the stock must say."""
    if not edition_format:
        return f"{COPIES_MARK}|{FILE_MARK}"
    return FILE_MARK if edition_format in offer_codes.DIGITAL else COPIES_MARK


def typed(text: str) -> list[str]:
    """The words to look for. The beginning of an ISBN, however it is written, is one."""
    number = _NUMBER.match(text.strip())
    if number:
        digits = re.sub(r"[^0-9xX]", "", number[1]).lower()
        if digits.startswith(_PREFIXES) or SHORTEST_NUMBER <= len(digits) <= isbn.LONGEST:
            return [digits[: isbn.LONGEST]]
    return words_of(_THOUSANDS.sub("", text))[:MOST_WORDS]


def words(text: str) -> SearchQuery | None:
    """For `search_entry__vector`: entries with all words of `text`, the last maybe a beginning.

    None when there is no word in it.
    """
    found = typed(text)
    query = Match(words=tuple(found)).tsquery
    return SearchQuery(query, search_type="raw", config="simple") if found else None


def _mask(criteria: Criteria) -> tuple[int, int]:
    """The bits of an offer's number that filters look at, and what they must be."""
    mask = number = 0
    if criteria.format:
        mask |= offer_codes.FORMAT_MASK
        number |= offer_codes.FORMATS[criteria.format] << offer_codes.FORMAT_AT
    if criteria.language:
        mask |= offer_codes.LANGUAGE_MASK
        number |= offer_codes.language_code(criteria.language)
    if criteria.price:
        mask |= offer_codes.BAND_MASK
        number |= offer_codes.band_code(criteria.price) << offer_codes.BAND_AT
    return mask, number


def offer_fits(criteria: Criteria) -> str:
    """The condition on `offer`, an edition's number, that it fits all filters but the stock."""
    mask, number = _mask(criteria)
    conditions = [f"offer & {mask} = {number}"] if mask else []
    if years := criteria.years:
        year = f"(offer & {offer_codes.YEAR_MASK}) >> {offer_codes.YEAR_AT}"
        conditions.append(f"{year} BETWEEN {years[0]} AND {years[-1]}")
    return " AND ".join(conditions) or "TRUE"


def offer_test(criteria: Criteria) -> Callable[[int], bool]:
    """Whether an edition's number fits all filters but the stock, as a function of it."""
    mask, number = _mask(criteria)
    years = criteria.years
    if not years:
        return lambda offer: offer & mask == number
    return lambda offer: offer & mask == number and offer_codes.year_of(offer) in years


def fitting(criteria: Criteria) -> EditionQuerySet:
    """The editions that the filters leave: works are shown by these alone."""
    editions = Edition.objects.offered().with_price()
    if criteria.format:
        editions = editions.filter(format=criteria.format)
    if criteria.language:
        editions = editions.filter(language=criteria.language)
    if years := criteria.years:
        editions = editions.filter(publication_date__year__range=(years[0], years[-1]))
    if criteria.price:
        lowest, limit = offer_codes.band_amounts(criteria.price)
        editions = editions.filter(Q(price_amount__gte=lowest))
        if limit is not None:
            editions = editions.filter(Q(price_amount__lt=limit))
    return editions.available() if criteria.available else editions


IN_STOCK = """
(SELECT sum(stock.on_hand - stock.allocated) FROM catalog_stock AS stock
 WHERE stock.edition_id = edition.id AND stock.on_hand > stock.allocated
   AND stock.location_id = ANY(ARRAY(
     SELECT id FROM catalog_location WHERE serves_shipping OR offers_collection)))
> coalesce(
    (SELECT supply.awaited FROM catalog_supply AS supply WHERE supply.edition_id = edition.id), 0)
"""
"""As `Edition.objects.available` has it, asked of each edition: never of all the stock there is."""


def at_hand(criteria: Criteria) -> str:
    """That an edition that fits the filters can be had at once, asked of the stock itself.

    Stock changes with every order; no row that orders would have to wait for repeats it.
    """
    return f"EXISTS (SELECT {_editions_at_hand(criteria)})"


def leading_offer(criteria: Criteria) -> str:
    """The number of the fitting edition that stands for the work."""
    if criteria.available:
        return f"(SELECT min(offer) {_editions_at_hand(criteria)})"
    fits = offer_fits(criteria)
    return f"(SELECT min(offer) FROM unnest(entry.offers) AS offer WHERE {fits})"  # noqa: S608 - numbers


def _editions_at_hand(criteria: Criteria) -> str:
    return (
        "FROM unnest(entry.offers, entry.editions) AS edition (offer, id)"
        f" WHERE {offer_fits(criteria)} AND offer & {offer_codes.IS_FORTHCOMING} = 0"
        f" AND (offer & {offer_codes.IS_DIGITAL} <> 0 OR {IN_STOCK})"
    )
