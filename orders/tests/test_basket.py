"""What a basket holds, and where its limits are."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition, Format, Location
from catalog.tests.factories import EditionFactory, WorkFactory, put_in_stock
from orders.models import Basket, BasketLine
from orders.models.basket import (
    MAX_LINES,
    MAX_QUANTITY,
    BasketFull,
    BasketGone,
    NotForSale,
    QuantityOutOfRange,
)
from orders.tests.factories import BasketFactory, submit
from tests.people import alice

pytestmark = pytest.mark.django_db


def contents(basket: Basket) -> dict[str, int]:
    return dict(basket.lines.values_list("edition__isbn13", "quantity"))


def fill(basket: Basket, lines: int) -> None:
    work = WorkFactory.create()
    editions = [EditionFactory.create(work=work, price=False) for _line in range(lines)]
    BasketLine.objects.bulk_create(
        BasketLine(basket=basket, edition=edition, quantity=1) for edition in editions
    )


def test_adding_puts_copies_in_and_adds_up() -> None:
    edition = EditionFactory.create()
    basket = BasketFactory.create()
    line = basket.add(edition)
    assert (line.edition, line.quantity) == (edition, 1)
    basket.add(edition, 2)
    assert contents(basket) == {edition.isbn13: 3}
    assert basket.quantity == 3


def test_a_basket_takes_no_stock() -> None:
    edition = EditionFactory.create(stock=1)
    BasketFactory.create().add(edition, 5)
    assert edition.stocks.get().allocated == 0


def test_setting_a_quantity_replaces_it_and_zero_removes_the_line() -> None:
    edition, other = EditionFactory.create(), EditionFactory.create()
    basket = BasketFactory.create(lines={edition: 3, other: 1})
    basket.set_quantity(edition, 7)
    assert contents(basket) == {edition.isbn13: 7, other.isbn13: 1}
    assert basket.set_quantity(edition, 0) is None
    assert contents(basket) == {other.isbn13: 1}
    assert basket.set_quantity(edition, 0) is None


@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1, 10**9])
def test_a_quantity_out_of_range_is_not_added(quantity: int) -> None:
    basket = BasketFactory.create()
    with pytest.raises(QuantityOutOfRange):
        basket.add(EditionFactory.create(), quantity)
    assert contents(basket) == {}


@pytest.mark.parametrize("quantity", [-1, MAX_QUANTITY + 1])
def test_a_quantity_out_of_range_is_not_set(quantity: int) -> None:
    edition = EditionFactory.create()
    basket = BasketFactory.create(lines={edition: 2})
    with pytest.raises(QuantityOutOfRange):
        basket.set_quantity(edition, quantity)
    assert contents(basket) == {edition.isbn13: 2}


def test_adding_up_stops_at_the_limit_of_a_line() -> None:
    edition = EditionFactory.create()
    basket = BasketFactory.create(lines={edition: MAX_QUANTITY})
    with pytest.raises(QuantityOutOfRange):
        basket.add(edition)
    assert contents(basket) == {edition.isbn13: MAX_QUANTITY}


def test_a_full_basket_takes_no_other_title_but_more_of_one_in_it() -> None:
    basket = BasketFactory.create()
    fill(basket, MAX_LINES - 1)
    edition = EditionFactory.create()
    basket.add(edition)
    with pytest.raises(BasketFull):
        basket.add(EditionFactory.create())
    basket.add(edition)
    assert basket.lines.count() == MAX_LINES
    assert basket.lines.get(edition=edition).quantity == 2


@pytest.mark.parametrize("why", ["no price", "withdrawn", "forthcoming"])
def test_what_is_not_for_sale_is_not_added(why: str) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    edition: Edition = EditionFactory.create(
        price=False if why == "no price" else None,
        is_offered=why != "withdrawn",
        publication_date=tomorrow if why == "forthcoming" else None,
    )
    basket = BasketFactory.create()
    with pytest.raises(NotForSale) as refusal:
        basket.add(edition)
    assert refusal.value.edition == edition
    assert contents(basket) == {}


def test_a_basket_that_was_ordered_is_gone() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    same = Basket.objects.get(pk=basket.pk)
    submit(basket)
    with pytest.raises(BasketGone):
        same.add(EditionFactory.create())


def test_lines_are_priced_for_today() -> None:
    orlando = EditionFactory.create(price=Decimal("12.50"), stock=5)
    waves = EditionFactory.create(price=Decimal("9.99"), stock=5)
    basket = BasketFactory.create(lines={waves: 1, orlando: 3})
    first, second = basket.priced_lines()
    assert (first.edition, first.unit_amount, first.total_amount) == (
        waves, Decimal("9.99"), Decimal("9.99"),
    )  # fmt: skip
    assert (second.unit_amount, second.total_amount) == (Decimal("12.50"), Decimal("37.50"))
    assert [line.problem for line in (first, second)] == ["", ""]
    assert basket.subtotal_amount == Decimal("47.49")


def test_pricing_follows_a_change() -> None:
    edition = EditionFactory.create(price=Decimal("2.00"), stock=5)
    basket = BasketFactory.create(lines={edition: 1})
    assert basket.subtotal_amount == Decimal("2.00")
    basket.set_quantity(edition, 2)
    assert basket.subtotal_amount == Decimal("4.00")


def test_pricing_takes_as_many_queries_for_many_lines_as_for_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    lines = {
        EditionFactory.create(work=WorkFactory.create(author="Virginia Woolf"), stock=1): 1
        for _line in range(12)
    }
    basket = BasketFactory.create(lines=lines)
    with django_assert_num_queries(1):
        priced = basket.priced_lines()
        shown = [(line.edition.display_title, line.edition.work.byline) for line in priced]
        assert basket.subtotal_amount == Decimal("119.88")
    assert len(shown) == 12


def test_a_line_tells_its_problem() -> None:
    edition = EditionFactory.create(stock=2)
    basket = BasketFactory.create(lines={edition: 3})

    def problem() -> str:
        return Basket.objects.get(pk=basket.pk).priced_lines()[0].problem

    assert problem() == "Only 2 left."
    edition.stocks.get().adjust(-2, reason="Stolen")
    assert problem() == "Out of stock."
    edition.stocks.get().receive(3)
    assert problem() == ""
    edition.publication_date = timezone.localdate() + datetime.timedelta(days=1)
    edition.save()
    assert problem() == "Not out yet."
    edition.is_offered = False
    edition.save()
    assert problem() == "Not for sale any more."


def test_copies_in_two_places_cannot_serve_one_line() -> None:
    edition = EditionFactory.create(stock=2)
    put_in_stock(edition, 2, location=Location.objects.create(code="b", name="B", priority=2))
    basket = BasketFactory.create(lines={edition: 3})
    assert basket.priced_lines()[0].problem == "Only 2 left."


def test_a_file_is_never_out_of_stock() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(format=Format.EBOOK): 3})
    assert basket.priced_lines()[0].problem == ""


def test_a_line_without_price_counts_nothing() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(price=False): 3})
    (line,) = basket.priced_lines()
    assert (line.unit_amount, line.total_amount) == (None, Decimal(0))
    assert line.problem == "Not for sale any more."


def test_absorbing_adds_quantities_up_and_the_other_basket_goes() -> None:
    shared, only_theirs, only_mine = (EditionFactory.create() for _edition in range(3))
    mine = BasketFactory.create(user=alice(), lines={shared: 2, only_mine: 1})
    theirs = BasketFactory.create(lines={shared: 3, only_theirs: 1})
    changed = mine.absorb(theirs)
    assert {(line.edition, line.quantity) for line in changed} == {(shared, 5), (only_theirs, 1)}
    assert contents(mine) == {shared.isbn13: 5, only_mine.isbn13: 1, only_theirs.isbn13: 1}
    assert list(Basket.objects.all()) == [mine]


def test_absorbing_stops_at_the_limits() -> None:
    shared = EditionFactory.create()
    mine = BasketFactory.create(lines={shared: MAX_QUANTITY - 1})
    fill(mine, MAX_LINES - 1)
    theirs = BasketFactory.create(lines={shared: 5, EditionFactory.create(): 1})
    (changed,) = mine.absorb(theirs)
    assert (changed.edition, changed.quantity) == (shared, MAX_QUANTITY)
    assert mine.lines.count() == MAX_LINES


def test_a_basket_does_not_absorb_itself() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(): 1})
    assert basket.absorb(Basket.objects.get(pk=basket.pk)) == []
    assert basket.quantity == 1


def test_a_customer_has_one_basket() -> None:
    person = alice()
    basket = Basket.objects.of_user(person)
    assert Basket.objects.of_user(person) == basket
    assert basket.user == person
