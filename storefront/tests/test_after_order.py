"""After the order: progress, parcels and papers; canceling, sending back, withdrawing."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Edition
from orders import fulfillment, returns
from orders.models import Document, Order, Return
from orders.tests.factories import make_order, shipping_method
from orders.tests.test_cancellation import pay
from storefront.tests import shopping
from tests import people

pytestmark = pytest.mark.django_db

STATEMENT = "/orders/withdrawal/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


@pytest.fixture
def order(client: Client, emma: Edition) -> Order:
    """A guest's, of 2 copies, paid; the client has opened its link."""
    order = make_order({emma: 2}, payment_method="fake", placed_at=timezone.now())
    pay(order)
    client.get(order.get_guest_url())
    order.refresh_from_db()
    return order


def ship(order: Order, **changes: Any) -> None:
    fulfillment.ship(order=order, at=timezone.now(), **changes)


def read(client: Client, order: Order, path: str = "", status: int = 200) -> str:
    response = client.get(f"{order.get_absolute_url()}{path}")
    assert response.status_code == status
    return response.content.decode()


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def copies(order: Order, quantity: object) -> dict[str, object]:
    return {f"copies_{order.lines.get().pk}": quantity}


# --- The page -------------------------------------------------------------------------------------


def steps(page: str) -> list[tuple[str, str]]:
    found = re.search(r'<ol class="progress".*?</ol>', page, re.DOTALL)
    assert found
    return re.findall(r'<li class="(\w*)".*?progress-label">([^<]+)<', found.group(), re.DOTALL)


def test_the_progress_of_a_parcel(client: Client, order: Order) -> None:
    assert steps(read(client, order)) == [
        ("done", "Placed"), ("done", "Paid"), ("current", "Packed"), ("", "On its way"),
        ("", "Delivered"),
    ]  # fmt: skip
    [parcel] = fulfillment.pack(order=order, at=timezone.now())
    fulfillment.ship_packed(shipment=parcel, at=timezone.now(), carrier="DHL", tracking="JD<1>")
    page = read(client, order)
    assert ("current", "Delivered") in steps(page)
    assert "JD&lt;1&gt;" in page
    assert 'href="https://www.dhl.com/en/home/tracking.html?tracking-id=JD%3C1%3E"' in page
    fulfillment.deliver(shipment=parcel, at=timezone.now())
    assert [state for state, _label in steps(read(client, order))] == ["done"] * 5


def test_a_part_that_has_left(client: Client, order: Order, emma: Edition) -> None:
    ship(order, copies={emma.isbn13: 1})
    page = read(client, order)
    assert "Partly sent" in page
    assert ("", "Partly on its way") in steps(page)
    assert "1 copy has left, the rest follows." in page


def test_the_progress_of_a_collection(client: Client, emma: Edition) -> None:
    order = make_order({emma: 1}, shipping_method=shipping_method("collection"), address=None)
    order.mark_paid(at=timezone.now())
    client.get(order.get_guest_url())
    [parcel] = fulfillment.pack(order=order, at=timezone.now())
    assert steps(read(client, order))[2:] == [("current", "Ready to collect"), ("", "Collected")]
    fulfillment.announce(shipment=parcel, at=timezone.now())
    assert "Ready to collect" in read(client, order)
    fulfillment.ship_packed(shipment=parcel, at=timezone.now())
    page = read(client, order)
    assert "What you have collected" in page
    assert [state for state, _label in steps(page)] == ["done"] * 4


def test_papers_are_only_for_who_may_see_the_order(client: Client, order: Order) -> None:
    Document.objects.create(
        kind="invoice", year=2026, sequence=1, number="2026-000001", order=order,
        content={}, pdf=b"%PDF-1.7", issued_at=timezone.now(),
    )  # fmt: skip
    url = f"{order.get_absolute_url()}documents/2026-000001/"
    assert url in read(client, order)
    response = client.get(url)
    assert (response["Content-Type"], response.content) == ("application/pdf", b"%PDF-1.7")
    assert "no-store" in response["Cache-Control"]
    assert Client().get(url).status_code == 404
    bob = Client()
    bob.force_login(people.bob())
    assert bob.get(url).status_code == 404
    other = make_order()
    client.get(other.get_guest_url())
    assert client.get(f"{other.get_absolute_url()}documents/2026-000001/").status_code == 404


@pytest.mark.parametrize("path", ["cancellation/", "returns/", "withdrawal/"])
def test_nobody_else_acts_for_the_customer(order: Order, path: str) -> None:
    url = f"{order.get_absolute_url()}{path}"
    for visitor, status in ((None, 404), (people.bob(), 404), (people.carol(), 403)):
        stranger = Client()
        if visitor:
            stranger.force_login(visitor)
        for method in (stranger.get, stranger.post):
            assert method(url).status_code == status
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert not Return.objects.exists()


# --- Canceling ------------------------------------------------------------------------------------


