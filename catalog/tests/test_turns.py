"""Files and lists of different kinds wait for each other: two at once could deadlock."""

import io
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection

from catalog import importing, price_lists
from catalog.models import Edition, Price
from catalog.tests import feeds
from catalog.tests.factories import EditionFactory, sku

pytestmark = pytest.mark.django_db
OWN = sku(901)


def take_a_catalogue() -> None:
    line = f"{OWN},The Waves,paperback,en,Hogarth Press".encode()
    importing.import_catalog(
        io.BytesIO(b"isbn13,title,format,language,imprint\n" + line), today=feeds.TODAY
    )


def take_prices() -> None:
    known = EditionFactory.create(isbn13=OWN)
    Price.objects.filter(edition=known).delete()
    text = f"isbn13,amount\n{OWN},7.50"
    price_lists.import_prices(io.BytesIO(text.encode()), today=feeds.TODAY)


def take_records() -> None:
    feeds.taken(feeds.record(901))


@pytest.fixture
def another_import() -> Iterator[None]:
    """Somebody else takes a file in, and has only begun."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(5150001)")
    yield
    other.close()


@pytest.mark.parametrize("take", [take_a_catalogue, take_prices, take_records])
def test_it_waits_until_the_other_has_ended(take: Callable[[], None], another_import: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    with pytest.raises(OperationalError, match="lock timeout"):
        take()


@pytest.mark.parametrize("take", [take_a_catalogue, take_prices, take_records])
def test_it_is_taken_when_nobody_else_is(take: Callable[[], None]) -> None:
    take()
    assert Edition.objects.filter(isbn13=OWN).exists()
