"""Which ways of shipping a basket is offered."""

import pytest

from catalog.models import Format
from catalog.tests.factories import EditionFactory
from orders.models import Basket, ShippingMethod, tables
from orders.tests.factories import BasketFactory

pytestmark = pytest.mark.django_db


def offered(basket: Basket) -> list[tuple[str, str]]:
    methods = tables.read().suiting(basket.priced_lines())
    return [(method.code, str(method.amount)) for method in methods]


def test_books_are_sent_or_collected() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(): 1})
    assert offered(basket) == [("standard", "4.50"), ("express", "9.50"), ("collection", "0.00")]


def test_files_alone_are_downloaded() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(format=Format.EBOOK): 1})
    assert offered(basket) == [("download", "0.00")]


def test_files_go_with_the_books() -> None:
    file, book = EditionFactory.create(format=Format.AUDIOBOOK), EditionFactory.create()
    basket = BasketFactory.create(lines={file: 1, book: 1})
    assert ("download", "0.00") not in offered(basket)


def test_what_is_switched_off_is_not_offered() -> None:
    ShippingMethod.objects.filter(code="express").update(is_active=False)
    basket = BasketFactory.create(lines={EditionFactory.create(): 1})
    assert [code for code, _amount in offered(basket)] == ["standard", "collection"]


def test_collection_is_at_a_place() -> None:
    assert {method.code: method.is_collection for method in ShippingMethod.objects.all()} == {
        "standard": False, "express": False, "collection": True, "download": False,
    }  # fmt: skip
