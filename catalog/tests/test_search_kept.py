"""What a search made of its works is used again while their rows are the same."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from catalog import as_it_was, indexing, levels, search, ways
from catalog.criteria import Criteria
from catalog.models import SearchEntry, Stock, Work
from catalog.tests.factories import EditionFactory, WorkFactory
from catalog.tests.searching import count_few, shelve, shown

pytestmark = pytest.mark.django_db
BY_INDEX = "Bitmap Index Scan"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three are many; a page has two."""
    count_few(monkeypatch)


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
    with ThreadPoolExecutor(1) as others, as_it_was.making_all_anew():
        assert search.search(Criteria(q="emma")) == first
        is_seen = others.submit(as_it_was._makes_all_anew.get).result()
    search.search(Criteria(q="emma"))
    assert [bool(row.offers and row.keys) for row in rows] == [True, True, False]
    assert not is_seen


def test_what_is_asked_for_often_outlives_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made_of(monkeypatch)
    monkeypatch.setattr(as_it_was, "MOST_KEPT", 4)  # the counts and pages of two words
    shelve("Emma", "Walden", "Orlando")
    for word in ("emma", "walden", "emma", "orlando", "emma", "nothing", "neither", "emma"):
        search.search(Criteria(q=word))
    made = [bool(row.offers) for row in rows if row.works]
    assert made == [True, True, False, True, False, False]


def carried_out(question: ways.Question) -> set[str]:
    """What PostgreSQL does for the answer."""

    def steps(plan: dict[str, Any]) -> list[str]:
        found = [step for below in plan.get("Plans", ()) for step in steps(below)]
        return [*found, plan["Node Type"]] if plan["Actual Loops"] else found

    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {question.sql}"
    (([plan],),) = ways.rows(replace(question, sql=explain, plan=""))
    return set(steps(plan["Plan"]))


def carried_out_for(monkeypatch: pytest.MonkeyPatch, criteria: Criteria) -> set[str]:
    """What it does for the levels of this search."""
    asked: list[ways.Question] = []
    answers = ways.answers

    def note(questions: Any) -> Any:
        asked.append(questions[-1])
        return answers(questions)

    with monkeypatch.context() as patch:
        patch.setattr(ways, "answers", note)
        search.search(criteria)
    return carried_out(asked[0])


def rename(title: str, new: str) -> None:
    """As an import does."""
    work = Work.objects.get(title=title)
    Work.objects.filter(pk=work.pk).update(title=new)
    indexing.works_changed([work.pk])


@pytest.mark.parametrize("others", [0, 3])  # which have it elsewhere: all, or those, are shown
def test_nothing_is_carried_out_for_what_is_known(
    others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve("Emma", "Emmanuel")
    shelve(*"ABC"[:others], description="Emma")
    both = {"Tid Scan", "Sort"}
    done = [carried_out_for(monkeypatch, Criteria(q="emma")) & both for _turn in range(3)]
    assert done == ([{"Tid Scan"}, both, set()] if others else [both, set(), set()])


def test_of_more_than_are_counted_none_are_looked_for_while_those_are_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = made_of(monkeypatch)
    shelve("Emma", "Emma 2", "Emma 3", "Emma 4", "Emma 5")
    steps = [carried_out_for(monkeypatch, Criteria(q="emma")) for _turn in range(3)]
    assert [BY_INDEX in step for step in steps] == [True, False, False]
    rename("Emma 5", "Emma 6")  # which is not counted
    assert BY_INDEX not in carried_out_for(monkeypatch, Criteria(q="emma"))
    assert {work.title for work in search.search(Criteria(q="emma")).works} == {"Emma 6", "Emma 4"}
    rename("Emma", "Emma 7")
    assert BY_INDEX in carried_out_for(monkeypatch, Criteria(q="emma"))
    assert BY_INDEX not in carried_out_for(monkeypatch, Criteria(q="emma"))
    assert [bool(row.places) for row in rows] == [True, False, False, False, False, True, False]
    assert all(row.works > 3 for row in rows)
    rename("Emma 2", "Walden")
    assert search.search(Criteria(q="emma")).counts.has_more
    rename("Emma 3", "Orlando")  # so that no more are left than are counted
    assert shown(Criteria(q="emma"))[1:] == (False, False)
    assert search.search(Criteria(q="emma")).total == 3


def test_many_that_are_to_be_had_are_counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry changes when a copy is sold."""
    shelve(*(f"Emma {number}" for number in range(6)))
    for work in Work.objects.all():
        EditionFactory.create(work=work, stock=1)
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    for _turn in range(2):
        assert search.count_available(Criteria(q="emma")).has_more
    Stock.objects.update(on_hand=0)
    assert search.count_available(Criteria(q="emma")).total == 0


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
        monkeypatch.setattr(levels, "PRINT", f"bit_xor({as_it_was.VERSION}) # {server}::bigint")
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
