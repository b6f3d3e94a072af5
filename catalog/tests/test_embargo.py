"""An embargo: before its end an edition is not for sale, whatever its publication date."""

import datetime
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from catalog import indexing
from catalog.models import Edition, Provenance, SearchEntry, Supply
from catalog.tests.back_office import EDITIONS, edition_form, emma
from catalog.tests.factories import EditionFactory, SeriesFactory, embargoed, preorderable

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
PUBLISHED = datetime.date(2024, 3, 1)


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
    assert edition.is_unpublished
    assert not edition.is_embargoed


def test_one_without_a_publication_date_holds_too() -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    edition = EditionFactory.create(publication_date=None, embargo_date=tomorrow)
    assert edition.release_date == tomorrow
    assert edition.is_embargoed
    assert not edition.is_unpublished


def test_a_series_names_the_day_of_sale() -> None:
    series = SeriesFactory.create()
    edition = embargoed(9)
    series.memberships.create(work=edition.work, position=1)
    coming = series.next_to_come(timezone.localdate())
    assert coming is not None
    assert (coming.work, coming.release_date) == (edition.work, edition.embargo_date)


# --- In the back office -------------------------------------------------------------------------


def test_staff_sets_one_and_no_file_takes_it_back(client: Client, clerk: "User") -> None:
    edition = emma(publication_date=PUBLISHED, stock=3)
    address = f"{EDITIONS}{edition.pk}/change/"
    assert "Until then customers can at most pre-order it." in client.get(address).content.decode()
    response = client.post(address, edition_form(edition, embargo_date="2024-04-01"))
    assert response.status_code == 302
    edition.refresh_from_db()
    assert edition.embargo_date == datetime.date(2024, 4, 1)
    assert edition.release_date == edition.embargo_date
    assert Provenance.objects.get(edition=edition).sources["embargo_date"] == "staff"


@pytest.mark.parametrize("day", ["2024-03-01", "2024-02-29"])
def test_one_that_would_hold_nothing_back_is_refused(
    client: Client, clerk: "User", day: str
) -> None:
    edition = emma(publication_date=PUBLISHED)
    address = f"{EDITIONS}{edition.pk}/change/"
    response = client.post(address, edition_form(edition, embargo_date=day, pages="99"))
    assert "name a later day, or none" in response.content.decode()
    edition.refresh_from_db()
    assert (edition.embargo_date, edition.pages) == (None, None)


def test_one_that_a_file_has_named_is_no_obstacle(client: Client, clerk: "User") -> None:
    edition = emma(publication_date=PUBLISHED, embargo_date=PUBLISHED)
    form = edition_form(edition, embargo_date=PUBLISHED.isoformat(), pages="99")
    assert client.post(f"{EDITIONS}{edition.pk}/change/", form).status_code == 302
    edition.refresh_from_db()
    assert (edition.embargo_date, edition.pages) == (PUBLISHED, 99)


def test_nothing_is_promised_for_a_day_before_its_end() -> None:
    edition = embargoed(5)
    with pytest.raises(ValidationError, match="may not be sold yet"):
        Supply(edition=edition, promised_date=timezone.localdate()).clean()
