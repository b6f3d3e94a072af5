"""Where so many works have the words that only those are shown where they mean most."""

import datetime
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import indexing, levels, listing, search, ways
from catalog.criteria import Criteria
from catalog.models import Work
from catalog.tests.factories import EditionFactory
from catalog.tests.searching import count_few, shelve, shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three are many; a page has two."""
    count_few(monkeypatch)


@pytest.mark.parametrize("criteria", [{}, {"format": "paperback", "language": "en"}])
def test_whole_words_of_titles_where_more_than_the_most_have_them(
    criteria: dict[str, str],
) -> None:
    shelve("Art 0", "Art 1", "Art 2", "Arthur")
    shelve("Else", description="Art")
    few_have_it = shown(Criteria(q="art", **criteria))  # type: ignore[arg-type]
    # Exactly the most have the word, and four its beginning: those are shown.
    assert few_have_it == (["Arthur", "Art 2", "Art 1", "Art 0"], True, True)
    shelve("Art 4")
    assert shown(Criteria(q="art", **criteria)) == (  # type: ignore[arg-type]
        ["Art 4", "Art 2", "Art 1", "Art 0"], True, True,
    )  # fmt: skip


def test_all_where_no_more_than_the_most_have_the_words_anywhere() -> None:
    shelve("Emma", "Emmanuel")
    shelve("Persuasion", description="Emma")
    titles, in_head_only, has_more = shown(Criteria(q="emma"))
    assert (titles, in_head_only, has_more) == (["Emma", "Emmanuel", "Persuasion"], False, False)
    shelve("Walden", description="Emma")  # too many: those with it in the title
    assert shown(Criteria(q="emma")) == (["Emma", "Emmanuel"], True, False)


def test_where_an_earlier_search_began_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words come into titles and texts, more each time: with what was learnt, and without."""
    asked: list[int] = []
    question = levels._question

    def count(parts: Any, *rest: Any) -> Any:
        asked.append(len(parts))
        return question(parts, *rest)

    monkeypatch.setattr(levels, "_question", count)
    steps: list[tuple[list[str], str]] = [
        ([], ""), (["Whale"], ""), (["A"], "Whale"), (["B", "C", "D"], "Whale"),
        (["Whales", "Whaler"], ""), (["Whalers"], ""), (["Whale 2", "Whale 3", "Whale 4"], ""),
    ]  # fmt: skip
    at_last = []
    for titles, description in steps:
        shelve(*titles, description=description)
        asked.clear()
        learnt = [shown(Criteria(q="whale")) for _turn in range(2)]
        at_last.append(asked[-1])
        levels.forget()
        assert learnt == [shown(Criteria(q="whale"))] * 2
    assert at_last == [1, 1, 1, 2, 1, 2, 1]  # in the end, many have it in titles


def page(criteria: Criteria) -> tuple[list[str], bool, bool]:
    """Its titles, and whether there are pages after and before it."""
    results = search.search(criteria)
    return [work.title for work in results.works], bool(results.after), bool(results.before)


@pytest.mark.parametrize("sort", search.SORTS)
@pytest.mark.parametrize("filters", [{}, {"format": "paperback"}])
def test_a_page_that_comes_along_with_its_counts_is_the_same(
    sort: str, filters: dict[str, str]
) -> None:
    shelve("Art 0", "Art 1", "Art 2", "Else")
    first = Criteria(q="art", sort=sort, **filters)  # type: ignore[arg-type]
    after = search.search(first).after
    second = replace(first, page=2, after=after)
    before = search.search(second).before
    pages = [first, second, replace(first, before=before)]
    learnt = [page(each) for each in pages]
    assert [len(titles) for titles, _after, _before in learnt] == [2, 1, 2]
    for each, found in zip(pages, learnt, strict=True):
        levels.forget()
        assert page(each) == found


def statements(criteria: Criteria) -> int:
    """How many a search takes."""
    with CaptureQueriesContext(connection) as captured:
        search.search(criteria)
    return len(captured.captured_queries)


def test_the_page_of_what_was_shown_comes_along_and_at_first_that_of_few() -> None:
    shelve("Emma", "Arthur")
    shelve("A", "B", "C", description="Emma")  # so that titles with it are shown
    assert [statements(Criteria(q="arthur")) for _turn in range(2)] == [2, 2]
    assert [statements(Criteria(q="emma")) for _turn in range(2)] == [3, 2]


