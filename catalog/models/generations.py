"""Which cached answers show a work: the generations to raise when it changes."""

from collections.abc import Collection

from django.db.models import Q


def showing(work_ids: Collection[int]) -> list[str]:
    """The generations of all that shows these works.

    Those are the lists, the pages of their editions, and the pages of what else their
    contributors had a part in, where they stand under "more by".
    """
    from catalog.models.contributor import Contribution
    from catalog.models.edition import Edition

    contributors = Contribution.objects.filter(work__in=work_ids).values("contributor")
    related = Contribution.objects.filter(contributor__in=contributors).values("work")
    editions = Edition.objects.filter(Q(work__in=work_ids) | Q(work__in=related))
    numbers = editions.values_list("isbn13", flat=True)
    return ["catalog", *(f"edition:{number}" for number in numbers)]
