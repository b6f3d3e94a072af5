"""What is shown beside books, and why: chosen from what `catalog.affinities` has found.

Nothing that is not for sale; what customers can have at once before what they must wait for, as far
as the page may know; and not more than two by the same people, unless that is why they are there.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog import cards, prepared
from catalog.book import Book
from catalog.cards import Card
from catalog.models import Recommendation
from catalog.models.recommendation import sentence, stored_of

SHOWN = 6
OF_THE_SAME_PEOPLE = 2
REASONS = Recommendation.Reason
PEOPLE_ARE_THE_REASON = (REASONS.PINNED, REASONS.NEXT_IN_SERIES, REASONS.SAME_CONTRIBUTOR)
_FOUND = stored_of("ANY(%(works)s::bigint[])")


@dataclass(frozen=True, slots=True)
class Beside:
    """A work that stands beside others, as a card, and why."""

    card: Card
    rank: int
    reason: str
    because: str
    """The reason as a sentence for customers."""


def stored(work_ids: Collection[int]) -> list[Recommendation]:
    """All that was found for these works, the best first, with what the reasons name."""
    named = ("work", "other", "series", "contributor", "subject", "entry", "curation")
    found = Recommendation.objects.filter(work__in=work_ids).select_related(*named)
    long = [f"{side}__{name}" for side in ("work", "other") for name in ("description", "keywords")]
    return list(found.defer(*long).order_by("rank", "work_id"))


def beside(work_ids: Collection[int], *, most: int = SHOWN) -> list[Beside]:
    """What stands beside these works together, what can be had at once first.

    Two statements, however many they are.
    """
    found = prepared.rows(_FOUND, {"works": prepared.array(work_ids)})
    return beside_known(work_ids, found, most=most)


def beside_known(
    work_ids: Collection[int], found: Iterable[Sequence[Any]], *, most: int = SHOWN
) -> list[Beside]:
    """What stands beside these works of what was `found` for them: rows of `stored_of`, best first.

    One statement; none where nothing was found.
    """
    others = [row for row in found if row[0] not in work_ids]
    return _shown(others, most, with_stock=True)


def beside_book(book: Book) -> list[Beside]:
    """What stands beside one book on its page: what is out first, as that is kept while stock
    changes. One statement.
    """
    found = [row for row in book.recommended if row[0] != book.work.pk]
    return _shown(found, SHOWN, with_stock=False)


def _shown(found: Iterable[Sequence[Any]], most: int, *, with_stock: bool) -> list[Beside]:
    first: dict[int, Sequence[Any]] = {}
    for other, *why in found:
        first.setdefault(other, why)
    shown = cards.read(list(first), with_stock=with_stock)
    return _chosen([_beside(card, *first[card.work_id]) for card in shown], most=most)


def _beside(card: Card, rank: int, reason: str, named: str | None, said: str | None) -> Beside:
    return Beside(card, rank, reason, sentence(reason, named=named or "", said=said or ""))


def _chosen(found: Sequence[Beside], *, most: int) -> list[Beside]:
    """`most` of them: what is to be had now before the others, but for what staff has pinned."""

    def place(each: Beside) -> tuple[bool, bool, int]:
        return (each.reason != REASONS.PINNED, not each.card.is_now, each.rank)

    chosen: list[Beside] = []
    left_over: list[Beside] = []
    seen: Counter[str] = Counter()
    for each in sorted(found, key=place):
        is_plenty = seen[each.card.byline] >= OF_THE_SAME_PEOPLE
        is_more = is_plenty and each.reason not in PEOPLE_ARE_THE_REASON
        (left_over if is_more else chosen).append(each)
        seen[each.card.byline] += 1
    return [*chosen, *left_over][:most]
