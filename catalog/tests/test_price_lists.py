"""Importing a price list, and setting many prices at once."""

import datetime
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import price_lists
from catalog.csv_files import InvalidRows
from catalog.list_outcomes import Jump, Outcome
from catalog.models import Edition, Price, SearchEntry, generations
from catalog.models.price import NewPrice
from catalog.tests.back_office import stale_names
from catalog.tests.factories import EditionFactory, sku

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 1)
DAY = datetime.timedelta(days=1)
BEGINNING = datetime.date(2024, 1, 1)  # of the factory's price, 9.99


def load(text: str) -> Outcome:
    return price_lists.import_prices(io.BytesIO(text.encode()), today=TODAY)


def prices(edition: Edition) -> list[tuple[Any, ...]]:
    return list(
        edition.prices.order_by("valid_from").values_list(
            "amount", "valid_from", "valid_to", "tax_rate"
        )
    )


def numbers(outcome: Outcome) -> tuple[int, ...]:
    return outcome.created, outcome.changed, outcome.unchanged, outcome.blank


def test_prices_hold_from_today_or_from_their_day() -> None:
    one, two, three = EditionFactory.create_batch(3)
    Price.objects.filter(edition=two).update(tax_rate=7)
    Price.objects.filter(edition=three).delete()
    text = (
        "isbn13,amount,currency,valid_from,tax_rate\n"
        f"{one.isbn13},12.50,USD,,\n{two.isbn13},13.00,,2026-06-01,\n"
        f"{three.isbn13},$5.00,usd,,19\n{one.isbn13},14.00,,2027-01-01,5.5\n"
    )
    assert numbers(load(text)) == (1, 3, 0, 0)
    june = datetime.date(2026, 6, 1)
    new_year = datetime.date(2027, 1, 1)
    assert prices(one) == [
        (Decimal("9.99"), BEGINNING, TODAY - DAY, None),
        (Decimal("12.50"), TODAY, new_year - DAY, None),
        (Decimal("14.00"), new_year, None, Decimal("5.5")),
    ]
    assert prices(two) == [
        (Decimal("9.99"), BEGINNING, june - DAY, Decimal(7)),
        (Decimal("13.00"), june, None, Decimal(7)),
    ]
    assert prices(three) == [(Decimal("5.00"), TODAY, None, Decimal(19))]
    assert stale_names() == set(
        generations.showing([edition.work_id for edition in (one, two, three)])
    )
    before = list(Price.objects.order_by("pk").values())
    assert numbers(load(text)) == (0, 0, 4, 0)  # the same list again changes nothing
    assert list(Price.objects.order_by("pk").values()) == before


def test_a_blank_amount_says_nothing_and_nought_is_a_price() -> None:
    one, two = EditionFactory.create_batch(2)
    outcome = load(f"isbn13,amount\n{one.isbn13},\n{two.isbn13},0\n")
    assert numbers(outcome) == (0, 1, 0, 1)
    assert [price[0] for price in prices(one)] == [Decimal("9.99")]
    assert prices(two)[-1][:2] == (Decimal(0), TODAY)


