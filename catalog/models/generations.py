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
    from catalog.models.edition import Edition
    from catalog.models.recommendation import Recommendation

    beside = Recommendation.objects.filter(other__in=work_ids).order_by()
    works = list(beside.values_list("work", flat=True)[: MOST_PAGES + 1])
    is_everywhere = len(works) > MOST_PAGES
    editions = Edition.objects.filter(Q(work__in=work_ids) | Q(work__in=works[:MOST_PAGES]))
    numbers = editions.values_list("isbn13", flat=True)
    everywhere = ["recommendations"] if is_everywhere else []
    return ["catalog", *everywhere, *(f"edition:{number}" for number in numbers)]
