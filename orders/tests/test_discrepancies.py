"""The staff's page with payments that do not match, and its buttons."""

import datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from orders import attempts, cancellation, discrepancies, payments, refunds
from orders.discrepancies import NotThere, Remedy
from orders.gateways.news import Notice
from orders.models import Order, PaymentAttempt, ProviderEvent, RefundRequest, WrongState
from orders.payments import EventKind, PaymentEvent
from orders.provider_events import take_down
from orders.tests.factories import NOW, make_order
from tests.audited import money_findings
from tests.jobs import run_jobs, waiting_jobs
from tests.localstripe import Provider
from tests.people import carol

pytestmark = pytest.mark.django_db

PAGE = "/admin/orders/payment/unmatched/"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def order() -> Order:
    """24.48 to be paid."""
    return make_order(payment_method="fake")


@pytest.fixture
def clerk() -> User:
    return carol()


def pay(order: Order, event_id: str, amount: str = "24.48", currency: str = "USD") -> None:
    event = PaymentEvent(
        provider="fake",
        event_id=event_id,
        order_number=order.number,
        kind=EventKind.SUCCEEDED,
        amount=Decimal(amount),
        currency=currency,
    )
    payments.record_event(event, at=NOW)


def found() -> list[tuple[str, str, tuple[Remedy, ...]]]:
    rows = discrepancies.find_all(at=timezone.now())
    return [(str(row.what), row.detail, row.remedies) for row in rows]


def press(chosen: Remedy, clerk: User) -> None:
    (row,) = discrepancies.find_all(at=timezone.now())
    discrepancies.remedy(row.key, chosen, actor=clerk, at=timezone.now())


def test_nothing_where_all_is_right(order: Order) -> None:
    pay(order, "e")
    assert found() == []


def test_too_much_money_is_accepted(order: Order, clerk: User) -> None:
    pay(order, "e", "24.50")
    remedies = (Remedy.REFUND, Remedy.ACCEPT, Remedy.SETTLE)
    assert found() == [("Payment of a wrong amount", "24.50 USD (fake)", remedies)]
    press(Remedy.ACCEPT, clerk)
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("paid", False)
    assert [str(payment) for payment in order.payments.all()] == ["24.50 USD (fake)"]
    assert found() == []


@pytest.mark.parametrize(("amount", "currency"), [("10.00", "USD"), ("24.48", "EUR")])
def test_money_that_does_not_pay_the_order_is_no_payment_of_it(
    order: Order, clerk: User, amount: str, currency: str
) -> None:
    pay(order, "e", amount, currency)
    ((_what, _detail, remedies),) = found()
    assert remedies == (Remedy.REFUND, Remedy.SETTLE)
    with pytest.raises(NotThere):
        press(Remedy.ACCEPT, clerk)
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert order.payments.count() == 1


def test_too_much_that_is_going_back_is_not_accepted(order: Order, clerk: User) -> None:
    pay(order, "e", "24.50")
    (row,) = discrepancies.find_all(at=timezone.now())
    refunds.request_refund(order=order, at=NOW, actor=clerk)
    with pytest.raises((NotThere, WrongState)):
        discrepancies.remedy(row.key, Remedy.ACCEPT, actor=clerk, at=timezone.now())
    order.refresh_from_db()
    assert order.status == "awaiting_payment"
    assert order.payments.count() == 1


def test_canceling_returns_what_came_in_and_no_more(order: Order, clerk: User) -> None:
    pay(order, "e", "10.00")
    for rest in (None, Decimal("14.47"), Decimal(0)):
        with pytest.raises(WrongState, match=r"14\.48 USD of it have not come in"):
            order.mark_paid(at=NOW, actor=clerk, rest_amount=rest)
    assert order.payments.count() == 1
    order.mark_paid(at=NOW, actor=clerk, rest_amount=Decimal("14.48"), note="Cash")
    assert order.events.get(kind="paid").note == "Cash"
    order.cancel(actor=clerk)
    run_jobs(only=["orders.carry_out_refund"])
    assert [str(refund) for refund in order.refunds.all()] == ["10.00 USD (fake)"]
    (due,) = order.events.filter(kind="refund_due")
    assert due.note.startswith("14.48 USD")


def test_a_wrong_currency_goes_back_in_it(order: Order, clerk: User) -> None:
    pay(order, "e", currency="EUR")
    press(Remedy.REFUND, clerk)
    assert str(order.refunds.get()) == "24.48 EUR (fake)"
    order.refresh_from_db()
    assert (order.status, order.needs_attention) == ("awaiting_payment", False)


def test_what_was_paid_twice_goes_back_once(order: Order, clerk: User) -> None:
    pay(order, "e")
    pay(order, "f")
    (row,) = discrepancies.find_all(at=NOW)
    assert row.remedies == (Remedy.SETTLE,)  # it goes back by itself
    with pytest.raises(NotThere):
        discrepancies.remedy(row.key, Remedy.REFUND, actor=clerk, at=timezone.now())
    run_jobs(only=["orders.carry_out_refund"])
    assert order.refunds.get().request.payment == order.payments.get(event_id="f")
    assert order.received_amount == Decimal("24.48")


