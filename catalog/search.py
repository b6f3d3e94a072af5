"""Finding works: by words in any order, by beginnings, by near misses, and by filters."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import connection
from django.utils import timezone

from catalog import cards, facets, levels, spelling, surroundings, ways
from catalog.cards import Card
from catalog.criteria import Criteria, Match, fitting, match
from catalog.facets import MOST_COUNTED, Counts
from catalog.listing import (
    BY_POPULARITY,
    ORDERS,
    BadKey,
    Cut,
    Key,
    Order,
    by_price,
    by_relevance,
    newest_of,
    part,
    part_of_many,
    read_key,
    sorted_part,
    write_key,
)
from catalog.models import Subject
from catalog.offer_codes import PRICE_BANDS
from catalog.surroundings import Node
from catalog.ways import Question

__all__ = ["MOST_COUNTED", "PAGE_SIZE", "PRICE_BANDS", "SORTS", "BadKey", "Criteria", "Results"]

PAGE_SIZE = 24
NEAREST = 6  # works that are offered where nothing was found
SORTS = ("relevance", "popularity", "newest", "title", "price")


@dataclass
class Results:
    """A page of works."""

    works: list[Card]
    counts: Counts = field(default_factory=Counts)
    page: int = 1
    after: str = ""
    """The key for the next page; empty on the last."""
    before: str = ""
    """The key for the page before; empty on the first."""
    subject: Subject | None = None
    """The one that was asked for."""
    below: list[Node] = field(default_factory=list)
    """Subjects to choose from: those at the top, or those below the one that was asked for."""
    words: tuple[str, ...] = ()
    """What was looked for."""
    suggestion: str = ""
    """The words that were looked for instead, because nothing has those that were typed."""
    in_head_only: bool = False
    """Whether so many have the words that only those with them in titles and names are shown."""
    nearest: list[Card] = field(default_factory=list)
    """Where nothing was found: what has some of the words."""

    @property
    def total(self) -> int:
        """Counted up to MOST_COUNTED."""
        return self.counts.total

    @property
    def pages(self) -> int:
        """How many pages there are of those that were counted; at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def search(criteria: Criteria) -> Results:
    """The works that match, best first. Near misses are tried when no word matches.

    Raises BadKey for a key that is none of this list.
    """
    subject = _subject_of(criteria)
    wanted = _wanted(criteria, subject)
    if wanted is None:
        return Results([], page=criteria.page)
    results = _page(wanted, criteria, subject)
    if wanted.words and not results.total:
        if meant := _meant(wanted):
            results = _page(meant, criteria, subject)
            results.suggestion = " ".join(meant.words)
        else:
            results.nearest = _nearest(wanted)
    return results


def count_available(criteria: Criteria) -> Counts:
    """How many works `search` finds for the criteria where they must be in stock besides."""
    criteria = replace(criteria, available=True)
    wanted = _wanted(criteria, _subject_of(criteria))
    if wanted is None:
        return Counts()
    counts = _counted(wanted, criteria)
    if wanted.words and not counts.total and (meant := _meant(wanted)):
        counts = _counted(meant, criteria)
    return counts


def _counted(wanted: Match, criteria: Criteria) -> Counts:
    return levels.choose(_levels(wanted), criteria)[0].counts


def _subject_of(criteria: Criteria) -> Subject | None:
    return Subject.objects.filter(slug=criteria.subject).first() if criteria.subject else None


def _wanted(criteria: Criteria, subject: Subject | None) -> Match | None:
    """What has to be matched; None where nothing can."""
    if criteria.subject and not subject:
        return None
    marked = Subject.objects.marked(subject) if subject else []
    wanted = match(criteria, subjects=marked)
    return None if criteria.q and not wanted.words else wanted


def listed(criteria: Criteria, *, mark: str, size: int | None = None) -> Results:
    """The works that have a mark (`catalog.entry_texts`), the best known first; nothing is counted
    but they. `size` is how many they are, where somebody knows. Raises BadKey, as `search` does.
    """
    wanted = Match(marks=(mark,))
    counts = facets.total(wanted) if not size else facets.of_size(size)
    return _results(wanted, criteria, counts) if counts.total else Results([], page=criteria.page)


def _levels(wanted: Match) -> list[Match]:
    """Where the words may stand, from where they mean most; the last is anywhere.

    The beginnings of words come last, as there are many words that begin like a common one.
    """
    if not wanted.words:
        return [wanted]
    head = replace(wanted, in_head=True)
    return [*([] if wanted.is_whole else [replace(head, is_whole=True)]), head, wanted]


def _meant(wanted: Match) -> Match | None:
    """What is wanted, with the words that were meant by those that nothing has.

    None where no such words are known, or where it is the filters that leave nothing: then what was
    typed is no slip.
    """
    if wanted.marks and _is_found(replace(wanted, marks=(), checks=())):
        return None
    meant = spelling.corrected(wanted.words, lambda words: _is_found(_in_full(wanted, words)))
    return _in_full(wanted, meant) if meant else None


