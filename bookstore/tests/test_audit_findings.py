"""Each check of the audit finds the one row that somebody changed behind the verbs' backs."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F

from catalog.models import Stock, Supply
from orders.models import (
    DocumentCounter,
    GiftCard,
    GiftCardMovement,
    Order,
    OrderEvent,
    OrderLine,
    OrderTaxLine,
    PaymentAttempt,
    Voucher,
    VoucherUse,
)
from orders.models.allocation import Allocation
from orders.tests.factories import NOW
from tests.audited import assert_books_in_order
from tests.busy import busy_orders
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db

Shop = dict[str, Order]


@pytest.fixture
def shop() -> Shop:
    """Orders with all that the audit looks at."""
    orders = busy_orders()
    run_jobs()
    assert_books_in_order()
    return orders


def said() -> str:
    """What the command says, which ends with 1."""
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("audit", stdout=out)
    assert exit_.value.code == 1
    return out.getvalue()


def lines_of(order: Order) -> OrderLine:
    return order.lines.get()


# --- Stock --------------------------------------------------------------------------------------


def test_a_promise_that_was_never_counted(shop: Shop) -> None:
    Supply.objects.update(awaited=2)
    number = lines_of(shop["awaited"]).isbn13
    assert said() == f"supply {number}: 2 promised that have to come; open orders await 1\n"


def test_a_wait_that_nothing_counts(shop: Shop) -> None:
    Supply.objects.all().delete()
    order = shop["awaited"]
    assert said() == (
        f"order {order.number}: awaits 1 of {lines_of(order).isbn13},"
        " of which nothing says that it can be had\n"
    )


def test_a_copy_that_is_nowhere(shop: Shop) -> None:
    order = shop["waiting"]
    line = lines_of(order)
    stock = Stock.objects.get(edition=line.edition)
    Allocation.objects.filter(order_line=line).update(quantity=1)
    Stock.objects.all().release_many({stock: 1}, reference=order.number)
    assert said() == (
        f"order {order.number}: 2 of {line.isbn13}; shipped 0, allocated 1, awaited 0, canceled 0\n"
    )


def test_a_canceled_order_that_holds_a_copy(shop: Shop) -> None:
    line = lines_of(shop["canceled"])
    stock = Stock.objects.get(edition=line.edition)
    Stock.objects.all().allocate_many({stock: 1}, reference=line.order.number)
    Allocation.objects.create(order_line=line, stock=stock, quantity=1)
    assert said() == f"order {line.order.number}: holds 1 of {line.isbn13} for nothing\n"


# --- Orders -------------------------------------------------------------------------------------


def test_an_order_without_lines(shop: Shop) -> None:
    order = shop["canceled"]
    zero = dict.fromkeys(("subtotal_amount", "discount_amount", "tax_amount"), Decimal(0))
    Order.objects.filter(pk=order.pk).update(
        **zero, shipping_amount=0, total_amount=0, gift_card_amount=0
    )
    order.tax_lines.all().delete()
    order.lines.all().delete()
    assert said() == f"order {order.number}: has no lines\n"


def test_a_share_of_a_discount_that_nobody_gave(shop: Shop) -> None:
    order = shop["waiting"]
    order.lines.update(discount_amount=Decimal("1.00"))
    assert said() == f"order {order.number}: discount 0.00; its lines' shares say 1.00\n"


def test_tax_that_the_summary_does_not_say(shop: Shop) -> None:
    order = shop["waiting"]
    Order.objects.filter(pk=order.pk).update(tax_country="GB", tax_amount=Decimal("1.00"))
    order.tax_lines.all().delete()
    assert said() == f"order {order.number}: tax 1.00; its summary says 0.00\n"


def test_more_taxed_than_there_is(shop: Shop) -> None:
    order = shop["waiting"]
    Order.objects.filter(pk=order.pk).update(tax_country="GB", tax_amount=Decimal(0))
    order.tax_lines.all().delete()
    OrderTaxLine.objects.create(
        order=order, country="GB", rate=0, gross_amount=Decimal("99.00"), tax_amount=0
    )
    assert said() == f"order {order.number}: total {order.total_amount}; taxed are 99.00\n"


# --- Money --------------------------------------------------------------------------------------


def test_a_success_that_is_not_in_the_books(shop: Shop) -> None:
    order = shop["waiting"]
    PaymentAttempt.objects.create(
        order=order, provider="stripe", provider_id="pi_1", amount=order.total_amount,
        currency=order.currency, status="succeeded",
    )  # fmt: skip
    assert said() == (f"order {order.number}: stripe pi_1 was paid, and is not in the books\n")


def test_a_payment_whose_attempt_failed(shop: Shop) -> None:
    order = shop["shipped"]
    order.payment_attempts.update(status="failed")
    assert said() == (
        f"order {order.number}: received {order.total_amount} USD (fake); the attempt at it counts"
        " as not succeeded\n"
    )


# --- Vouchers and gift cards --------------------------------------------------------------------


def test_a_balance_that_no_movement_explains(shop: Shop) -> None:
    card = GiftCard.objects.get()
    GiftCard.objects.update(balance_amount=F("balance_amount") + 1)
    assert said() == (
        f"gift card {card}: balance {card.balance_amount + 1};"
        f" its movements say {card.balance_amount}\n"
    )


def move(card: GiftCard, kind: str, amount: str, order: Order) -> GiftCardMovement:
    """A movement past the card's verbs, which its balance follows."""
    GiftCard.objects.filter(pk=card.pk).update(balance_amount=F("balance_amount") + Decimal(amount))
    return card.movements.create(kind=kind, amount=Decimal(amount), order=order)


