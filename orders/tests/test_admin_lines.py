"""What an order's page says of its lines, and where the start page leads."""

import datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from catalog import merging
from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, embargoed, preorderable, put_in_stock
from orders import cancellation, fulfillment, waiting
from orders.models import Order
from orders.tests.factories import make_order, make_voucher, shipping_method
from tests.people import carol

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def clerk(client: Client) -> User:
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user


def page(client: Client, order: Order) -> str:
    response = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    return response.content.decode()


def test_a_line_says_what_is_sent_canceled_and_taken_off(client: Client) -> None:
    make_voucher()
    edition = EditionFactory.create(stock=3, price=Decimal("10.00"))
    order = make_order({edition: 3}, placed_at=NOW, voucher_code="TEN")
    order.mark_paid(at=NOW)
    said = page(client, order)
    assert "30.00, less 3.00 discount" in said
    assert "1 sent" not in said
    fulfillment.ship(order=order, at=NOW, copies={edition.isbn13: 1})
    cancellation.cancel_copies(order=order, copies={edition.isbn13: 1}, at=NOW)
    assert "1 sent, 1 canceled" in page(client, order)


def test_a_line_says_when_its_book_is_out(client: Client) -> None:
    out = timezone.localdate(NOW) + datetime.timedelta(days=40)
    edition = EditionFactory.create(publication_date=out)
    preorderable(edition)
    order = make_order({edition: 1}, placed_at=NOW)
    order.mark_paid(at=NOW)
    put_in_stock(edition, 1)
    waiting.serve([edition.isbn13], at=NOW)
    assert f"is out on {date_format(out)}" in page(client, order)


def test_a_line_says_when_its_book_may_be_sold(client: Client) -> None:
    edition = embargoed(5)
    preorderable(edition)
    assert edition.embargo_date is not None
    order = make_order({edition: 1}, placed_at=NOW)
    assert f"is on sale from {date_format(edition.embargo_date)}" in page(client, order)


def test_the_start_page_leads_to_the_pick_list(client: Client) -> None:
    said = client.get("/admin/").content.decode()
    for name in ("admin:orders_pick_list", "admin:orders_waiting"):
        assert f'href="{reverse(name)}"' in said


def test_what_was_ordered_is_not_deleted(client: Client) -> None:
    ebook, mistake = (EditionFactory.create(format=Format.EBOOK) for _each in range(2))
    order = make_order({ebook: 1}, placed_at=NOW, shipping_method=shipping_method("download"))
    order.mark_paid(at=NOW)

    for edition, status in ((ebook, 403), (mistake, 302)):
        url = reverse("admin:catalog_edition_delete", args=[edition.pk])
        assert client.post(url, {"post": "yes"}).status_code == status

    with pytest.raises(merging.Refused, match="was ordered"):
        merging.replace_edition(ebook, by=EditionFactory.create(format=Format.EBOOK))
    assert order.lines.get().edition == ebook
    assert not Edition.objects.filter(pk=mistake.pk).exists()
