"""Which of a record's prices become the shop's, and over which days."""

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from catalog.feeds import pricing, terms
from catalog.models import Supplier
from catalog.onix.records import Offer
from catalog.tests.feeds import TODAY, edition, price, record, supplier, taken


def chosen(*offers: Offer, **values: Any) -> tuple[list[list[str | None]], list[str]]:
    """The periods as [amount, first, last], and what was left out."""
    reasons: list[str] = []
    source = Supplier(code="s", name="S", currency=settings.SHOP_CURRENCY, **values)
    periods = pricing.choose(
        lambda _name, why: reasons.append(why),
        record(offers=offers),
        terms.of(source, today=TODAY),
    )
    return [[amount, first, last] for amount, _rate, first, last in periods], reasons


def day(number: int) -> datetime.date:
    return TODAY + datetime.timedelta(number)


def iso(number: int) -> str:
    return day(number).isoformat()


def test_the_kind_that_the_supplier_is_read_for_first_is_taken() -> None:
    kinds = [replace(price(amount), kind=kind) for amount, kind in (("1", "01"), ("2", "02"))]
    assert chosen(*kinds)[0] == [["2.00", iso(0), None]]
    assert chosen(*kinds, price_types=["01"])[0] == [["1.00", iso(0), None]]
    nothing, reasons = chosen(*kinds, price_types=["41"])
    assert (nothing, len(reasons)) == ([], 1)


def test_tax_is_added_where_the_record_says_how_much() -> None:
    bare = replace(price("10"), kind="01")
    assert chosen(replace(bare, tax_rate=Decimal("7")))[0][0][0] == "10.70"
    assert chosen(bare)[0][0][0] == "10.00"
    assert chosen(replace(price("10"), tax_rate=Decimal("7")))[0][0][0] == "10.00"


def test_other_currencies_and_quantities_are_left_out() -> None:
    foreign = replace(price("1"), currency="XTS")
    periods, reasons = chosen(foreign, replace(price("2"), minimum_quantity=10), price("3"))
    assert periods == [["3.00", iso(0), None]]
    assert len(reasons) == 1
    assert "XTS" in reasons[0]
    assert chosen(replace(price("4"), currency=""))[0] == [["4.00", iso(0), None]]


def test_prices_of_other_countries_are_not_ours() -> None:
    world = price("1")
    ours = price("2", countries=frozenset({"GB", "IE"}))
    theirs = price("3", countries=frozenset({"US"}))
    without = price("4", countries_excluded=frozenset({"GB"}))
    assert chosen(world, ours, theirs, without, country="GB")[0] == [["2.00", iso(0), None]]
    assert chosen(world, theirs, without, country="GB")[0] == [["1.00", iso(0), None]]
    assert chosen(theirs, without, country="GB") == ([], [])


def test_a_price_for_some_days_stands_between_two_stretches_of_the_other() -> None:
    offer = price("5", valid_from=day(10), valid_to=day(19))
    assert chosen(price("9"), offer)[0] == [
        ["9.00", iso(0), iso(9)], ["5.00", iso(10), iso(19)], ["9.00", iso(20), None],
    ]  # fmt: skip
    assert chosen(offer, price("9")) == chosen(price("9"), offer)


def test_what_is_over_is_left_out_and_what_runs_begins_today() -> None:
    past = price("1", valid_to=day(-1))
    running = price("2", valid_from=day(-30), valid_to=day(5))
    assert chosen(past, running)[0] == [["2.00", iso(0), iso(5)]]
    assert chosen(past) == ([], [])
    assert chosen(price("3", valid_from=day(5), valid_to=day(1)))[0] == []


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1E+9", "1E+999999"])
def test_an_unlikely_amount_is_left_out(amount: str) -> None:
    periods, reasons = chosen(price(amount))
    assert (periods, len(reasons)) == ([], 1)


def test_many_prices_take_no_time() -> None:
    periods, _reasons = chosen(*(price(str(n), valid_from=day(n)) for n in range(400)))
    assert len(periods) == 400


@pytest.mark.django_db
def test_a_price_that_begins_later_leaves_the_one_until_then() -> None:
    taken(record())
    taken(record(offers=(price("12", valid_from=day(30)),)))
    periods = edition().prices.order_by("valid_from")
    assert list(periods.values_list("amount", "valid_from", "valid_to")) == [
        (Decimal("9.99"), TODAY, day(29)), (Decimal("12.00"), day(30), None),
    ]  # fmt: skip
    again = taken(record(offers=(price("12", valid_from=day(30)),), keywords=()))
    assert "price" not in again.records.get().changes
    assert supplier().runs.count() == 3