@pytest.mark.parametrize(("kind", "amount"), [("redeem", "-1.00"), ("give_back", "1.00")])
def test_a_movement_that_the_order_does_not_know(shop: Shop, kind: str, amount: str) -> None:
    card, order = GiftCard.objects.get(), shop["given"]
    move(card, kind, amount, order)
    assert said() == (
        f"gift card {card}: {amount if amount[0] == '-' else '+' + amount} for order"
        f" {order.number}, which does not know of it\n"
    )


def test_a_payment_that_no_card_made(shop: Shop) -> None:
    order = shop["canceled"]
    order.record(OrderEvent.Kind.PAYMENT_LATE, reference="gift_card:999999")
    order.payments.create(
        provider="gift_card", event_id="999999", amount=1, currency="USD", received_at=NOW
    )
    assert said() == f"order {order.number}: 1.00 by gift card that no card lost\n"


def test_a_refund_that_no_card_got(shop: Shop) -> None:
    order = shop["shipped"]
    order.refunds.create(
        provider="gift_card", event_id="999999", amount=1, currency="USD", refunded_at=NOW
    )
    assert said() == f"order {order.number}: 1.00 went back to no gift card\n"


def test_a_gift_card_part_that_nobody_paid(shop: Shop) -> None:
    order = shop["waiting"]
    Order.objects.filter(pk=order.pk).update(gift_card_amount=1)
    assert said() == f"order {order.number}: 1.00 by gift card; payments say 0.00\n"


def test_a_voucher_that_counts_wrongly(shop: Shop) -> None:
    Voucher.objects.update(used_count=7)
    assert said() == "voucher TENTH: used 7; orders say 1\n"


def test_an_order_whose_voucher_does_not_count_it(shop: Shop) -> None:
    order = shop["saved"]
    VoucherUse.objects.filter(order=order).delete()
    Voucher.objects.update(used_count=0)
    assert said() == f"order {order.number}: used voucher TENTH, which does not count it\n"


# --- Documents ----------------------------------------------------------------------------------


def test_a_number_that_is_missing(shop: Shop) -> None:
    counter = DocumentCounter.objects.get(kind="invoice")
    DocumentCounter.objects.filter(pk=counter.pk).update(last=counter.last + 1)
    assert said() == (
        f"invoice {counter.year}: number {counter.last + 1} was given away,"
        " and there is no such document\n"
    )


def test_a_number_ahead_of_its_counter(shop: Shop) -> None:
    counter = DocumentCounter.objects.get(kind="invoice")
    DocumentCounter.objects.filter(pk=counter.pk).update(last=counter.last - 1)
    assert said().endswith(": its counter has not come so far\n")
    assert len(said().splitlines()) == 1
