"""Whether a voucher holds for a basket, what it is worth there, and how often it is used."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Edition, Subject
from catalog.tests.factories import EditionFactory, SubjectFactory
from orders import payments, vouchers
from orders.models import Basket, Order, Voucher, VoucherUse
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import (
    NOW,
    BasketFactory,
    gift_card_edition,
    make_order,
    make_voucher,
    shipping_method,
    submit,
)
from tests.audited import assert_books_in_order
from tests.people import alice, bob

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def book(price: str = "10.00", **fields: Any) -> Edition:
    return EditionFactory.create(price=Decimal(price), stock=50, **fields)


def worth(voucher: Voucher, lines: dict[Edition, int], **fields: Any) -> vouchers.Discount:
    basket = BasketFactory.create(lines=lines)
    return vouchers.discount(voucher, basket.priced_lines(), **{"at": NOW, **fields})


def assert_nothing_happened(voucher: Voucher) -> None:
    voucher.refresh_from_db()
    assert voucher.used_count == 0
    assert not VoucherUse.objects.exists()
    assert not Order.objects.exists()


# --- What it is worth ---------------------------------------------------------------------------


def test_an_order_with_a_voucher_is_cheaper() -> None:
    voucher = make_voucher()
    order = make_order({book("10.00"): 2, book("4.99"): 1}, voucher_code=" ten ")
    assert (order.subtotal_amount, order.discount_amount) == (Decimal("24.99"), Decimal("2.50"))
    assert order.total_amount == Decimal("26.99")
    assert order.voucher_code == "TEN"
    lines = order.lines.values_list("total_amount", "discount_amount")
    assert list(lines) == [
        (Decimal("20.00"), Decimal("2.00")),
        (Decimal("4.99"), Decimal("0.50")),
    ]
    use = voucher.uses.get()
    assert (use.order, use.email, use.amount) == (order, "guest@example.com", Decimal("2.50"))
    voucher.refresh_from_db()
    assert voucher.used_count == 1
    assert_books_in_order()


def test_shares_add_up_to_the_cent() -> None:
    voucher = make_voucher(kind="amount", amount=Decimal("10.00"))
    found = worth(voucher, {book("9.99"): 1, book("9.98"): 1, book("9.97"): 1})
    assert found.amount == Decimal("10.00")
    assert sorted(found.shares.values()) == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]


def test_an_amount_is_worth_no_more_than_the_goods() -> None:
    voucher = make_voucher(kind="amount", amount=Decimal("50.00"))
    order = make_order({book("12.34"): 1}, voucher_code="TEN")
    assert (order.discount_amount, order.total_amount) == (Decimal("12.34"), Decimal("4.50"))
    assert voucher.uses.get().amount == Decimal("12.34")


def test_free_shipping_leaves_the_goods_as_they_are() -> None:
    voucher = make_voucher(kind="free_shipping")
    order = make_order({book(): 1}, voucher_code="TEN")
    assert (order.discount_amount, order.shipping_amount) == (Decimal(0), Decimal(0))
    assert order.total_amount == Decimal("10.00")
    assert voucher.uses.get().amount == Decimal("4.50")
    assert_books_in_order()


def test_free_shipping_is_not_used_up_where_nothing_is_saved() -> None:
    voucher = make_voucher(kind="free_shipping", max_uses=1)
    order = make_order(
        {book(): 1}, voucher_code="TEN", shipping_method=shipping_method("collection"), address=None
    )
    assert order.voucher_code == ""
    assert not voucher.uses.exists()


def test_what_is_below_the_subject_counts_too() -> None:
    fiction = SubjectFactory.create(code="F", name="Fiction")
    crime = SubjectFactory.create(code="FF", name="Crime", parent=fiction)
    cooking = SubjectFactory.create(code="WB", name="Cooking")
    thriller, cookbook = book("20.00"), book("30.00")
    thriller.work.subjects.add(crime)
    cookbook.work.subjects.add(cooking)
    voucher = make_voucher(subject=fiction, percent=Decimal(50))
    found = worth(voucher, {thriller: 1, cookbook: 1})
    assert dict(found.shares) == {thriller.pk: Decimal("10.00")}
    assert Subject.objects.count() == 3


def test_gift_cards_are_not_discounted() -> None:
    novel, card = book("10.00"), gift_card_edition("50.00")
    found = worth(make_voucher(minimum_amount=Decimal("10.00")), {novel: 1, card: 1})
    assert dict(found.shares) == {novel.pk: Decimal("1.00")}


# --- When it does not hold ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "refusal", "words"),
    [
        ({"valid_from": NOW + DAY}, vouchers.VoucherNotBegun, "from March 3, 2026 on"),
        ({"valid_to": NOW}, vouchers.VoucherExpired, "ended on March 2, 2026"),
        ({"is_active": False}, vouchers.UnknownVoucher, "no voucher of this code"),
        ({"max_uses": 3, "used_count": 3}, vouchers.VoucherExhausted, "used up"),
        ({"email": "bob@example.com"}, vouchers.VoucherOfSomeoneElse, "another e-mail address"),
        ({"minimum_amount": Decimal("12.50")}, vouchers.MinimumNotReached, "another $2.50"),
    ],
)
def test_it_says_what_is_wrong(
    fields: dict[str, Any], refusal: type[vouchers.VoucherError], words: str
) -> None:
    voucher = make_voucher(**fields)
    basket = BasketFactory.create(lines={book(): 1})
    with pytest.raises(refusal, match=words.replace("$", r"\$")):
        submit(basket, voucher_code="TEN")
    voucher.refresh_from_db()
    assert voucher.used_count == fields.get("used_count", 0)
    assert not VoucherUse.objects.exists()
    assert not Order.objects.exists()
    assert basket.lines.get().edition.stocks.get().allocated == 0


def test_nothing_on_the_subject() -> None:
    subject = SubjectFactory.create(code="FF", name="Crime")
    voucher = make_voucher(subject=subject)
    with pytest.raises(vouchers.NothingEligible, match="books on “Crime”"):
        make_order({book(): 1}, voucher_code="TEN")
    assert_nothing_happened(voucher)


def test_nothing_but_gift_cards() -> None:
    with pytest.raises(vouchers.NothingEligible, match="does not pay for gift cards"):
        worth(make_voucher(), {gift_card_edition(): 1})


def test_nothing_to_ship() -> None:
    voucher = make_voucher(kind="free_shipping")
    with pytest.raises(vouchers.NothingToShip):
        worth(voucher, {EditionFactory.create(format="ebook"): 1})


@pytest.mark.parametrize("code", ["NOPE", "\x00\ud800", "x" * 500, "ＴＥＮ", " "])
def test_a_code_that_is_none(code: str) -> None:
    make_voucher()
    with pytest.raises(vouchers.UnknownVoucher):
        vouchers.find(code)


# --- Whose it is, and how often -----------------------------------------------------------------


def test_the_owner_may_use_it_in_any_spelling_of_the_address() -> None:
    make_voucher(email="Alice@Example.com")
    order = make_order({book(): 1}, email="ALICE@example.com", voucher_code="TEN")
    assert order.discount_amount == Decimal("1.00")


def test_once_a_customer_by_address_and_by_account() -> None:
    voucher = make_voucher(max_uses_per_customer=1)
    user = alice()
    make_order({book(): 1}, user=user, voucher_code="TEN")
    with pytest.raises(vouchers.VoucherUsedBefore):
        make_order({book(): 1}, email="Alice@example.com", voucher_code="TEN")
    with pytest.raises(vouchers.VoucherUsedBefore):
        make_order({book(): 1}, user=user, email="other@example.com", voucher_code="TEN")
    make_order({book(): 1}, user=bob(), voucher_code="TEN")
    voucher.refresh_from_db()
    assert voucher.used_count == 2
    assert_books_in_order()


def test_a_canceled_order_gives_it_back_once() -> None:
    voucher = make_voucher(max_uses=1, max_uses_per_customer=1)
    order = make_order({book(): 1}, voucher_code="TEN")
    order.cancel(at=NOW + DAY)
    use = voucher.uses.get()
    use.give_back(at=NOW + 2 * DAY)
    voucher.refresh_from_db()
    assert (voucher.used_count, use.returned_at) == (0, NOW + DAY)
    again = make_order({book(): 1}, voucher_code="TEN")
    assert again.discount_amount == Decimal("1.00")
    assert_books_in_order()


def test_an_order_that_expires_gives_it_back() -> None:
    voucher = make_voucher(max_uses=1)
    order = make_order({book(): 1}, voucher_code="TEN", payment_method="fake")
    assert order.expires_at is not None
    assert order.expire(now=order.expires_at)
    voucher.refresh_from_db()
    assert voucher.used_count == 0


def test_an_order_that_goes_on_takes_it_again_if_it_can() -> None:
    voucher = make_voucher(max_uses=1, valid_to=NOW + DAY)
    order = make_order({book(): 1}, voucher_code="TEN")
    order.cancel(at=NOW)
    vouchers.take_again(order)
    vouchers.take_again(order)
    voucher.refresh_from_db()
    assert voucher.used_count == 1
    VoucherUse.objects.get().give_back(at=NOW)
    make_order({book(): 1}, voucher_code="TEN")
    with pytest.raises(vouchers.VoucherExhausted):
        vouchers.take_again(order)


def test_a_late_payment_gets_no_second_use_by_the_same_customer() -> None:
    voucher = make_voucher(max_uses_per_customer=1)
    first, second = (make_order_with_ten_once_expired() for _order in range(2))
    pay_late(second)
    pay_late(first)
    statuses = [Order.objects.get(pk=order.pk).status for order in (first, second)]
    assert statuses == ["canceled", "paid"]
    voucher.refresh_from_db()
    assert (voucher.used_count, voucher.uses.filter(returned_at=None).count()) == (1, 1)
    (back,) = first.refund_requests.all()
    assert back.amount == first.total_amount
    assert_books_in_order()


def make_order_with_ten_once_expired() -> Order:
    order = make_order({book(): 1}, voucher_code="TEN", payment_method="fake")
    assert order.expires_at is not None
    order.expire(now=order.expires_at)
    return order


def pay_late(order: Order) -> None:
    event = PaymentEvent(
        provider="fake",
        event_id=order.number,
        order_number=order.number,
        kind=EventKind.SUCCEEDED,
        amount=order.total_amount,
        currency=order.currency,
    )
    payments.record_event(event, at=NOW + DAY)


# --- In the basket ------------------------------------------------------------------------------


def test_a_basket_keeps_what_does_not_hold_yet() -> None:
    make_voucher(minimum_amount=Decimal(100))
    basket = BasketFactory.create(lines={book(): 1})
    vouchers.keep(basket, "ten")
    assert Basket.objects.get().voucher_code == "TEN"
    with pytest.raises(vouchers.UnknownVoucher):
        vouchers.keep(basket, "eleven")
    assert Basket.objects.get().voucher_code == "TEN"
    vouchers.keep(basket, "")
    assert Basket.objects.get().voucher_code == ""
