"""A customer's invoice and gift receipt: theirs, and nobody else's."""

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Format
from catalog.tests.factories import EditionFactory
from orders.documents.issuing import issue_invoice
from orders.models import Document, Order
from orders.tests.factories import NOW, make_order, shipping_method
from tests.people import alice, bob, carol

pytestmark = pytest.mark.django_db


def paid_order() -> Order:
    order = make_order(user=alice())
    order.mark_paid(at=NOW)
    issue_invoice(order_id=order.pk, at=NOW)
    return order


def urls_of(order: Order) -> list[str]:
    return [
        reverse("order_document", args=[order.number, order.documents.get().number]),
        reverse("order_gift_receipt", args=[order.number]),
    ]


def test_a_customer_reads_their_papers(client: Client) -> None:
    order = paid_order()
    assert order.user
    client.force_login(order.user)
    page = client.get(order.get_absolute_url()).content.decode()
    for url in urls_of(order):
        assert url in page
        response = client.get(url)
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-")
        assert "no-store" in response["Cache-Control"]
    assert client.get(urls_of(order)[0]).content == bytes(Document.objects.get().pdf)


def test_a_guest_reads_them_with_the_orders_token(client: Client) -> None:
    order = make_order()
    order.mark_paid(at=NOW)
    issue_invoice(order_id=order.pk, at=NOW)
    urls = urls_of(order)
    assert {client.get(url).status_code for url in urls} == {404}
    assert {client.get(url, {"token": "wrong"}).status_code for url in urls} == {404}
    assert {client.get(url, {"token": order.token}).status_code for url in urls} == {200}


def test_nobody_elses_papers_are_shown(client: Client) -> None:
    order = paid_order()
    urls = urls_of(order)
    other = make_order(user=bob())
    other.mark_paid(at=NOW)
    assert other.user
    client.force_login(other.user)
    # Nor another's document through an own order.
    stolen = reverse("order_document", args=[other.number, order.documents.get().number])
    assert {client.get(url).status_code for url in (*urls, stolen)} == {404}
    client.force_login(carol())
    assert client.get(urls[0]).status_code == 200


def test_what_is_not_paid_or_not_sent_has_no_gift_receipt(client: Client) -> None:
    unpaid = make_order()
    edition = EditionFactory.create(format=Format.EBOOK)
    file = make_order({edition: 1}, shipping_method=shipping_method("download"))
    file.mark_paid(at=NOW)
    for order in (unpaid, file):
        url = reverse("order_gift_receipt", args=[order.number])
        assert client.get(url, {"token": order.token}).status_code == 404


def test_a_canceled_order_has_no_gift_receipt_and_its_invoice_stays(client: Client) -> None:
    order = paid_order()
    invoice, receipt = urls_of(order)
    order.cancel(at=NOW)
    assert order.user
    client.force_login(order.user)
    page = client.get(order.get_absolute_url()).content.decode()
    assert invoice in page
    assert receipt not in page
    assert client.get(receipt).status_code == 404
    assert "we hand it back to you" in page  # what staff has taken with their hands
