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


def move(stock: Stock, verb: str, quantity: int) -> None:
    """Call the verb with what it needs besides."""
    match verb:
        case "allocate" | "release" | "consume":
            getattr(Stock.objects, f"{verb}_many")({stock: quantity}, reference="ORDER1")
        case "take_back":
            stock.take_back(quantity, reference="ORDER1")
        case _:
            getattr(stock, verb)(quantity, reason="x")


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
    Stock.objects.allocate_many({stock: 4}, reference="ORDER1")
    assert counters(stock) == (7, 4)
    Stock.objects.release_many({stock: 1}, reference="ORDER1")
    assert counters(stock) == (7, 3)
    Stock.objects.consume_many({stock: 3}, reference="ORDER1", actor=clerk)
    assert counters(stock) == (4, 0)
    stock.count(6, reason="Stocktake", actor=clerk)
    assert counters(stock) == (6, 0)
    assert [m.kind for m in stock.movements.order_by("id")] == [
        "receive", "receive", "adjust", "allocate", "release", "consume", "adjust",
    ]  # fmt: skip
    adjusted = stock.movements.get(reason="Water damage")
    assert (adjusted.actor, adjusted.on_hand_change) == (clerk, -1)
    assert_ledger_agrees(stock)


@pytest.mark.parametrize(
    "verb", ["receive", "adjust", "damage", "take_back", "allocate", "release", "consume"]
)
@pytest.mark.parametrize("quantity", [0, -3])
def test_verbs_move_whole_copies_in_their_own_direction(
    stock: Stock, verb: str, quantity: int
) -> None:
    if verb == "adjust":
        quantity = 0  # either way is fine, but not none
    with pytest.raises(ValueError, match=str(quantity)):
        move(stock, verb, quantity)
    assert counters(stock) == (5, 0)
    assert stock.movements.count() == 1


@pytest.mark.parametrize(
    ("kind", "on_hand", "allocated"),
    [
        ("receive", -1, 0), ("receive", 1, 1), ("adjust", 0, 0), ("allocate", 0, -1),
        ("release", 0, 1), ("consume", -1, 0), ("consume", 1, 1), ("stolen", -1, 0),
        ("damage", 1, 0), ("return", -1, 0), ("return", 1, 1), ("transfer_out", -1, 0),
        ("transfer_in", 1, 0),
    ],
)  # fmt: skip
def test_the_database_refuses_movements_that_do_not_fit_their_kind(
    stock: Stock, kind: str, on_hand: int, allocated: int
) -> None:
    with pytest.raises(IntegrityError, match="stock_movement_fits_kind"), transaction.atomic():
        stock.movements.create(kind=kind, on_hand_change=on_hand, allocated_change=allocated)


def test_copies_that_are_counted_where_none_were_have_come_in(stock: Stock) -> None:
    stock.adjust(-5, reason="Fire")
    stock.count(2, reason="Stocktake")
    assert [m.kind for m in stock.movements.order_by("id")] == ["receive", "adjust", "receive"]
    assert counters(stock) == (2, 0)


def test_too_few_copies_are_told_in_plain_words(stock: Stock) -> None:
    with pytest.raises(InsufficientStock) as refusal:
        Stock.objects.allocate_many({stock: 6}, reference="ORDER1")
    assert str(refusal.value) == f"There are too few copies of {stock.edition}."


def test_a_count_that_is_right_moves_nothing(stock: Stock) -> None:
    stock.count(5, reason="Stocktake")
    assert stock.movements.count() == 1


@pytest.mark.parametrize(
    ("verb", "quantity"),
    [
        ("allocate", 4),
        ("adjust", -4),
        ("adjust", -99),
        ("damage", 4),
        ("release", 3),
        ("consume", 3),
    ],
)
def test_more_than_there_is_is_refused(stock: Stock, verb: str, quantity: int) -> None:
    Stock.objects.allocate_many({stock: 2}, reference="ORDER1")
    with pytest.raises(InsufficientStock):
        move(stock, verb, quantity)
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
            Stock.objects.allocate_many({Stock.objects.get(pk=stock.pk): 1}, reference="RACE")
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
