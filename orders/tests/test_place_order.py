"""A basket becomes an order: what it copies, and what keeps it from becoming one."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import Format, StockMovement
from catalog.tests.factories import EditionFactory, WorkFactory
from orders import checkout
from orders.models import Basket, BasketLine, Order, OrderEvent, OrderLine, Payment
from orders.tests.factories import ADDRESS, NOW, BasketFactory, make_order, shipping_method, submit
from tests.jobs import waiting_jobs
from tests.people import alice, bob

pytestmark = pytest.mark.django_db


def assert_nothing_was_written(basket: Basket, *, lines: int = 1) -> None:
    assert Order.objects.count() == 0
    assert OrderLine.objects.count() == 0
    assert OrderEvent.objects.count() == 0
    assert BasketLine.objects.filter(basket_id=basket.pk).count() == lines
    assert not StockMovement.objects.filter(kind="allocate").exists()
    assert waiting_jobs("orders.send_message") == []


def test_a_guest_orders_two_titles() -> None:
    orlando = EditionFactory.create(
        work=WorkFactory.create(title="Orlando", author="Virginia Woolf"),
        price=Decimal("12.50"),
        price__tax_rate=Decimal("7.00"),
        stock=5,
    )
    waves = EditionFactory.create(
        work=WorkFactory.create(title="The Waves"), price=Decimal("9.99"), stock=1
    )
    basket = BasketFactory.create(lines={orlando: 3, waves: 1})

    order = submit(basket, expected_total=Decimal("51.99"))

    assert_agreed(order, basket)
    first, second = order.lines.all()
    assert (first.isbn13, first.title, first.byline) == (
        orlando.isbn13, "Orlando", "Virginia Woolf",
    )  # fmt: skip
    assert (first.unit_amount, first.quantity) == (Decimal("12.50"), 3)
    assert (first.total_amount, first.tax_amount) == (Decimal("37.50"), Decimal("2.45"))
    assert first.tax_rate == Decimal("7.00")
    held = first.allocations.get()
    assert (held.stock, held.quantity) == (orlando.stocks.get(), first.quantity)
    assert (second.title, second.tax_rate, second.tax_amount) == ("The Waves", None, Decimal(0))

    assert [(s.on_hand, s.allocated) for s in orlando.stocks.all()] == [(5, 3)]
    assert [(s.on_hand, s.allocated) for s in waves.stocks.all()] == [(1, 1)]
    assert StockMovement.objects.filter(kind="allocate", reference=order.number).count() == 2
    assert not Basket.objects.filter(pk=basket.pk).exists()
    told = {"order_id": order.pk, "kind": "placed", "reference": ""}
    assert waiting_jobs("orders.send_message") == [told]


def assert_agreed(order: Order, basket: Basket) -> None:
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert order.email == "guest@example.com"
    assert order.user is None
    assert order.basket_id == basket.pk
    assert order.subtotal_amount == Decimal("47.49")
    assert order.shipping_amount == Decimal("4.50")
    assert order.total_amount == Decimal("51.99")
    # Of the shipping 3.55 belong to what is taxed: 41.05 contain 7 %, 2.6855…
    assert [(t.rate, t.gross_amount, t.tax_amount) for t in order.tax_lines.all()] == [
        (Decimal("7.00"), Decimal("41.05"), Decimal("2.69")),
    ]  # fmt: skip
    assert order.tax_amount == Decimal("2.69")
    assert order.currency == "USD"
    assert (order.shipping_method, order.shipping_method_name) == ("standard", "Standard delivery")
    assert order.address_lines == [
        "Alice Liddell", "1 Tom Quad", "Christ Church", "OX1 1DP Oxford", "GB",
    ]  # fmt: skip
    assert order.collection_point == ""
    assert order.payment_method == "offline"
    assert order.placed_at == NOW
    assert order.expires_at == NOW + datetime.timedelta(days=7)
    assert [event.kind for event in order.events.all()] == ["placed"]


def test_a_customer_collects_it() -> None:
    person = alice()
    order = make_order(user=person, shipping_method=shipping_method("collection"))
    assert order.user == person
    assert order.email == "alice@example.com"
    assert order.shipping_amount == 0
    assert order.collection_point == "Main shop"
    assert order.is_collection
    assert order.address_lines == []  # given, but not needed and so not kept


def test_the_title_and_price_of_an_order_stay_as_they_were() -> None:
    edition = EditionFactory.create(stock=1, price=Decimal("10.00"))
    order = make_order({edition: 1})
    edition.set_price(Decimal("20.00"), valid_from=timezone.localdate())
    edition.work.title = "Renamed"
    edition.work.save()
    line = order.lines.get()
    assert line.title != "Renamed"
    assert line.unit_amount == Decimal("10.00")


def test_an_order_outlives_its_edition() -> None:
    edition = EditionFactory.create(format=Format.EBOOK)
    order = make_order({edition: 1}, shipping_method=shipping_method("download"))
    edition.delete()
    line = order.lines.get()
    assert line.edition is None
    assert line.is_digital


def test_files_take_no_stock_and_need_no_address() -> None:
    edition = EditionFactory.create(format=Format.EBOOK, price=Decimal("5.00"))
    order = make_order({edition: 4}, shipping_method=shipping_method("download"), address=None)
    assert order.total_amount == Decimal("20.00")
    assert not order.lines.get().allocations.exists()
    assert not order.needs_shipment
    assert not StockMovement.objects.exists()


def test_without_anything_to_pay_it_is_paid_at_once() -> None:
    edition = EditionFactory.create(format=Format.EBOOK, price=Decimal("0.00"))
    order = make_order({edition: 1}, shipping_method=shipping_method("download"))
    assert order.status == "paid"
    assert order.paid_at == NOW
    assert not Payment.objects.exists()


def test_the_same_basket_again_gives_the_same_order() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(stock=5): 1})
    first = submit(basket)
    again = submit(Basket(pk=basket.pk))
    assert again == first
    assert Order.objects.count() == 1
    assert StockMovement.objects.filter(kind="allocate").count() == 1


def test_an_empty_basket_is_refused() -> None:
    basket = BasketFactory.create()
    with pytest.raises(checkout.EmptyBasket):
        submit(basket)
    assert_nothing_was_written(basket, lines=0)


def test_a_basket_that_never_was_is_refused() -> None:
    basket = Basket()
    with pytest.raises(checkout.NoBasket):
        submit(basket)
    assert_nothing_was_written(basket, lines=0)


def test_another_customers_basket_is_refused() -> None:
    edition, other = EditionFactory.create(stock=3), bob()
    basket = BasketFactory.create(lines={edition: 1}, user=alice())
    for somebody in (None, other):
        with pytest.raises(checkout.NoBasket):
            submit(basket, user=somebody)
    assert_nothing_was_written(basket, lines=1)
    order = submit(basket, user=basket.user)
    with pytest.raises(checkout.NoBasket):
        submit(basket, user=other)
    assert Order.objects.get() == order


@pytest.mark.parametrize("why", ["no price", "withdrawn", "forthcoming"])
def test_what_is_not_for_sale_is_refused(why: str) -> None:
    edition = EditionFactory.create(stock=3, price=False if why == "no price" else None)
    if why == "withdrawn":
        edition.is_offered = False
    if why == "forthcoming":
        edition.publication_date = timezone.localdate() + datetime.timedelta(days=1)
    edition.save()
    basket = BasketFactory.create(lines={edition: 1})
    with pytest.raises(checkout.LineNotForSale) as refusal:
        submit(basket)
    assert refusal.value.edition == edition
    assert edition.display_title in str(refusal.value)
    assert_nothing_was_written(basket)


def test_another_total_than_agreed_is_refused() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    with pytest.raises(checkout.AmountChanged) as refusal:
        submit(basket, expected_total=Decimal("14.48"))
    assert refusal.value.expected == Decimal("14.48")
    assert refusal.value.actual == Decimal("14.49")
    assert_nothing_was_written(basket)


def test_delivery_without_an_address_is_refused() -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    with pytest.raises(checkout.AddressMissing):
        submit(basket, address=None)
    assert_nothing_was_written(basket)


@pytest.mark.parametrize("code", ["download", "switched off"])
def test_an_unsuitable_shipping_method_is_refused(code: str) -> None:
    method = shipping_method("download" if code == "download" else "express")
    method.is_active = code == "download"
    method.save()
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    with pytest.raises(checkout.ShippingMethodUnsuitable):
        submit(basket, shipping_method=method, address=ADDRESS)
    assert_nothing_was_written(basket)


@pytest.mark.parametrize("code", ["gold", "", "stripe"])
def test_an_unknown_payment_method_is_refused(code: str) -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    with pytest.raises(checkout.UnknownPaymentMethod):
        submit(basket, payment_method=code)
    assert_nothing_was_written(basket)
