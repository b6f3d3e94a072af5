"""Orders in the back office: lists, buttons, confirmations, and who may do what."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from catalog import indexing
from catalog.models import Stock
from catalog.tests.factories import EditionFactory, WorkFactory
from orders import fulfillment
from orders.models import Order, OrderEvent, Payment, Refund, ShippingMethod
from orders.tests.factories import BasketFactory, make_order, named_seller
from tests.people import alice

pytestmark = pytest.mark.django_db

ORDERS = "/admin/orders/order/"


def let_in(client: Client, *permissions: str) -> User:
    """A member of staff with these permissions alone, signed in."""
    user = alice()
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return user


def placed(**changes: Any) -> Order:
    """2 of 3 copies of Emma at 9.99, and 4.50 for delivery: 24.48."""
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    changes = {"placed_at": timezone.now(), **changes}
    return make_order({EditionFactory.create(work=work, stock=3): 2}, **changes)


def paid(**changes: Any) -> Order:
    order = placed(**changes)
    order.mark_paid(at=timezone.now())
    return order


def url(order: Order, action: str = "change") -> str:
    if action == "change":
        return reverse("admin:orders_order_change", args=[order.pk])
    return reverse("admin:orders_order_act", args=[order.pk, action])


def do(client: Client, order: Order, action: str, **form: str) -> str:
    """Press the button; what the order's page then says."""
    response = client.post(url(order, action), form)
    assert response.status_code == 303
    assert response["Location"] == url(order)
    order.refresh_from_db()
    return client.get(url(order)).content.decode()


def counters() -> tuple[int, int]:
    stock = Stock.objects.get()
    return stock.on_hand, stock.allocated


# --- One order ----------------------------------------------------------------------------------


def test_an_order_goes_all_the_way(client: Client, clerk: User) -> None:
    order = placed()

    assert f"Order {order.number} is paid." in do(client, order, "mark-paid")
    assert order.status == "paid"
    assert Payment.objects.get().actor == clerk
    assert f"Order {order.number} is packed." in do(client, order, "pack")
    assert order.packed_at is not None
    page = do(client, order, "ship", carrier="DHL", tracking="JD1")
    assert f"Order {order.number} is on its way." in page
    assert "JD1" in page
    assert order.status == "shipped"
    assert counters() == (1, 0)
    assert f"Order {order.number} is completed." in do(client, order, "complete")
    assert order.status == "completed"
    kinds = list(order.events.filter(actor=clerk).values_list("kind", flat=True))
    assert kinds == ["paid", "packed", "shipped", "completed"]


def test_its_page_shows_everything_and_changes_nothing(client: Client, clerk: User) -> None:
    order = paid()
    page = client.get(url(order)).content.decode()
    for text in (order.number, "Emma", "Jane Austen", "24.48 USD", "1 Tom Quad", "Main shop"):
        assert text in page
    assert order.token not in page
    assert client.post(url(order), {"status": "completed"}).status_code == 403
    assert client.get(f"{ORDERS}add/").status_code == 403
    delete = reverse("admin:orders_order_delete", args=[order.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    order.refresh_from_db()
    assert order.status == "paid"


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("awaiting_payment", ["mark-paid", "cancel"]),
        ("paid", ["pack", "pack-part", "ship", "refund", "cancel-part", "cancel"]),
        ("packed", ["ship", "refund", "cancel"]),
        ("shipped", ["complete", "refund", "return"]),
        ("completed", ["refund", "return"]),
        ("canceled", ["refund", "settle"]),
    ],
)
def test_only_what_is_possible_is_offered(
    client: Client, clerk: User, state: str, buttons: list[str]
) -> None:
    order = placed() if state == "awaiting_payment" else paid()
    if state == "packed":
        fulfillment.pack(order=order, at=timezone.now())
    if state in ("shipped", "completed"):
        fulfillment.ship(order=order, at=timezone.now())
    if state == "completed":
        fulfillment.complete(order=order, at=timezone.now())
    if state == "canceled":
        order.cancel()
    response = client.get(url(order))
    assert [button.url for button in response.context["buttons"]] == [
        url(order, button) for button in buttons
    ]
    following = [button.url for button in response.context["buttons"] if button.is_next]
    steps = [] if state in ("packed", "completed", "canceled") else buttons[:1]
    assert following == [url(order, step) for step in steps]


@pytest.mark.parametrize("action", ["mark-paid", "ship", "refund", "cancel"])
def test_money_and_stock_are_asked_about_first(client: Client, clerk: User, action: str) -> None:
    order = placed() if action == "mark-paid" else paid()
    before = (order.status, counters(), Refund.objects.count())
    response = client.get(url(order, action))
    assert response.status_code == 200
    assert order.number in response.content.decode()
    order.refresh_from_db()
    assert (order.status, counters(), Refund.objects.count()) == before


