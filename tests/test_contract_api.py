"""Buying and looking after stock by the API alone, in the shop with its three roles."""

import json
import uuid
from decimal import Decimal

from tests.conftest import NextEdition
from tests.purchases import ADDRESS, make_basket, order_body, send_order
from tests.visitor import Visitor

PROBLEM = "application/problem+json"


def stock(staff: Visitor, isbn13: str) -> tuple[int, int, int]:
    answer = staff.call("GET", f"stock/{isbn13}").json()
    return answer["on_hand"], answer["allocated"], answer["available"]


def test_a_list_is_read_part_by_part(visitor: Visitor) -> None:
    first = visitor.call("GET", "editions?q=pride%20prejudice").json()
    assert {item["title"] for item in first["items"]} == {"Pride and Prejudice"}
    part = visitor.call("GET", "editions?subject=comic-novels").json()
    seen = [item["isbn13"] for item in part["items"]]
    while part["next"]:
        part = visitor.call("GET", f"editions?subject=comic-novels&cursor={part['next']}").json()
        seen += [item["isbn13"] for item in part["items"]]
    assert len(seen) == len(set(seen)) > len(part["items"])


def test_an_order(visitor: Visitor, staff: Visitor, next_edition: NextEdition) -> None:
    edition = next_edition()
    before = stock(staff, edition["isbn13"])
    basket = make_basket(visitor, (edition["isbn13"], 2))
    answer = send_order(visitor, order_body(basket), key=str(uuid.uuid4()))
    assert answer.status == 201, answer.body
    order = answer.json()
    price = Decimal(edition["price"]["amount"])
    assert order["status"] == "awaiting_payment"
    assert order["currency"] == "USD"
    assert order["total_amount"] == str(2 * price + Decimal("4.50"))
    (line,) = order["lines"]
    agreed = {
        "isbn13": edition["isbn13"],
        "title": edition["title"],
        "quantity": 2,
        "unit_amount": str(price),
        "total_amount": str(2 * price),
    }
    assert agreed.items() <= line.items()
    on_hand, allocated, available = before
    assert stock(staff, edition["isbn13"]) == (on_hand, allocated + 2, available - 2)
    path = f"orders/{order['number']}"
    assert visitor.call("GET", f"{path}?token={order['token']}").json() == order
    assert visitor.call("GET", path).status == 404
    assert visitor.call("GET", f"{path}?token=x{order['token'][1:]}").status == 404
    assert visitor.get(f"/orders/{order['number']}/").status == 404
    assert visitor.get(f"/orders/{order['number']}/?token={order['token']}").status == 200


def test_the_same_key_orders_once(
    visitor: Visitor, staff: Visitor, next_edition: NextEdition
) -> None:
    edition, key = next_edition(), str(uuid.uuid4())
    body = order_body(make_basket(visitor, (edition["isbn13"], 1)))
    first = send_order(visitor, body, key=key)
    promised = stock(staff, edition["isbn13"])
    again = send_order(visitor, dict(reversed(body.items())), key=key)
    assert (again.status, again.json()) == (201, first.json())
    other = send_order(visitor, {**body, "email": "bob@example.com"}, key=key)
    assert (other.status, other.headers["Content-Type"]) == (422, PROBLEM)
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert stock(staff, edition["isbn13"]) == promised


def test_a_basket_orders_once_whatever_the_key(visitor: Visitor, next_edition: NextEdition) -> None:
    body = order_body(make_basket(visitor, (next_edition()["isbn13"], 1)))
    assert send_order(visitor, body, key=str(uuid.uuid4())).status == 201
    assert send_order(visitor, body, key=str(uuid.uuid4())).status in (404, 409)