def test_money_of_a_canceled_order_that_staff_took(order: Order, clerk: User) -> None:
    order.mark_paid(at=NOW, actor=clerk)
    order.cancel(actor=clerk)
    remedies = (Remedy.HAND_OVER, Remedy.SETTLE)
    assert found() == [("Money to be returned", "24.48 USD The order was canceled.", remedies)]
    press(Remedy.HAND_OVER, clerk)
    assert order.refunds.get().provider == "offline"
    assert found() == []


@pytest.mark.parametrize("way", [Remedy.HAND_OVER, Remedy.SETTLE])
def test_exactly_what_is_due_goes_back(order: Order, clerk: User, way: Remedy) -> None:
    order.mark_paid(at=NOW, actor=clerk)
    (isbn13,) = order.lines.values_list("isbn13", flat=True)
    for _copy in range(2):
        Order.objects.update(needs_attention=False)
        cancellation.cancel_copies(order=order, copies={isbn13: 1}, at=NOW, actor=clerk)
    first, second = discrepancies.find_all(at=timezone.now())
    assert (first.amount, second.amount) == (Decimal("9.99"), Decimal("14.49"))
    assert order.refundable_amount == 0
    discrepancies.remedy(first.key, way, actor=clerk, at=timezone.now())
    is_given = way is Remedy.HAND_OVER
    assert [refund.amount for refund in order.refunds.all()] == [Decimal("9.99")] * is_given
    order.refresh_from_db()
    assert order.needs_attention
    order.settle(actor=clerk)  # who looks at the order does not know better what was given back
    press(Remedy.HAND_OVER, clerk)
    assert order.received_amount == (0 if is_given else Decimal("9.99"))
    order.refresh_from_db()
    assert (order.needs_attention, found(), money_findings()) == (False, [], [])


def test_each_row_is_settled_by_itself(order: Order, clerk: User) -> None:
    for event_id, amount in (("e", "24.48"), ("f", "12.00"), ("g", "13.00")):
        pay(order, event_id, amount)
    first, second = discrepancies.find_all(at=timezone.now())
    assert money_findings() == []
    discrepancies.remedy(first.key, Remedy.REFUND, actor=clerk, at=timezone.now())
    order.refresh_from_db()
    assert (order.needs_attention, order.received_amount) == (True, Decimal("37.48"))
    press(Remedy.REFUND, clerk)
    order.refresh_from_db()
    assert (order.needs_attention, order.received_amount) == (False, Decimal("24.48"))
    assert order.refunds.last().request.payment == order.payments.get(event_id="g")  # type: ignore[union-attr]
    assert second.order == order
    assert money_findings() == []


def test_what_was_settled_says_nothing_of_other_money(order: Order, clerk: User) -> None:
    for event_id, amount in (("e", "24.48"), ("f", "12.00")):
        pay(order, event_id, amount)
    press(Remedy.SETTLE, clerk)
    assert money_findings() == []
    order.payments.create(
        provider="fake", event_id="x", amount=Decimal("24.48"), currency="USD", received_at=NOW
    )
    (finding,) = money_findings()
    assert "holds 60.96, and nobody is told" in finding


def test_a_failed_refund_does_not_hide_another(provider: Provider, clerk: User) -> None:
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    provider.pay(order.payment_attempts.get().provider_id)
    attempts.look_up_all(order, at=timezone.now())
    for amount in ("5.00", "6.00"):
        refunds.request_refund(order=order, amount=Decimal(amount), at=timezone.now())
    provider.forget_all()
    run_jobs(only=["orders.carry_out_refund"])
    first, second = discrepancies.find_all(at=timezone.now())
    discrepancies.remedy(first.key, Remedy.SETTLE, actor=clerk, at=timezone.now())
    order.refresh_from_db()
    assert order.needs_attention
    (left,) = discrepancies.find_all(at=timezone.now())
    assert left.key == second.key
    press(Remedy.HAND_OVER, clerk)
    order.refresh_from_db()
    assert (order.needs_attention, found()) == (False, [])
    assert [refund.amount for refund in order.refunds.all()] == [Decimal("6.00")]


def test_a_late_payment_is_told_and_settled(order: Order, clerk: User) -> None:
    order.cancel()
    pay(order, "e")
    run_jobs(only=["orders.carry_out_refund"])
    assert [row[0] for row in found()] == ["Payment of a canceled order"]
    with pytest.raises(NotThere):
        press(Remedy.REFUND, clerk)  # it goes back by itself
    press(Remedy.SETTLE, clerk)
    assert found() == []


