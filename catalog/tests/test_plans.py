"""Plans that PostgreSQL keeps change no answer, make messages short, and may get lost."""

import random
from typing import Any

import pytest
from django.db import DataError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import as_it_was, indexing, levels, plans, search, ways
from catalog.criteria import Criteria
from catalog.models import Work
from catalog.tests.searching import count_few, shelve, shown
from catalog.ways import BY_WORDS, IN_ORDER, Question

pytestmark = pytest.mark.django_db(transaction=True)
NUMBERS = "SELECT n, %(word)s || ' 100%%' FROM (VALUES (1), (2), (3)) AS v (n) WHERE n > %(least)s"
KEPT = """
SELECT name, statement, generic_plans, custom_plans FROM pg_prepared_statements
WHERE from_sql ORDER BY prepare_time
"""


def numbers(least: int, word: str = "a") -> Question:
    return Question(NUMBERS, BY_WORDS, {"least": least, "word": word}, plan="numbers")


def told() -> list[tuple[str, str, int, int]]:
    """What PostgreSQL says of the plans that it keeps for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return list(cursor.fetchall())


def kept() -> list[str]:
    """What these are called, without what sets each apart."""
    return [name.rpartition("_")[0] for name, *_facts in told()]


@pytest.fixture(autouse=True)
def new_connection() -> None:
    """No test finds the plans of another one."""
    connection.close()


def test_it_is_read_and_planned_once_whatever_it_is_told() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert ways.rows(numbers(1, "it's")) == [(2, "it's 100%"), (3, "it's 100%")]
        assert ways.rows(numbers(2)) == [(3, "a 100%")]
        assert ways.answers([numbers(0), Question("SELECT 7")])[1] == [(7,)]
    ((name, statement, generic, custom),) = told()
    assert name.startswith("numbers_")
    assert "it" not in statement  # nobody's words are kept
    assert (generic, custom) == (3, 0)
    assert all(f"EXECUTE {name}(" in query["sql"] for query in captured)


def test_without_parameters_it_is_asked_without_parentheses() -> None:
    asked = Question("SELECT 1", plan="one")
    assert [ways.rows(asked), ways.rows(asked)] == [[(1,)], [(1,)]]
    assert kept() == ["one"]


def test_those_that_were_asked_for_least_lately_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_KEPT", 2)
    for number in (1, 2, 1, 3, 1, 2):
        assert ways.rows(Question(f"SELECT {number}", plan=f"plan_{number}")) == [(number,)]
    assert kept() == ["plan_1", "plan_2"]


def test_the_same_by_other_ways_is_planned_by_itself() -> None:
    for taken in (BY_WORDS, IN_ORDER, BY_WORDS):
        assert ways.rows(Question("SELECT 1", taken, plan="one")) == [(1,)]
    assert kept() == ["one", "one"]


def test_in_a_transaction_nothing_depends_on_them() -> None:
    with transaction.atomic():
        assert ways.rows(numbers(2)) == [(3, "a 100%")]
    assert kept() == []


def test_what_forgets_all_of_them_does_no_harm() -> None:
    assert ways.rows(numbers(2)) == [(3, "a 100%")]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert ways.rows(numbers(1, "b")) == [(2, "b 100%"), (3, "b 100%")]
    assert kept() == ["numbers"]


def test_a_connection_that_is_replaced_has_plans_of_its_own() -> None:
    """As jobs do it, which find out late that PostgreSQL was restarted."""
    asked = [Question(f"SELECT 'Q{number}'", plan="some") for number in range(4)]
    for question in asked:
        assert ways.rows(question) == [(question.sql[8:10],)]
    connection.connection.close()
    wrapper: Any = connection
    wrapper.health_check_enabled, wrapper.health_check_done = True, False
    for question in reversed([*asked, Question("SELECT 'Q4'", plan="some")]):
        assert ways.rows(question) == [(question.sql[8:10],)]
    assert kept() == ["some"] * 5


def test_a_message_that_failed_leaves_one_plan_of_each() -> None:
    failing = Question("SELECT 1 / %(zero)s", IN_ORDER, {"zero": 0})
    for asked in ([failing, numbers(2)], [numbers(2), failing]):
        with pytest.raises(DataError):
            ways.answers(asked)
    assert ways.rows(numbers(2)) == [(3, "a 100%")]
    assert kept() == ["numbers"]


def test_columns_that_a_migration_has_changed_are_read_anew() -> None:
    asked = Question("SELECT * FROM some_table", plan="all")
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE some_table AS SELECT 1 AS one")
            assert ways.rows(asked) == [(1,)]
            cursor.execute("ALTER TABLE some_table ADD COLUMN two text DEFAULT 'b'")
            assert ways.rows(asked) == [(1, "b")]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE some_table")


@pytest.mark.parametrize("plan", ["", "none"])
def test_other_faults_are_told_and_nothing_is_asked_again(
    plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[object] = []
    monkeypatch.setattr(plans.Plans, "forget", forgotten.append)
    with pytest.raises(ProgrammingError, match="no_such_table"):
        ways.rows(Question("SELECT * FROM no_such_table", plan=plan))
    assert not forgotten


def test_people_are_shown_what_the_plans_are_of() -> None:
    message = ways.Message.of([numbers(2, "secret"), Question("SELECT 7")], by_plans=True)
    assert "EXECUTE numbers_" in message
    assert message.in_full == f"{NUMBERS}; SELECT 7"


def test_pages_by_number_are_one_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    count_few(monkeypatch)
    shelve("Emma", "Emma 2", "Emma 3", "Emma 4", "Emma 5", "Emma 6", "Emma 7")
    titles = []
    for page in (1, 2, 1, 2, 3):
        results = search.search(Criteria(q="emma", sort="title", page=page))
        titles.append([work.title for work in results.works])
        if page == 2:
            before = kept()
    assert titles[-3:] == [["Emma", "Emma 2"], ["Emma 3", "Emma 4"], ["Emma 5", "Emma 6"]]
    assert kept() == before


@pytest.mark.parametrize("seed", range(4))
def test_searches_find_by_plans_what_they_find_without(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever changes meanwhile; also what is kept as it was."""
    count_few(monkeypatch)
    chance = random.Random(seed)
    words = ("emma", "emma w", "walden", "orlando emma", "e")
    for step in range(25):
        if chance.random() < 0.4 or not step:
            shelve(chance.choice(("Emma", "Emma Walden", "Walden", "Orlando", "Ebb and flow")))
        elif chance.random() < 0.3:
            work = chance.choice(Work.objects.all())
            work.editions.update(is_offered=chance.random() < 0.5)
            indexing.works_changed([work.pk])
        for word in chance.sample(words, 2):
            criteria = Criteria(q=word, sort=chance.choice(("relevance", "title", "newest")))
            found = shown(criteria)
            with monkeypatch.context() as patch, transaction.atomic():
                patch.setattr(levels, "_kept", as_it_was.Kept())
                patch.setattr(levels, "_learnt", {})
                assert shown(criteria) == found, (step, criteria)
    assert {*kept()} == {"below", "levels", "walked", "sorted"}
