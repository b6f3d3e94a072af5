"""Copies that staff chooses: canceled once, and told apart by their formats."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog import isbn
from catalog.models import Edition, Format
from catalog.tests.factories import EditionFactory, WorkFactory
from orders import fulfillment, returns
from orders.tests.test_admin_parcels import copies, paid, step, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def emma() -> Edition:
    """Five copies, at 9.99."""
    work = WorkFactory.create(title="Emma", author="Jane Austen")
    return EditionFactory.create(work=work, stock=5)


def test_copies_are_canceled(client: Client, clerk: User, emma: Edition) -> None:
    order = paid({emma: 3})
    key = client.get(url(order, "cancel-part")).context["form"]["key"].value()
    data = {**copies(order, 1), "reason": "Water damage", "key": key}
    for _click in range(2):
        response = client.post(url(order, "cancel-part"), data, follow=True)
        assert f"Copies of order {order.number} are canceled." in response.content.decode()
    refused = client.post(url(order, "cancel-part"), {**data, **copies(order, 2)}, follow=True)
    assert "have just been canceled: please look again." in refused.content.decode()
    assert order.lines.get().canceled_quantity == 1
    assert order.refund_requests.get().amount == Decimal("9.99")
    again = client.get(url(order, "cancel-part")).context["form"]["key"].value()
    client.post(url(order, "cancel-part"), {**data, "key": again})
    assert order.lines.get().canceled_quantity == 2


@pytest.mark.parametrize(
    ("action", "done", "refused"),
    [
        ("cancel-part", "are canceled.", "have just been canceled: please look again."),
        ("pack-part", "is packed.", "Somebody else has just packed a part"),
    ],
)
def test_of_two_who_saw_the_same_the_second_reads_what_became_of_theirs(
    client: Client, clerk: User, emma: Edition, action: str, done: str, refused: str
) -> None:
    order = paid({emma: 3, EditionFactory.create(stock=1): 1})
    key = client.get(url(order, action)).context["form"]["key"].value()
    chosen = [f"copies_{line.pk}" for line in order.lines.order_by("id")]

    def send(*quantities: int | str) -> str:
        data = {**dict(zip(chosen, quantities, strict=True)), "key": key}
        return client.post(url(order, action), data, follow=True).content.decode()

    assert done in send(2, 1)
    assert done in send(2, 1)  # a second click, though the other title is not asked about now
    for other in ((3, 0), (1, 0), (2, 0), (2, "x"), (0, 0)):
        page = send(*other)
        assert (refused in page, done in page) == (True, False), other
    if action == "cancel-part":
        assert [*order.lines.order_by("id").values_list("canceled_quantity", flat=True)] == [2, 1]
    else:
        assert order.shipments.get().quantity == 3


def test_a_second_click_of_who_canceled_all_is_harmless(
    client: Client, clerk: User, emma: Edition
) -> None:
    order = paid({emma: 2})
    data = {**copies(order, 2), "key": "after-0"}
    for _click in range(2):
        page = client.post(url(order, "cancel-part"), data, follow=True).content.decode()
        assert f"Copies of order {order.number} are canceled." in page
    refused = client.post(url(order, "cancel-part"), {**data, **copies(order, 1)}, follow=True)
    assert "have just been canceled: please look again." in refused.content.decode()


def test_two_formats_of_a_title_are_told_apart(client: Client, clerk: User, emma: Edition) -> None:
    hardback = EditionFactory.create(work=emma.work, stock=5, format=Format.HARDBACK)
    order = paid({emma: 1, hardback: 1})
    names = [
        f"Emma, {name}, {isbn.hyphenated(edition.isbn13)}"
        for name, edition in (("Paperback", emma), ("Hardback", hardback))
    ]

    def labels(address: str) -> list[str]:
        fields = client.get(address).context["form"].fields
        return [field.label for name, field in fields.items() if name[-1].isdigit()]

    for action in ("pack-part", "cancel-part"):
        assert labels(url(order, action)) == [f"{name} (at most 1)" for name in names]
    fulfillment.ship(order=order, at=timezone.now())
    assert labels(url(order, "return")) == [f"{name} (at most 1)" for name in names]
    both = {emma.isbn13: 1, hardback.isbn13: 1}
    sent = returns.request_return(order=order, copies=both, at=timezone.now())
    assert labels(step(sent, "receive")) == [
        f"1 × {name}: {where}" for name in names for where in ("on the shelf", "written off")
    ]
