"""What the live answers are read from: written by jobs, rebuilt at will."""

import datetime

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from caching import store
from catalog import jobs, live_reading, memory, suggesting
from catalog.models import Location, Stock, Work
from catalog.models.availability import StockLevel
from catalog.tests.factories import (
    EditionFactory,
    WorkFactory,
    orderable,
    preorderable,
    put_in_stock,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("built")]
TODAY = datetime.date(2026, 6, 1)


@pytest.fixture
def built(db: None, empty_redis: None) -> None:
    """A build of an empty catalogue: all that a test publishes stands beside it."""
    memory.rebuild()


def work(title: str, author: str, **fields: object) -> Work:
    made = WorkFactory.create(title=title, author=author, **fields)
    EditionFactory.create(work=made)
    return made


def level(number: str, *, today: datetime.date = TODAY) -> tuple[str, int | None]:
    (found,) = live_reading.stock_levels([number], on=today)
    return found.state, found.quantity


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(9, ("in_stock", 9)), (3, ("few", 3)), (1, ("few", 1)), (0, ("out", 0))],
)
def test_the_level_follows_what_is_available(quantity: int, expected: tuple[str, int]) -> None:
    edition = EditionFactory.create()
    stock = put_in_stock(edition, quantity + 2)
    Stock.objects.allocate_many({stock: 2}, reference="ORDER")
    jobs.publish_stock([edition.isbn13])
    assert level(edition.isbn13) == expected


def test_digital_forthcoming_and_unknown_have_levels_of_their_own() -> None:
    ebook = EditionFactory.create(format="ebook")
    coming = EditionFactory.create(publication_date=datetime.date(2026, 6, 2))
    jobs.publish_stock([ebook.isbn13, coming.isbn13])
    assert level(ebook.isbn13) == ("digital", None)
    assert level(coming.isbn13) == ("forthcoming", None)
    assert level(coming.isbn13, today=datetime.date(2026, 6, 2)) == ("out", 0)
    assert level("2999999999999") == ("unknown", None)


def test_a_withdrawn_edition_is_forgotten() -> None:
    edition = EditionFactory.create(stock=5)
    jobs.publish_stock([edition.isbn13])
    edition.is_offered = False
    edition.save()
    jobs.publish_stock([edition.isbn13])
    assert level(edition.isbn13) == ("unknown", None)


@pytest.mark.parametrize("typed", ["mrs", "Mrs D", "dallo", "DALLOWAY", "mrs. dalloway"])
def test_a_title_is_suggested_from_the_beginning_of_any_word(typed: str) -> None:
    jobs.publish_works([work("Mrs Dalloway", "Virginia Woolf").pk])
    (suggestion,) = suggesting.suggest(typed, limit=5)
    assert (suggestion.kind, suggestion.label, suggestion.detail) == (
        "work", "Mrs Dalloway", "Virginia Woolf",
    )  # fmt: skip
    assert suggestion.url.endswith("/mrs-dalloway/")


def test_contributors_are_suggested_once() -> None:
    pks = [work(f"Book {n}", "Émile Zola").pk for n in range(3)]
    jobs.publish_works(pks)
    assert [(s.kind, s.label) for s in suggesting.suggest("emile", limit=5)] == [
        ("contributor", "Émile Zola")
    ]


def test_beginnings_come_before_the_middle_and_the_popular_before_the_rest() -> None:
    pks = [
        work("A Room of Her Own", "A A").pk,
        work("Room Two", "B B", popularity=1).pk,
        work("Room One", "C C", popularity=900).pk,
    ]
    jobs.publish_works(pks)
    assert [s.label for s in suggesting.suggest("room", limit=5)] == [
        "Room One", "Room Two", "A Room of Her Own",
    ]  # fmt: skip
    assert [s.label for s in suggesting.suggest("room", limit=1)] == ["Room One"]


@pytest.mark.parametrize("typed", ["", "   ", "!!!", "\x00", "zzzz", "[", "\\xff"])
def test_nothing_typed_or_nothing_like_it_suggests_nothing(typed: str) -> None:
    jobs.publish_works([work("Mrs Dalloway", "Virginia Woolf").pk])
    assert suggesting.suggest(typed, limit=5) == []


def test_a_renamed_work_leaves_its_old_name() -> None:
    renamed = work("First Impressions", "Jane Austen")
    jobs.publish_works([renamed.pk])
    renamed.title = "Pride and Prejudice"
    renamed.save()
    jobs.publish_works([renamed.pk])
    assert suggesting.suggest("first", limit=5) == []
    assert [s.label for s in suggesting.suggest("pride", limit=5)] == ["Pride and Prejudice"]


