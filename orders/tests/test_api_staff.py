"""What staff does with orders over the API: ship, cancel, refund."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from catalog.models import Stock
from orders.models import Order, OrderEvent, Refund
from orders.tests.test_api_baskets import emma, fields, post
from orders.tests.test_api_orders import basket_of, order_body, place
from tests.people import alice, carol

pytestmark = pytest.mark.django_db


def placed(client: Client) -> Order:
    """An order of 2 copies at 12.50 and 4.50 shipping: 29.50."""
    basket = basket_of(emma(price=Decimal("12.50")), quantity=2)
    place(client, order_body(basket), key=str(basket.pk))
    return Order.objects.latest("id")


def paid(client: Client) -> Order:
    order = placed(client)
    order.mark_paid(at=timezone.now())
    return order


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiToken.objects.issue(user=user, name='test')[1]}"}


def do(
    client: Client, order: Order, what: str, body: Any, user: User | None = None, key: str = ""
) -> Any:
    headers = bearer(user or User.objects.get(email="carol@example.com"))
    if key:
        headers["Idempotency-Key"] = key
    return post(client, f"orders/{order.number}/{what}", body, **headers)


@pytest.fixture(autouse=True)
def clerk(db: None) -> User:
    return carol()


def test_ship_an_order(client: Client, clerk: User) -> None:
    order = paid(client)

    response = do(client, order, "shipments", {"carrier": "DHL", "tracking": "JD1"})

    assert response.status_code == 201
    answer = response.json()
    assert answer["status"] == "shipped"
    (shipment,) = answer["shipments"]
    assert (shipment["carrier"], shipment["tracking"]) == ("DHL", "JD1")
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.allocated) == (3, 0)
    assert order.events.get(kind=OrderEvent.Kind.SHIPPED).actor == clerk


def test_ship_without_a_body(client: Client) -> None:
    assert do(client, paid(client), "shipments", None).status_code == 201


def test_ship_in_parts(client: Client) -> None:
    order = paid(client)
    line = {"isbn13": order.lines.get().isbn13, "quantity": 1}
    for _repetition in range(2):
        answer = do(client, order, "shipments", {"carrier": "DHL", "lines": [line]}, key="k")
        assert answer.status_code == 201
        assert answer.json()["status"] == "paid"
        assert len(answer.json()["shipments"]) == 1
    assert Stock.objects.get().on_hand == 4
    other = do(client, order, "shipments", {"lines": [{**line, "quantity": 2}]}, key="k")
    assert other.status_code == 422
    rest = do(client, order, "shipments", {"location": Stock.objects.get().location.code})
    assert rest.json()["status"] == "shipped"
    assert len(rest.json()["shipments"]) == 2
    assert Stock.objects.get().on_hand == 3


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"quantity": 3}, 409),
        ({"quantity": 0}, 422),
        ({"quantity": -1}, 422),
        ({"quantity": 1_000_000}, 422),
        ({"quantity": 1.5}, 422),
        ({"isbn13": "9780000000002"}, 409),
        ({"isbn13": "x"}, 422),
    ],
)
def test_lines_that_cannot_be_shipped(client: Client, changes: dict[str, Any], status: int) -> None:
    order = paid(client)
    line = {"isbn13": order.lines.get().isbn13, "quantity": 1, **changes}
    assert do(client, order, "shipments", {"lines": [line]}).status_code == status
    assert not order.shipments.exists()
    assert Stock.objects.get().on_hand == 5


def test_a_shipment_that_makes_no_sense(client: Client) -> None:
    order = paid(client)
    line = {"isbn13": order.lines.get().isbn13, "quantity": 1}
    bodies: list[dict[str, Any]] = [
        {"lines": []}, {"lines": [line, line]}, {"location": "nowhere"},
    ]  # fmt: skip
    for body in bodies:
        assert do(client, order, "shipments", body).status_code == 422
    assert not order.shipments.exists()


def test_an_unpaid_order_is_not_shipped(client: Client) -> None:
    order = placed(client)
    response = do(client, order, "shipments", {})
    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "wrong_state"
    assert Stock.objects.get().on_hand == 5
    assert not order.shipments.exists()


def test_cancel_an_order(client: Client, clerk: User) -> None:
    order = placed(client)
    response = do(client, order, "cancellation", {"reason": "Changed her mind"})
    assert response.status_code == 201
    assert response.json()["status"] == "canceled"
    assert Stock.objects.get().allocated == 0
    event = order.events.get(kind=OrderEvent.Kind.CANCELED)
    assert (event.note, event.actor) == ("Changed her mind", clerk)
    assert do(client, order, "cancellation", None).status_code == 409


def test_refund_a_part_then_the_rest(client: Client, clerk: User) -> None:
    order = paid(client)

    response = do(client, order, "refunds", {"amount": "12.50", "reason": "Torn"})

    assert response.status_code == 201
    answer = response.json()
    assert answer["amount"] == "12.50"
    assert answer["currency"] == "USD"
    assert answer["remaining_amount"] == "17.00"
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.actor) == (Decimal("12.50"), "Torn", clerk)
    assert refund.provider == "offline"
    assert order.events.get(kind=OrderEvent.Kind.REFUNDED).note == "12.50 USD Torn"

    assert do(client, order, "refunds", None).json()["amount"] == "17.00"
    nothing = do(client, order, "refunds", None)
    assert nothing.status_code == 409
    assert nothing.json()["code"] == "nothing_to_refund"
    assert Refund.objects.count() == 2


def test_never_more_than_was_paid_goes_back(client: Client) -> None:
    order = paid(client)
    response = do(client, order, "refunds", {"amount": "29.51"})
    assert fields(response) == ["amount"]
    assert response.json()["detail"] == "At most 29.50 USD can be refunded, not 29.51."
    assert do(client, placed(client), "refunds", {"amount": "1.00"}).status_code == 409
    assert not Refund.objects.exists()


def test_the_same_key_refunds_once(client: Client) -> None:
    order = paid(client)
    first = do(client, order, "refunds", {"amount": "2.00"}, key="refund-1")
    again = do(client, order, "refunds", {"amount": "2.00"}, key="refund-1")
    assert again.json() == first.json()
    other = do(client, order, "refunds", {"amount": "3.00"}, key="refund-1")
    assert fields(other) == ["Idempotency-Key"]
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    "amount", [0, "0", "-1", "1.001", 1.5, "x", "NaN", "Infinity", True, "1e400", "9" * 5000, []]
)
def test_a_wrong_amount_is_refused(client: Client, amount: Any) -> None:
    assert fields(do(client, paid(client), "refunds", {"amount": amount})) == ["amount"]
    assert not Refund.objects.exists()


@pytest.mark.parametrize("what", ["shipments", "cancellation", "refunds"])
def test_only_staff_with_the_permission(client: Client, what: str) -> None:
    order = paid(client)
    path = f"orders/{order.number}/{what}"
    assert post(client, path, {}).status_code == 401
    assert post(client, path, {}, Authorization=f"Bearer {order.token}").status_code == 401
    user = alice()
    assert do(client, order, what, {}, user).status_code == 403
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    refusal = do(client, order, what, {}, user)
    assert refusal.status_code == 403
    needed = "orders.add_refund" if what == "refunds" else "orders.change_order"
    assert refusal.json()["detail"] == f"The permission {needed} is needed."
    order.refresh_from_db()
    assert order.status == "paid"
    assert not Refund.objects.exists()


def test_who_ships_may_not_refund(client: Client) -> None:
    order, packer = paid(client), alice()
    packer.is_staff = True
    packer.save()
    packer.user_permissions.add(Permission.objects.get(codename="change_order"))
    assert do(client, order, "refunds", {}, packer).status_code == 403
    assert not Refund.objects.exists()
    assert do(client, order, "cancellation", {}, packer).status_code == 403  # refunds as well
    assert do(client, order, "shipments", {}, packer).status_code == 201
    assert do(client, placed(client), "cancellation", {}, packer).status_code == 201
    packer.user_permissions.set(Permission.objects.filter(codename="add_refund"))
    assert do(client, order, "refunds", {"amount": "1.00"}, packer).status_code == 201


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("shipments", {"carrier": "x" * 101}, "carrier"),
        ("shipments", {"tracking": "\x00"}, "tracking"),
        ("cancellation", {"reason": "x" * 201}, "reason"),
        ("refunds", {"reason": 3}, "reason"),
    ],
)
def test_a_wrong_field_is_named(
    client: Client, what: str, body: dict[str, Any], field: str
) -> None:
    order = paid(client)
    assert fields(do(client, order, what, body)) == [field]
    order.refresh_from_db()
    assert order.status == "paid"


def test_unknown_orders_are_not_found(client: Client, clerk: User) -> None:
    for what in ("shipments", "cancellation", "refunds"):
        response = post(client, f"orders/7K3Q-9XWM-2TPA/{what}", {}, **bearer(clerk))
        assert response.status_code == 404
