"""What is read of a basket in one statement: each column is where the model has it."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog import prepared
from catalog.models import Edition, Location, Supply
from catalog.tests.factories import EditionFactory, orderable, put_in_stock
from orders.models import Basket, BasketLine, basket_rows
from orders.tests.factories import BasketFactory

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 3, 1)
SUPPLY = {
    "accepts_preorders": True, "preorder_cap": 11, "promised_date": datetime.date(2026, 4, 5),
    "backorder_days": 13, "awaited": 17,
}  # fmt: skip

Read = Callable[[Edition], Edition]


def sample() -> Edition:
    """An edition of which no two numbers are equal."""
    edition: Edition = EditionFactory.create(
        title="Waves, The", subtitle="A novel", weight_grams=310, price=Decimal("12.34"),
        price__tax_rate=Decimal("7.00"), work__title="The Waves", work__subtitle="Its own",
        work__author="Virginia Woolf",
    )  # fmt: skip
    orderable(edition, **SUPPLY)
    put_in_stock(edition, 8)
    edition.stocks.update(allocated=3)
    counter = Location.objects.create(
        code="counter", name="Counter", offers_collection=True, serves_shipping=False
    )
    put_in_stock(edition, 3, location=counter)
    edition.stocks.filter(location=counter).update(allocated=1)
    return edition


def started(edition: Edition) -> Edition:
    found = basket_rows.start(uuid4(), edition.isbn13, 1, day=DAY, at=timezone.now())
    assert found
    assert found[0] == BasketLine.objects.get().pk
    return found[1]


def numbered(edition: Edition) -> Edition:
    found = basket_rows.numbered(edition.isbn13, day=DAY)
    assert found
    return found


def known(edition: Edition) -> Edition:
    found = basket_rows.known(edition.pk, day=DAY)
    assert found
    return found


def of_line(edition: Edition) -> Edition:
    [line] = BasketFactory.create(lines={edition: 1}).lines_to_order(day=DAY)
    return line.edition


def with_stock(edition: Edition) -> Edition:
    [line] = BasketFactory.create(lines={edition: 1}).priced_lines(day=DAY)
    return line.edition


def filled(edition: Edition) -> Edition:
    basket = BasketFactory.create(lines={edition: 1})
    found = Basket.objects.filled(basket=basket.pk, with_beside=True)
    assert found
    [line] = found.priced_lines()
    return line.edition


@pytest.mark.parametrize("read", [numbered, known, started, of_line, with_stock, filled])
def test_an_edition_has_its_own_price_and_supply(read: Read) -> None:
    edition = sample()
    found = read(edition)
    assert (found.price_amount, vars(found)["price_tax_rate"]) == (Decimal("12.34"), Decimal(7))
    for name in basket_rows._EDITION:
        assert getattr(found, name) == getattr(edition, name), name
    assert (found.work.pk, found.work.title, found.work.subtitle) == (
        edition.work_id, "The Waves", "Its own",
    )  # fmt: skip
    supply = found.own_supply
    assert isinstance(supply, Supply)
    assert (supply.edition_id, supply.accepts_backorders) == (edition.pk, True)
    assert {name: getattr(supply, name) for name in SUPPLY} == SUPPLY


@pytest.mark.parametrize("read", [of_line, with_stock, filled])
def test_a_line_knows_the_authors(read: Read) -> None:
    found = read(sample())
    assert [each.contributor.name for each in found.work.authors] == ["Virginia Woolf"]


@pytest.mark.parametrize("read", [with_stock, filled])
def test_a_page_knows_what_lies_there(read: Read) -> None:
    found = read(sample())
    assert (found.available_quantity, found.held_quantity) == (7, 4)
    assert vars(found)["most_for_one_order"] == 5
    assert found.own_supply
    assert found.own_supply.held_quantity == 4


@pytest.mark.parametrize("read", [with_stock, filled])
def test_of_what_lies_nowhere_there_are_none(read: Read) -> None:
    found = read(EditionFactory.create(price=False))
    assert (found.price_amount, vars(found)["price_tax_rate"], found.own_supply) == (None,) * 3
    assert (found.available_quantity, found.held_quantity) == (0, 0)
    assert vars(found)["most_for_one_order"] == 0


def test_rows_have_the_columns_of_their_models() -> None:
    """Where the model gets another one, it must not be made of these by their places."""
    assert prepared.fields(BasketLine) == basket_rows.LINE
    assert prepared.fields(Basket) == basket_rows.BASKET
