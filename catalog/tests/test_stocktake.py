"""Stocktakes: counted, compared with the books at that moment, and posted once."""

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from catalog.models import Edition, Stock, Stocktake, StocktakeLine
from catalog.models.stock import InsufficientStock
from catalog.models.stocktake import MOST_COUNTED, AlreadyPosted, CountTooHigh
from catalog.tests.factories import EditionFactory, main_shop, put_in_stock, store_room
from tests.people import carol

pytestmark = pytest.mark.django_db


def begin(**fields: object) -> Stocktake:
    return Stocktake.objects.create(location=main_shop(), started_at=timezone.now(), **fields)


def on_hand(edition: Edition) -> int:
    return Stock.objects.get(edition=edition, location=main_shop()).on_hand


def stocked(quantity: int) -> Edition:
    edition: Edition = EditionFactory.create(stock=quantity)
    return edition


def test_each_scan_counts_one_and_the_difference_is_posted() -> None:
    clerk = carol()
    less, more, new = stocked(3), stocked(1), stocked(0)
    stocktake = begin(note="Window")
    for edition in (less, more, more, new, less):
        stocktake.scan(edition)
    lines = {line.edition: (line.expected, line.counted) for line in stocktake.lines.all()}
    assert lines == {less: (3, 2), more: (1, 2), new: (0, 1)}

    assert stocktake.post(at=timezone.now(), actor=clerk) == 3

    assert [on_hand(edition) for edition in (less, more, new)] == [2, 2, 1]
    ledger = stocktake.movements.order_by("stock__edition__isbn13")
    assert [(m.kind, m.on_hand_change, m.reason, m.actor) for m in ledger] == [
        ("adjust", -1, "Window", clerk), ("adjust", 1, "Window", clerk),
        ("receive", 1, "Window", clerk),
    ]  # fmt: skip
    assert (stocktake.is_posted, stocktake.posted_by) == (True, clerk)


def test_posting_twice_moves_nothing_more() -> None:
    edition = stocked(3)
    stocktake = begin()
    stocktake.enter({edition: 1})
    again = Stocktake.objects.get(pk=stocktake.pk)
    assert stocktake.post(at=timezone.now(), actor=None) == 1
    posted_at = stocktake.posted_at
    assert again.post(at=timezone.now(), actor=carol()) == 0
    assert on_hand(edition) == 1
    again.refresh_from_db()
    assert (again.posted_at, again.posted_by) == (posted_at, None)


def test_what_was_sold_or_received_after_the_count_stays_so() -> None:
    edition = stocked(5)
    stock = edition.stocks.get()
    stocktake = begin()
    stocktake.enter({edition: 4})  # one is missing
    Stock.objects.allocate_many({stock: 2}, reference="A1")
    Stock.objects.consume_many({stock: 2}, reference="A1")
    stock.receive(10)
    stocktake.post(at=timezone.now(), actor=None)
    assert on_hand(edition) == 5 - 1 - 2 + 10


def test_the_first_scan_is_the_moment_of_the_count_and_a_new_number_another() -> None:
    edition = stocked(3)
    stock = edition.stocks.get()
    stocktake = begin()
    stocktake.scan(edition)
    stock.adjust(-1, reason="Sold at the till")
    stocktake.scan(edition)
    assert (stocktake.lines.get().expected, stocktake.lines.get().counted) == (3, 2)
    stocktake.enter({edition: 2})
    assert (stocktake.lines.get().expected, stocktake.lines.get().counted) == (2, 2)


def test_what_was_not_counted_stays_unless_everything_was() -> None:
    counted, forgotten, other_place = stocked(2), stocked(4), stocked(0)
    put_in_stock(other_place, 6, location=store_room())
    partial = begin()
    partial.enter({counted: 2})
    partial.post(at=timezone.now(), actor=None)
    assert [on_hand(edition) for edition in (counted, forgotten)] == [2, 4]

    complete = begin(is_complete=True)
    complete.enter({counted: 2})
    assert [(s.edition, s.missing_quantity) for s in complete.uncounted()] == [(forgotten, 4)]
    assert complete.post(at=timezone.now(), actor=None) == 1
    assert [on_hand(edition) for edition in (counted, forgotten)] == [2, 0]
    assert Stock.objects.get(edition=other_place).on_hand == 6


def test_what_came_during_a_complete_count_is_not_missing() -> None:
    forgotten = stocked(4)
    stocktake = begin()
    put_in_stock(forgotten, 3)
    stocktake.set_complete(True)
    stocktake.post(at=timezone.now(), actor=None)
    assert on_hand(forgotten) == 3


def test_promises_are_not_broken_and_nothing_is_posted() -> None:
    promised, other = stocked(3), stocked(3)
    Stock.objects.allocate_many({promised.stocks.get(): 2}, reference="A1")
    stocktake = begin()
    stocktake.enter({promised: 1, other: 9})
    assert [line.breaks_promises for line in stocktake.lines.with_stock()] == [True, False]
    with pytest.raises(InsufficientStock) as refusal:
        stocktake.post(at=timezone.now(), actor=None)
    assert [stock.edition for stock in refusal.value.short] == [promised]
    assert [on_hand(edition) for edition in (promised, other)] == [3, 3]
    assert not Stocktake.objects.get().is_posted
    stocktake.leave_out(promised)
    assert stocktake.post(at=timezone.now(), actor=None) == 1
    assert [on_hand(edition) for edition in (promised, other)] == [3, 9]


def test_what_is_posted_is_not_changed_any_more() -> None:
    edition = stocked(3)
    stocktake = begin()
    stocktake.enter({edition: 1})
    stocktake.post(at=timezone.now(), actor=None)
    for change in (
        lambda: stocktake.scan(edition),
        lambda: stocktake.enter({edition: 7}),
        lambda: stocktake.leave_out(edition),
        lambda: stocktake.set_complete(True),
        stocktake.abandon,
    ):
        with pytest.raises(AlreadyPosted):
            change()
    with pytest.raises(ProtectedError):
        stocktake.delete()
    assert stocktake.lines.get().counted == 1


def test_an_abandoned_stocktake_leaves_nothing() -> None:
    edition = stocked(3)
    stocktake = begin()
    stocktake.scan(edition)
    stocktake.abandon()
    assert not Stocktake.objects.exists()
    assert not StocktakeLine.objects.exists()
    assert on_hand(edition) == 3


def test_nobody_has_more_than_a_million() -> None:
    edition = stocked(1)
    stocktake = begin()
    with pytest.raises(CountTooHigh):
        stocktake.enter({edition: MOST_COUNTED + 1})
    assert not stocktake.lines.exists()
    stocktake.enter({edition: MOST_COUNTED})
    with pytest.raises(CountTooHigh):
        stocktake.scan(edition)
    assert stocktake.lines.get().counted == MOST_COUNTED
