"""Invoices, slips and e-mails in the back office: who sees them, and what the buttons do."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from orders.documents.issuing import issue_invoice
from orders.models import Document, Order, OrderMessage
from orders.tests.factories import NOW, make_order
from tests.jobs import run_jobs, waiting_jobs
from tests.people import alice, carol

pytestmark = pytest.mark.django_db
SEND = "orders.send_message"


@pytest.fixture
def staff(client: Client) -> User:
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user


def paid_order() -> Order:
    order = make_order()
    order.mark_paid(at=NOW)
    issue_invoice(order_id=order.pk, at=NOW)
    return order


def urls_of(order: Order) -> list[str]:
    shipment = order.shipments.create(packed_at=NOW)
    shipment.lines.create(order_line=order.lines.get(), quantity=1)
    return [
        reverse("admin:orders_document_pdf", args=[order.documents.get().pk]),
        reverse("admin:orders_packing_slip", args=[shipment.pk]),
        reverse("admin:orders_gift_receipt", args=[shipment.pk]),
    ]


def test_staff_reads_and_prints_papers(client: Client, staff: User) -> None:
    order = paid_order()
    urls = urls_of(order)
    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    for url in urls:
        assert url in page
        response = client.get(url)
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-")
    assert client.get(urls[0]).content == bytes(order.documents.get().pdf)
    assert client.get(reverse("admin:orders_packing_slip", args=[0])).status_code == 404


def test_documents_are_listed_and_found(client: Client, staff: User) -> None:
    order = paid_order()
    listed = client.get(reverse("admin:orders_document_changelist"), {"q": order.number})
    assert "2026-000001" in listed.content.decode()
    document = Document.objects.get()
    assert (
        client.get(reverse("admin:orders_document_change", args=[document.pk])).status_code == 200
    )


def test_papers_are_for_who_may_see_orders(client: Client) -> None:
    urls = urls_of(paid_order())
    client.force_login(alice())
    assert {client.get(url).status_code for url in urls} == {302}
    user = User.objects.create_user("dan@example.com", "x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_work"))
    client.force_login(user)
    assert {client.get(url).status_code for url in urls} == {403}


def uncertain_message() -> OrderMessage:
    order = make_order()
    message: OrderMessage = order.messages.create(kind="placed", sending_at=NOW)
    message.call_uncertain("no answer")
    return message


def act(client: Client, message: OrderMessage, press: str) -> int:
    url = reverse("admin:orders_ordermessage_act", args=[message.pk])
    return client.post(url, {"press": press}).status_code


def test_staff_decides_about_an_uncertain_email(client: Client, staff: User) -> None:
    message = uncertain_message()
    url = reverse("admin:orders_ordermessage_change", args=[message.pk])
    order_page = client.get(reverse("admin:orders_order_change", args=[message.order_id]))
    assert url in order_page.content.decode()
    page = client.get(url).content.decode()
    assert "Sending it again may give them two." in page
    listed = client.get(reverse("admin:orders_ordermessage_changelist"), {"state": "uncertain"})
    assert message.order.number in listed.content.decode()

    assert act(client, message, "arrived") == 303
    message.refresh_from_db()
    assert message.sent_at is not None
    assert "Send again" not in client.get(url).content.decode().split("<h1")[1]
    assert act(client, message, "again") == 303
    message.refresh_from_db()
    assert message.sent_at is not None


def test_staff_sends_an_email_again(client: Client, staff: User) -> None:
    message = uncertain_message()
    before = len(waiting_jobs(SEND))
    assert act(client, message, "again") == 303
    assert len(waiting_jobs(SEND)) == before + 1
    run_jobs(only=[SEND])
    message.refresh_from_db()
    assert message.sent_at is not None


@pytest.mark.parametrize("state", ["waiting", "sent", "nonsense"])
def test_emails_are_listed_by_state(client: Client, staff: User, state: str) -> None:
    uncertain_message()
    listed = client.get(reverse("admin:orders_ordermessage_changelist"), {"state": state})
    assert listed.status_code == 200


def test_who_may_only_look_decides_nothing(client: Client) -> None:
    message = uncertain_message()
    user = User.objects.create_user("dan@example.com", "x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(user)
    assert act(client, message, "arrived") == 403
    message.refresh_from_db()
    assert message.is_uncertain
    assert (
        client.get(reverse("admin:orders_ordermessage_act", args=[message.pk])).status_code == 403
    )
