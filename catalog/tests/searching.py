"""Searches among a handful of works, of which more than three are many."""

import datetime

import pytest

from catalog import facets, indexing, listing, search, spelling
from catalog.criteria import Criteria
from catalog.models import Work
from catalog.tests.factories import EditionFactory, WorkFactory

MOST = 3


def count_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three are many; a page has two."""
    monkeypatch.setattr(facets, "MOST_COUNTED", MOST)
    monkeypatch.setattr(listing, "MOST_COUNTED", MOST)
    monkeypatch.setattr(search, "PAGE_SIZE", 2)


def shelve(*titles: str, description: str = "", published: datetime.date | None = None) -> None:
    """Works with these titles, the best known last, and a paperback of each."""
    start = Work.objects.count()
    for place, title in enumerate(titles, start=start):
        work = WorkFactory.create(title=title, description=description, popularity=place)
        EditionFactory.create(work=work, format="paperback", publication_date=published)
    ids = list(Work.objects.values_list("pk", flat=True))
    indexing.works_changed(ids)
    spelling.learn(ids)


def shown(criteria: Criteria) -> tuple[list[str], bool, bool]:
    """The titles of all pages; whether the first has them in titles alone; whether more match."""
    first = results = search.search(criteria)
    titles = [work.title for work in results.works]
    while results.after:
        page = Criteria(**{**vars(criteria), "page": results.page + 1, "after": results.after})
        results = search.search(page)
        titles += [work.title for work in results.works]
    return titles, first.in_head_only, first.counts.has_more
