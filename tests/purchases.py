"""How a visitor without a browser buys: through the forms of the shop, one after the other."""

from collections.abc import Mapping
from typing import Any

from tests.visitor import Answer, Visitor

ADDRESS = {
    "name": "Alice Liddell",
    "line1": "Christ Church",
    "city": "Oxford",
    "postcode": "OX1 1DP",
    "country": "GB",
}
PASSWORD = "down the rabbit hole"


def add(visitor: Visitor, edition: Mapping[str, Any], quantity: int = 1) -> Answer:
    """Press the button on the book's page."""
    form = visitor.open(edition["url"]).form("/basket/lines/")
    return visitor.submit(form, quantity=str(quantity))


def check_out(visitor: Visitor, email: str, *, payment_method: str, **values: str) -> Answer:
    """Fill in the checkout and send it."""
    page = visitor.get("/checkout/")
    return send_checkout(visitor, page, email, payment_method=payment_method, **values)


def send_checkout(
    visitor: Visitor, page: Answer, email: str, *, payment_method: str, **values: str
) -> Answer:
    """Fill in a checkout that was opened before and send it."""
    form = page.form("/checkout/")
    typed = {name: value for name, value in {**ADDRESS, **values}.items() if name in form.names}
    return visitor.submit(form, email=email, payment_method=payment_method, **typed)


def order_number(answer: Answer) -> str:
    """The number of the order that a redirect leads to."""
    assert answer.status == 303, answer.text
    _empty, word, number, *_rest = answer.location.split("/")
    assert word == "orders", answer.location
    return number


def sign_in(visitor: Visitor, email: str, password: str = PASSWORD) -> Answer:
    """Through the form."""
    form = visitor.get("/account/login/").form("/account/login/")
    return visitor.submit(form, login=email, password=password)


# --- Over the API -------------------------------------------------------------------------------


def make_basket(client: Visitor, *lines: tuple[str, int]) -> str:
    """The id of a new basket with these editions and quantities."""
    basket: str = client.call("POST", "baskets").json()["id"]
    for isbn13, quantity in lines:
        line = {"isbn13": isbn13, "quantity": quantity}
        answer = client.call("POST", f"baskets/{basket}/lines", line)
        assert answer.status == 201, answer.body
    return basket


def order_body(basket: str, **changes: object) -> dict[str, object]:
    """What is sent to order a basket."""
    return {
        "basket": basket,
        "email": "alice@example.com",
        "shipping_address": {**ADDRESS, "line2": ""},
        "shipping_method": "standard",
        "payment_method": "offline",
        **changes,
    }


def send_order(client: Visitor, body: Mapping[str, object], *, key: str) -> Answer:
    """Order a basket."""
    return client.call("POST", "orders", body, {"Idempotency-Key": key})
