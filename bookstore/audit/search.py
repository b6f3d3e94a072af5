"""The audit of the search index: what is offered can be found."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from catalog.models import Edition, SearchEntry, Work


def _offered_works_are_found() -> Iterator[str]:
    entries = SearchEntry.objects.filter(work=OuterRef("pk"))
    offered = Work.objects.filter(Exists(Edition.objects.offered().of_outer_work()))
    for work in offered.exclude(Exists(entries)).iterator():
        yield f"work {work.key}: offered, and not in the search index"


CHECKS = (_offered_works_are_found,)
