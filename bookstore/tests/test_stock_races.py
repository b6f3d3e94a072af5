"""Staff and customers at the same stock in the same moment."""

from functools import partial

import pytest
from django.utils import timezone

from bookstore.audit import findings
from catalog import indexing
from catalog.models import Edition, Stock, StockMovement, Stocktake, Work
from catalog.models.stock import InsufficientStock
from catalog.tests.factories import EditionFactory, main_shop, put_in_stock, store_room
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def assert_the_books_agree() -> None:
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    assert list(findings()) == []


def stocktake_here() -> Stocktake:
    return Stocktake.objects.create(location=main_shop(), started_at=timezone.now())


def copy_of(stocktake: Stocktake) -> Stocktake:
    return Stocktake.objects.get(pk=stocktake.pk)


def post(stocktake: Stocktake) -> int:
    return stocktake.post(at=timezone.now(), actor=None)


def test_two_people_who_scan_at_once_lose_nothing() -> None:
    edition: Edition = EditionFactory.create(stock=3)
    stocktake = stocktake_here()
    outcomes = at_once([partial(copy_of(stocktake).scan, edition) for _scan in range(12)])
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    line = stocktake.lines.get()
    assert (line.counted, line.expected) == (12, 3)


def test_a_stocktake_is_posted_once() -> None:
    edition: Edition = EditionFactory.create(stock=3)
    stocktake = stocktake_here()
    stocktake.enter({edition: 1})
    outcomes = at_once([partial(post, copy_of(stocktake)) for _click in range(5)])
    assert sorted(outcomes, key=str) == [0, 0, 0, 0, 1]
    assert Stock.objects.get().on_hand == 1
    assert StockMovement.objects.filter(stocktake=stocktake).count() == 1
    assert_the_books_agree()


def test_transfer_order_delivery_and_stocktake_at_once() -> None:
    """No deadlock, no lost update, and the books agree afterwards."""
    shop, room = main_shop(), store_room()
    editions = EditionFactory.create_batch(4, stock=30)
    stocks = list(Stock.objects.order_by("-pk"))  # against the locking order
    stocktake = stocktake_here()
    stocktake.enter(dict.fromkeys(reversed(editions), 28))
    some = dict.fromkeys(reversed(editions), 2)

    def sell(reference: str) -> None:
        Stock.objects.allocate_many(dict.fromkeys(stocks, 1), reference=reference)
        Stock.objects.consume_many(dict.fromkeys(stocks, 1), reference=reference)

    outcomes = at_once(
        [
            *(partial(sell, f"A{n}") for n in range(4)),
            *(partial(Stock.objects.transfer, some, source=shop, target=room) for _n in range(3)),
            *(partial(Stock.objects.receive_many, some, location=shop) for _n in range(2)),
            partial(post, copy_of(stocktake)),
        ]
    )

    assert [each for each in outcomes if isinstance(each, Exception)] == []
    here = set(Stock.objects.filter(location=shop).values_list("on_hand", "allocated"))
    assert here == {(30 - 4 - 3 * 2 + 2 * 2 - 2, 0)}
    assert set(Stock.objects.filter(location=room).values_list("on_hand", flat=True)) == {6}
    assert_the_books_agree()


def test_the_last_copies_go_one_way() -> None:
    edition: Edition = EditionFactory.create()
    stock = put_in_stock(edition, 3)
    shop, room = main_shop(), store_room()
    outcomes = at_once(
        [
            *(
                partial(Stock.objects.transfer, {edition: 1}, source=shop, target=room)
                for _n in range(4)
            ),
            *(
                partial(Stock.objects.damage_many, {edition: 1}, location=shop, reason="Wet")
                for _n in range(4)
            ),
        ]
    )
    assert sum(isinstance(each, InsufficientStock) for each in outcomes) == 5
    assert outcomes.count(None) == 3
    stock.refresh_from_db()
    assert stock.on_hand == 0
    assert_the_books_agree()


def test_a_complete_stocktake_beside_a_delivery_loses_neither() -> None:
    edition: Edition = EditionFactory.create(stock=5)
    stocktake = stocktake_here()
    stocktake.set_complete(True)
    outcomes = at_once(
        [
            partial(post, copy_of(stocktake)),
            partial(Stock.objects.receive_many, {edition: 4}, location=main_shop()),
        ]
    )
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    assert Stock.objects.get().on_hand == 4
    assert_the_books_agree()
