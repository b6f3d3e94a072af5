"""The sample shop: loaded, found, and taken away again without a trace."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Q, Sum
from pytest_django import DjangoDbBlocker

from catalog import samples, spelling
from catalog.isbn import is_isbn13
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Location,
    Price,
    Publisher,
    SearchEntry,
    Series,
    StaffList,
    Stock,
    StockMovement,
    Subject,
    Supply,
    Work,
)
from catalog.search import Criteria, search
from catalog.tests.factories import EditionFactory, SubjectFactory

FOLDER = Path(settings.BASE_DIR) / "sample_data"
TODAY = datetime.date(2026, 11, 1)
EVERYTHING = (
    *(Work, Edition, Price, Stock, StockMovement, Contributor, Imprint, Publisher, Series),
    *(StaffList, SearchEntry, Supply),
)


@pytest.fixture(scope="module")
def sample_shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The sample catalogue, loaded once for the module and taken away at its end."""
    with django_db_blocker.unblock():
        samples.load(FOLDER, today=TODAY)
        spelling.count_words()
        yield
        samples.remove()
        Subject.objects.update(parent=None)  # the tree stays, but not for other tests
        Subject.objects.all().delete()
        spelling.count_words()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sample_shop")]


def test_it_is_as_large_as_promised() -> None:
    assert Work.objects.count() >= 300
    editions = Work.objects.annotate(editions_count=Count("editions"))
    assert not editions.exclude(Q(editions_count__gte=2, editions_count__lte=4)).exists()
    foreign = Work.objects.filter(editions__language__in=["fr", "de", "es", "it"]).distinct()
    assert foreign.count() >= 40
    assert Work.objects.exclude(description="").count() >= 100
    assert StaffList.objects.count() >= 2


def test_no_isbn_is_invented() -> None:
    numbers = Edition.objects.values_list("isbn13", flat=True)
    assert not [number for number in numbers if is_isbn13(number)]


def test_every_edition_is_priced_and_marked_as_sample() -> None:
    assert not Edition.objects.with_price(on=TODAY).filter(Q(price_amount=None)).exists()
    assert not Edition.objects.filter(is_sample=False).exists()


def test_copies_lie_in_several_places_and_some_have_yet_to_come() -> None:
    kinds = Location.objects.filter(stocks__on_hand__gt=0).values_list("kind", flat=True)
    assert sorted(set(kinds)) == ["shop", "store_room"]
    states = {
        edition.availability.level(edition.isbn13, on=TODAY).state
        for edition in Edition.objects.with_availability()
    }
    assert states == {"in_stock", "few", "out", "digital", "preorder", "to_order", "forthcoming"}


def test_its_own_shelves_gather_books() -> None:
    shelves = Subject.objects.shown().filter(scheme="shop").in_order()
    assert [shelf.slug for shelf in shelves][:2] == ["read-in-one-sitting", "for-dark-evenings"]
    for shelf in shelves:
        assert Work.objects.offered().in_subject(shelf.slug).count() == shelf.size > 10


def test_its_ledger_agrees() -> None:
    sums = Stock.objects.annotate(moved=Sum("movements__on_hand_change"))
    assert not sums.exclude(on_hand=F("moved")).filter(on_hand__gt=0).exists()


@pytest.mark.parametrize(
    ("q", "title"),
    [
        ("pride and prejudice", "Pride and Prejudice"),
        ("shelley frankenstein", "Frankenstein"),
        ("frankenstien", "Frankenstein"),
        ("wuthring hights", "Wuthering Heights"),
        ("jane austin emma", "Emma"),
        ("dostoevsky", "Crime and Punishment"),
        ("alice in wonderland", "Alice’s Adventures in Wonderland"),
        ("moby", "Moby-Dick"),
        ("flaubert", "Madame Bovary"),
    ],
)
def test_famous_books_are_found_first(q: str, title: str) -> None:
    assert title in [work.title for work in search(Criteria(q=q)).works[:6]]


def test_loading_it_again_changes_nothing() -> None:
    before = {model: model._default_manager.count() for model in (*EVERYTHING, Subject)}
    report = samples.load(FOLDER, today=TODAY)
    assert {model: model._default_manager.count() for model in before} == before
    assert vars(report) == {
        "editions_created": 0, "editions_changed": 0, "works_created": 0, "stock_changed": 0,
    }  # fmt: skip


def test_removing_it_leaves_nothing_behind() -> None:
    assert samples.remove() > 600
    assert {model.__name__: model._default_manager.count() for model in EVERYTHING} == {
        model.__name__: 0 for model in EVERYTHING
    }
    assert list(Location.objects.values_list("code", flat=True)) == ["main"]
    assert not Subject.objects.exclude(scheme="thema", size=0).exists()  # the trade's tree stays


def test_removing_it_leaves_what_is_the_shops_own() -> None:
    own = EditionFactory.create(stock=2)
    SubjectFactory.create(code="OWN", scheme=Subject.Scheme.SHOP)
    work = Work.objects.filter(is_sample=True).first()
    assert work is not None
    joined = EditionFactory.create(work=work)
    samples.remove()
    assert set(Edition.objects.all()) == {own, joined}
    assert set(Work.objects.all()) == {own.work, work}
    assert Stock.objects.get().on_hand == 2
    assert Subject.objects.filter(code="OWN").exists()
