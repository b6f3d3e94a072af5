"""Verbs that move many rows of stock at once: all or none, in a constant number of statements."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Edition, Location, Stock, StockMovement
from catalog.models.stock import InsufficientStock
from catalog.tests.factories import (
    EditionFactory,
    main_shop,
    preorderable,
    put_in_stock,
    store_room,
)
from tests.people import carol

pytestmark = pytest.mark.django_db


def stocks(*quantities: int) -> list[Stock]:
    return [put_in_stock(EditionFactory.create(), quantity) for quantity in quantities]


def counters(rows: list[Stock]) -> list[tuple[int, int]]:
    fresh = Stock.objects.in_bulk([row.pk for row in rows])
    return [(fresh[row.pk].on_hand, fresh[row.pk].allocated) for row in rows]


def statements(action: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        action()
    return len(captured)


def test_many_rows_are_allocated_released_and_consumed() -> None:
    clerk = carol()
    rows = stocks(5, 3)
    Stock.objects.allocate_many({rows[0]: 4, rows[1]: 3}, reference="A1", actor=clerk)
    assert counters(rows) == [(5, 4), (3, 3)]
    assert [(row.on_hand, row.allocated) for row in rows] == [(5, 4), (3, 3)]
    Stock.objects.release_many({rows[0]: 1, rows[1]: 1}, reference="A1")
    assert counters(rows) == [(5, 3), (3, 2)]
    Stock.objects.consume_many({rows[0]: 3, rows[1]: 1}, reference="A1")
    assert counters(rows) == [(2, 0), (2, 1)]
    ledger = StockMovement.objects.filter(reference="A1").order_by("id")
    assert [(m.kind, m.on_hand_change, m.allocated_change) for m in ledger] == [
        ("allocate", 0, 4), ("allocate", 0, 3), ("release", 0, -1), ("release", 0, -1),
        ("consume", -3, -3), ("consume", -1, -1),
    ]  # fmt: skip
    assert [m.actor for m in ledger][:3] == [clerk, clerk, None]


def test_all_that_is_short_is_named_and_nothing_is_written() -> None:
    rows = stocks(5, 3, 0 + 1)
    with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
        Stock.objects.allocate_many({rows[0]: 5, rows[1]: 4, rows[2]: 2}, reference="A1")
    assert refusal.value.short == {rows[1]: 4, rows[2]: 2}
    assert (refusal.value.edition, refusal.value.wanted) == (rows[1].edition, 4)
    assert counters(rows) == [(5, 0), (3, 0), (1, 0)]
    assert not StockMovement.objects.filter(reference="A1").exists()


def test_the_transaction_around_a_refusal_goes_on() -> None:
    rows = stocks(1)
    with transaction.atomic():
        with pytest.raises(InsufficientStock):
            Stock.objects.allocate_many({rows[0]: 2}, reference="A1")
        Stock.objects.allocate_many({rows[0]: 1}, reference="A2")
    assert counters(rows) == [(1, 1)]


@pytest.mark.parametrize("quantity", [0, -1])
@pytest.mark.parametrize("verb", ["allocate_many", "release_many", "consume_many"])
def test_less_than_one_copy_is_no_quantity(verb: str, quantity: int) -> None:
    rows = stocks(2)
    with pytest.raises(ValueError, match="cannot be moved"):
        getattr(Stock.objects, verb)({rows[0]: quantity}, reference="A1")
    assert counters(rows) == [(2, 0)]


def test_the_statements_do_not_grow_with_the_rows() -> None:
    few, many = stocks(5, 5), stocks(*[5] * 40)
    for verb in ("allocate_many", "consume_many"):
        counts = {
            statements(
                lambda rows=rows, verb=verb: getattr(Stock.objects, verb)(
                    dict.fromkeys(rows, 1), reference="A1"
                )
            )
            for rows in (few, many)
        }
        assert counts == {4}  # lock, change, write the ledger, defer one job


def test_nothing_at_all_is_moved_by_nothing() -> None:
    assert statements(lambda: Stock.objects.allocate_many({}, reference="A1")) == 0


def test_copies_are_carried_to_another_location() -> None:
    first, second = stocks(5, 3)
    clerk, room = carol(), store_room()
    Stock.objects.transfer(
        {first.edition: 2, second.edition: 3},
        source=main_shop(),
        target=room,
        reason="Shelves full",
        actor=clerk,
    )
    there = [Stock.objects.get(edition=row.edition, location=room) for row in (first, second)]
    assert counters([first, second, *there]) == [(3, 0), (0, 0), (2, 0), (3, 0)]
    ledger = StockMovement.objects.filter(stock__edition=first.edition).order_by("id")[1:]
    assert [(m.kind, m.on_hand_change, m.other_location, m.reason, m.actor) for m in ledger] == [
        ("transfer_out", -2, room, "Shelves full", clerk),
        ("transfer_in", 2, main_shop(), "Shelves full", clerk),
    ]


def test_what_is_promised_stays_where_it_is() -> None:
    first, second = stocks(5, 3)
    Stock.objects.allocate_many({first: 4}, reference="A1")
    with pytest.raises(InsufficientStock) as refusal:
        Stock.objects.transfer(
            {first.edition: 2, second.edition: 1}, source=main_shop(), target=store_room()
        )
    assert list(refusal.value.short) == [first]
    assert counters([first, second]) == [(5, 4), (3, 0)]
    assert not StockMovement.objects.filter(kind__startswith="transfer").exists()
    assert not Stock.objects.filter(location=store_room()).exists()


def test_no_copy_is_carried_to_where_it_is() -> None:
    (row,) = stocks(5)
    with pytest.raises(ValueError, match="to where they are"):
        Stock.objects.transfer({row.edition: 1}, source=main_shop(), target=main_shop())


def waited_for() -> list[list[str]]:
    jobs = ProcrastinateJob.objects.filter(task_name="orders.serve_waiting").order_by("id")
    return [job.args["numbers"] for job in jobs]


def test_free_copies_are_offered_to_who_waits_for_them() -> None:
    edition: Edition = EditionFactory.create()
    stock = put_in_stock(edition, 5)
    assert waited_for() == []  # nobody can wait for it
    preorderable(edition)
    stock.receive(1)
    stock.adjust(1, reason="Found")
    stock.adjust(-1, reason="Lost")
    stock.damage(1, reason="Wet")
    stock.take_back(1, reference="A1")
    Stock.objects.allocate_many({stock: 2}, reference="A2")
    Stock.objects.release_many({stock: 1}, reference="A2")
    Stock.objects.consume_many({stock: 1}, reference="A2")
    stock.count(9, reason="Count")
    Stock.objects.transfer({edition: 1}, source=main_shop(), target=store_room())
    # received, found, returned, released, counted more, carried to another location
    assert waited_for() == [[edition.isbn13]] * 6


def test_locations_that_serve_no_customer_are_left_out() -> None:
    shop = main_shop()
    annex = Location.objects.create(code="annex", name="Annex", serves_shipping=False)
    edition = EditionFactory.create()
    put_in_stock(edition, 2, location=annex)
    assert list(Location.objects.for_customers()) == [shop]
    assert not Stock.objects.for_customers().exists()
