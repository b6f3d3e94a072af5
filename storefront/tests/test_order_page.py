"""An order's page: who may see it, what it shows, paying by pretence, canceling."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries, Settings

from catalog.models import Edition, Stock
from catalog.tests.factories import EditionFactory
from orders import fulfillment
from orders.models import Order, OrderEvent, Payment
from orders.tests.factories import make_order, shipping_method
from storefront.tests import shopping
from storefront.visitor import MAX_ORDERS
from tests import people

pytestmark = pytest.mark.django_db

PAGE_QUERIES = 4


@pytest.fixture
def emma() -> Edition:
    return shopping.emma()


@pytest.fixture
def order(emma: Edition) -> Order:
    """A guest's."""
    return make_order({emma: 2})


def test_a_guest_with_the_token(client: Client, order: Order) -> None:
    response = client.get(order.get_guest_url())
    page = response.content.decode()
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    for words in (order.number, "Emma", "Jane Austen", "2 × $12.50", "$25.00", "$4.50", "$29.50",
                  "Christ Church", "United Kingdom", "Awaiting payment", "Placed"):  # fmt: skip
        assert words in page


def test_files_wait_for_the_payment_until_it_is_in(client: Client) -> None:
    ebook = EditionFactory.create(format="ebook", price=Decimal("4.00"))
    order = make_order({ebook: 1}, shipping_method=shipping_method("download"))
    before = client.get(order.get_guest_url()).content.decode()
    order.mark_paid(at=timezone.now())
    after = client.get(order.get_guest_url()).content.decode()
    assert "by e-mail, as soon as the payment is in." in before
    assert "Our booksellers send you the e-books and audiobooks by e-mail." in after
    assert "as soon as the payment is in" not in after


def test_days_are_written_alike(client: Client, order: Order) -> None:
    page = client.get(order.get_guest_url()).content.decode()
    day = date_format(order.placed_at, "DATE_FORMAT")
    assert re.search(f"Placed</span>\\s*<time [^>]+>{re.escape(day)}</time>", page)


