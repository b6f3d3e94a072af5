"""Many buyers, few copies: exactly as many are sold as there are, and all others are told so."""

import uuid
from collections.abc import Callable
from functools import partial

import pytest

from catalog.models import Stock
from catalog.tests.factories import EditionFactory
from orders import checkout
from orders.models import Order
from orders.tests.factories import BasketFactory, shipping_method, submit
from tests.audited import assert_books_in_order
from tests.conftest import NextEdition
from tests.drills import crush
from tests.drills.records import Records
from tests.races import at_once
from tests.shop import Shop
from tests.visitor import Visitor

GUESTS, COPIES = 200, 20
BY_FORM = 4  # every so many of them orders through the pages, the others over the API


def assert_told(outcome: crush.Outcome, isbn13: str) -> None:
    """Whoever came too late knows what is missing, and that nothing happened."""
    if outcome.kind == "form":
        assert "Your order was not placed, and nothing was charged." in outcome.answer.text
        assert "is sold out" in outcome.answer.text
    else:
        assert "is out of stock" in outcome.answer.json()["detail"]
        assert isbn13 in outcome.answer.body.decode()


def sell_out(
    shop: Shop, staff: Visitor, next_edition: NextEdition, guests: int, copies: int
) -> str:
    """So many guests order so few copies at once; what was measured."""
    edition = next_edition()
    isbn13 = edition["isbn13"]
    email = f"crush-{uuid.uuid4().hex}@example.com"
    assert staff.call("PUT", f"stock/{isbn13}", {"on_hand": guests}).status == 200
    makers: list[Callable[[], crush.Deed]] = []
    kinds = ["form" if number % BY_FORM == 0 else "api" for number in range(guests)]
    for number, kind in enumerate(kinds):
        make = crush.with_form if kind == "form" else crush.with_program
        method = "fake" if number % 2 else "offline"
        makers.append(partial(make, shop.base_url, edition, email, method))
    deeds = crush.gather(makers)
    # The pages showed plenty; now there are fewer.
    assert staff.call("PUT", f"stock/{isbn13}", {"on_hand": copies}).status == 200

    outcomes, seconds = crush.all_at_once(list(zip(kinds, deeds, strict=True)))

    sold = [outcome for outcome in outcomes if outcome.answer.status in (201, 303)]
    refused = [outcome for outcome in outcomes if outcome.answer.status == 409]
    assert len(sold) + len(refused) == guests, crush.report(outcomes, seconds)
    assert len(sold) == copies
    for outcome in refused:
        assert_told(outcome, isbn13)
    records = Records(shop)
    assert len(records.orders_of(email)) == copies
    numbers = [outcome.answer.json()["number"] for outcome in sold if outcome.kind == "api"]
    assert set(numbers) <= set(records.orders_of(email))
    assert records.stock(isbn13) == (copies, copies)
    assert shop.audit() == ""
    return crush.report(outcomes, seconds)


def test_two_hundred_guests_and_twenty_copies(
    shop: Shop, staff: Visitor, next_edition: NextEdition
) -> None:
    print(f"\n{sell_out(shop, staff, next_edition, GUESTS, COPIES)}")


def test_thirty_guests_and_the_last_copy(
    shop: Shop, staff: Visitor, next_edition: NextEdition
) -> None:
    print(f"\n{sell_out(shop, staff, next_edition, 30, 1)}")


@pytest.mark.django_db(transaction=True)
def test_thirty_threads_and_the_last_copy() -> None:
    method = shipping_method()
    edition = EditionFactory.create(stock=1)
    baskets = [BasketFactory.create(lines={edition: 1}) for _guest in range(30)]
    outcomes = at_once([partial(submit, basket, shipping_method=method) for basket in baskets])
    orders = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, checkout.OutOfStock)]
    print(f"\n30 threads at once: {len(orders)} order, {len(refusals)} told “out of stock”")
    assert (len(orders), len(refusals), Order.objects.count()) == (1, 29, 1)
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.allocated) == (1, 1)
    assert_books_in_order()
