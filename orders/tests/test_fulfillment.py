"""Pack, ship, complete, cancel: what each does to the order and its stock, and when it may not."""

import datetime
from collections.abc import Callable

import pytest

from accounts.models import User
from catalog.models import Edition, Format, StockMovement
from catalog.tests.factories import EditionFactory
from orders import fulfillment, refunds
from orders.models import Order, OrderLine, Shipment, WrongState
from orders.tests.factories import NOW, make_order, shipping_method
from tests.jobs import waiting_jobs
from tests.people import carol

pytestmark = pytest.mark.django_db

LATER = NOW + datetime.timedelta(days=1)
Verb = Callable[[Order], object]
VERBS: dict[str, Verb] = {
    "mark_paid": lambda order: order.mark_paid(at=LATER),
    "pack": lambda order: fulfillment.pack(order=order, at=LATER),
    "ship": lambda order: fulfillment.ship(order=order, at=LATER),
    "complete": lambda order: fulfillment.complete(order=order, at=LATER),
    "cancel": lambda order: order.cancel(at=LATER),
}


@pytest.fixture
def clerk() -> User:
    """A bookseller."""
    return carol()


@pytest.fixture
def edition() -> Edition:
    """Five copies."""
    return EditionFactory.create(stock=5)


@pytest.fixture
def order(edition: Edition) -> Order:
    """Two of the copies, not paid."""
    return make_order({edition: 2})


def counters(edition: Edition) -> tuple[int, int]:
    stock = edition.stocks.get()
    return stock.on_hand, stock.allocated


def make_digital() -> Order:
    order = make_order(
        {EditionFactory.create(format=Format.EBOOK): 1}, shipping_method=shipping_method("download")
    )
    order.mark_paid(at=NOW)
    return order


def test_an_order_goes_all_the_way(order: Order, edition: Edition, clerk: User) -> None:
    order.mark_paid(at=LATER, actor=clerk)
    fulfillment.pack(order=order, actor=clerk, at=LATER)
    assert (order.status, order.packed_at) == ("paid", LATER)
    packed = order.shipments.get()
    assert packed.shipped_at is None
    assert [(line.order_line, line.quantity) for line in packed.lines.all()] == [
        (order.lines.get(), 2)
    ]
    assert counters(edition) == (5, 2)

    [shipment] = fulfillment.ship(
        order=order, actor=clerk, carrier="Royal Mail", tracking="AB 1", at=LATER
    )
    assert shipment == packed
    assert (order.status, order.shipped_at) == ("shipped", LATER)
    assert (shipment.carrier, shipment.tracking, shipment.shipped_at) == (
        "Royal Mail", "AB 1", LATER,
    )  # fmt: skip
    assert counters(edition) == (3, 0)
    movement = StockMovement.objects.get(kind="consume")
    assert (movement.reference, movement.actor) == (order.number, clerk)
    assert order.lines.get().promised_quantity == 0

    fulfillment.complete(order=order, actor=clerk, at=LATER)
    assert (order.status, order.completed_at) == ("completed", LATER)
    events = [(event.kind, event.actor) for event in order.events.all()]
    assert events == [
        ("placed", None), ("paid", clerk), ("packed", clerk), ("shipped", clerk),
        ("completed", clerk),
    ]  # fmt: skip
    assert order.events.get(kind="shipped").note == "Royal Mail AB 1"
    told = [job["kind"] for job in waiting_jobs("orders.send_message")]
    assert told == ["placed", "paid", "shipped"]
    order.refresh_from_db()
    assert order.status == "completed"


def test_shipping_packs_what_was_not_packed(order: Order, edition: Edition) -> None:
    order.mark_paid(at=NOW)
    fulfillment.ship(order=order, at=LATER)
    assert order.packed_at == order.shipped_at == LATER
    assert Shipment.objects.get().lines.get().quantity == 2
    assert counters(edition) == (3, 0)


