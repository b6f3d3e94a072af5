"""Which cached answers show a work: the generations to raise when it changes."""

from collections.abc import Collection

from django.db.models import Q

MOST_PAGES = 1_000
"""Works beside which a changed one may stand before it is cheaper to renew every book's page."""


def showing(work_ids: Collection[int]) -> list[str]:
    """The generations of all that shows these works.

    Those are the lists, the pages of their editions, and the pages of the works that they are
    recommended beside: all books' pages where those would be more than MOST_PAGES.
    """
    return ["catalog", *pages_showing(work_ids)]


def pages_showing(work_ids: Collection[int]) -> list[str]:
    """Of `showing` the books' pages.

    To be asked once more after the commit: what another transaction has put beside these works, or
    among their editions, while they changed was not to be seen before.
    """
    return _pages_beside(Q(other__among=work_ids), and_of=work_ids)


def picked_from(list_ids: Collection[int]) -> list[str]:
    """The generations of all that shows these staff lists, or quotes them beside a book.

    To be asked before they change, for what they recommend now is forgotten with an entry, and
    after it.
    """
    return ["catalog", *_pages_beside(Q(entry__staff_list__in=list_ids))]


def _pages_beside(recommended: Q, *, and_of: Collection[int] = ()) -> list[str]:
    """The pages of the works beside which that stands; and those of some works themselves."""
    from catalog.models.edition import Edition
    from catalog.models.recommendation import Recommendation

    beside = Recommendation.objects.filter(recommended).order_by()
    works = list(beside.values_list("work", flat=True)[: MOST_PAGES + 1])
    is_everywhere = len(works) > MOST_PAGES
    editions = Edition.objects.filter(Q(work__among=and_of) | Q(work__among=works[:MOST_PAGES]))
    numbers = editions.values_list("isbn13", flat=True)
    everywhere = ["recommendations"] if is_everywhere else []
    return [*everywhere, *(f"edition:{number}" for number in numbers)]
