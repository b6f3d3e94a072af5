"""Who may see an order, and how it is named."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from accounts.models import User
from orders import gateways
from orders.models import Order, numbers
from orders.tests.factories import NOW, make_order
from tests.people import alice, bob, carol

pytestmark = pytest.mark.django_db


def test_its_owner_and_staff_see_an_order() -> None:
    person = alice()
    order = make_order(user=person)
    assert order.is_visible_to(person)
    assert order.is_visible_to(carol())
    assert not order.is_visible_to(bob())
    assert not order.is_visible_to(AnonymousUser())


def test_staff_needs_the_permission_to_view_orders() -> None:
    order, packer = make_order(), bob()
    packer.is_staff = True
    packer.save()
    assert not order.is_visible_to(packer)
    packer.user_permissions.add(Permission.objects.get(codename="view_order"))
    packer = User.objects.get(pk=packer.pk)
    assert order.is_visible_to(packer)
    assert not order.belongs_to(packer)
    assert order.belongs_to(packer, order.token)


@pytest.mark.parametrize("token", ["", "forged", "é", "None"])
def test_a_forged_token_opens_nothing(token: str) -> None:
    order = make_order()
    assert not order.is_visible_to(AnonymousUser(), token)
    assert not order.is_visible_to(bob(), token)


def test_a_guest_sees_the_order_by_its_token() -> None:
    order = make_order()
    assert order.is_visible_to(AnonymousUser(), order.token)
    assert not order.is_visible_to(AnonymousUser(), make_order().token)
    assert order.get_absolute_url() == f"/orders/{order.number}/"
    assert order.get_guest_url() == f"/orders/{order.number}/?token={order.token}"


def test_a_number_cannot_be_guessed() -> None:
    made = {numbers.make_number() for _order in range(500)}
    assert len(made) == 500
    pattern = re.compile("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")
    assert all(pattern.fullmatch(number) for number in made)


@pytest.mark.parametrize(
    "text", ["7K3Q-9XWM-2TP0", "7k3q9xwm2tpo", " 7K3Q 9XWM 2TP0 ", "7K3Q-9XWM-2TPO"]
)
def test_a_number_is_found_however_it_is_typed(text: str) -> None:
    assert numbers.normalize_number(text) == "7K3Q-9XWM-2TP0"


@pytest.mark.parametrize("text", ["", "x", "7K3Q", "%00", "9" * 1000])
def test_what_is_no_number_finds_nothing(text: str) -> None:
    make_order()
    with pytest.raises(Order.DoesNotExist):
        Order.objects.by_number(text)


def test_where_an_order_is_paid() -> None:
    order = make_order(payment_method="fake")
    assert gateways.start(order) == f"/orders/{order.number}/fake-payment/?token={order.token}"
    assert gateways.start(make_order()) == ""
    order.mark_paid(at=NOW, actor=carol())
    assert gateways.start(order) == ""


def test_the_orders_of_a_customer_newest_first() -> None:
    person = alice()
    make_order(user=bob())
    first, second = make_order(user=person), make_order(user=person)
    assert list(Order.objects.of_user(person)) == [second, first]