def test_a_refund_that_waits_and_one_that_failed(provider: Provider, clerk: User) -> None:
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    provider.pay(order.payment_attempts.get().provider_id)
    attempts.look_up_all(order, at=timezone.now())
    refunds.request_refund(order=order, at=timezone.now() - 2 * HOUR)
    assert found() == [("Refund waits for the provider", "", (Remedy.ASK,))]
    press(Remedy.ASK, clerk)
    assert len(waiting_jobs("orders.carry_out_refund")) == 1
    provider.forget_all()
    run_jobs(only=["orders.carry_out_refund"])
    assert found() == [
        ("Refund failed", "Not Found", (Remedy.TRY_AGAIN, Remedy.HAND_OVER, Remedy.SETTLE))
    ]
    press(Remedy.TRY_AGAIN, clerk)
    run_jobs(only=["orders.carry_out_refund"])
    assert [row[0] for row in found()] == ["Refund failed"]
    press(Remedy.HAND_OVER, clerk)
    assert (order.refunds.get().provider, found()) == ("offline", [])


def test_a_success_that_is_not_in_the_books(provider: Provider, clerk: User) -> None:
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    provider.pay(order.payment_attempts.get().provider_id)
    PaymentAttempt.objects.update(status="succeeded")  # and then the books were restored, say
    assert [row[0] for row in found()] == ["Paid at the provider’s, but not in our books"]
    press(Remedy.ASK, clerk)
    order.refresh_from_db()
    assert (order.status, found()) == ("paid", [])


def test_news_of_an_unknown_order(clerk: User, order: Order) -> None:
    event = PaymentEvent(
        provider="stripe", event_id="pi_1", order_number="0000-0000-0000",
        kind=EventKind.SUCCEEDED, amount=Decimal("5.00"), currency="USD",
    )  # fmt: skip
    notice = Notice(
        provider="stripe", event_id="evt_1", kind="payment_intent.succeeded", news=event
    )
    take_down(notice, at=NOW)
    assert [row[2] for row in found()] == [(Remedy.ASK, Remedy.SETTLE)]
    press(Remedy.SETTLE, clerk)
    assert (found(), ProviderEvent.objects.get().needs_attention) == ([], False)


def test_the_page_and_its_buttons(client: Client, order: Order, clerk: User) -> None:
    pay(order, "e", "24.50")
    client.force_login(clerk)
    assert f'href="{PAGE}"><strong>1</strong> payment does not match' in (
        client.get("/admin/").content.decode()
    )
    page = client.get(PAGE).content.decode()
    (row,) = discrepancies.find_all(at=timezone.now())
    for words in ("Payment of a wrong amount", order.number, "$24.50", "$24.48", "Refund it",
                  "Accept the order as paid", f'value="{row.key}:accept"'):  # fmt: skip
        assert words in page
    response = client.post(PAGE, {"press": f"{row.key}:refund"})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    assert order.refunds.get().amount == Decimal("24.50")
    again = client.post(PAGE, {"press": f"{row.key}:refund"}, follow=True).content.decode()
    assert "settled meanwhile" in again
    assert "payment does not match" not in client.get("/admin/").content.decode()
    assert "All payments match what was agreed." in again
    assert order.refunds.count() == 1


@pytest.mark.parametrize("pressed", ["", "event-1", "event-1:steal", ":refund", "x:settle\x00"])
def test_a_button_that_there_is_not(
    client: Client, order: Order, clerk: User, pressed: str
) -> None:
    pay(order, "e", "24.40")
    client.force_login(clerk)
    assert client.post(PAGE, {"press": pressed}).status_code in (303, 403)
    assert not RefundRequest.objects.exists()
    assert len(found()) == 1


def test_who_may_look_may_not_refund(client: Client, order: Order) -> None:
    pay(order, "e", "24.50")
    trainee = User.objects.create_user("t@example.com", "x", is_staff=True)
    client.force_login(trainee)
    assert client.get(PAGE).status_code == 403
    for name in ("view_payment", "change_order"):
        trainee.user_permissions.add(Permission.objects.get(codename=name))
    page = client.get(PAGE).content.decode()
    assert "Accept the order as paid" in page
    assert "Refund it" not in page
    (row,) = discrepancies.find_all(at=timezone.now())
    assert client.post(PAGE, {"press": f"{row.key}:refund"}).status_code == 403
    assert not RefundRequest.objects.exists()


def test_an_order_shows_what_was_asked_for_and_said(
    client: Client, provider: Provider, clerk: User
) -> None:
    order = make_order(payment_method="stripe", placed_at=timezone.now())
    attempts.prepare(order, at=timezone.now())
    attempt = order.payment_attempts.get()
    client.force_login(clerk)
    page = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    assert attempt.provider_id in page
    for name in ("payment", "refund", "paymentattempt", "refundrequest", "providerevent"):
        assert client.get(f"/admin/orders/{name}/").status_code == 200
