"""Orders as CSV."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import exports, fulfillment, refunds, returns
from orders.documents import issuing
from orders.documents.contents import from_json
from orders.models import Order, Payment
from orders.payments import EventKind, PaymentEvent, record_event
from orders.tests.factories import NOW, issue_card, make_order
from tests.jobs import run_jobs
from tests.people import alice, carol

pytestmark = pytest.mark.django_db
URL = "/admin/orders/order/download/"
DAY = datetime.timedelta(days=1)


def lines(**wanted: Any) -> list[dict[str, Any]]:
    rows = list(exports.order_rows(**wanted))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def placed(order: Order, day: int, hour: int) -> Order:
    """As if it had been placed then, in March 2026."""
    order.placed_at = datetime.datetime(2026, 3, day, hour, tzinfo=timezone.get_default_timezone())
    order.save()
    return order


def test_each_line_of_an_order_is_one_line_with_its_amounts() -> None:
    order = make_order({EditionFactory.create(stock=5, work__title="=Emma"): 2})
    line = order.lines.get()
    found = lines()
    assert len(found) == 1
    assert {name: found[0][name] for name in (
        "order", "status", "isbn13", "title", "quantity", "unit_amount", "line_total_amount",
        "order_shipping_amount", "order_total_amount", "currency", "paid_at",
        "returned_quantity", "order_refunded_amount",
    )} == {
        "order": order.number, "status": "awaiting_payment", "isbn13": line.isbn13,
        "title": "=Emma", "quantity": 2, "unit_amount": line.unit_amount,
        "line_total_amount": line.total_amount, "order_shipping_amount": order.shipping_amount,
        "order_total_amount": order.total_amount, "currency": "USD", "paid_at": "",
        "returned_quantity": 0, "order_refunded_amount": 0,
    }  # fmt: skip
    assert datetime.datetime.fromisoformat(found[0]["placed_at"]) == order.placed_at.replace(
        microsecond=0
    )


def test_what_came_back_and_the_money_for_it() -> None:
    emma, other = EditionFactory.create(stock=5), EditionFactory.create(stock=5)
    order, untouched = make_order({emma: 3, other: 1}), make_order({other: 1})
    for each in (order, untouched):
        each.mark_paid(at=NOW)
    fulfillment.ship(order=order, at=NOW)
    for quantity in (1, 2):
        back = returns.request_return(order=order, copies={emma.isbn13: quantity}, at=NOW)
        if quantity == 1:  # the others have not come yet
            returns.receive(
                of_return=back, restocked={}, written_off={emma.isbn13: 1}, location=None, at=NOW
            )
            returns.refund(of_return=back, at=NOW)
    refunds.request_refund(order=order, amount=Decimal("2.00"), at=NOW)
    assert [
        (row["order"], row["isbn13"], row["returned_quantity"], row["order_refunded_amount"])
        for row in sorted(lines(), key=lambda row: row["order"] != order.number)
    ] == [
        (order.number, emma.isbn13, 1, Decimal("11.99")),
        (order.number, other.isbn13, 0, Decimal("11.99")),
        (untouched.number, other.isbn13, 0, 0),
    ]


def movements(**wanted: Any) -> list[tuple[Any, ...]]:
    """Without when, which is the first column."""
    heading, *rows = exports.money_rows(**wanted)
    assert heading == exports.MONEY_HEADINGS
    return [tuple(row[1:]) for row in rows]


def test_money_in_and_money_back_in_the_order_in_which_it_moved() -> None:
    edition = EditionFactory.create(stock=9, price=Decimal("21.40"), price__tax_rate=Decimal(7))
    order, double = (make_order({edition: 1}, payment_method="fake") for _order in range(2))
    for each, event_id in ((order, "a"), (double, "b"), (double, "c")):
        event = PaymentEvent(
            provider="fake", event_id=event_id, order_number=each.number,
            kind=EventKind.SUCCEEDED, amount=each.total_amount, currency="USD",
        )  # fmt: skip
        record_event(event, at=NOW + len(Payment.objects.all()) * DAY)
    issuing.issue_invoice(order_id=order.pk, at=NOW)
    request = refunds.request_refund(
        order=order, amount=Decimal("10.70"), at=NOW + DAY, actor=carol(), by_hand=True
    )[0]
    assert request.refund is not None
    note = issuing.issue_credit_note(refund_id=request.refund.pk, at=NOW)
    assert note is not None
    tax = order.tax_amount
    credited = sum((each.tax_amount for each in from_json(note.content).taxes), Decimal(0))
    total = order.total_amount
    invoice = order.documents.get(kind="invoice").number
    assert tax > credited > 0
    assert movements() == [
        (order.number, invoice, "payment", "fake", total, "USD", tax),
        (double.number, None, "payment", "fake", total, "USD", tax),
        (order.number, note.number, "refund", "offline", Decimal("-10.70"), "USD", -credited),
        (double.number, None, "payment", "fake", total, "USD", None),
    ]
    second = timezone.localdate(NOW + DAY)
    assert [row[2] for row in movements(first=second, last=second)] == ["payment", "refund"]
    with CaptureQueriesContext(connection) as queries:
        movements()
    assert len(queries) == 3


def receive(order: Order, event_id: str, amount: str, *, at: datetime.datetime = NOW) -> None:
    event = PaymentEvent(
        provider="fake", event_id=event_id, order_number=order.number,
        kind=EventKind.SUCCEEDED, amount=Decimal(amount), currency="USD",
    )  # fmt: skip
    record_event(event, at=at)
    order.refresh_from_db()


def give_all_back(order: Order) -> None:
    """All that was not asked back yet, and with credit notes for all."""
    if order.refundable_amount:
        refunds.request_refund(order=order, at=NOW + 3 * DAY)
    run_jobs(only=["orders.carry_out_refund"])
    for refund in order.refunds.order_by("id"):
        issuing.issue_credit_note(refund_id=refund.pk, at=NOW + 3 * DAY)


def money_of(order: Order) -> list[tuple[str, str, str]]:
    """Kind, amount and tax of each movement."""
    return [(row[2], str(row[4]), str(row[6])) for row in movements() if row[0] == order.number]


@pytest.fixture
def taxed() -> Edition:
    """At 10.00 with 7 percent of tax in it; an order with shipping of 14.50 holds 0.95."""
    return EditionFactory.create(stock=9, price=Decimal("10.00"), price__tax_rate=Decimal(7))


def test_tax_is_in_what_covered_the_order_and_nets_to_nothing(taxed: Edition) -> None:
    wrong = make_order({taxed: 1}, payment_method="fake")
    receive(wrong, "a", "10.00")
    receive(wrong, "b", "14.50", at=NOW + DAY)
    split = make_order({taxed: 1}, payment_method="fake")
    receive(split, "c", "10.00")
    split.mark_paid(at=NOW + DAY, actor=carol(), rest_amount=Decimal("4.50"), note="Cash")
    card = issue_card("7.25")
    given = make_order({taxed: 1}, payment_method="fake", gift_card_codes=[card.code])
    receive(given, "d", "7.25")
    assert money_of(wrong) == [("payment", "10.00", "None"), ("payment", "14.50", "0.95")]
    assert money_of(split) == [("payment", "10.00", "0.66"), ("payment", "4.50", "0.29")]
    assert money_of(given) == [("payment", "7.25", "0.48"), ("payment", "7.25", "0.47")]
    for order in (wrong, split, given):
        give_all_back(order)
        assert sum(Decimal(amount) for _kind, amount, _tax in money_of(order)) == 0
        assert sum(Decimal(tax) for *_rest, tax in money_of(order) if tax != "None") == 0


def test_no_tax_is_in_money_for_what_was_not_sold(taxed: Edition) -> None:
    card = issue_card("5.00")
    order = make_order({taxed: 1}, payment_method="fake", gift_card_codes=[card.code])
    order.cancel(at=NOW)
    receive(order, "late", "9.50", at=NOW + DAY)
    give_all_back(order)
    kinds = [(kind, tax) for kind, _amount, tax in money_of(order)]
    assert sorted(kinds) == [("payment", "None")] * 2 + [("refund", "None")] * 2


def test_an_order_that_lives_on_has_its_tax_in_what_paid_it_then(taxed: Edition) -> None:
    card = issue_card("5.00")
    order = make_order({taxed: 1}, payment_method="fake", gift_card_codes=[card.code])
    order.expire(now=NOW + 30 * DAY)
    receive(order, "late", "9.50", at=NOW + 31 * DAY)
    assert order.status == "paid"
    assert [(kind, amount, tax) for kind, amount, tax in money_of(order) if kind == "payment"] == [
        ("payment", "5.00", "None"), ("payment", "9.50", "0.62"), ("payment", "5.00", "0.33"),
    ]  # fmt: skip


def test_by_day_and_status() -> None:
    orders = [
        placed(make_order({EditionFactory.create(stock=1): 1}), day, hour)
        for day, hour in ((1, 23), (2, 0), (3, 12))
    ]
    orders[1].mark_paid(at=timezone.now(), actor=carol())
    second = datetime.date(2026, 3, 2)
    assert [line["order"] for line in lines(first=second)] == [orders[1].number, orders[2].number]
    assert [line["order"] for line in lines(last=second)] == [orders[0].number, orders[1].number]
    assert [line["order"] for line in lines(status="paid")] == [orders[1].number]


def test_it_takes_one_query_and_the_command_writes_it(capsys: pytest.CaptureFixture[str]) -> None:
    for _number in range(3):
        make_order({EditionFactory.create(stock=1): 1})
    with CaptureQueriesContext(connection) as queries:
        assert len(lines()) == 3
    assert len(queries) == 1
    call_command("export_orders", "--from", "2020-01-01", "--status", "awaiting_payment")
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_the_page(client: Client) -> None:
    order = make_order({EditionFactory.create(stock=5, work__title="=Emma"): 1})
    client.force_login(carol())
    assert URL in client.get("/admin/orders/order/").content.decode()
    assert client.get(URL).status_code == 200
    answer: Any = client.post(
        URL, {"what": "orders", "status": "awaiting_payment", "for_excel": "on"}
    )
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufefforder,status,")
    assert f"{order.number},awaiting_payment," in text
    assert ",'=Emma," in text
    order.mark_paid(at=timezone.now())
    answer = client.post(URL, {"what": "money"})
    heading, row = b"".join(answer.streaming_content).decode().splitlines()
    assert heading == "date,order,document,kind,method,amount,currency,tax_amount"
    assert row.split(",", 1)[1].startswith(f"{order.number},,payment,offline,")
    assert answer["Content-Disposition"].startswith('attachment; filename="money-')
    wrong = client.post(URL, {"what": "orders", "first": "2026-03-02", "last": "2026-03-01"})
    assert (wrong.status_code, "before the first day" in wrong.content.decode()) == (422, True)


def test_permissions(client: Client) -> None:
    user = alice()
    user.is_staff = True
    user.save()
    client.force_login(user)
    assert client.get(URL).status_code == client.post(URL).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    assert client.get(URL).status_code == 200