def test_only_books_are_packed_and_not_files() -> None:
    book, file = EditionFactory.create(stock=1), EditionFactory.create(format=Format.EBOOK)
    order = make_order({book: 1, file: 1})
    order.mark_paid(at=NOW)
    [shipment] = fulfillment.ship(order=order, at=LATER)
    assert [line.order_line.edition for line in shipment.lines.all()] == [book]


def test_files_are_completed_without_shipping() -> None:
    order = make_digital()
    for verb in ("pack", "ship"):
        with pytest.raises(WrongState):
            VERBS[verb](order)
    fulfillment.complete(order=order, at=LATER)
    assert order.status == "completed"
    assert not Shipment.objects.exists()


def test_files_whose_money_has_gone_back_are_not_completed() -> None:
    order = make_digital()
    refunds.request_refund(order=order, at=LATER)
    with pytest.raises(WrongState) as refusal:
        fulfillment.complete(order=order, at=LATER)
    assert "All of its money has gone back: please cancel it." in str(refusal.value)
    order.refresh_from_db()
    assert (order.status, order.completed_at) == ("paid", None)


@pytest.mark.parametrize("is_paid", [False, True])
def test_canceling_gives_the_copies_back(
    order: Order, edition: Edition, clerk: User, is_paid: bool
) -> None:
    if is_paid:
        order.mark_paid(at=NOW)
        fulfillment.pack(order=order, at=LATER)
    order.cancel(actor=clerk, reason="The customer asked", at=LATER)
    order.refresh_from_db()
    assert (order.status, order.canceled_at) == ("canceled", LATER)
    assert counters(edition) == (5, 0)
    assert StockMovement.objects.get(kind="release").reference == order.number
    canceled = order.events.get(kind="canceled")
    assert (canceled.actor, canceled.note) == (clerk, "The customer asked")
    assert not order.shipments.exists()
    assert order.needs_attention is is_paid
    assert order.refund_requests.for_staff().exists() is is_paid
    assert waiting_jobs("orders.send_message")[-1]["kind"] == "canceled"


def advance(order: Order, to: str) -> None:
    steps = {
        "awaiting_payment": (),
        "paid": ("mark_paid",),
        "packed": ("mark_paid", "pack"),
        "shipped": ("mark_paid", "ship"),
        "completed": ("mark_paid", "ship", "complete"),
        "canceled": ("cancel",),
    }[to]
    for step in steps:
        VERBS[step](order)


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("awaiting_payment", "pack"),
        ("awaiting_payment", "ship"),
        ("awaiting_payment", "complete"),
        ("paid", "complete"),
        ("packed", "pack"),
        ("packed", "complete"),
        ("shipped", "pack"),
        ("shipped", "ship"),
        ("shipped", "cancel"),
        ("completed", "pack"),
        ("completed", "ship"),
        ("completed", "complete"),
        ("completed", "cancel"),
        ("canceled", "mark_paid"),
        ("canceled", "pack"),
        ("canceled", "ship"),
        ("canceled", "complete"),
        ("canceled", "cancel"),
    ],
)
def test_a_verb_out_of_turn_is_refused(
    order: Order, edition: Edition, state: str, verb: str
) -> None:
    advance(order, state)
    before = Order.objects.filter(pk=order.pk).values().get()
    events, movements = order.events.count(), StockMovement.objects.count()
    with pytest.raises(WrongState) as refusal:
        VERBS[verb](Order.objects.get(pk=order.pk))
    assert order.number in str(refusal.value)
    assert Order.objects.filter(pk=order.pk).values().get() == before
    assert (order.events.count(), StockMovement.objects.count()) == (events, movements)


def test_open_lines_hold_their_copies(order: Order, edition: Edition) -> None:
    def held() -> list[tuple[int | None, int]]:
        lines = OrderLine.objects.holding_promises()
        return [(line.edition_id, line.promised_quantity) for line in lines]

    assert held() == [(edition.pk, 2)]
    order.mark_paid(at=NOW)
    fulfillment.pack(order=order, at=NOW)
    assert held() == [(edition.pk, 2)]
    fulfillment.ship(order=order, at=NOW)
    assert held() == []
    make_order({edition: 1}).cancel()
    assert held() == []