def test_cancel_gives_the_stock_back(client: Client, clerk: User) -> None:
    order = paid()
    page = do(client, order, "cancel", reason="Changed her mind")
    assert f"Order {order.number} is canceled." in page
    assert "Changed her mind" in page
    assert "Needs attention" in page  # money has to go back
    assert counters() == (3, 0)
    assert "needs no attention any more" in do(client, order, "settle", note="Paid back in cash")
    assert not order.needs_attention


def test_what_came_too_late_is_said_plainly(client: Client, clerk: User) -> None:
    order = placed()
    for action in ("pack", "ship", "complete"):
        page = do(client, order, action)
        assert f"Order {order.number} is “Awaiting payment”: it cannot be" in page
    response = client.get(url(order, "ship"), follow=True)
    assert "“Ship” is not possible" in response.content.decode()
    assert order.status == "awaiting_payment"
    assert counters() == (3, 2)
    do(client, order, "cancel")
    assert "it cannot be canceled" in do(client, order, "cancel")
    assert order.events.filter(kind=OrderEvent.Kind.CANCELED).count() == 1


def test_a_button_needs_its_own_forms_token(clerk: User) -> None:
    order = placed()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(clerk)
    assert strict.post(url(order, "mark-paid"), {}).status_code == 403
    order.refresh_from_db()
    assert order.status == "awaiting_payment"


def test_unknown_orders_and_actions_are_not_found(client: Client, clerk: User) -> None:
    order = placed()
    assert client.get(url(order, "burn")).status_code == 404
    missing = reverse("admin:orders_order_act", args=[order.pk + 1, "ship"])
    assert client.post(missing).status_code == 404


# --- The list -----------------------------------------------------------------------------------


