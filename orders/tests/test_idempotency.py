"""An API client's own key makes a request that is sent twice one order."""

import pytest

from catalog.tests.factories import EditionFactory
from orders import checkout
from orders.checkout import Idempotency
from orders.models import Basket, Order
from orders.tests.factories import BasketFactory, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def basket() -> Basket:
    """One copy of five."""
    return BasketFactory.create(lines={EditionFactory.create(stock=5): 1})


def test_the_same_key_and_request_give_the_same_order(basket: Basket) -> None:
    first = submit(basket, idempotency=Idempotency("key", "digest"))
    assert (first.idempotency_key, first.request_digest) == ("key", "digest")
    assert submit(Basket(pk=basket.pk), idempotency=Idempotency("key", "digest")) == first
    assert Order.objects.count() == 1


def test_the_same_key_for_another_request_is_refused(basket: Basket) -> None:
    submit(basket, idempotency=Idempotency("key", "digest"))
    other = BasketFactory.create(lines={EditionFactory.create(stock=5): 1})
    with pytest.raises(checkout.IdempotencyConflict):
        submit(other, idempotency=Idempotency("key", "another digest"))
    assert Order.objects.count() == 1
    assert other.lines.count() == 1


def test_another_key_for_the_same_basket_gives_its_order(basket: Basket) -> None:
    first = submit(basket, idempotency=Idempotency("key", "digest"))
    assert submit(Basket(pk=basket.pk), idempotency=Idempotency("other", "digest")) == first


def test_a_key_is_free_again_when_its_request_was_refused(basket: Basket) -> None:
    with pytest.raises(checkout.AddressMissing):
        submit(basket, address=None, idempotency=Idempotency("key", "digest"))
    order = submit(basket, idempotency=Idempotency("key", "another digest"))
    assert order.idempotency_key == "key"