def test_a_paid_order_is_canceled_after_asking(client: Client, order: Order) -> None:
    page = read(client, order, "cancellation/")
    assert "Cancel the whole order?" in page
    assert "You get all of $29.50 back" in page
    assert "The books go back on the shelf." in page
    order.refresh_from_db()
    assert order.status == "paid"
    for _click in range(2):
        response = client.post(f"{order.get_absolute_url()}cancellation/")
        assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    order.refresh_from_db()
    assert order.status == "canceled"
    assert order.refund_requests.count() == 1
    assert "This order is canceled" in read(client, order, "cancellation/")


# --- Sending back ---------------------------------------------------------------------------------


def test_a_guest_asks_to_send_something_back(client: Client, order: Order) -> None:
    assert "nothing of this order that you could send back" in read(client, order, "returns/")
    ship(order)
    form = hidden(read(client, order, "returns/"))
    data = {
        "key": form["key"], "reason": "I do not like it", "comment": " too \n sad ",
        **copies(order, 1),
    }  # fmt: skip
    for _click in range(2):
        response = client.post(f"{order.get_absolute_url()}returns/", data)
        assert response.status_code == 303
    made = Return.objects.get()
    assert made.reason == "I do not like it: too sad"
    again = {**data, "key": "another", **copies(order, 1)}
    for _click in range(2):  # the last copy, after which nothing is left to choose
        assert client.post(f"{order.get_absolute_url()}returns/", again).status_code == 303
    assert Return.objects.count() == 2
    made = Return.objects.get(reason="I do not like it: too sad", key=form["key"])
    page = read(client, order)
    assert made.number in page
    assert "Please send it to us within 14 days" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": ""}, "choose at least one copy"),
        ({"quantity": 0}, "choose at least one copy"),
        ({"quantity": 3}, "at most 2 can be chosen"),
        ({"quantity": -1}, "cannot be below 0"),
        ({"quantity": "1.5"}, "must be a whole number"),
        ({"quantity": 10**9}, "at most 2 can be chosen"),
        ({"reason": ""}, "Please choose a reason."),
        ({"reason": "<script>"}, "Select a valid choice"),
        ({"comment": "x" * 401}, "at most 400 characters"),
        ({"key": "x" * 101}, "at most 100 characters"),
        ({"key": "x\x00"}, "Null characters are not allowed."),
    ],
)
def test_a_return_that_cannot_be(
    client: Client, order: Order, changes: dict[str, object], words: str
) -> None:
    ship(order)
    data = {"quantity": 1, "reason": "I do not like it", **changes}
    data |= copies(order, data.pop("quantity"))
    response = client.post(f"{order.get_absolute_url()}returns/", data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Return.objects.exists()


def test_all_that_is_wrong_with_a_return_is_told_at_once(client: Client, order: Order) -> None:
    ship(order)
    response = client.post(f"{order.get_absolute_url()}returns/", copies(order, 0))
    assert response.status_code == 422
    page = response.content.decode()
    (name,) = copies(order, 0)
    assert [f"id_{name}", "id_reason"] == re.findall(r'<li><a href="#(\w+)">', page)
    assert f'id="id_{name}_error"><li>Please choose at least one copy.</li>' in page
    assert not Return.objects.exists()


# --- Withdrawing from an order that one may see ---------------------------------------------------


def test_withdrawing_takes_two_steps(client: Client, order: Order) -> None:
    assert "Withdraw from contract here" in read(client, order)
    page = read(client, order, "withdrawal/")
    assert 'Emma <span class="small muted">Paperback</span></label>' in page
    assert "Step 1 of 2" in page
    url = f"{order.get_absolute_url()}withdrawal/"
    data = {**hidden(page), "name": "Alice", **copies(order, 1)}
    review = client.post(url, {**data, "step": "review"})
    assert review.status_code == 200
    page = review.content.decode()
    assert "Confirm withdrawal" in page
    assert "1 × Emma" in page
    assert not Return.objects.exists()
    changed = client.post(url, {**data, "step": "back"}).content.decode()
    assert "Step 1 of 2" in changed
    assert 'value="Alice"' in changed

    for _click in range(2):
        response = client.post(url, {**hidden(page), "step": "confirm"})
        assert response.status_code == 303
    made = Return.objects.get()
    assert (made.kind, made.name, made.lines.get().quantity) == ("withdrawal", "Alice", 1)
    assert "We have sent the acknowledgment to guest@example.com" in read(client, order)


def test_an_order_that_is_not_paid_is_withdrawn_from_as_a_whole(
    client: Client, emma: Edition
) -> None:
    order = make_order({emma: 3}, placed_at=timezone.now())
    client.get(order.get_guest_url())
    page = read(client, order, "withdrawal/")
    assert "3 copies" in page
    assert not re.search(r'<input[^>]*name="copies_', page)

    url = f"{order.get_absolute_url()}withdrawal/"
    data = {**hidden(page), "name": "Alice", **copies(order, 1)}  # from a page of before
    page = client.post(url, {**data, "step": "review"}).content.decode()
    assert "Withdraw from the whole order?" in page
    assert "3 × Emma" in page
    assert "refunded" not in page
    assert client.post(url, {**hidden(page), "step": "confirm"}).status_code == 303
    order.refresh_from_db()
    assert (order.status, Return.objects.get().lines.get().quantity) == ("canceled", 3)


def test_what_is_paid_meanwhile_is_chosen_anew(client: Client, emma: Edition) -> None:
    order = make_order({emma: 3}, payment_method="fake", placed_at=timezone.now())
    client.get(order.get_guest_url())
    data = {"name": "Alice", "key": "k"}
    url = f"{order.get_absolute_url()}withdrawal/"
    assert client.post(url, {**data, "step": "review"}).status_code == 200
    pay(order)
    response = client.post(url, {**data, "step": "confirm"})
    assert response.status_code == 422
    assert "Please choose at least one copy." in response.content.decode()
    assert not Return.objects.exists()


def test_a_withdrawal_without_a_name(client: Client, order: Order) -> None:
    url = f"{order.get_absolute_url()}withdrawal/"
    for step in ("review", "confirm"):
        response = client.post(url, {"name": " ", "step": step, **copies(order, 1)})
        assert response.status_code == 422
        assert "Please enter your name." in response.content.decode()
    assert not Return.objects.exists()


def test_after_the_period_the_page_says_so(client: Client, order: Order) -> None:
    past = timezone.now() - 40 * DAY
    [parcel] = fulfillment.ship(order=order, at=past)
    fulfillment.deliver(shipment=parcel, at=past)
    assert "Withdraw from contract here" not in read(client, order).split("<footer")[0]
    assert "The last day to withdraw from this order was" in read(client, order, "withdrawal/")
    data = {"name": "Alice", "step": "confirm", "key": "k", **copies(order, 2)}
    client.post(f"{order.get_absolute_url()}withdrawal/", data)
    assert Return.objects.get().status == "declined"
    assert "The time to withdraw from this order ended on" in read(client, order)


# --- Withdrawing by number and address ------------------------------------------------------------


def state(client: Client, order: Order, **changes: str) -> str:
    """Both steps; the page at the end, which must not tell one statement from another."""
    facts = {"name": "Alice", "number": order.number, "email": order.email, **changes}
    review = client.post(STATEMENT, {**facts, "step": "review"}).content.decode()
    assert "Confirm withdrawal" in review
    response = client.post(STATEMENT, {**hidden(review), "step": "confirm"})
    assert response.status_code == 303
    assert response["Location"] == "/orders/withdrawal/received/"
    return re.sub(r'nonce="[^"]*"', "", client.get(response["Location"]).content.decode())


def test_a_guest_without_the_link_withdraws(order: Order) -> None:
    assert STATEMENT in Client().get("/").content.decode()
    page = state(Client(), order)
    assert "we have your statement" in page
    order.refresh_from_db()
    assert order.status == "canceled"
    assert Return.objects.get().name == "Alice"


def test_a_stranger_learns_nothing(order: Order) -> None:
    pages = {
        state(Client(), order, email="eve@example.com"),
        state(Client(), order, number="0000-0000-0000"),
        state(Client(), order, number="' OR 1=1 --"),
    }
    assert not Return.objects.exists()
    order.refresh_from_db()
    assert order.status == "paid"
    pages.add(state(Client(), order))
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": ""}, "Please enter the number of the order."),
        ({"number": "x" * 41}, "at most 40 characters"),
        ({"number": "7K3Q\x009XWM"}, "Null characters are not allowed."),
        ({"number": "７Ｋ３Ｑ"}, "This is not the number of an order."),
        ({"email": "nobody"}, "Please enter an e-mail address such as name@example.com."),
        ({"name": ""}, "Please enter your name."),
        ({"name": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_statement_that_cannot_be_read(
    client: Client, order: Order, changes: dict[str, str], words: str
) -> None:
    facts = {"name": "Alice", "number": order.number, "email": order.email, **changes}
    response = client.post(STATEMENT, {**facts, "step": "confirm"})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Return.objects.exists()


def test_a_statement_needs_a_token(order: Order) -> None:
    strict = Client(enforce_csrf_checks=True)
    facts = {"name": "Alice", "number": order.number, "email": order.email, "step": "confirm"}
    assert strict.post(STATEMENT, facts).status_code == 403
    assert not Return.objects.exists()


def test_a_signed_in_customer_need_not_type_it(client: Client) -> None:
    client.force_login(people.alice())
    page = client.get(STATEMENT).content.decode()
    assert 'value="Alice Liddell"' in page
    assert 'value="alice@example.com"' in page


def test_what_came_back_is_shown(client: Client, order: Order, emma: Edition) -> None:
    ship(order)
    made = returns.request_return(order=order, copies={emma.isbn13: 1}, at=timezone.now())
    returns.receive(
        of_return=made, restocked={}, written_off={emma.isbn13: 1}, location=None,
        at=timezone.now(),
    )  # fmt: skip
    assert "It has come; the refund follows." in read(client, order)
    returns.refund(of_return=made, at=timezone.now())
    page = read(client, order)
    assert "1 copy came back to us." in page
    assert "$12.50" in page
    assert "refunded on" in page
