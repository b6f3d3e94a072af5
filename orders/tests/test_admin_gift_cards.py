"""Gift cards in the back office: who sees whole codes, and what can be done with a card."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from orders.models import GiftCard
from orders.tests.factories import issue_card, make_order
from tests import people
from tests.races import at_once

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/giftcard/"


@pytest.fixture
def carol() -> User:
    return people.carol()


@pytest.fixture
def staff(client: Client, carol: User) -> Client:
    client.force_login(carol)
    return client


@pytest.fixture
def reader(client: Client) -> Client:
    """Who may look at gift cards and no more."""
    user = people.bob()
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_giftcard"))
    client.force_login(user)
    return client


def text(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_card_over_the_counter(staff: Client, carol: User) -> None:
    assert "Issue a gift card" in text(staff, LIST)
    fields = {"amount": "30.00", "reason": "Paid in cash", "expires_date": "2099-12-31"}
    fields["key"] = fresh_key(staff, "issue/")
    page = staff.post(f"{LIST}issue/", fields, follow=True).content.decode()
    card = GiftCard.objects.get()
    assert f"Its code: {card.code}" in page
    assert "$30.00" in page
    assert str(card.expires_at) == "2100-01-01 00:00:00+00:00"
    movement = card.movements.get()
    assert (movement.kind, movement.actor, movement.reason) == ("issue", carol, "Paid in cash")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "1.234"},
        {"amount": "10000.01"},
        {"amount": "NaN"},
        {"expires_date": "2020-01-01"},
        {"reason": ""},
    ],
)
def test_a_card_that_cannot_be(staff: Client, changes: dict[str, str]) -> None:
    fields = {"amount": "30.00", "reason": "Paid in cash", "key": "k", **changes}
    assert staff.post(f"{LIST}issue/", fields).status_code == 422
    assert not GiftCard.objects.exists()


def fresh_key(client: Client, page: str) -> str:
    """The one that the form on this page was rendered with."""
    return str(client.get(f"{LIST}{page}").context["form"]["key"].value())


def test_a_card_is_issued_once_by_a_form_and_shown_again(staff: Client) -> None:
    fields = {"amount": "30.00", "reason": "Paid in cash", "key": fresh_key(staff, "issue/")}
    pages = [staff.post(f"{LIST}issue/", fields, follow=True) for _click in range(2)]
    card = GiftCard.objects.get()
    assert [page.redirect_chain[-1][0] for page in pages] == [f"{LIST}{card.pk}/change/"] * 2
    assert all(f"Its code: {card.code}" in page.content.decode() for page in pages)
    another = {**fields, "key": fresh_key(staff, "issue/")}
    assert staff.post(f"{LIST}issue/", another).status_code == 303
    assert GiftCard.objects.count() == 2


def test_a_balance_is_corrected_once_by_a_form(staff: Client) -> None:
    card = issue_card("10.00")
    path = f"{card.pk}/adjust/"
    fields = {"change": "-6.00", "reason": "Torn", "key": fresh_key(staff, path)}
    assert staff.post(f"{LIST}{path}", fields).status_code == 303
    again = staff.post(f"{LIST}{path}", fields, follow=True)
    assert "has been done already" in again.content.decode()
    card.refresh_from_db()
    assert (card.balance_amount, card.movements.count()) == (Decimal("4.00"), 2)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_issue_one_card() -> None:
    people.carol()
    clients = [Client(), Client()]
    for each in clients:
        each.force_login(User.objects.get())
    fields = {"amount": "30.00", "reason": "Paid in cash", "key": fresh_key(clients[0], "issue/")}
    answers = at_once([lambda c=each: c.post(f"{LIST}issue/", fields) for each in clients])  # type: ignore[misc]
    card = GiftCard.objects.get()
    assert [answer["Location"] for answer in answers] == [f"{LIST}{card.pk}/change/"] * 2  # type: ignore[index]


def test_the_ledger_tells_all(staff: Client) -> None:
    card = issue_card("10.00")
    order = make_order(gift_card_codes=[card.code], payment_method="fake")
    page = text(staff, f"{LIST}{card.pk}/change/")
    for words in (card.code, "$0.00", "Issued", "Used for an order", order.number, "-10.00"):
        assert words in page


def test_a_correction_needs_a_reason_and_stays_above_nothing(staff: Client, carol: User) -> None:
    card = issue_card("10.00")
    path = f"{LIST}{card.pk}/adjust/"
    assert "holds $10.00" in text(staff, path)
    for wrong in (
        {"change": "5.00", "reason": ""},
        {"change": "0", "reason": "x"},
        {"change": "-10.01", "reason": "x"},
    ):
        assert staff.post(path, {**wrong, "key": "k"}).status_code == 422
    card.refresh_from_db()
    assert (card.balance_amount, card.movements.count()) == (Decimal("10.00"), 1)
    assert staff.post(path, {"change": "-2.50", "reason": "Torn", "key": "k"}).status_code == 303
    card.refresh_from_db()
    movement = card.movements.get(kind="adjust")
    assert (card.balance_amount, movement.actor) == (Decimal("7.50"), carol)


def test_blocked_and_used_again(staff: Client) -> None:
    card = issue_card()
    path = f"{LIST}{card.pk}/switch/"
    assert staff.get(path).status_code == 405
    staff.post(path, {"block": "1"})
    card.refresh_from_db()
    assert not card.is_active
    assert "Let it be used again" in text(staff, f"{LIST}{card.pk}/change/")
    staff.post(path, {"activate": "1"})
    card.refresh_from_db()
    assert card.is_active


def test_found_by_code_ending_or_order(staff: Client) -> None:
    card, other = issue_card("11.00"), issue_card("22.00")
    for query in (card.code, card.code.replace("-", "").lower(), card.code[-4:], str(card)):
        page = text(staff, LIST, q=query)
        assert "$11.00" in page
        assert "$22.00" not in page
    assert "$11.00" not in text(staff, LIST, q=card.code[:9])
    assert other.code not in text(staff, LIST)


def test_who_may_only_look_sees_no_code_and_changes_nothing(reader: Client) -> None:
    card = issue_card()
    assert card.code not in text(reader, LIST)
    page = text(reader, f"{LIST}{card.pk}/change/")
    assert card.code not in page
    assert str(card) in page
    assert "Correct the balance" not in page
    for path, fields in (
        ("issue/", {"amount": "5", "reason": "x"}),
        (f"{card.pk}/adjust/", {"change": "5", "reason": "x"}),
        (f"{card.pk}/switch/", {"block": "1"}),
        (f"{card.pk}/change/", {"balance_amount": "99"}),
        (f"{card.pk}/delete/", {"post": "yes"}),
    ):
        assert reader.post(f"{LIST}{path}", fields).status_code == 403, path
    card.refresh_from_db()
    assert (GiftCard.objects.count(), card.is_active) == (1, True)
    assert card.balance_amount == Decimal("10.00")
