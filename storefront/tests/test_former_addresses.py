"""Addresses that once were public lead to where the thing is now."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext

from catalog import merging
from catalog.models import (
    Contributor,
    Edition,
    FormerAddress,
    Imprint,
    Series,
    StaffList,
    Subject,
    slugs,
)
from catalog.tests.factories import ContributorFactory, EditionFactory, sku
from storefront.tests.shop import open_shop

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 3, 10, tzinfo=datetime.UTC)


@pytest.fixture
def emma(db: None) -> Edition:
    return open_shop()


@pytest.fixture(autouse=True)
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """Runs a change as if it were committed: what was cached is stale then."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def way(client: Client, address: str) -> tuple[int, str]:
    response = client.get(address)
    return response.status_code, response.get("Location", "")


@pytest.mark.parametrize("model", [Contributor, Series, Imprint, Subject, StaffList])
def test_another_slug(emma: Edition, client: Client, committed: Any, model: Any) -> None:
    row = model.objects.first()
    addresses = [row.get_absolute_url()]
    original = row.slug
    assert way(client, addresses[0]) == (200, "")
    for slug in ("second", "third"):
        row.slug = slug
        with committed():
            row.save()
        addresses.append(row.get_absolute_url())
    first, second, third = addresses
    assert way(client, third) == (200, "")
    assert way(client, first) == way(client, second) == (301, third)
    assert client.get(first)["Cache-Control"] == "public, max-age=0, must-revalidate"
    row.slug = original
    with committed():
        row.save()
    assert way(client, first) == (200, "")
    assert way(client, third) == way(client, second) == (301, first)
    assert FormerAddress.objects.count() == 2  # the address that it has again is no former one


def test_a_page_that_was_asked_for_before_a_merge(
    emma: Edition, client: Client, committed: Any
) -> None:
    """What was cached under the old address, even that nothing stood there, is in nobody's way."""
    into = Contributor.objects.get(name="Jane Austen")
    assert way(client, "/contributors/j-austen/") == (404, "")
    gone = ContributorFactory.create(name="J. Austen", slug="j-austen")
    assert way(client, "/contributors/j-austen/") == (200, "")
    with committed():
        done = merging.merge(gone, into=into, actor=None, at=NOW)
    assert way(client, "/contributors/j-austen/") == (301, into.get_absolute_url())
    with committed():
        merging.undo(done, actor=None, at=NOW)
    assert way(client, "/contributors/j-austen/") == (200, "")


def test_books_keep_their_addresses_when_works_are_merged(
    emma: Edition, client: Client, committed: Any
) -> None:
    double = EditionFactory.create(work__title="Emma: A Novel")
    assert way(client, double.get_absolute_url()) == (200, "")
    with committed():
        merging.merge(double.work, into=emma.work, actor=None, at=NOW)
    assert way(client, double.get_absolute_url()) == (200, "")
    assert way(client, emma.get_absolute_url()) == (200, "")
    assert double.get_absolute_url() in client.get(emma.get_absolute_url()).content.decode()


def test_a_double_of_an_edition_leads_to_the_one_that_stays(
    emma: Edition, client: Client, committed: Any
) -> None:
    double = EditionFactory.create(work=emma.work)
    address = double.get_absolute_url()
    assert way(client, address) == (200, "")
    with committed():
        merging.replace_edition(double, by=emma)
    assert way(client, address) == (301, emma.get_absolute_url())
    assert way(client, f"/books/{double.isbn13}/") == (301, emma.get_absolute_url())
    assert not Edition.objects.filter(isbn13=double.isbn13).exists()


def test_a_double_with_a_ledger_stays(emma: Edition, client: Client) -> None:
    other = EditionFactory.create(work=emma.work)
    with pytest.raises(merging.Refused, match="ledger"):
        merging.replace_edition(emma, by=other)
    assert Edition.objects.filter(pk=emma.pk).exists()
    assert not FormerAddress.objects.exists()


def test_an_address_that_leads_nowhere_is_missing(emma: Edition, client: Client) -> None:
    FormerAddress.objects.keep("series", "old", 999_999)
    FormerAddress.objects.keep("edition", sku(9001), 999_999)
    assert way(client, "/series/old/") == (404, "")
    assert way(client, f"/books/{sku(9001)}/") == (404, "")


def test_new_slugs_do_not_take_former_addresses(emma: Edition) -> None:
    FormerAddress.objects.keep("contributor", "john-doe", Contributor.objects.latest("pk").pk)
    assert slugs.unused("John Doe", among=Contributor, fallback="x") == "john-doe-2"


def test_pages_that_are_there_ask_nothing_more(emma: Edition, client: Client) -> None:
    author = Contributor.objects.get(name="Jane Austen")
    for address in (author.get_absolute_url(), emma.get_absolute_url(), "/series/highbury/"):
        with CaptureQueriesContext(connection) as captured:
            assert way(client, address) == (200, "")
        assert captured.captured_queries
        assert not [q for q in captured.captured_queries if "formeraddress" in q["sql"]]
