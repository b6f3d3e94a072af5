"""An embargo: before its end an edition is not for sale, whatever its publication date."""

import datetime

import pytest
from django.utils import timezone

from catalog import indexing
from catalog.models import Edition, SearchEntry
from catalog.tests.factories import EditionFactory, preorderable

pytestmark = pytest.mark.django_db


def embargoed(days: int) -> Edition:
    """Published yesterday, and in stock; not to be sold before so many days from today."""
    today = timezone.localdate()
    EditionFactory.create(
        publication_date=today - datetime.timedelta(1),
        embargo_date=today + datetime.timedelta(days),
        stock=3,
    )
    return Edition.objects.with_price().with_availability().get()


def test_before_its_end_nothing_is_sold() -> None:
    edition = embargoed(1)
    today = timezone.localdate()
    assert edition.release_date == edition.embargo_date
    assert edition.is_forthcoming
    assert not edition.is_for_sale
    assert edition.availability.level(edition.isbn13, on=today).state == "forthcoming"
    assert not Edition.objects.published().exists()
    assert not Edition.objects.available().exists()
    indexing.works_changed([edition.work_id])
    assert SearchEntry.objects.get().newest_key == 0  # no news before the day


def test_on_the_day_itself_it_is() -> None:
    edition = embargoed(0)
    assert edition.is_for_sale
    assert list(Edition.objects.available()) == [edition]


def test_it_can_be_preordered_for_the_day() -> None:
    edition = embargoed(5)
    preorderable(edition)
    found = Edition.objects.with_price().with_availability().get()
    assert found.is_for_sale
    assert found.supply.preorder_date == edition.embargo_date


def test_an_embargo_before_the_publication_changes_nothing() -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    edition = EditionFactory.create(
        publication_date=tomorrow, embargo_date=tomorrow - datetime.timedelta(9)
    )
    assert edition.release_date == tomorrow
