"""How many SQL statements an order takes: few, and no more for more lines or a larger catalogue."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Edition
from catalog.tests.factories import EditionFactory, orderable
from orders.models import Order, Seller, TaxArea, TaxRate
from orders.models.tax import TaxKind
from orders.tests.factories import BasketFactory, shipping_method
from tests.statements import in_words

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = (
    *("orders_seller", "orders_shippingmethod", "catalog_location", "orders_shippingrate"),
    *("orders_shippingzone", "orders_taxarea"),
)
PLACING = [
    "SELECT orders_order",
    "SELECT orders_shippingmethod",
    "SELECT orders_shippingrate",
    "BEGIN",
    "SELECT orders_basket FOR UPDATE",
    "SELECT orders_basketline",
    f"SELECT {' '.join(TABLES)}",
    "SELECT orders_taxrate",
    "INSERT orders_order",
    "INSERT orders_ordertaxline",
    "DELETE orders_basket",
    "SELECT catalog_stock FOR UPDATE",
    "SELECT catalog_supply FOR UPDATE",
    "UPDATE catalog_stock",
    "INSERT catalog_stockmovement",
    "DEFER",
    "INSERT orders_orderline",
    "INSERT orders_allocation",
    "INSERT orders_orderevent",
    "DEFER",
    "COMMIT",
]


@pytest.fixture(autouse=True)
def taxed() -> None:
    """A shop that has filled in all of its tables."""
    Seller.objects.create(country="GB")
    TaxArea.objects.create(name="Here", seller_countries=["GB"], treatment="destination")
    TaxRate.objects.create(country="GB", kind=TaxKind.PRINT, rate=Decimal(0))
    shipping_method()


def place(lines: dict[Edition, int], key: str) -> list[str]:
    """The statements of a request that places an order."""
    body = {
        "basket": str(BasketFactory.create(lines=lines).pk),
        "email": "guest@example.com",
        "shipping_method": "standard",
        "payment_method": "offline",
        "shipping_address": {"name": "A", "line1": "1", "city": "B", "country": "GB"},
    }
    client = Client()
    with CaptureQueriesContext(connection) as captured:
        response = client.post(
            "/api/v1/orders", body, "application/json", headers={"Idempotency-Key": key}
        )
    assert response.status_code == 201, response.content
    assert len(response.json()["lines"]) == len(lines)
    return in_words(captured.captured_queries)


@pytest.mark.parametrize("lines", [1, 3, 20])
def test_placing_an_order(lines: int) -> None:
    editions = [EditionFactory.create(stock=9) for _line in range(lines)]
    assert place(dict.fromkeys(editions, 2), "key") == PLACING
    assert len(PLACING) == 21
    assert Order.objects.get().lines.count() == lines


def test_the_size_of_the_catalogue_does_not_matter() -> None:
    wanted = [EditionFactory.create(stock=9) for _line in range(3)]
    for _more in range(60):
        EditionFactory.create(stock=1)
    assert place(dict.fromkeys(wanted, 1), "key") == PLACING


def test_copies_that_have_yet_to_come_take_as_many_statements_however_many() -> None:
    def wanted(number: int) -> dict[Edition, int]:
        editions = [EditionFactory.create(stock=1) for _line in range(number)]
        for edition in editions:
            orderable(edition)
        return dict.fromkeys(editions, 2)

    few, many = place(wanted(1), "few"), place(wanted(12), "many")
    assert few == many
    assert len(few) == len(PLACING) + 5
    assert sum(statement == "DEFER" for statement in few) == 4
