"""What is left on a gift card, and the codes on the page of the order that bought them."""

import datetime

import pytest
from django.test import Client

from catalog.tests.factories import EditionFactory
from orders import gift_cards
from orders.models import GiftCard, Order
from orders.tests.factories import NOW, gift_card_edition, issue_card, make_order
from tests import people

pytestmark = pytest.mark.django_db

PAGE = "/orders/gift-card/"


def ask(client: Client, code: str, status: int = 200) -> str:
    response = client.post(PAGE, {"code": code})
    assert response.status_code == status
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def test_the_balance(client: Client) -> None:
    card = issue_card("12.34")
    page = ask(client, card.code.lower().replace("-", ""))
    assert "$12.34" in page
    assert card.code not in page
    assert f"…{card.code[-4:]}" in page


def test_a_card_that_ended_and_one_that_is_empty(client: Client) -> None:
    ended = issue_card(expires_at=NOW)
    assert "It ended on March 2, 2026" in ask(client, ended.code)
    spent = issue_card()
    spent.redeem(spent.balance_amount, order=make_order(), at=NOW)
    page = ask(client, spent.code)
    assert "$0.00" in page
    assert "All of it has been used." in page


def test_nobody_learns_which_codes_there_are(client: Client) -> None:
    blocked = issue_card()
    blocked.switch(is_active=False)
    pages = {
        ask(client, code, status=422).replace(code, "CODE").partition("<main")[2]
        for code in ("0000-0000-0000-0000", blocked.code)
    }
    texts = {page.partition("csrfmiddlewaretoken")[0] for page in pages}
    assert len(texts) == 1
    assert all("We know no gift card of the code “CODE”." in page for page in pages)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "Please type the code of the gift card."),
        ("x" * 41, "at most 40 characters"),
        ("<b>", "“&lt;b&gt;”"),
        ("٣٣٣٣-3333-3333-3333", "We know no gift card"),
    ],
)
def test_what_is_no_code(client: Client, code: str, words: str) -> None:
    issue_card()
    assert words in ask(client, code, status=422)


@pytest.fixture
def order() -> Order:
    bought = make_order(
        {gift_card_edition("25.00"): 2, EditionFactory.create(stock=1): 1},
        user=people.alice(),
    )
    bought.mark_paid(at=NOW)
    gift_cards.issue_sold(order_id=bought.pk)
    return bought


def test_the_buyer_sees_the_codes(client: Client, order: Order) -> None:
    client.force_login(order.user)  # type: ignore[arg-type]
    page = client.get(order.get_absolute_url()).content.decode()
    cards = GiftCard.objects.sold_by(order)
    assert len(cards) == 2
    assert all(card.code in page for card in cards)
    cards[0].void()
    page = client.get(order.get_absolute_url()).content.decode()
    assert [card.code in page for card in cards] == [False, True]


def test_nobody_else_does(client: Client, order: Order) -> None:
    client.force_login(people.bob())
    assert client.get(order.get_absolute_url()).status_code == 404
    client.force_login(people.carol())
    page = client.get(order.get_absolute_url()).content.decode()
    assert order.number in page
    assert not any(card.code in page for card in GiftCard.objects.all())


def test_it_lives_longer_than_a_day() -> None:
    later = NOW + datetime.timedelta(days=1)
    assert issue_card(expires_at=later).is_expired(later)
    assert not issue_card().is_expired(later)