def test_afterwards_the_address_works_without_the_token(client: Client, order: Order) -> None:
    client.get(order.get_guest_url())
    assert client.get(order.get_absolute_url()).status_code == 200
    assert Client().get(order.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("path", ["", "fake-payment/"])
def test_a_browser_is_sent_on_to_the_address_without_the_token(
    client: Client, emma: Edition, path: str
) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client.force_login(people.carol())  # who could see it, but whose it is not before
    plain = f"{order.get_absolute_url()}{path}"
    url = f"{plain}?token={order.token}"
    response = client.get(url, headers={"sec-fetch-mode": "navigate"})
    assert (response.status_code, response["Location"]) == (303, plain)
    assert "no-store" in response["Cache-Control"]
    client.logout()
    response = Client().get(url, headers={"sec-fetch-mode": "navigate"})
    client.cookies = response.cookies
    assert client.get(plain).status_code == 200
    assert client.get(url).status_code == 200


def test_a_number_as_people_type_it(client: Client, order: Order) -> None:
    client.get(order.get_guest_url())
    typed = order.number.replace("-", "").lower()
    assert client.get(f"/orders/{typed}/").status_code == 200


@pytest.mark.parametrize(
    "token", ["", "x", "%00", "%ff%fe", "x" * 5000, "token=token", "\N{SNOWMAN}"]
)
def test_a_forged_token(client: Client, order: Order, token: str) -> None:
    response = client.get(f"{order.get_absolute_url()}?token={token}")
    assert response.status_code == 404
    assert b"Emma" not in response.content
    assert "visitor" not in response.cookies


def test_the_token_of_another_order(client: Client, order: Order) -> None:
    other = make_order()
    url = f"{order.get_absolute_url()}?token={other.token}"
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("number", ["0000-0000-0000", "x", "%00", "..", "x" * 3000])
def test_no_such_order(client: Client, number: str) -> None:
    assert client.get(f"/orders/{number}/").status_code == 404


def test_who_cannot_see_an_order_is_told_how_they_could(order: Order) -> None:
    there, nowhere = order.number, "0000-0000-0000"
    client = Client(headers={"X-Request-ID": "f" * 32})  # the pages say it
    pages = [client.get(f"/orders/{number}/").content.decode() for number in (there, nowhere)]
    assert "by the link in our e-mails, or sign in" in pages[0]
    assert f'href="/account/login/?next=/orders/{there}/"' in pages[0]
    assert pages[0].replace(there, nowhere) == pages[1]


def test_who_is_signed_in_to_another_account_is_not_sent_in_a_circle(
    client: Client, order: Order
) -> None:
    client.force_login(people.bob())
    response = client.get(order.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 404
    assert "This account has no such order." in page
    assert "/account/login/" not in page.partition("<main")[2].partition("</main>")[0]


def test_alices_order_is_never_visible_to_bob(client: Client, emma: Edition) -> None:
    alices = make_order({emma: 1}, user=people.alice())
    client.force_login(people.bob())
    for path in ("", "fake-payment/"):
        response = client.get(f"{alices.get_absolute_url()}{path}")
        assert response.status_code == 404
        assert b"Emma" not in response.content
    assert client.post(f"{alices.get_absolute_url()}cancellation/").status_code == 404
    assert client.post(f"{alices.get_absolute_url()}fake-payment/").status_code == 404
    assert alices.number not in client.get("/account/orders/").content.decode()
    alices.refresh_from_db()
    assert alices.status == Order.Status.AWAITING_PAYMENT


def test_alice_and_staff_see_it(emma: Edition) -> None:
    alice, carol = people.alice(), people.carol()
    alices = make_order({emma: 1}, user=alice)
    for person in (alice, carol):
        client = Client()
        client.force_login(person)
        assert client.get(alices.get_absolute_url()).status_code == 200


def test_the_session_remembers_only_the_latest(client: Client) -> None:
    edition = EditionFactory.create(stock=100)
    placed = [make_order({edition: 1}) for _each in range(MAX_ORDERS + 1)]
    for each in placed:
        client.get(each.get_guest_url())
    assert client.get(placed[0].get_absolute_url()).status_code == 404
    assert client.get(placed[1].get_absolute_url()).status_code == 200


def test_how_to_pay_offline(client: Client, order: Order) -> None:
    page = client.get(order.get_guest_url()).content.decode()
    assert "Please pay at the shop, or transfer the amount." in page
    assert "we send you our bank details" in page
    assert "Reference" in page
    order.mark_paid(at=timezone.now())
    page = client.get(order.get_guest_url()).content.decode()
    assert "or transfer" not in page
    assert "Paid" in page


def test_the_bank_account(client: Client, order: Order, settings: Settings) -> None:
    settings.SHOP_BANK_ACCOUNT = "Bank of Books\nAccount 1234"
    page = client.get(order.get_guest_url()).content.decode()
    assert "<dd>Bank of Books<br>Account 1234</dd>" in page
    assert "we send you our bank details" not in page


def test_collection(client: Client, emma: Edition) -> None:
    order = make_order({emma: 1}, shipping_method=shipping_method("collection"), address=None)
    page = client.get(order.get_guest_url()).content.decode()
    assert "To be collected at:" in page
    assert "Please pay when you collect them" in page


def test_an_edition_that_is_gone(client: Client, order: Order) -> None:
    order.lines.update(edition=None)
    page = client.get(order.get_guest_url()).content.decode()
    assert "Emma" in page
    assert "/books/" not in page


def test_what_is_between_shop_and_provider_is_not_shown(client: Client, order: Order) -> None:
    order.record(OrderEvent.Kind.PAYMENT_MISMATCH, note="secret note", needs_attention=True)
    page = client.get(order.get_guest_url()).content.decode()
    assert "wrong amount" not in page
    assert "secret note" not in page


def test_cancel(client: Client, order: Order) -> None:
    client.get(order.get_guest_url())
    response = client.post(f"{order.get_absolute_url()}cancellation/")
    assert response.status_code == 303
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELED
    assert Stock.objects.get().allocated == 0
    page = client.get(response["Location"]).content.decode()
    assert "Your order is canceled." in page
    assert "Cancel the order" not in page


def test_staff_does_not_cancel_in_the_customers_name(client: Client, order: Order) -> None:
    client.force_login(people.carol())
    assert "Cancel the order" not in client.get(order.get_absolute_url()).content.decode()
    assert client.post(f"{order.get_absolute_url()}cancellation/").status_code == 403
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_a_packed_order_is_not_canceled_by_the_customer(client: Client, order: Order) -> None:
    client.get(order.get_guest_url())
    order.mark_paid(at=timezone.now())
    fulfillment.pack(order=order, at=timezone.now())
    response = client.post(f"{order.get_absolute_url()}cancellation/")
    assert response.status_code == 303
    page = client.get(response["Location"]).content.decode()
    assert "It is too late to cancel" in page
    assert "Withdraw from contract here" in page
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert Stock.objects.get().allocated == 2


def test_forms_need_a_token(emma: Edition) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client = Client(enforce_csrf_checks=True)
    client.get(order.get_guest_url())
    for path in ("cancellation/", "fake-payment/", "returns/", "withdrawal/"):
        response = client.post(f"{order.get_absolute_url()}{path}", {"answer": "pay"})
        assert response.status_code == 403
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_pay_by_pretence(client: Client, emma: Edition) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client.get(order.get_guest_url())
    url = f"{order.get_absolute_url()}fake-payment/"
    assert "$17.00" in client.get(url).content.decode()
    for _each in range(2):  # pressed twice
        response = client.post(url, {"answer": "pay"})
        assert response.status_code == 303
        assert response["Location"] == order.get_absolute_url()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert not order.needs_attention
    assert Payment.objects.get().amount == Decimal("17.00")
    assert "your payment is in" in client.get(order.get_absolute_url()).content.decode()


def test_decline_and_try_again(client: Client, emma: Edition) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client.get(order.get_guest_url())
    url = f"{order.get_absolute_url()}fake-payment/"
    page = client.get(client.post(url, {"answer": "decline"})["Location"]).content.decode()
    assert "The payment did not go through" in page
    assert "Pay $17.00 now" in page
    assert Payment.objects.count() == 0
    client.post(url, {"answer": "pay"})
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_an_unclear_answer_pays_nothing(client: Client, emma: Edition) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client.get(order.get_guest_url())
    client.post(f"{order.get_absolute_url()}fake-payment/", {"answer": "maybe"})
    assert Payment.objects.count() == 0


def test_no_pretence_in_earnest(client: Client, emma: Edition, settings: Settings) -> None:
    order = make_order({emma: 1}, payment_method="fake")
    client.get(order.get_guest_url())
    settings.FAKE_PAYMENTS = False
    url = f"{order.get_absolute_url()}fake-payment/"
    assert client.get(url).status_code == 404
    assert client.post(url, {"answer": "pay"}).status_code == 404
    assert Payment.objects.count() == 0


def test_an_offline_order_has_no_fake_payment(client: Client, order: Order) -> None:
    client.get(order.get_guest_url())
    response = client.post(f"{order.get_absolute_url()}fake-payment/", {"answer": "pay"})
    assert response["Location"] == order.get_absolute_url()
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("lines", [1, 8])
def test_queries_do_not_grow_with_the_lines(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, lines: int
) -> None:
    alice = people.alice()
    editions = [EditionFactory.create(stock=2) for _each in range(lines)]
    order = make_order(dict.fromkeys(editions, 1), user=alice)
    client.force_login(alice)
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(order.get_absolute_url())
