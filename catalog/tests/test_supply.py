"""Promises of copies that have yet to come: pre-orders and what is ordered for customers."""

import datetime
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Edition, Format, Stock, Supply
from catalog.models.supply import NotPromised
from catalog.tests.factories import EditionFactory, orderable, preorderable, put_in_stock
from tests.races import at_once

TODAY = timezone.localdate()
SOON = TODAY + datetime.timedelta(days=30)

pytestmark = pytest.mark.django_db


def forthcoming(**fields: object) -> Edition:
    edition: Edition = EditionFactory.create(publication_date=SOON, **fields)
    return edition


def test_copies_are_promised_and_promises_withdrawn() -> None:
    supply = preorderable(forthcoming())
    supply.promise(3, on=TODAY)
    assert supply.awaited == 3
    supply.withdraw(2)
    assert supply.awaited == 1
    published = ProcrastinateJob.objects.filter(task_name="catalog.publish_stock")
    assert published.count() == 2
    # Copies may have come while the promise was given: the job looks.
    assert ProcrastinateJob.objects.filter(task_name="orders.serve_waiting").count() == 1


def test_never_more_than_the_cap_is_pre_ordered() -> None:
    edition = forthcoming()
    supply = preorderable(edition, preorder_cap=5)
    supply.promise(3, on=TODAY)
    with pytest.raises(NotPromised) as refusal:
        supply.promise(3, on=TODAY)
    assert refusal.value.short == {edition: 2}
    # The copies that came early and were given to who waits count as well.
    Stock.objects.allocate_many({put_in_stock(edition, 3): 3}, reference="A1")
    supply.withdraw(3)
    with pytest.raises(NotPromised):
        supply.promise(3, on=TODAY)
    supply.promise(2, on=TODAY)
    assert Supply.objects.get().awaited == 2


def test_the_cap_does_not_bind_what_is_out() -> None:
    edition = EditionFactory.create()
    supply = preorderable(edition, preorder_cap=1, accepts_backorders=True)
    supply.promise(9, on=TODAY)
    assert Supply.objects.get().awaited == 9


@pytest.mark.parametrize("accepted", [{}, {"accepts_backorders": True}])
def test_what_is_not_accepted_is_not_promised(accepted: dict[str, bool]) -> None:
    edition = forthcoming()
    supply = Supply.objects.create(edition=edition, **accepted)
    with pytest.raises(NotPromised):
        supply.promise(1, on=TODAY)
    with pytest.raises(NotPromised):
        Supply.objects.promise_many({EditionFactory.create(): 1}, on=TODAY)  # without a row
    assert Supply.objects.get().awaited == 0


def test_all_are_promised_or_none() -> None:
    first, second = orderable(EditionFactory.create()), preorderable(forthcoming(), preorder_cap=1)
    with pytest.raises(NotPromised) as refusal:
        Supply.objects.promise_many({first.edition: 1, second.edition: 2}, on=TODAY)
    assert refusal.value.short == {second.edition: 1}
    assert set(Supply.objects.values_list("awaited", flat=True)) == {0}
    Supply.objects.promise_many({first.edition: 1, second.edition: 1}, on=TODAY)
    assert set(Supply.objects.values_list("awaited", flat=True)) == {1}
    Supply.objects.withdraw_many({first.edition: 1, second.edition: 1})
    assert set(Supply.objects.values_list("awaited", flat=True)) == {0}


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_copy_is_no_promise(quantity: int) -> None:
    supply = orderable(EditionFactory.create())
    with pytest.raises(ValueError, match="Less than one"):
        supply.promise(quantity, on=TODAY)
    with pytest.raises(ValueError, match="less than one"):
        supply.withdraw(quantity)


def test_more_than_was_promised_is_not_withdrawn() -> None:
    supply = orderable(EditionFactory.create())
    supply.promise(1, on=TODAY)
    with pytest.raises(IntegrityError, match="supply_awaited"), transaction.atomic():
        supply.withdraw(2)
    assert Supply.objects.get().awaited == 1


def test_a_pre_order_turns_by_itself_on_the_day() -> None:
    supply = preorderable(forthcoming(), accepts_backorders=True, backorder_days=10)
    day_before = SOON - datetime.timedelta(days=1)
    assert (supply.kind(day_before), supply.kind(SOON)) == ("preorder", "backorder")
    assert supply.expected_date(day_before) == SOON
    assert supply.expected_date(SOON) == SOON + datetime.timedelta(days=10)


def test_the_promised_date_goes_before_the_publication_date() -> None:
    later = SOON + datetime.timedelta(days=5)
    assert preorderable(forthcoming(), promised_date=later).expected_date(TODAY) == later


def test_what_is_for_sale() -> None:
    preorderable(forthcoming(isbn13="2900000000117"))
    forthcoming(isbn13="2900000000124")
    preorderable(forthcoming(isbn13="2900000000131", format=Format.EBOOK))
    orderable(EditionFactory.create(isbn13="2900000000148", format=Format.EBOOK))
    EditionFactory.create(isbn13="2900000000155", price=False)
    editions = Edition.objects.with_price().order_by("isbn13")
    assert [edition.is_for_sale for edition in editions] == [True, False, True, True, False]
    assert [edition.promise_kind for edition in editions] == [
        "preorder", None, "preorder", None, None,
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_cap_holds_in_a_race() -> None:
    supply = preorderable(forthcoming(), preorder_cap=7)

    outcomes = at_once([partial(supply.promise, 1, on=TODAY) for _customer in range(12)])

    assert sum(isinstance(outcome, NotPromised) for outcome in outcomes) == 5
    assert outcomes.count(None) == 7
    assert Supply.objects.get().awaited == 7