def test_a_page_comes_along_unless_there_are_more_works_than_before() -> None:
    shelve("Art 0", "Art 1", "Art 2")
    assert [statements(Criteria(q="art")) for _turn in range(3)] == [2, 2, 2]
    after = search.search(Criteria(q="art")).after
    shelve("Art 3")
    with pytest.raises(search.BadKey):  # relevance told it, and there is too much to compare now
        search.search(Criteria(q="art", page=2, after=after))
    assert statements(Criteria(q="art")) == 2
    popular = search.search(Criteria(q="art")).after
    levels.forget()
    assert shown(Criteria(q="art"))[0] == ["Art 3", "Art 2", "Art 1", "Art 0"]
    assert page(Criteria(q="art", page=2, after=popular))[0] == ["Art 1", "Art 0"]


def test_a_key_of_before_there_were_fewer_is_refused_as_always() -> None:
    shelve("Art 0", "Art 1", "Art 2", "Art 3")
    popular = search.search(Criteria(q="art")).after
    Work.objects.get(title="Art 3").editions.update(is_offered=False)
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    search.search(Criteria(q="art"))
    with pytest.raises(search.BadKey):
        search.search(Criteria(q="art", page=2, after=popular))


def test_many_that_have_the_words_in_no_title_are_all_shown() -> None:
    shelve("A", "B", "C", "D", description="Whale")
    assert shown(Criteria(q="whale")) == (["D", "C", "B", "A"], False, True)


def test_all_pages_of_many_that_a_near_miss_finds() -> None:
    shelve("Walden 0", "Walden 1", "Walden 2", "Walden 3")
    first = search.search(Criteria(q="wladen"))
    assert (first.suggestion, first.counts.has_more) == ("walden", True)
    titles, _in_head_only, _has_more = shown(Criteria(q="wladen"))
    assert titles == ["Walden 3", "Walden 2", "Walden 1", "Walden 0"]


def test_the_newest_of_this_year_are_the_newest_of_all_of_them() -> None:
    today = timezone.localdate()
    shelve("New", published=today)
    shelve("Old 0", "Old 1", "Old 2", "Old 3", published=today.replace(month=1, day=1))
    new = Work.objects.get(title="New")
    new.subtitle = "Its entry is written last"
    new.save()
    indexing.works_changed([new.pk])
    results = search.search(Criteria(sort="newest", year=str(today.year)))
    assert results.works[0].work_id == new.pk


def of_the_nineties(many: int) -> Criteria:
    """Works of 1990 and after; the first has come out anew this year."""
    for place in range(many):
        shelve(f"Nineties {place}", published=datetime.date(1990 + place, 5, 1))
    shelve("Later", published=datetime.date(2005, 1, 1))
    anew = Work.objects.get(title="Nineties 0")
    EditionFactory.create(work=anew, publication_date=timezone.localdate())
    indexing.works_changed([anew.pk])
    return Criteria(sort="newest", year="1990s")


def test_what_has_come_out_anew_stands_behind_the_newest_of_years_that_are_over() -> None:
    assert shown(of_the_nineties(3))[0] == ["Nineties 2", "Nineties 1", "Nineties 0"]


def test_the_newest_of_many_of_years_that_are_over_are_found_from_their_end() -> None:
    criteria = of_the_nineties(6)
    first = search.search(criteria)
    assert [work.title for work in first.works] == ["Nineties 5", "Nineties 4"]
    assert first.counts.has_more
    second = search.search(replace(criteria, page=2, after=first.after))
    assert [work.title for work in second.works] == ["Nineties 3", "Nineties 2"]
    back = search.search(replace(criteria, page=1, before=second.before))
    assert [work.title for work in back.works] == ["Nineties 5", "Nineties 4"]


@pytest.mark.parametrize(
    ("criteria", "statements"),
    [({"q": "art"}, 2), ({"q": "art", "format": "paperback"}, 3), ({"format": "paperback"}, 3)],
)
def test_few_and_many_cost_the_same_statements(
    criteria: dict[str, str], statements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shelves below with counts and keys, the editions that fit, and the cards."""

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert len(search.search(Criteria(**criteria)).works) == 2  # type: ignore[arg-type]
        return [query["sql"] for query in captured.captured_queries]

    shelve("Art 0", "Art 1")
    few = asked()
    assert len(few) == statements
    assert not any(ways.FOUND in sql for sql in few)
    shelve("Art 2", "Art 3", "Else")
    noticed = asked()  # that by now more match
    assert len(noticed) - statements == 1 + ("q" in criteria)
    walking = asked()
    assert len(walking) == statements
    assert sum(ways.FOUND in sql for sql in walking) == 1
    monkeypatch.setattr(listing, "WALKED", 1)  # it leads to one of them at most
    assert len(asked()) == statements