def test_a_withdrawn_work_is_forgotten() -> None:
    gone = work("Mrs Dalloway", "Virginia Woolf")
    jobs.publish_works([gone.pk])
    gone.editions.update(is_offered=False)
    jobs.publish_works([gone.pk])
    assert suggesting.suggest("mrs", limit=5) == []


def test_a_deleted_work_is_forgotten_with_its_editions_but_not_its_author() -> None:
    gone, kept = (work(title, "Virginia Woolf") for title in ("Mrs Dalloway", "Orlando"))
    jobs.publish_works([gone.pk, kept.pk])
    pk, number = gone.pk, gone.editions.get().isbn13
    gone.editions.all().delete()
    gone.delete()
    jobs.publish_works([pk])
    assert suggesting.suggest("mrs", limit=5) == []
    assert level(number) == ("unknown", None)
    assert [s.label for s in suggesting.suggest("woolf", limit=5)] == ["Virginia Woolf"]


def test_one_rebuild_at_a_time_and_no_change_waits_for_it() -> None:
    put_in_stock(EditionFactory.create(), 3)
    changes = ProcrastinateJob.objects.filter(task_name="catalog.publish_stock")
    assert list(changes.values_list("lock", flat=True)) == [None]
    assert jobs.heal_memory.lock == jobs.heal_memory.queueing_lock == jobs.ONE_REBUILD


def test_healing_waits_quietly_while_redis_is_gone(settings: Settings) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    }
    jobs.heal_memory(0)
    with pytest.raises(store.Unavailable):
        memory.is_built()


def full_level(number: str, *, today: datetime.date = TODAY) -> StockLevel:
    (found,) = live_reading.stock_levels([number], on=today)
    return found


DAY_BEFORE, OUT = datetime.date(2027, 5, 2), datetime.date(2027, 5, 3)


def test_a_pre_order_becomes_a_book_on_the_day_without_anybody_writing() -> None:
    edition = EditionFactory.create(publication_date=OUT, stock=0)
    preorderable(edition, accepts_backorders=True, backorder_days=10)
    jobs.publish_stock([edition.isbn13])
    before = full_level(edition.isbn13, today=DAY_BEFORE)
    assert (before.state, before.date) == ("preorder", OUT)
    assert before.label == "Pre-order: out on May 3, 2027"
    after = full_level(edition.isbn13, today=OUT)
    assert (after.state, after.days) == ("to_order", 10)
    assert after.label == "We order it for you: usually 10 days"


def test_customers_are_told_the_promised_day() -> None:
    edition = EditionFactory.create(publication_date=OUT)
    preorderable(edition, promised_date=datetime.date(2027, 5, 10))
    jobs.publish_stock([edition.isbn13])
    told = full_level(edition.isbn13)
    assert (told.date, told.publication_date) == (datetime.date(2027, 5, 10), OUT)
    assert told.label == "Pre-order: for May 10, 2027"


def test_pre_orders_end_at_the_cap() -> None:
    edition = EditionFactory.create(publication_date=OUT)
    supply = preorderable(edition, preorder_cap=2)
    supply.promise(2, on=TODAY)
    jobs.publish_stock([edition.isbn13])
    assert full_level(edition.isbn13).state == "out"
    assert full_level(edition.isbn13).label == "No more pre-orders"
    supply.withdraw(1)
    jobs.publish_stock([edition.isbn13])
    assert full_level(edition.isbn13).state == "preorder"


def test_copies_that_somebody_waits_for_are_not_in_stock() -> None:
    edition = EditionFactory.create()
    orderable(edition).promise(3, on=TODAY)
    put_in_stock(edition, 3)
    jobs.publish_stock([edition.isbn13])
    assert full_level(edition.isbn13).state == "to_order"
    put_in_stock(edition, 2)
    jobs.publish_stock([edition.isbn13])
    assert level(edition.isbn13) == ("few", 2)


def test_copies_kept_from_customers_are_not_in_stock() -> None:
    annex = Location.objects.create(code="annex", name="Annex", serves_shipping=False)
    edition = EditionFactory.create()
    put_in_stock(edition, 9, location=annex)
    jobs.publish_stock([edition.isbn13])
    assert level(edition.isbn13) == ("out", 0)
