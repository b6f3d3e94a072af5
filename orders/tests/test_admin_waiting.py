"""The list of what customers wait for: to order at the wholesaler, and to promise anew."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Edition
from catalog.tests.factories import (
    EditionFactory,
    WorkFactory,
    orderable,
    put_in_stock,
    store_room,
)
from orders import refunds, waiting
from orders.models import Order, OrderEvent
from orders.tests.factories import make_order, shipping_method
from tests.jobs import waiting_jobs
from tests.people import alice, carol

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/waiting/"
NOW = timezone.now()
TODAY = timezone.localdate()


@pytest.fixture
def edition() -> Edition:
    """None is here; the shop orders it in ten days."""
    edition = EditionFactory.create(work=WorkFactory.create(title="Orlando"))
    orderable(edition, backorder_days=10)
    return edition


@pytest.fixture
def staff(client: Client) -> Client:
    """Signed in as a bookseller who may do all."""
    client.force_login(carol())
    return client


def order(edition: Edition, quantity: int, method: str = "standard") -> Order:
    return make_order({edition: quantity}, placed_at=NOW, shipping_method=shipping_method(method))


def test_nobody_waits(staff: Client) -> None:
    assert "Nobody waits for a book." in staff.get(LIST).content.decode()


def test_a_delivery_leads_to_the_orders_that_it_served(staff: Client, edition: Edition) -> None:
    first, second, refunded = order(edition, 2), order(edition, 3), order(edition, 4)
    for each in (first, second, refunded):
        each.mark_paid(at=NOW)
    refunds.request_refund(order=refunded, at=NOW)
    delivery = reverse("admin:catalog_stock_scanned", args=["delivery"])
    assert f'href="{LIST}#served"' in staff.get(delivery).content.decode()
    assert "Set aside" not in staff.get(LIST).content.decode()

    put_in_stock(edition, 6)
    waiting.serve([edition.isbn13], at=timezone.now())

    page = staff.get(LIST).content.decode()
    for each, quantity in ((first, 2), (second, 3)):
        link = reverse("admin:orders_order_change", args=[each.pk])
        assert f'<a href="{link}">{each.number}</a>: {quantity} × Orlando' in page
    assert f"{refunded.number}</a>: " not in page  # who has the money back is not served
    later = timezone.now() + datetime.timedelta(days=1, seconds=1)
    assert not OrderEvent.objects.served(since=later - datetime.timedelta(days=1))


def test_the_list_says_who_waits_for_what(staff: Client, edition: Edition) -> None:
    first, second = order(edition, 2), order(edition, 1, "collection")
    second.mark_paid(at=NOW)
    canceled = order(edition, 4)
    canceled.cancel()
    put_in_stock(edition, 1, location=store_room())
    page = " ".join(staff.get(LIST).content.decode().split())
    assert "Orlando" in page
    assert page.index(second.number) < page.index(first.number)
    assert canceled.number not in page
    assert 'data-label="Awaited">3<' in page
    assert 'data-label="To order">2<' in page
    assert "1 copy lies at Store room: carry it to where it is wanted." in page
    assert page.count("not paid") == 1
    assert page.count("to collect") == 1


def test_the_list_takes_a_fixed_number_of_queries(staff: Client, edition: Edition) -> None:

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            staff.get(LIST)
        return len(captured)

    order(edition, 1)
    few = queries()
    for _more in range(3):
        another = EditionFactory.create()
        orderable(another)
        order(another, 2)
    assert queries() == few


def test_what_to_order_comes_as_csv(staff: Client, edition: Edition) -> None:
    edition.title = "=Orlando, a biography"
    edition.save()
    order(edition, 3)
    there = EditionFactory.create()
    orderable(there)
    order(there, 1, "collection")
    put_in_stock(there, 1, location=store_room())
    response = staff.get(f"{LIST}to-order.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    day = TODAY + datetime.timedelta(days=10)
    assert response.content.decode().splitlines() == [
        "isbn13,title,imprint,to_order,awaited,first_promised",
        f'{edition.isbn13},"\'=Orlando, a biography",{edition.imprint},3,3,{day}',
    ]


def test_another_day_is_promised(staff: Client, edition: Edition) -> None:
    waits = order(edition, 1)
    day = TODAY + datetime.timedelta(days=30)
    form = staff.get(f"{LIST}{edition.pk}/")
    assert form.status_code == 200
    assert "told by e-mail" in form.content.decode()
    response = staff.post(f"{LIST}{edition.pk}/", {"day": day.isoformat()}, follow=True)
    assert response.redirect_chain == [(LIST, 303)]
    assert "1 customer is told." in response.content.decode()
    assert waits.lines.get().promised_date == day
    assert waiting_jobs("orders.send_message")[-1]["kind"] == "promise_moved"
    again = staff.post(f"{LIST}{edition.pk}/", {"day": day.isoformat()}, follow=True)
    assert "Nobody waits for it" in again.content.decode()
    assert waits.events.filter(kind=OrderEvent.Kind.PROMISE_MOVED).count() == 1


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "That day is over."), (9_999, "That is too far away."), (None, "This field is required")],
)
def test_a_day_that_cannot_be(
    staff: Client, edition: Edition, days: int | None, words: str
) -> None:
    waits = order(edition, 1)
    before = waits.lines.get().promised_date
    day = "" if days is None else (TODAY + datetime.timedelta(days=days)).isoformat()
    response = staff.post(f"{LIST}{edition.pk}/", {"day": day})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert waits.lines.get().promised_date == before
    assert not waits.events.filter(kind=OrderEvent.Kind.PROMISE_MOVED).exists()


def test_before_it_is_out(staff: Client) -> None:
    today = timezone.localdate()
    edition = EditionFactory.create(publication_date=today + datetime.timedelta(days=9))
    response = staff.post(f"{LIST}{edition.pk}/", {"day": today.isoformat()})
    assert "may not be sold yet" in response.content.decode()


@pytest.mark.parametrize("path", ["", "to-order.csv", "1/"])
def test_only_for_who_may_see_orders(client: Client, path: str) -> None:
    assert client.get(LIST + path).status_code == 302
    colleague = alice()
    colleague.is_staff = True
    colleague.save()
    client.force_login(colleague)
    assert client.get(LIST + path).status_code == 403
