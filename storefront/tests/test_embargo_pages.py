"""What shoppers read of a book that is published, and may not be sold yet."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Format
from catalog.tests.factories import EditionFactory, WorkFactory, embargoed, preorderable
from orders.tests.factories import make_order, shipping_method
from storefront.tests.shop import read, titles

pytestmark = pytest.mark.django_db


def test_shoppers_read_when_it_goes_on_sale(client: Client) -> None:
    edition = embargoed(5)
    page = read(client, edition.get_absolute_url())
    assert edition.embargo_date is not None
    day = date_format(edition.embargo_date, "DATE_FORMAT")
    assert f"This edition goes on sale on {day}." in page
    assert "will be published" not in page
    assert f'<dt>On sale from</dt><dd><time datetime="{edition.embargo_date}">{day}</time>' in page
    assert "<dt>Published</dt>" in page
    today = timezone.localdate()
    assert edition.availability.level(edition.isbn13, on=today).label == "Not on sale yet"


def test_shoppers_preorder_it_for_the_end(client: Client) -> None:
    edition = embargoed(5)
    preorderable(edition)
    assert edition.embargo_date is not None
    day = date_format(edition.embargo_date, "DATE_FORMAT")
    page = read(client, edition.get_absolute_url())
    assert f"On sale from {day}." in page
    assert "Out on" not in page


def test_who_ordered_the_file_reads_from_when_on_it_is_on_sale(client: Client) -> None:
    edition = embargoed(5, format=Format.EBOOK, stock=None)
    preorderable(edition)
    assert edition.embargo_date is not None
    order = make_order(
        {edition: 1}, placed_at=timezone.now(), address=None, country="GB",
        shipping_method=shipping_method("download"),
    )  # fmt: skip
    page = client.get(order.get_guest_url()).content.decode()
    assert f"It is on sale from {date_format(edition.embargo_date, 'DATE_FORMAT')}." in page
    assert "It is out on" not in page


def test_once_it_has_ended_nobody_reads_of_it(client: Client) -> None:
    assert "On sale from" not in read(client, embargoed(0).get_absolute_url())


def test_it_is_to_come_and_not_new_until_its_end(client: Client) -> None:
    edition, out = embargoed(40), embargoed(0, title="Out")
    assert titles(read(client, "/new/")) == ["Out"]
    coming = read(client, "/coming-soon/")
    assert titles(coming) == [edition.work.title]
    assert f'<time datetime="{edition.embargo_date}">' in coming
    assert out.get_absolute_url() not in coming


def test_what_is_to_come_stands_in_the_order_of_its_days(client: Client) -> None:
    today = timezone.localdate()
    embargoed(20, title="Second")
    for title, days in (("First", 10), ("Third", 30)):
        day = today + datetime.timedelta(days)
        EditionFactory.create(work=WorkFactory.create(title=title), publication_date=day)
    both = embargoed(40, title="Fourth")
    both.publication_date = today + datetime.timedelta(1)
    both.save()
    assert titles(read(client, "/coming-soon/")) == ["First", "Second", "Third", "Fourth"]
