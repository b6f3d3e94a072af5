"""The verbs of stock, its ledger, and what the database refuses."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Stock, StockMovement
from catalog.models.stock import InsufficientStock
from catalog.tests.factories import EditionFactory, main_shop, put_in_stock
from tests.people import carol


@pytest.fixture
def stock(db: None) -> Stock:
    """Five copies in the main shop."""
    return put_in_stock(EditionFactory.create(), 5)


def counters(stock: Stock) -> tuple[int, int]:
    stock.refresh_from_db()
    return stock.on_hand, stock.allocated


def assert_ledger_agrees(stock: Stock) -> None:
    sums = stock.movements.aggregate(Sum("on_hand_change"), Sum("allocated_change"))
    assert (sums["on_hand_change__sum"], sums["allocated_change__sum"]) == counters(stock)


def test_every_verb_moves_its_counters_and_writes_the_ledger(stock: Stock) -> None:
    clerk = carol()
    stock.receive(3, reason="Wholesaler", actor=clerk)
    assert counters(stock) == (8, 0)
    stock.adjust(-1, reason="Water damage", actor=clerk)
    assert counters(stock) == (7, 0)
    stock.allocate(4, reference="ORDER1")
    assert counters(stock) == (7, 4)
    stock.release(1, reference="ORDER1")
    assert counters(stock) == (7, 3)
    stock.consume(3, reference="ORDER1", actor=clerk)
    assert counters(stock) == (4, 0)
    stock.count(6, reason="Stocktake", actor=clerk)
    assert counters(stock) == (6, 0)
    assert [m.kind for m in stock.movements.order_by("id")] == [
        "receive", "receive", "adjust", "allocate", "release", "consume", "adjust",
    ]  # fmt: skip
    adjusted = stock.movements.get(reason="Water damage")
    assert (adjusted.actor, adjusted.on_hand_change) == (clerk, -1)
    assert_ledger_agrees(stock)


def test_a_count_that_is_right_moves_nothing(stock: Stock) -> None:
    stock.count(5, reason="Stocktake")
    assert stock.movements.count() == 1


@pytest.mark.parametrize(
    ("verb", "quantity"),
    [("allocate", 4), ("adjust", -4), ("adjust", -99), ("release", 3), ("consume", 3)],
)
def test_more_than_there_is_is_refused(stock: Stock, verb: str, quantity: int) -> None:
    stock.allocate(2, reference="ORDER1")
    extra = {"reason": "x"} if verb == "adjust" else {"reference": "ORDER1"}
    with pytest.raises(InsufficientStock):
        getattr(stock, verb)(quantity, **extra)
    assert counters(stock) == (5, 2)
    assert stock.movements.count() == 2
    assert_ledger_agrees(stock)


@pytest.mark.parametrize("change", [{"allocated": 6}, {"on_hand": -1}, {"allocated": -1}])
def test_the_database_refuses_broken_promises(stock: Stock, change: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="stock_promises_kept"), transaction.atomic():
        Stock.objects.filter(pk=stock.pk).update(**change)


def test_the_ledger_is_append_only(stock: Stock) -> None:
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        stock.movements.update(on_hand_change=50)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        stock.movements.all().delete()
    assert_ledger_agrees(stock)


def test_whoever_moved_stock_can_still_leave(stock: Stock) -> None:
    clerk = carol()
    stock.adjust(-1, reason="Damaged", actor=clerk)
    clerk.delete()
    assert stock.movements.get(reason="Damaged").actor is None


def test_a_change_has_the_live_stock_renewed(stock: Stock) -> None:
    jobs = ProcrastinateJob.objects.filter(task_name="catalog.publish_stock")
    before = jobs.count()
    stock.receive(1)
    assert jobs.count() == before + 1
    assert jobs.order_by("-id")[0].args == {"numbers": [stock.edition.isbn13]}


@pytest.mark.django_db(transaction=True)
def test_twenty_racing_for_the_last_copy_get_one() -> None:
    main_shop()
    edition = EditionFactory.create()
    stock = put_in_stock(edition, 1)
    start = threading.Barrier(20)
    outcomes: list[str] = []

    def race() -> None:
        start.wait()
        try:
            Stock.objects.get(pk=stock.pk).allocate(1, reference="RACE")
            outcomes.append("got it")
        except InsufficientStock:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["got it"] + ["too late"] * 19
    assert counters(stock) == (1, 1)
    assert StockMovement.objects.filter(kind="allocate").count() == 1
    assert_ledger_agrees(stock)
