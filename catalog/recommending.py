"""What is shown beside books, and why: chosen from what `catalog.affinities` has found.

Nothing that is not for sale; what customers can have at once before what they must wait for, as far
as the page may know; and not more than two by the same people, unless that is why they are there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from django.db.models import QuerySet, prefetch_related_objects
from django.utils import timezone

from catalog.models import Edition, Recommendation, Work
from catalog.models.work import card_parts

SHOWN = 6
OF_THE_SAME_PEOPLE = 2
REASONS = Recommendation.Reason
PEOPLE_ARE_THE_REASON = (REASONS.PINNED, REASONS.NEXT_IN_SERIES, REASONS.SAME_CONTRIBUTOR)


def stored(work_ids: Collection[int]) -> list[Recommendation]:
    """All that was found for these works, the best first, with what the reasons name."""
    long = ("work__description", "work__keywords")
    return list(_found(work_ids).select_related("work").defer(*long))


def stored_for(work: Work) -> list[Recommendation]:
    """The same for a work that was read already: planning one more join costs as much as all."""
    found = list(_found([work.pk]))
    for each in found:
        each.work = work
    return found


def _found(work_ids: Collection[int]) -> QuerySet[Recommendation]:
    named = ("other", "series", "contributor", "subject", "entry", "curation")
    found = Recommendation.objects.filter(work__in=work_ids).select_related(*named)
    return found.defer("other__description", "other__keywords").order_by("rank", "work_id")


def beside(work_ids: Collection[int], *, most: int = SHOWN) -> list[Recommendation]:
    """What stands beside these works together; four queries, however many they are."""
    found = stored(work_ids)
    here = Edition.objects.offered().with_price().with_available()
    prefetch_related_objects([each.other for each in found], *card_parts(here))
    return choose(found, without=work_ids, first=is_at_hand, most=most)


def choose(
    found: Iterable[Recommendation],
    *,
    without: Collection[int],
    first: Callable[[Work], bool],
    most: int = SHOWN,
) -> list[Recommendation]:
    """`most` of them, each work once and none of those `without`; their `other` has its cards.

    Works that are `first` come before the others, but for what staff has pinned.
    """

    def place(each: Recommendation) -> tuple[bool, bool, int]:
        return (each.reason != REASONS.PINNED, not first(each.other), each.rank)

    by_other: dict[int, Recommendation] = {}
    for each in found:
        if each.other_id not in without and each.other.lead_edition is not None:
            by_other.setdefault(each.other_id, each)
    chosen: list[Recommendation] = []
    left_over: list[Recommendation] = []
    seen: Counter[str] = Counter()
    for each in sorted(by_other.values(), key=place):
        is_plenty = seen[each.other.byline] >= OF_THE_SAME_PEOPLE
        is_more = is_plenty and each.reason not in PEOPLE_ARE_THE_REASON
        (left_over if is_more else chosen).append(each)
        seen[each.other.byline] += 1
    return [*chosen, *left_over][:most]


def is_at_hand(work: Work) -> bool:
    """Whether a customer could have it at once; its editions are `with_available`."""
    return any(
        (each.is_digital or each.available_quantity > 0)
        and not each.is_forthcoming_on(timezone.localdate())
        for each in work.editions.all()
    )


def is_out(work: Work) -> bool:
    """Whether it is to be had, in stock or not: for pages that are kept while stock changes."""
    return any(not each.is_forthcoming_on(timezone.localdate()) for each in work.editions.all())