def test_the_list_takes_a_fixed_number_of_queries(
    client: Client, clerk: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (1, 6):
        for _place in range(number):
            paid()
        with django_assert_max_num_queries(12) as counted:
            client.get(ORDERS)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_the_page_takes_a_fixed_number_of_queries(
    client: Client, clerk: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (1, 8):
        lines = {EditionFactory.create(stock=3): 1 for _place in range(number)}
        order = make_order(lines, placed_at=timezone.now())
        order.mark_paid(at=timezone.now(), actor=clerk)
        with django_assert_max_num_queries(44) as counted:
            client.get(url(order))
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_an_order_is_found_by_what_staff_has_in_hand(client: Client, clerk: User) -> None:
    order, other = placed(), placed(email="bob@example.com")
    isbn13 = order.lines.get().isbn13
    for search in (order.number, order.number.replace("-", "").lower(), isbn13, "GUEST@example"):
        page = client.get(ORDERS, {"q": search}).content.decode()
        assert order.number in page, search
        assert other.number not in page, search
    assert order.number in client.get(ORDERS, {"q": "liddell"}).content.decode()
    middle = order.number[5:]
    for search in (order.number[:4], f"{order.number[:4]}{order.number[5:7]}", middle.lower()):
        found = client.get(ORDERS, {"q": search}).context["cl"].result_list
        assert [each.number for each in found] == [order.number], search
    evelina = EditionFactory.create(
        stock=1, work=WorkFactory.create(title="Evelina", author="Frances Burney")
    )
    indexing.works_changed([evelina.work_id])
    wanted = make_order({evelina: 1}, placed_at=timezone.now())
    for search in ("evelina", "burney evel"):
        found = client.get(ORDERS, {"q": search}).context["cl"].result_list
        assert [each.number for each in found] == [wanted.number], search
    assert order.number not in client.get(ORDERS, {"q": "nobody"}).content.decode()


@pytest.mark.parametrize(
    "query",
    ["status__exact=paid", "stage=to_cancel", "stage=to_pick", "stage=packed", "stage=partly_sent",
     "stage=returns", "stage=to_collect", "stage=under_way", "stage=what",
     "needs_attention__exact=1", "payment_method=offline", "q=%00", "q=%22'", "p=9"],
)  # fmt: skip
def test_filters_open(client: Client, clerk: User, query: str) -> None:
    paid()
    assert client.get(f"{ORDERS}?{query}").status_code in (200, 302)


def many(client: Client, orders: list[Order], action: str, **form: str) -> Any:
    data = {"action": action, "_selected_action": [order.pk for order in orders], **form}
    return client.post(ORDERS, data, follow=True)


def test_many_are_marked_as_paid_after_asking(client: Client, clerk: User) -> None:
    orders = [placed(), placed()]
    asked = many(client, orders, "mark_paid").content.decode()
    assert all(order.number in asked for order in orders)
    assert not Order.objects.filter(status="paid").exists()

    page = many(client, orders, "mark_paid", confirmed="yes").content.decode()

    assert "Done with 2 orders." in page
    assert Order.objects.filter(status="paid").count() == 2


def test_what_is_not_possible_is_left_out_of_the_question(client: Client, clerk: User) -> None:
    unpaid, ready = placed(), paid()
    asked = many(client, [unpaid, ready], "mark_paid").content.decode()
    assert asked.count('name="_selected_action"') == 1
    assert f"Left out, because it is not possible with them: {ready.number}" in asked
    refused = many(client, [ready], "mark_paid").content.decode()
    assert "“Mark as paid” is not possible with any of these orders." in refused


def test_ways_have_names(client: Client, clerk: User) -> None:
    page = client.get(url(paid())).content.decode()
    assert page.count("At the shop or by bank transfer") == 2  # as chosen, and as paid
    listed = client.get(ORDERS).content.decode()
    assert "At the shop or by bank transfer</a>" in listed
    assert "?shipping_method_name=Standard+delivery" in listed


def test_many_are_shipped_and_the_others_named(client: Client, clerk: User) -> None:
    ready, unpaid = paid(), placed()
    page = many(client, [ready, unpaid], "ship", confirmed="yes").content.decode()
    assert "Done with 1 order." in page
    assert f"Order {unpaid.number} is “Awaiting payment”: it cannot be shipped." in page
    ready.refresh_from_db()
    unpaid.refresh_from_db()
    assert (ready.status, unpaid.status) == ("shipped", "awaiting_payment")


# --- Who may ------------------------------------------------------------------------------------


def test_who_may_only_look_cannot_act(client: Client) -> None:
    let_in(client, "view_order")
    order = placed()
    response = client.get(url(order))
    assert "Emma" in response.content.decode()
    assert response.context["buttons"] == []
    for action in ("mark-paid", "pack", "ship", "complete", "cancel", "refund", "settle"):
        assert client.post(url(order, action), {}).status_code == 403
    many(client, [order], "mark_paid", confirmed="yes")
    order.refresh_from_db()
    assert order.status == "awaiting_payment"


def test_who_may_change_orders_still_may_not_refund(client: Client) -> None:
    let_in(client, "view_order", "change_order")
    order = placed()
    do(client, order, "mark-paid")
    assert order.status == "paid"
    assert client.post(url(order, "refund"), {}).status_code == 403
    assert not Refund.objects.exists()


def test_without_any_permission_there_is_nothing(client: Client) -> None:
    let_in(client)
    order = placed()
    assert client.get(ORDERS).status_code == 403
    assert client.get(url(order)).status_code == 403
    assert client.post(url(order, "cancel"), {}).status_code == 403
    assert "not paid yet" not in client.get("/admin/").content.decode()


# --- The rest -----------------------------------------------------------------------------------


def test_the_start_page_says_what_needs_doing(
    client: Client, clerk: User, django_assert_max_num_queries: Any
) -> None:
    named_seller()
    assert "No order waits for you." in client.get("/admin/").content.decode()
    placed()
    paid()
    packed = paid()
    fulfillment.pack(order=packed, at=timezone.now())
    paid().cancel()
    with django_assert_max_num_queries(21):
        response = client.get("/admin/")
    duties = response.context["duties"]
    assert [(duty.number, duty.text) for duty in duties] == [
        (1, "payment does not match"),
        (1, "order needs attention"),
        (1, "order to pack"),
        (1, "packed order to send"),
        (1, "order not paid yet"),
    ]
    assert client.get(duties[0].url).status_code == 200
    for duty in duties[1:]:
        assert client.get(duty.url).context["cl"].result_count == 1


@pytest.mark.parametrize("name", ["payment", "refund", "orderevent", "basket"])
def test_records_are_only_read(client: Client, clerk: User, name: str) -> None:
    BasketFactory.create(lines={EditionFactory.create(stock=1): 1})
    order = paid()
    do(client, order, "refund", amount="1.00")
    changelist = client.get(reverse(f"admin:orders_{name}_changelist"), {"q": ""})
    row = changelist.context["cl"].result_list[0]
    page = reverse(f"admin:orders_{name}_change", args=[row.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {}).status_code == 403
    assert client.get(reverse(f"admin:orders_{name}_add")).status_code == 403
    delete = reverse(f"admin:orders_{name}_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_a_shipping_method_is_changed_but_keeps_its_code(client: Client, clerk: User) -> None:
    method = ShippingMethod.objects.get(code="standard")
    form = {
        "code": "other", "name": "By bicycle", "amount": "3.00", "requires_address": "on",
        "is_active": "on", "ordinal": "1", "rates-TOTAL_FORMS": "0", "rates-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = reverse("admin:orders_shippingmethod_change", args=[method.pk])
    assert client.post(page, form).status_code == 302
    method.refresh_from_db()
    assert (method.code, method.name, method.amount) == ("standard", "By bicycle", Decimal("3.00"))