def _in_full(wanted: Match, words: Sequence[str]) -> Match:
    return replace(wanted, words=tuple(words), is_whole=True)


def _is_found(wanted: Match) -> bool:
    with connection.cursor() as cursor:
        sql = f"SELECT FROM catalog_searchentry AS entry WHERE {wanted.sql} LIMIT 1"
        cursor.execute(sql, wanted.told)
        return cursor.fetchone() is not None


def _page(wanted: Match, criteria: Criteria, subject: Subject | None) -> Results:
    below_it = surroundings.below(subject.pk if subject else None)
    found, (rows,) = levels.choose(
        _levels(wanted), criteria, pages=_Pages(criteria), besides=[below_it]
    )
    below = [Node(*row) for row in rows]
    if not found.counts.total:  # what a near miss finds may be in another order, and so its keys
        return Results(
            [], page=criteria.page, subject=subject, below=below, words=found.level.words
        )
    results = _results(found.level, criteria, found.counts, found.keys)
    return replace(results, subject=subject, below=below)


@dataclass(frozen=True)
class _Pages:
    """What asks for the page that the criteria say."""

    criteria: Criteria

    def of_few(self, level: Match, places: str) -> Question | None:
        """None where the page is not found by sorting, or its key is of the order of many."""
        if not level.tsquery:
            return None
        order = _order(level, self.criteria, Counts())
        with contextlib.suppress(BadKey):
            return sorted_part(level, order, _one_more(_cut(self.criteria, order)), places=places)
        return None

    def of_many(self, level: Match) -> list[Question]:
        """Nothing where the page's key is of the order of few."""
        order = _order(level, self.criteria, Counts(has_more=True))
        with contextlib.suppress(BadKey):
            return part_of_many(level, order, _one_more(_cut(self.criteria, order)))
        return []


def _one_more(cut: Cut) -> Cut:
    """So that it is seen whether there is another page."""
    return replace(cut, size=PAGE_SIZE + 1)


def _results(
    wanted: Match, criteria: Criteria, counts: Counts, keys: list[Key] | None = None
) -> Results:
    """The page; `keys` are those of its works and of one more, from the cut on, if known."""
    order = _order(wanted, criteria, counts)
    cut = _cut(criteria, order)
    if keys is None:
        keys = part(wanted, order, _one_more(cut), has_more=counts.has_more)
    elif cut.is_before:
        keys = keys[::-1]
    has_more = len(keys) > PAGE_SIZE
    keys = keys[-PAGE_SIZE:] if cut.is_before else keys[:PAGE_SIZE]
    has_next, has_previous = (True, has_more) if cut.is_before else (has_more, criteria.page > 1)
    return Results(
        _cards([int(key[-1]) for key in keys], criteria),
        counts=counts,
        page=criteria.page,
        after=write_key(keys[-1], order=order.name) if keys and has_next else "",
        before=write_key(keys[0], order=order.name) if keys and has_previous else "",
        words=wanted.words,
        in_head_only=wanted.in_head,
    )


def _order(wanted: Match, criteria: Criteria, counts: Counts) -> Order:
    if criteria.sort == "price" and criteria.concerns_editions:
        return by_price(criteria)
    if criteria.sort == "newest" and _are_over(criteria.years):
        return newest_of(criteria.years)
    if criteria.sort == "relevance" and wanted.words and not counts.has_more:
        return by_relevance(wanted)
    return ORDERS.get(criteria.sort, BY_POPULARITY)


def _are_over(years: range) -> bool:
    return bool(years) and 0 < years[-1] < timezone.localdate().year


def _cut(criteria: Criteria, order: Order) -> Cut:
    if criteria.before:
        return Cut(PAGE_SIZE, key=read_key(criteria.before, order=order.name), is_before=True)
    if criteria.after:
        return Cut(PAGE_SIZE, key=read_key(criteria.after, order=order.name))
    return Cut(PAGE_SIZE, skip=(criteria.page - 1) * PAGE_SIZE)


def _cards(ids: list[int], criteria: Criteria) -> list[Card]:
    """These works, in their order, by editions that fit; none whose last edition just went."""
    if not criteria.concerns_editions:
        return cards.read(ids)
    editions = fitting(criteria).filter(work__in=ids).values_list("pk", flat=True)
    return cards.read(ids, editions=list(editions))


def _nearest(wanted: Match) -> list[Card]:
    """Works that have some of the words in their titles and names, most of them first."""
    some = " | ".join(f"'^{word}'" for word in wanted.words)
    plain = " | ".join(f"'{word}'" for word in wanted.words)
    sql = """
        SELECT work_id FROM (
            SELECT work_id, head, popularity_key FROM catalog_searchentry
            WHERE vector @@ %(some)s::tsquery AND is_offered LIMIT 1000
        ) AS entry
        ORDER BY ts_rank(head, %(plain)s::tsquery, 1) DESC, popularity_key, work_id LIMIT %(most)s
    """
    told = {"some": some, "plain": plain, "most": NEAREST}
    return cards.read([pk for (pk,) in ways.rows(Question(sql, ways.BY_WORDS, told))])
