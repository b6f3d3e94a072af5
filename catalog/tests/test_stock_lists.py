"""Importing a stock list."""

import io

import pytest

from catalog.csv_files import InvalidRows
from catalog.models import Location, Stock, StockMovement
from catalog.stock_lists import import_stock
from catalog.tests.factories import EditionFactory, put_in_stock, sku

pytestmark = pytest.mark.django_db


def load(text: str) -> int:
    return import_stock(io.BytesIO(text.encode()))


def test_counts_become_stock_with_their_movements() -> None:
    first, second = EditionFactory.create(stock=5), EditionFactory.create()
    assert load(f"isbn13,on_hand\n{first.isbn13},3\n{second.isbn13},7\n") == 2
    assert {stock.edition.isbn13: stock.on_hand for stock in Stock.objects.all()} == {
        first.isbn13: 3, second.isbn13: 7,
    }  # fmt: skip
    movements = StockMovement.objects.order_by("id").values_list("kind", "on_hand_change")
    assert list(movements) == [("receive", 5), ("adjust", -2), ("receive", 7)]


def test_a_blank_count_is_no_count() -> None:
    edition = EditionFactory.create(stock=5)
    assert load(f"isbn13,on_hand\n{edition.isbn13},\n") == 0
    assert Stock.objects.get().on_hand == 5


def test_locations_are_counted_apart() -> None:
    edition = EditionFactory.create(stock=5)
    store_room = Location.objects.create(code="store", name="Store room", priority=9)
    assert load(f"isbn13,on_hand,location\n{edition.isbn13},2,store\n") == 1
    assert Stock.objects.get(location=store_room).on_hand == 2
    assert Stock.objects.get(location__code="main").on_hand == 5


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"{sku(77)},1,main", "isbn13"),
        ("abc,1,main", "isbn13"),
        ("NUMBER,-1,main", "on_hand"),
        ("NUMBER,1.5,main", "on_hand"),
        ("NUMBER,99999999999,main", "on_hand"),
        (f"NUMBER,{'9' * 5000},main", "on_hand"),
        ("NUMBER,9,main", "isbn13"),
        (f"NUMBER,,main,{'x' * 201}", "reason"),
        ("NUMBER,1,moon", "location"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_written(line: str, column: str) -> None:
    edition = EditionFactory.create(stock=5)
    rows = f"isbn13,on_hand,location,reason\n{edition.isbn13},9,main,\n"
    full = line if line.count(",") == 3 else f"{line},"
    with pytest.raises(InvalidRows) as caught:
        load(rows + full.replace("NUMBER", edition.isbn13))
    assert [(error.line, error.column) for error in caught.value.errors] == [(3, column)]
    assert Stock.objects.get().on_hand == 5


def test_fewer_than_are_promised_is_refused() -> None:
    edition = EditionFactory.create()
    Stock.objects.allocate_many({put_in_stock(edition, 5): 4}, reference="ORDER")
    with pytest.raises(InvalidRows) as caught:
        load(f"isbn13,on_hand\n{edition.isbn13},3\n")
    assert str(caught.value) == "Line 2, on_hand “3”: 4 copies are promised to orders."
    assert Stock.objects.get().on_hand == 5
