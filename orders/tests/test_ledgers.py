"""What the database itself refuses, whoever asks."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Model

from catalog.tests.factories import EditionFactory
from orders.models import BasketLine, Order, OrderEvent, OrderLine, Payment, Refund
from orders.tests.factories import NOW, BasketFactory, make_order
from tests.people import carol

pytestmark = pytest.mark.django_db
LEDGERS = [Payment, Refund, OrderEvent]


@pytest.fixture
def order() -> Order:
    """Paid, and refunded a little, by carol."""
    clerk = carol()
    order = make_order()
    order.mark_paid(at=NOW, actor=clerk)
    order.refunds.create(
        provider="offline", event_id="1", amount=Decimal(1), currency="USD", actor=clerk,
        refunded_at=NOW,
    )  # fmt: skip
    return order


def row_of(ledger: type[Model]) -> Model:
    return ledger._default_manager.latest("id")


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_ledger_row_is_never_changed(order: Order, ledger: type[Model]) -> None:
    row = row_of(ledger)
    name = "note" if ledger is OrderEvent else "amount"
    before = getattr(row, name)
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
    ):
        ledger._default_manager.filter(pk=row.pk).update(**{name: 99})
    assert getattr(row_of(ledger), name) == before


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_ledger_row_is_never_deleted(order: Order, ledger: type[Model]) -> None:
    count = ledger._default_manager.count()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
    ):
        row_of(ledger).delete()
    assert ledger._default_manager.count() == count


def test_who_did_it_may_leave(order: Order) -> None:
    carol_again = order.payments.get().actor
    assert carol_again is not None
    carol_again.delete()
    assert order.payments.get().actor is None
    assert order.refunds.get().actor is None
    assert order.events.get(kind="paid").actor is None


def test_sample_data_may_be_removed(order: Order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bookstore.allow_removal = 'on'")
    order.payments.all().delete()
    order.refunds.all().delete()
    order.delete()
    assert not OrderEvent.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"total_amount": F("total_amount") + 1},
        {"subtotal_amount": Decimal(-1), "total_amount": Decimal("3.50")},
        {"shipping_amount": Decimal(-1), "total_amount": Decimal("18.98")},
        {"tax_amount": Decimal(-1)},
        {"tax_amount": Decimal(100)},
        {"status": "lost"},
        {"status": "shipped"},
        {"status": "completed"},
        {"status": "canceled"},
        {"status": "awaiting_payment"},
        {"paid_at": None},
    ],
    ids=str,
)
def test_an_order_that_contradicts_itself_is_refused(
    order: Order, changes: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0, "total_amount": 0},
        {"quantity": 3},
        {"unit_amount": Decimal("9.98")},
        {"total_amount": Decimal("19.99")},
        {"tax_amount": Decimal("-0.01")},
        {"tax_amount": Decimal("19.99")},
        {"unit_amount": Decimal(-1), "total_amount": Decimal(-2), "tax_amount": Decimal(-2)},
    ],
    ids=str,
)
def test_an_order_line_that_contradicts_itself_is_refused(
    order: Order, changes: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderLine.objects.filter(order=order).update(**changes)


@pytest.mark.parametrize("quantity", [0, 51])
def test_a_basket_line_out_of_range_is_refused(quantity: int) -> None:
    basket = BasketFactory.create(lines={EditionFactory.create(): 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        BasketLine.objects.filter(basket=basket).update(quantity=quantity)


@pytest.mark.parametrize("ledger", [Payment, Refund])
def test_a_providers_event_is_written_once(order: Order, ledger: type[Model]) -> None:
    row = row_of(ledger)
    row.pk = None
    row._state.adding = True
    with pytest.raises(IntegrityError, match="event_once"), transaction.atomic():
        row.save()
