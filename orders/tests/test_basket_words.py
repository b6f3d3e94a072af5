"""What a basket's line says: what comes at once, what comes later, and what a price was."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Edition, Format, Location, Supply
from catalog.tests.factories import (
    EditionFactory,
    embargoed,
    orderable,
    preorderable,
    put_in_stock,
    store_room,
)
from orders import fulfillment
from orders.models import Basket, BasketLine, Seller, WrongState
from orders.models.basket import NotForSale
from orders.tests.factories import BasketFactory, make_order, shipping_method

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
OUT = TODAY + datetime.timedelta(days=60)


def line_of(edition: Edition, quantity: int = 1) -> BasketLine:
    (line,) = BasketFactory.create(lines={edition: quantity}).priced_lines()
    return line


def forthcoming(**fields: Any) -> Edition:
    return EditionFactory.create(publication_date=OUT, **fields)


def test_what_is_here_needs_no_words() -> None:
    line = line_of(EditionFactory.create(stock=2), 2)
    assert (line.promise, line.problem, line.previous_amount) == ("", "", None)


@pytest.mark.parametrize(
    ("here", "words"),
    [
        (0, "We order it for you: usually 14 days"),
        (1, "1 now, 2 in about 14 days"),
        (3, ""),
    ],
)
def test_what_is_ordered_for_the_customer(here: int, words: str) -> None:
    edition = EditionFactory.create(stock=here)
    orderable(edition, backorder_days=14)
    line = line_of(edition, 3)
    assert (line.promise, line.problem) == (words, "")


def test_copies_that_others_wait_for_are_not_here() -> None:
    edition = EditionFactory.create()
    orderable(edition)
    make_order({edition: 2}, placed_at=timezone.now())
    put_in_stock(edition, 3)
    assert line_of(edition, 2).promise == "1 now, 1 in about 14 days"
    Supply.objects.update(accepts_backorders=False)
    line = line_of(edition, 2)
    assert (line.promise, line.problem) == ("", "Only 1 left.")


@pytest.mark.parametrize(("splits", "problem"), [(False, "Only 2 left."), (True, "")])
def test_how_many_one_order_can_have(splits: bool, problem: str) -> None:
    Seller.objects.create(splits_orders=splits)
    kept = Location.objects.create(code="archive", name="Archive", serves_shipping=False)
    edition = EditionFactory.create(stock=1)
    put_in_stock(edition, 2, location=store_room())
    put_in_stock(edition, 9, location=kept)
    assert line_of(edition, 3).problem == problem


@pytest.mark.parametrize("format", [Format.PAPERBACK, Format.EBOOK])
def test_a_preorder_says_when_it_is_out(format: Format) -> None:
    edition = forthcoming(format=format)
    basket = BasketFactory.create()
    with pytest.raises(NotForSale):
        basket.add(edition)
    assert line_of(edition).problem == "Not out yet."
    preorderable(edition)
    basket.add(edition, 2)
    (line,) = basket.priced_lines()
    day = date_format(OUT, "DATE_FORMAT")
    assert (line.promise, line.problem) == (f"Pre-order: out on {day}", "")


def test_a_preorder_is_promised_for_the_day_that_staff_names() -> None:
    edition = forthcoming()
    preorderable(edition, promised_date=OUT + datetime.timedelta(days=1))
    day = date_format(OUT + datetime.timedelta(days=1), "DATE_FORMAT")
    assert line_of(edition).promise == f"Pre-order: out on {day}"


def test_a_preorder_says_when_its_embargo_ends() -> None:
    edition = embargoed(5)
    preorderable(edition)
    assert edition.embargo_date is not None
    day = date_format(edition.embargo_date, "DATE_FORMAT")
    assert line_of(edition).promise == f"Pre-order: on sale from {day}"


def test_preorders_come_to_an_end() -> None:
    edition = forthcoming()
    preorderable(edition, preorder_cap=2)
    put_in_stock(edition, 1)
    assert line_of(edition, 2).problem == ""
    assert line_of(edition, 3).problem == "Only 2 more can be pre-ordered."
    make_order({edition: 2}, placed_at=timezone.now())
    assert line_of(edition).problem == "No more pre-orders are taken."


def test_a_price_that_changed_is_told_until_the_customer_changes_the_line() -> None:
    edition = EditionFactory.create(stock=9, price=Decimal("9.99"))
    basket = BasketFactory.create()
    basket.add(edition)
    edition.set_price(Decimal("10.99"), valid_from=TODAY)
    fresh = Basket.objects.get(pk=basket.pk)
    (line,) = fresh.priced_lines()
    assert (line.previous_amount, line.unit_amount) == (Decimal("9.99"), Decimal("10.99"))
    fresh.add(edition)
    (line,) = Basket.objects.get(pk=basket.pk).priced_lines()
    assert line.previous_amount is None


def test_a_price_comes_along_into_another_basket() -> None:
    edition = EditionFactory.create(stock=9, price=Decimal("9.99"))
    guests, own = BasketFactory.create(), BasketFactory.create()
    guests.add(edition)
    edition.set_price(Decimal("8.00"), valid_from=TODAY)
    own.absorb(guests)
    (line,) = own.priced_lines()
    assert line.previous_amount == Decimal("9.99")


def test_the_page_says_all_of_it(client: Client) -> None:
    edition = EditionFactory.create(price=Decimal("9.99"))
    orderable(edition, backorder_days=1)
    client.post("/basket/lines/", {"isbn13": edition.isbn13})
    edition.set_price(Decimal("10.99"), valid_from=TODAY)
    page = client.get("/basket/").content.decode()
    assert "We order it for you: usually 1 day<" in page
    assert "The price has changed: it was $9.99, it is $10.99 now." in page
    assert "To the checkout" in page


def test_the_api_says_all_of_it(client: Client) -> None:
    edition = EditionFactory.create(price=Decimal("9.99"))
    orderable(edition)
    basket = BasketFactory.create()
    basket.add(edition)
    edition.set_price(Decimal("10.99"), valid_from=TODAY)
    (line,) = client.get(f"/api/v1/baskets/{basket.pk}").json()["lines"]
    assert line["promise"] == "We order it for you: usually 14 days"
    assert (line["previous_amount"], line["unit_amount"]) == ("9.99", "10.99")


def test_a_file_is_sent_no_earlier_than_it_is_out() -> None:
    file = forthcoming(format=Format.EBOOK)
    preorderable(file)
    now = timezone.now()
    order = make_order({file: 1}, shipping_method=shipping_method("download"), placed_at=now)
    order.mark_paid(at=now)
    with pytest.raises(WrongState, match="not out yet"):
        fulfillment.complete(order=order, at=now)
    order.refresh_from_db()
    assert order.status == "paid"
    fulfillment.complete(order=order, at=now + datetime.timedelta(days=61))
    assert order.status == "completed"
