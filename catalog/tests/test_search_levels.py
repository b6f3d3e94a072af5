"""Where so many works have the words that only those are shown where they mean most."""

import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import facets, indexing, levels, listing, search, spelling, ways
from catalog.criteria import Criteria
from catalog.models import SearchEntry, Stock, Work
from catalog.tests.factories import EditionFactory, WorkFactory

pytestmark = pytest.mark.django_db
MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
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


def made_of(monkeypatch: pytest.MonkeyPatch) -> list[levels.Row]:
    """What PostgreSQL answers from here on."""
    rows: list[levels.Row] = []
    read = levels._Asking.read

    def note(asking: Any, part: Any, row: levels.Row) -> Any:
        rows.append(row)
        return read(asking, part, row)

    monkeypatch.setattr(levels._Asking, "read", note)
    return rows


def test_what_is_as_it_was_is_neither_counted_nor_sorted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = made_of(monkeypatch)
    shelve("Emma", "Emmanuel")
    first = search.search(Criteria(q="emma"))
    shelve("Walden")
    assert search.search(Criteria(q="emma")) == first
    new, known = rows
    assert new.offers and new.keys
    assert known == new._replace(offers=None, subjects=None, keys=None)
    other = Criteria(q="emma", sort="title")
    assert [work.title for work in search.search(other).works] == ["Emma", "Emmanuel"]
    assert rows[-1].keys and rows[-1].offers is None  # another order of the same works


def test_all_is_made_anew_for_whoever_wants_that_and_for_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = made_of(monkeypatch)
    shelve("Emma")
    first = search.search(Criteria(q="emma"))
    with ThreadPoolExecutor(1) as others, levels.making_all_anew():
        assert search.search(Criteria(q="emma")) == first
        is_seen = others.submit(levels._makes_all_anew.get).result()
    search.search(Criteria(q="emma"))
    assert [bool(row.offers and row.keys) for row in rows] == [True, True, False]
    assert not is_seen


@pytest.mark.parametrize(
    ("change", "criteria"),
    [
        ({"popularity": 9}, Criteria(q="emma")),
        ({"title": "Emma 1"}, Criteria(q="emma", sort="title")),
        ({"title": "Emma 1"}, Criteria(q="emma")),
        ({"title": "Else"}, Criteria(q="emma")),
    ],
)
def test_what_was_made_of_a_work_goes_with_any_change_of_it(
    change: dict[str, Any], criteria: Criteria
) -> None:
    shelve("Emma", "Emma 2")
    shown(criteria)
    work = Work.objects.get(title="Emma")
    Work.objects.filter(pk=work.pk).update(**change)
    indexing.works_changed([work.pk])
    changed = shown(criteria), search.search(criteria).counts
    levels.forget()
    assert changed == (shown(criteria), search.search(criteria).counts)


def test_an_edition_that_comes_and_goes_is_counted() -> None:
    shelve("Emma", "Emma 2")
    work = Work.objects.get(title="Emma")
    for formats in ({"paperback": 2, "hardback": 1}, {"paperback": 2}):
        EditionFactory.create(work=work, format="hardback")
        if len(formats) == 1:
            work.editions.filter(format="hardback").delete()
        indexing.works_changed([work.pk])
        assert search.search(Criteria(q="emma")).counts.formats == formats


def test_rows_of_another_server_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made_of(monkeypatch)
    shelve("Emma")
    for server in ("1", "1", "2"):
        monkeypatch.setattr(levels, "TABLE", f"{server}::bigint")
        search.search(Criteria(q="emma"))
    assert [bool(row.offers) for row in rows] == [True, False, True]


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_written_out_anew_are_others() -> None:
    """Then each may stand where another of the same import stood."""
    with transaction.atomic():
        first, *_others = [WorkFactory.create(title="Emma") for _work in range(5)]
        for work in Work.objects.all():
            EditionFactory.create(work=work, format="hardback" if work == first else "paperback")
        indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    assert search.search(Criteria(q="emma")).counts.formats == {"hardback": 1, "paperback": 2}
    SearchEntry.objects.filter(work=first).delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL catalog_searchentry")
    assert search.search(Criteria(q="emma")).counts.formats == {"paperback": 3}


def test_stock_decides_anew_what_comes_first() -> None:
    """By price, of what is at hand: no entry changes when a copy is sold."""
    shelve("Emma", "Emma 2")
    for title, price in (("Emma", "1.00"), ("Emma", "9.00"), ("Emma 2", "5.00")):
        work = Work.objects.get(title=title)
        EditionFactory.create(work=work, price=Decimal(price), stock=1)
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    by_price = Criteria(q="emma", sort="price", available=True)
    assert shown(by_price)[0] == ["Emma", "Emma 2"]
    Stock.objects.filter(edition__prices__amount=Decimal("1.00")).update(on_hand=0)
    assert shown(by_price)[0] == ["Emma 2", "Emma"]


def test_many_more_than_enough_are_not_looked_for_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until a minute later, or until nothing matches where the words mean more."""
    rows = made_of(monkeypatch)
    shelve("Emma")
    shelve(*"ABCDEF", description="Emma")  # seven have it: more than twice the most
    found = [shown(Criteria(q="emma")) for _turn in range(3)]
    assert found == [(["Emma"], True, False)] * 3
    assert [row.widest for row in rows] == [7, 0, 0]
    now = time.monotonic() + levels.BELIEVED
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert shown(Criteria(q="emma")) == found[0]
    Work.objects.get(title="Emma").editions.update(is_offered=False)
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    assert [row.widest for row in rows] == [7, 0, 0, 7]
    assert shown(Criteria(q="emma"))[1:] == (False, True)  # all of them, at once


def test_not_many_more_are_looked_for_each_time() -> None:
    shelve("Emma")
    shelve("A", "B", "C", description="Emma")  # four have it: one more than the most
    assert shown(Criteria(q="emma")) == (["Emma"], True, False)
    Work.objects.get(title="A").editions.update(is_offered=False)
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    assert shown(Criteria(q="emma")) == (["Emma", "C", "B"], False, False)


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


def test_a_page_comes_along_unless_there_are_more_works_than_before() -> None:
    def statements(criteria: Criteria) -> int:
        with CaptureQueriesContext(connection) as captured:
            search.search(criteria)
        return len(captured.captured_queries)

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