def test_a_price_with_an_end_cuts_its_days_out() -> None:
    edition = EditionFactory.create()
    first, last = datetime.date(2026, 6, 1), datetime.date(2026, 6, 30)
    text = f"isbn13,amount,valid_from,valid_to\n{edition.isbn13},5.00,2026-06-01,2026-06-30\n"
    load(text)
    wanted = [
        (Decimal("9.99"), BEGINNING, first - DAY, None),
        (Decimal("5.00"), first, last, None),
        (Decimal("9.99"), last + DAY, None, None),
    ]
    assert prices(edition) == wanted
    assert numbers(load(text)) == (0, 0, 1, 0)
    assert prices(edition) == wanted


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"{sku(9_077)},1.00,,,,", "isbn13"), ("x,1.00,,,,", "isbn13"), (",1.00,,,,", "isbn13"),
        ("NUMBER,-1.00,,,,", "amount"), ("NUMBER,1.00,EUR,,,", "currency"),
        ("NUMBER,€1.00,,,,", "amount"), ("NUMBER,1.00,,soon,,", "valid_from"),
        ("NUMBER,1.00,,2026-06-02,2026-06-01,", "valid_to"),
        ("NUMBER,1.00,,,2026-02-28,", "valid_to"),
        ("NUMBER,1.00,,0001-01-01,,", "valid_from"), ("NUMBER,1.00,,1989-12-31,,", "valid_from"),
        ("NUMBER,1.00,,,,0.07", "tax_rate"), ("NUMBER,1.00,,,,101", "tax_rate"),
        ("NUMBER,100000,,,,", "amount"), ("NUMBER,3.00,,,,", "isbn13"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_and_nothing_is_written(line: str, column: str) -> None:
    edition = EditionFactory.create()
    text = (
        "isbn13,amount,currency,valid_from,valid_to,tax_rate\n"
        f"{edition.isbn13},2.00,,,,\n{line.replace('NUMBER', edition.isbn13)}\n"
    )
    with pytest.raises(InvalidRows) as caught:
        load(text)
    assert [(error.line, error.column) for error in caught.value.errors] == [(3, column)]
    assert [price[0] for price in prices(edition)] == [Decimal("9.99")]


def test_what_it_cost_before_today_stays() -> None:
    edition, bare = EditionFactory.create(), EditionFactory.create(price=False)
    february, next_month = datetime.date(2026, 2, 1), datetime.date(2026, 4, 1)
    edition.set_price(Decimal(11), valid_from=february)
    edition.set_price(Decimal(12), valid_from=next_month)
    text = "isbn13,amount,valid_from,valid_to\n" + "".join(
        f"{each.isbn13},{line}\n"
        for each in (edition, bare)
        for line in ("9.00,2020-01-01,", "2.00,2024-06-01,2024-06-30")
    )
    assert numbers(load(text)) == (2, 2, 0, 0)
    there = [
        (Decimal("9.99"), BEGINNING, february - DAY, None),
        (Decimal(11), february, TODAY - DAY, None),
    ]
    assert prices(edition)[1:] == [*there, (Decimal(9), TODAY, None, None)]
    assert prices(edition)[0][:3] == (Decimal(9), datetime.date(2020, 1, 1), BEGINNING - DAY)
    assert [price[0] for price in prices(bare)] == [Decimal(9), Decimal(2), Decimal(9)]
    before = list(Price.objects.order_by("pk").values())
    assert numbers(load(text)) == (0, 0, 4, 0)
    assert list(Price.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    "known",
    [
        [(-300, -10, 7), (-9, None, 5)],  # another rate since the day that the list names
        [(-100, None, 5)],  # no price yet on that day
        [(-300, -9, 5)],  # none any more today
    ],
)
def test_a_price_from_a_day_that_is_over_keeps_the_rate_of_today(
    known: list[tuple[int, int | None, int]],
) -> None:
    edition = EditionFactory.create(price=False)
    for first, last, rate in known:
        edition.prices.create(
            amount=10, currency="USD", tax_rate=rate, valid_from=TODAY + first * DAY,
            valid_to=None if last is None else TODAY + last * DAY,
        )  # fmt: skip
    text = f"isbn13,amount,valid_from\n{edition.isbn13},12.00,{TODAY - 200 * DAY}\n"
    load(text)
    assert edition.prices.in_force(TODAY).get().amount == Decimal(12)
    assert edition.prices.in_force(TODAY).get().tax_rate == Decimal(5)
    assert numbers(load(text)) == (0, 0, 1, 0)


def test_a_rate_goes_on_from_line_to_line() -> None:
    edition = EditionFactory.create()
    load(
        "isbn13,amount,valid_from,valid_to,tax_rate\n"
        f"{edition.isbn13},2.00,2020-01-01,2020-12-31,3\n{edition.isbn13},11.00,2026-02-01,,19\n"
        f"{edition.isbn13},12.00,2026-06-01,,\n"
    )
    assert [price[3] for price in prices(edition)] == [Decimal(3), None, Decimal(19), Decimal(19)]


def test_jumps_are_those_that_happen() -> None:
    edition = EditionFactory.create(price=Decimal(10))
    june = datetime.date(2026, 6, 1)
    outcome = load(
        "isbn13,amount,valid_from,valid_to\n"
        f"{edition.isbn13},2.00,2024-01-01,2024-12-31\n{edition.isbn13},3.00,2025-01-01,\n"
        f"{edition.isbn13},12.00,2026-02-01,\n{edition.isbn13},11.00,2026-06-01,\n"
    )
    assert outcome.jumps == [
        Jump(edition.isbn13, Decimal(10), Decimal(12), TODAY),
        Jump(edition.isbn13, Decimal(10), Decimal(11), june),
    ]
    assert [price[:2] for price in prices(edition)[-2:]] == [(12, TODAY), (11, june)]


@pytest.mark.parametrize("start", [-400, -1, 0, 30, 60, 90])
@pytest.mark.parametrize("tax_rate", [None, Decimal(7)])
def test_many_prices_are_set_as_one_is(start: int, tax_rate: Decimal | None) -> None:
    one, other = EditionFactory.create_batch(2, price=False)
    for edition in (one, other):
        for first, last in ((-500, -100), (0, 59), (60, None)):
            edition.prices.create(
                amount=abs(first), currency="USD", tax_rate=3, valid_from=TODAY + first * DAY,
                valid_to=None if last is None else TODAY + last * DAY,
            )  # fmt: skip
    day = TODAY + start * DAY
    one.set_price(
        Decimal(5), valid_from=day, **({} if tax_rate is None else {"tax_rate": tax_rate})
    )
    assert Price.objects.set_many([NewPrice(other.pk, day, Decimal(5), tax_rate=tax_rate)]) == {
        other.pk
    }
    assert prices(other) == prices(one)


def test_the_new_price_is_sorted_and_filtered_by_at_once() -> None:
    first, _other = EditionFactory.create_batch(2, price=Decimal(30))
    EditionFactory.create(work=first.work, price=Decimal(40))
    load(f"isbn13,amount\n{first.isbn13},5.00\n")
    keys = dict(SearchEntry.objects.values_list("work", "price_key"))
    assert keys == {first.work_id: 500}  # what did not change is not written


def test_a_fixed_number_of_statements() -> None:
    lengths = []
    for number in (2, 20):
        editions = EditionFactory.create_batch(number)
        text = "isbn13,amount\n" + "".join(f"{each.isbn13},5.00\n" for each in editions)
        with CaptureQueriesContext(connection) as queries:
            load(text)
        lengths.append(len(queries))
    assert lengths[0] == lengths[1] <= 27
