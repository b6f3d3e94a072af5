"""What spreadsheets make of numbers, copies, amounts and dates."""

from collections import Counter

import pytest

from catalog.csv_values import Habits, InvalidField, Kind, find_habits, read
from catalog.tests.factories import sku

BOOK = "9780306406157"  # ISO 2108's own example


def value(kind: Kind, text: str, habits: Habits | None = None) -> str:
    return read(kind, text, habits or Habits(), Counter())


@pytest.mark.parametrize(
    "text",
    [BOOK, "978-0-306-40615-7", "0-306-40615-2", "'9780306406157", '="9780306406157"',
     "978 0 306 40615 7", "9\u00a0780\u00a0306\u00a0406\u00a0157", "9,780,306,406,157",
     "9.780.306.406.157", "9780306406157.0", "9780306406157,00", "ISBN 9780306406157"],
)  # fmt: skip
def test_a_number_is_read_where_no_digit_was_lost(text: str) -> None:
    assert value(Kind.NUMBER, text) == BOOK


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9,78E+12", "format the column as text"), ("9.78014E+12", "digits are lost"),
        ("9.780306406157E+12", "digits are lost"), ("9.78E12", "digits are lost"),
        ("306406152", "has 9 digits: .* zeros in front"), ("30640615X", "has 9 digits"),
        ("978030640615", "has 12 digits.* write a 0"), ("97803064061570", "has 14 digits"),
        ("9780306406158", "check digit"), ("2900000000000", "check digit|rounded"),
        ("9790260000439", "check digit"), ("2500000000000", "check digit|zeros"),
        ("n/a", "not a valid"),
        ('="9,78E+12"', "digits are lost"), ("'306406152", "has 9 digits"),
        ("9780306406157.5", "not a valid"), ("9780306406157 EUR", "not a valid"),
    ],
)  # fmt: skip
def test_a_damaged_number_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(InvalidField, match=f"(?i){said}"):
        value(Kind.NUMBER, text)


def test_a_sound_number_that_looks_rounded_must_be_hyphenated() -> None:
    rounded = "2001470000000"  # its check digit is right
    with pytest.raises(InvalidField, match="rounded"):
        value(Kind.NUMBER, rounded)
    with pytest.raises(InvalidField, match="rounded"):
        value(Kind.NUMBER, f"{rounded}.0")
    assert value(Kind.NUMBER, "200-1470-000000") == rounded


@pytest.mark.parametrize(
    ("text", "copies"),
    [("0", "0"), ("7", "7"), ("007", "7"), ("12.0", "12"), ("12,00", "12"), ("'3", "3"), ("", "")],
)
def test_copies(text: str, copies: str) -> None:
    assert value(Kind.COPIES, text) == copies


@pytest.mark.parametrize(
    "text",
    ["-1", "−2", "1.5", "0,5", "1.250", "1,250", "1E+3", "3 Stk", "n/a", "1000001", "9" * 400],
)
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(InvalidField):
        value(Kind.COPIES, text)


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["12.50", "1,250.00", "7"], "."), (["12,50", "1.250,00"], ","), (["12,5"], ","),
        (["1.250", "8"], ""), (["1.250", "9,95"], ","), (["1.250.000"], ","), (["0.125"], "."),
        (["12.50", "12,50"], ""), (["7", "8"], ""), ([], ""), (["€ 12,50"], ","),
    ],
)  # fmt: skip
def test_a_column_tells_its_decimal_mark_or_not(values: list[str], mark: str) -> None:
    assert find_habits(Kind.AMOUNT, values) == Habits(decimal_mark=mark)


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("12.50", ".", "12.50"), ("12,50", ",", "12.50"), ("1.250,00", ",", "1250.00"),
        ("1,250.00", ".", "1250.00"), ("1.250", ",", "1250"), ("1,250", ".", "1250"),
        ("1'250.00", ".", "1250.00"), ("1 250,5", ",", "1250.5"), ("1\u202f250,00", ",", "1250.00"),
        ("$12.50", ".", "12.50"), ("12.50 USD", ".", "12.50"), ("12", "", "12"),
        ("12,-", ",", "12"),
        ("0", "", "0"),
    ],
)  # fmt: skip
def test_amounts(text: str, mark: str, amount: str) -> None:
    assert value(Kind.AMOUNT, text, Habits(decimal_mark=mark)) == amount


@pytest.mark.parametrize(
    ("text", "mark", "said"),
    [
        ("1.250", "", "two ways"), ("12,50", "", "two ways"), ("12,50", ".", "another decimal"),
        ("12.505", ".", "two decimals"), ("-1.00", ".", "negative"), ("€ 12.50", ".", "currency"),
        ("12.50 EUR", ".", "currency"), ("1E+3", "", "shortened"), ("free", "", "no amount"),
        ("12.50.1", ".", "decimal"), ("1,25.00", ".", "two decimals"), ("100000", "", "more than"),
        ("NaN", "", "no amount"), ("9" * 90, "", "more than"), ("9" * 5000, "", "longer"),
    ],
)  # fmt: skip
def test_what_is_no_amount(text: str, mark: str, said: str) -> None:
    with pytest.raises(InvalidField, match=said):
        value(Kind.AMOUNT, text, Habits(decimal_mark=mark))


def test_percent() -> None:
    assert value(Kind.PERCENT, "7 %") == "7"
    assert value(Kind.PERCENT, "5,5%", Habits(decimal_mark=",")) == "5.5"


@pytest.mark.parametrize(
    ("values", "order"),
    [(["31/12/2026", "01/02/2026"], "dmy"), (["12/31/2026"], "mdy"), (["01/02/2026"], ""),
     (["31/12/2026", "12/31/2026"], ""), (["31.12.2026"], "")],
)  # fmt: skip
def test_a_column_tells_the_order_of_its_dates_or_not(values: list[str], order: str) -> None:
    assert find_habits(Kind.DATE, values) == Habits(date_order=order)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-03-31", "", "2026-03-31"), ("31.3.2026", "", "2026-03-31"),
        ("03/04/2026", "dmy", "2026-04-03"), ("03/04/2026", "mdy", "2026-03-04"),
        ("2026-03-31 00:00:00", "", "2026-03-31"),
    ],
)  # fmt: skip
def test_dates(text: str, order: str, day: str) -> None:
    assert value(Kind.DATE, text, Habits(date_order=order)) == day


@pytest.mark.parametrize(
    ("text", "said"),
    [("46112", "spreadsheet made of a date"), ("03/04/2026", "two ways"), ("31.2.2026", "no date"),
     ("31.12.26", "no date"), ("2026-02-30", "no date"), ("soon", "no date"), (sku(1), "no date")],
)  # fmt: skip
def test_what_is_no_date(text: str, said: str) -> None:
    with pytest.raises(InvalidField, match=said):
        value(Kind.DATE, text)
