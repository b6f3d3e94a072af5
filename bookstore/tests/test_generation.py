"""Making a catalogue up, and taking it away again."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookstore import audit
from catalog import isbn, live_reading, memory, suggesting
from catalog.models import (
    Contributor,
    Edition,
    Imprint,
    Price,
    Publisher,
    SearchEntry,
    Series,
    Stock,
    StockMovement,
    Supply,
    Work,
)
from catalog.tests.factories import EditionFactory
from tests.jobs import run_jobs

pytestmark = pytest.mark.django_db
TABLES = (
    *(Work, Edition, Price, Stock, StockMovement, Supply, SearchEntry),
    *(Contributor, Series, Imprint, Publisher),
)


def generate(**options: Any) -> None:
    call_command("generate_catalog", **{"editions": 60, "seed": 7, **options})


def books() -> list[tuple[Any, ...]]:
    numbers = Edition.objects.filter(work__key__startswith="generated:").order_by("isbn13")
    fields = ("isbn13", "work__title", "format", "publication_date", "imprint__name")
    return list(numbers.values_list(*fields))


def shown(*editions: Edition) -> list[str]:
    """Those of which cards and badges know."""
    numbers = [edition.isbn13 for edition in editions]
    levels = live_reading.stock_levels(numbers, on=timezone.localdate())
    known = [level.isbn13 for level in levels if level.state != "unknown"]
    assert [card.isbn13 for card in live_reading.cards(numbers)] == known
    return known


def titles_suggested(edition: Edition) -> list[str]:
    return [each.label for each in suggesting.suggest(edition.work.title, limit=8)]


def test_makes_as_many_editions_as_are_wanted() -> None:
    generate()
    made = Edition.objects.all()
    assert made.count() == 60
    assert all(isbn.is_edition_number(each.isbn13) and not each.has_isbn for each in made)
    assert SearchEntry.objects.count() == Work.objects.count()
    assert Price.objects.count() >= 60
    assert list(audit.findings()) == []


def test_a_seed_makes_the_same_books_and_another_one_others() -> None:
    generate()
    first = books()
    call_command("generate_catalog", remove=True)
    generate()
    assert [each[1:] for each in books()] == [each[1:] for each in first]
    call_command("generate_catalog", remove=True)
    generate(seed=8)
    assert [each[1:] for each in books()] != [each[1:] for each in first]


def test_real_books_are_not_mixed_with_made_up_ones() -> None:
    EditionFactory.create()
    with pytest.raises(CommandError, match="holds real books"):
        generate()
    assert Edition.objects.count() == 1
    generate(beside_real_books=True)
    assert Edition.objects.count() == 61


def test_a_second_run_adds_more() -> None:
    generate()
    generate()
    assert Edition.objects.count() == 120
    EditionFactory.create()  # the next id is free


def test_all_of_it_can_be_taken_away() -> None:
    real = EditionFactory.create(stock=3)
    before = [table.objects.count() for table in TABLES]
    generate(beside_real_books=True)
    call_command("generate_catalog", remove=True)
    assert [table.objects.count() for table in TABLES] == before
    assert real.stocks.get().on_hand == 3


def test_live_answers_follow_at_once() -> None:
    real = EditionFactory.create(stock=3)
    memory.rebuild()
    generate(beside_real_books=True)
    run_jobs(only=[memory.REBUILD])
    made = Edition.objects.offered().filter(work__key__startswith="generated:")[:1].get()
    assert made.isbn13 in shown(made, real)
    assert made.work.title in titles_suggested(made)
    call_command("generate_catalog", remove=True)
    run_jobs(only=[memory.REBUILD])
    assert shown(made, real) == [real.isbn13]
    assert titles_suggested(made) == []


@pytest.mark.parametrize("editions", [0, -1, 10_000_001])
def test_an_impossible_number_is_refused(editions: int) -> None:
    with pytest.raises(CommandError, match="--editions takes a number"):
        generate(editions=editions)
    assert not Edition.objects.exists()