def test_a_line_short_of_stock_is_named_and_nothing_written(
    visitor: Visitor, staff: Visitor, next_edition: NextEdition
) -> None:
    plenty, short = next_edition(), next_edition()
    staff.call("PUT", f"stock/{short['isbn13']}", {"on_hand": 1, "reason": "Stocktaking"})
    before = stock(staff, plenty["isbn13"])
    body = order_body(make_basket(visitor, (plenty["isbn13"], 1), (short["isbn13"], 2)))
    answer = send_order(visitor, body, key=str(uuid.uuid4()))
    assert (answer.status, answer.headers["Content-Type"]) == (409, PROBLEM)
    wanted = {"isbn13": short["isbn13"], "wanted": 2, "available": 1}
    assert answer.json()["lines"] == [wanted]
    assert stock(staff, plenty["isbn13"]) == before
    assert stock(staff, short["isbn13"]) == (1, 0, 1)
    # The basket is as it was: with the copy that there is, it can be ordered.
    staff.call("PUT", f"stock/{short['isbn13']}", {"on_hand": 2})
    assert send_order(visitor, body, key=str(uuid.uuid4())).status == 201


def test_collecting_needs_no_address(visitor: Visitor, next_edition: NextEdition) -> None:
    edition = next_edition()
    basket = make_basket(visitor, (edition["isbn13"], 1))
    wanted = order_body(basket, shipping_method="collection", shipping_address=None)
    order = send_order(visitor, wanted, key=str(uuid.uuid4())).json()
    assert order["total_amount"] == edition["price"]["amount"]


def test_staff_sends_and_cancels_orders(
    visitor: Visitor, staff: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    before = stock(staff, edition["isbn13"])
    basket = make_basket(visitor, (edition["isbn13"], 1))
    order = send_order(visitor, order_body(basket), key=str(uuid.uuid4())).json()
    path = f"orders/{order['number']}"
    unpaid = staff.call("POST", f"{path}/shipments", {"carrier": "Post", "tracking": "1"})
    assert (unpaid.status, unpaid.json()["code"]) == (409, "wrong_state")
    canceled = staff.call("POST", f"{path}/cancellation", {"reason": "Asked by phone"})
    assert (canceled.status, canceled.json()["status"]) == (201, "canceled")
    assert stock(staff, edition["isbn13"]) == before


def test_staff_endpoints_are_for_staff(
    visitor: Visitor, staff: Visitor, next_edition: NextEdition
) -> None:
    path = f"stock/{next_edition()['isbn13']}"
    for headers in ({}, {"Authorization": "Bearer no-such-token"}):
        answer = visitor.call("PUT", path, {"on_hand": 0}, headers)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.headers["Content-Type"] == PROBLEM
    assert staff.call("GET", path).json()["on_hand"] > 0


def test_the_description_names_every_endpoint_of_the_contract(visitor: Visitor) -> None:
    described = json.loads(visitor.get("/api/v1/openapi.json").body)["paths"]
    wanted = {
        "editions": "get", "editions/{isbn13}": "get", "baskets": "post",
        "baskets/{basket_id}/lines": "post", "orders": "post", "orders/{number}": "get",
        "shipping-methods": "get", "payment-methods": "get", "stock/{isbn13}": "put",
        "orders/{number}/shipments": "post", "orders/{number}/refunds": "post",
        "orders/{number}/cancellation": "post",
    }  # fmt: skip
    assert [path for path, verb in wanted.items() if verb not in described[f"/api/v1/{path}"]] == []


def test_methods(visitor: Visitor) -> None:
    shipping = visitor.call("GET", "shipping-methods").json()["items"]
    assert [(each["code"], each["amount"]) for each in shipping] == [
        ("standard", "4.50"), ("express", "9.50"), ("collection", "0.00"), ("download", "0.00"),
    ]  # fmt: skip
    payment = visitor.call("GET", "payment-methods").json()["items"]
    assert {each["code"] for each in payment} == {"fake", "offline"}


def test_an_address_is_needed_for_a_parcel(visitor: Visitor, next_edition: NextEdition) -> None:
    basket = make_basket(visitor, (next_edition()["isbn13"], 1))
    for address in (None, {**ADDRESS, "country": "Atlantis"}, {**ADDRESS, "name": ""}):
        wanted = order_body(basket, shipping_address=address)
        answer = send_order(visitor, wanted, key=str(uuid.uuid4()))
        assert (answer.status, answer.headers["Content-Type"]) == (422, PROBLEM)
        assert "shipping_address" in answer.json()["errors"][0]["field"]
