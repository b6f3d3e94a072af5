"""What an order's page is made of: read at once, and what is rare only where there is any."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from catalog.models import Edition
from catalog.tests.factories import EditionFactory
from orders import fulfillment
from orders.models import Order, OrderEvent, OrderTaxLine
from orders.tests.factories import NOW, make_order

pytestmark = pytest.mark.django_db


def test_all_of_a_new_order_is_known(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    editions = [EditionFactory.create(stock=2) for _line in range(2)]
    number = make_order(dict.fromkeys(editions, 1)).number
    with django_assert_num_queries(2):
        order = Order.objects.page_of(number.lower().replace("-", " "))
        assert [line.edition for line in order.lines.all()] == editions
        assert {line.edition.work for line in order.lines.all() if line.edition} == {
            edition.work for edition in editions
        }
        assert {line.order for line in order.lines.all()} == {order}
        assert [event.kind for event in order.events.all()] == ["placed"]
        assert list(order.tax_lines.all()) == []
        for rare in ("shipments", "returns", "refunds", "refund_requests", "documents"):
            assert list(getattr(order, rare).all()) == []
    assert order == Order.objects.get()


def test_parcels_are_read_where_there_are_any(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    edition = EditionFactory.create(stock=2)
    placed = make_order({edition: 1})
    placed.mark_paid(at=NOW)
    fulfillment.ship(order=placed, at=NOW)
    with django_assert_num_queries(5):
        order = Order.objects.page_of(placed.number)
        [parcel] = order.shipments.all()
        assert [each.order_line.title for each in parcel.lines.all()] == [edition.display_title]


def columns_of(rows: Iterable[Model]) -> list[dict[str, Any]]:
    return [{each.attname: getattr(row, each.attname) for each in row._meta.fields} for row in rows]


def test_events_and_taxes_are_as_they_were_written() -> None:
    placed = make_order({EditionFactory.create(stock=2): 1})
    placed.mark_paid(at=NOW)
    for rate in ("7.00", "19.00"):
        placed.tax_lines.create(
            country="DE", rate=Decimal(rate), gross_amount=Decimal("10.70"),
            tax_amount=Decimal("0.70"),
        )  # fmt: skip
    order = Order.objects.page_of(placed.number)
    events, taxes = columns_of(order.events.all()), columns_of(order.tax_lines.all())
    assert [len(events), len(taxes)] == [2, 2]
    assert events == columns_of(OrderEvent.objects.order_by("id"))
    assert taxes == columns_of(OrderTaxLine.objects.order_by("-rate"))


def test_a_line_outlives_its_edition() -> None:
    edition: Edition = EditionFactory.create(stock=2)
    placed = make_order({edition: 1})
    placed.lines.update(edition=None)
    [line] = Order.objects.page_of(placed.number).lines.all()
    assert (line.edition, line.isbn13) == (None, edition.isbn13)


def test_an_unknown_number_is_nobodys() -> None:
    with pytest.raises(Order.DoesNotExist):
        Order.objects.page_of("7K3Q-9XWM-2TPA")
