"""Finding works: by words in any order, by beginnings, by near misses, and by filters."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import Exists, F, Q

from catalog.folding import fold
from catalog.models import Edition, Work
from catalog.models.edition import EditionQuerySet
from catalog.models.work import WorkQuerySet

PAGE_SIZE = 24
MOST_COUNTED = 10_000  # beyond this the exact number helps nobody and costs a scan
MOST_WORDS = 12
PRICE_BANDS: dict[str, tuple[Decimal | None, Decimal | None]] = {
    "under-10": (None, Decimal(10)),
    "10-20": (Decimal(10), Decimal(20)),
    "20-up": (Decimal(20), None),
}
SORTS = ("relevance", "newest", "title", "price")


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
    available: bool = False
    sort: str = "relevance"
    page: int = 1


@dataclass
class Results:
    """A page of works."""

    works: list[Work]
    total: int
    """Counted up to MOST_COUNTED."""
    page: int
    used_typos: bool = False
    """Whether nothing matched exactly and near misses are shown."""
    suggestion: str = ""
    """What the visitor may have meant: a query that finds something."""

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.page < self.pages


def words(text: str) -> SearchQuery | None:
    """Matches search entries with all words of `text`, the last of which may be a beginning.

    None when there is no word in it.
    """
    *whole, last = _folded_words(text) or [""]
    if not last:
        return None
    return SearchQuery(" & ".join([*whole, f"{last}:*"]), search_type="raw", config="simple")


def _folded_words(text: str) -> list[str]:
    return fold(text).split()[:MOST_WORDS]


def search(criteria: Criteria) -> Results:
    """The works that match, best first. Near misses are tried when no word matches."""
    works = Work.objects.in_subject(criteria.subject) if criteria.subject else Work.objects.all()
    works = works.filter(Exists(_fitting(criteria).of_outer_work()))
    query = words(criteria.q)
    if query is None:
        return _page(_sorted(works, criteria, by_default=("-popularity", "title", "id")), criteria)
    exact = works.filter(search_entry__vector=query).annotate(
        rank=SearchRank(F("search_entry__vector"), query)
    )
    if exact.exists():
        return _page(_sorted(exact, criteria, by_default=("-rank", "-popularity", "id")), criteria)
    near = _similar(works, " ".join(_folded_words(criteria.q)))
    results = _page(_sorted(near, criteria, by_default=("-rank", "-popularity", "id")), criteria)
    results.used_typos = bool(results.works)
    results.suggestion = results.works[0].title if results.works else ""
    return results


def _fitting(criteria: Criteria) -> EditionQuerySet:
    """The editions that the filters leave: works are found, sorted and shown by these alone."""
    editions = Edition.objects.offered().with_price()
    if criteria.format:
        editions = editions.filter(format=criteria.format)
    if criteria.language:
        editions = editions.filter(language=criteria.language)
    if criteria.price:
        lowest, limit = PRICE_BANDS[criteria.price]
        if lowest is not None:
            editions = editions.filter(Q(price_amount__gte=lowest))
        if limit is not None:
            editions = editions.filter(Q(price_amount__lt=limit))
    if criteria.available:
        editions = editions.available()
    return editions


def _similar(works: WorkQuerySet, folded: str) -> WorkQuerySet:
    """Works whose title and names hold something like the words.

    How like is the connection's `pg_trgm.word_similarity_threshold` (settings); the index knows it.
    """
    return works.annotate(rank=TrigramWordSimilarity(folded, "search_entry__names")).filter(
        search_entry__names__trigram_word_similar=folded
    )


def _sorted(
    works: WorkQuerySet, criteria: Criteria, *, by_default: tuple[str, ...]
) -> WorkQuerySet:
    match criteria.sort:
        case "newest":
            return works.newest_first()
        case "title":
            return works.order_by("title", "id")
        case "price":
            return works.cheapest_first(_fitting(criteria))
        case _:
            return works.order_by(*by_default)


def _page(works: WorkQuerySet, criteria: Criteria) -> Results:
    total = works.order_by()[:MOST_COUNTED].count()
    start = (criteria.page - 1) * PAGE_SIZE
    shown = works.for_cards(_fitting(criteria))[start : start + PAGE_SIZE]
    return Results(works=list(shown), total=total, page=criteria.page)
