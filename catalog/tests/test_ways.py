"""Ways to rows are said in the message that asks for them, hold for it alone, and cost no other."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import ways
from catalog.ways import ANY, BY_WORDS, IN_ORDER, Question

pytestmark = pytest.mark.django_db
NAMES = ("seqscan", "indexscan", "bitmapscan", "sort")
OPEN = "SELECT " + ", ".join(f"current_setting('enable_{name}')" for name in NAMES)
ALL_OPEN = [("on", "on", "on", "on")]
TWO = "SELECT number FROM (VALUES (1), (2)) AS two (number)"
THREE = "SELECT number FROM (VALUES (7), (8), (9)) AS three (number)"


def open_now() -> list[tuple[str, ...]]:
    """The settings as whoever asks next finds them."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
        return list(cursor.fetchall())


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (ANY, ("on", "on", "on", "on")),
        (BY_WORDS, ("off", "off", "on", "on")),
        (IN_ORDER, ("off", "on", "off", "off")),
    ],
)
def test_only_these_ways_are_open_and_afterwards_all_are(
    taken: frozenset[str], expected: tuple[str, ...]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert ways.rows(Question(OPEN, taken)) == [expected]
    assert len(captured) == 1
    assert open_now() == ALL_OPEN


def test_parameters_are_told_by_name() -> None:
    asked = Question("SELECT %(word)s || '%%'", BY_WORDS, {"word": "100'; --", "other": 1})
    assert ways.rows(asked) == [("100'; --%",)]


def test_each_question_brings_its_own_parameters() -> None:
    asked = [Question(f"SELECT %({name})s::text", told={name: name}) for name in ("one", "other")]
    assert ways.answers(asked) == [[("one",)], [("other",)]]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_they_end_with_the_message() -> None:
    assert ways.rows(Question(OPEN, IN_ORDER)) == [("off", "on", "off", "off")]
    assert open_now() == ALL_OPEN
    with pytest.raises(DatabaseError):
        ways.rows(Question("SELECT 1 / 0", IN_ORDER))
    assert open_now() == ALL_OPEN
    assert connection.get_autocommit()


@pytest.mark.parametrize("failing", ["SELECT 1 / 0", "SELECT pg_sleep(60)"])
def test_what_fails_or_takes_too_long_leaves_all_ways_open(failing: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 30")  # milliseconds; in this block alone
        ways.rows(Question(failing, BY_WORDS))
    assert open_now() == ALL_OPEN


@pytest.fixture
def asked(db: None) -> Question:
    """A question that counts how often it was asked."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY SEQUENCE asked")
    return Question("SELECT nextval('asked') + 10", BY_WORDS)


def times_asked() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('asked') - 1")
        return int(cursor.fetchone()[0])


def enough_rows(asked: Question, otherwise: Question, *, enough: int) -> list[tuple[Any, ...]]:
    return ways.better(ways.answers(ways.either(asked, otherwise, enough=enough)))


def test_the_other_question_is_not_carried_out_where_the_first_gives_enough(
    asked: Question,
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert enough_rows(Question(TWO), asked, enough=2) == [(1,), (2,)]
    assert len(captured) == 1
    assert times_asked() == 0


def test_the_other_question_is_carried_out_where_the_first_gives_too_few(asked: Question) -> None:
    none = Question(f"{TWO} WHERE number > %(most)s", IN_ORDER, {"most": 2})
    with CaptureQueriesContext(connection) as captured:
        assert enough_rows(none, asked, enough=1) == [(11,)]
    assert len(captured) == 1
    assert times_asked() == 1


def test_the_answer_with_more_rows_is_given() -> None:
    assert enough_rows(Question(TWO), Question(THREE), enough=4) == [(7,), (8,), (9,)]
    assert enough_rows(Question(THREE), Question(TWO), enough=4) == [(7,), (8,), (9,)]
    other = Question(f"{THREE} LIMIT 2")
    assert enough_rows(Question(TWO), other, enough=4) == [(7,), (8,)]


def test_how_many_were_found_before_is_forgotten(asked: Question) -> None:
    enough_rows(Question(THREE), asked, enough=3)
    none = Question(f"{TWO} LIMIT 0")
    assert enough_rows(none, asked, enough=3) == [(11,)]


def test_each_of_two_questions_goes_its_own_ways() -> None:
    first, other = Question(f"{OPEN} LIMIT 0", IN_ORDER), Question(OPEN, BY_WORDS)
    assert enough_rows(first, other, enough=1) == [("off", "off", "on", "on")]
    first, other = Question(OPEN, IN_ORDER), Question(OPEN)
    assert enough_rows(first, other, enough=1) == [("off", "on", "off", "off")]
    assert enough_rows(first, other, enough=2) == ALL_OPEN
    assert open_now() == ALL_OPEN
