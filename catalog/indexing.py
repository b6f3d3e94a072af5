"""Keeps everything derived from works right: search entries, cached pages, suggestions.

Call it inside the transaction that makes the change, after the last write.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import TextField, Value
from procrastinate.contrib.django import app

from caching import store
from catalog.folding import fold
from catalog.models import SearchEntry, Work, generations

BATCH = 500


def works_changed(work_ids: Collection[int]) -> None:
    """Renew what is derived from these works; ids of works that are gone are welcome too."""
    ids: list[Any] = sorted(set(work_ids))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        _index(batch)
        store.bump_after_commit(generations.showing(batch))
        app.configure_task("catalog.publish_works").defer(work_ids=batch)


def vocabulary_changed() -> None:
    """A contributor, imprint, series or subject has another name: any page may show it."""
    store.bump_after_commit(["vocabulary"])


def _index(work_ids: Collection[int]) -> None:
    works = Work.objects.filter(pk__in=work_ids).prefetch_related(
        "contributions__contributor",
        "editions__imprint__publisher",
        "series_memberships__series",
        "subjects",
    )
    SearchEntry.objects.bulk_create(
        [_entry(work) for work in works],
        update_conflicts=True,
        unique_fields=["work"],
        update_fields=["names", "vector"],
    )


def _entry(work: Work) -> SearchEntry:
    titles = _distinct([work.title, work.subtitle])
    editions = list(work.editions.all())
    titles += _distinct(
        [text for edition in editions for text in (edition.title, edition.subtitle)]
    )
    people = _distinct([c.contributor.name for c in work.contributions.all()])
    around = _distinct(
        [membership.series.title for membership in work.series_memberships.all()]
        + [subject.name for subject in work.subjects.all()]
        + [name for e in editions for name in (e.imprint.name, e.imprint.publisher.name)]
    )
    vector = (
        _vector(titles, "A")
        + _vector(people, "B")
        + _vector(around, "C")
        + _vector([work.description], "D")
    )
    return SearchEntry(work=work, names=" ".join(_distinct(titles + people)), vector=vector)


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(folded for text in texts if (folded := fold(text))))


def _vector(texts: list[str], weight: str) -> SearchVector:
    folded = " ".join(_distinct(texts))
    return SearchVector(Value(folded, output_field=TextField()), weight=weight, config="simple")
