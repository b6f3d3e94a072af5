"""What the tests of basket and checkout do as a browser without scripts would."""

import re
from decimal import Decimal

from django.test import Client

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, WorkFactory
from orders.models import Order

DELIVERY = {
    "name": "Greta Guest",
    "line1": "12 Long Lane",
    "line2": "",
    "city": "London",
    "postcode": "EC1A 9PT",
    "country": "GB",
}
WISH = {
    **DELIVERY,
    "email": "greta@example.com",
    "shipping_method": "standard",
    "payment_method": "offline",
}


def emma() -> Edition:
    """A paperback at 12.50, five in stock."""
    return EditionFactory.create(
        work=WorkFactory.create(title="Emma", author="Jane Austen"),
        price=Decimal("12.50"),
        stock=5,
    )


def put(client: Client, edition: Edition, quantity: int = 1) -> None:
    """Press the button on the book's page."""
    response = client.post("/basket/lines/", {"isbn13": edition.isbn13, "quantity": quantity})
    assert response.status_code == 303


def hidden(client: Client) -> dict[str, str]:
    """The hidden fields of the checkout's form."""
    page = client.get("/checkout/").content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def order_with(client: Client, **changes: str) -> Order:
    """Fill the checkout's form in and send it; the only order there is."""
    response = client.post("/checkout/", {**hidden(client), **WISH, **changes})
    assert response.status_code == 303, response.content.decode()
    return Order.objects.get()
