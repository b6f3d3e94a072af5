"""Finding works by words, beginnings, near misses and filters."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import indexing, spelling
from catalog.cards import Card
from catalog.models import Edition, Location, Work
from catalog.search import Criteria, search
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SubjectFactory,
    WorkFactory,
    orderable,
    preorderable,
    put_in_stock,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> dict[str, Work]:
    """Five works, indexed."""
    fiction = SubjectFactory.create(code="F", name="Fiction", slug="fiction")
    classics = SubjectFactory.create(code="FBC", name="Classics", slug="classics", parent=fiction)
    rows = [
        ("emma", "Emma", "Jane Austen", "en", "paperback", "7.99"),
        ("persuasion", "Persuasion", "Jane Austen", "en", "hardback", "18.00"),
        ("etranger", "À rebours", "Joris-Karl Huysmans", "fr", "paperback", "11.00"),
        ("walden", "Walden", "Henry David Thoreau", "en", "ebook", "4.50"),
        ("oeuvres", "Œuvres complètes", "Louise Labé", "fr", "hardback", "32.00"),
    ]
    works = {}
    for popularity, (key, title, author, language, form, price) in enumerate(rows, start=1):
        work = WorkFactory.create(key=key, title=title, author=author, popularity=popularity)
        EditionFactory.create(
            work=work, language=language, format=form, price=Decimal(price),
            stock=2 if key == "emma" else None,
            publication_date=datetime.date(2020, popularity, 1),
        )  # fmt: skip
        works[key] = work
    works["emma"].subjects.add(classics)
    works["walden"].subjects.add(fiction)
    index(works)
    return works


def index(works: dict[str, Work]) -> None:
    """As the change and its job do."""
    ids = [work.pk for work in works.values()]
    indexing.works_changed(ids)
    spelling.learn(ids)


def titles(**criteria: object) -> list[str]:
    return [work.title for work in search(Criteria(**criteria)).works]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("emma", ["Emma"]),
        ("austen emma", ["Emma"]),
        ("EMMA  jane", ["Emma"]),
        ("austen", ["Persuasion", "Emma"]),
        ("persua", ["Persuasion"]),
        ("a rebours", ["À rebours"]),
        ("œuvres", ["Œuvres complètes"]),
        ("oeuvres completes", ["Œuvres complètes"]),
        ("labé", ["Œuvres complètes"]),
        ("hogarth walden", ["Walden"]),
        ("emma & | ! ( ) : * <-> '", ["Emma"]),
    ],
)
def test_words_in_any_order_find(shelf: dict[str, Work], q: str, found: list[str]) -> None:
    results = search(Criteria(q=q))
    assert [work.title for work in results.works] == found
    assert not results.suggestion


@pytest.mark.parametrize(
    ("q", "found", "meant"),
    [
        ("persuason", "Persuasion", "persuasion"),
        ("jane austin", "Persuasion", "jane austen"),
        ("huysmanns", "À rebours", "huysmans"),
        ("wladen", "Walden", "walden"),
    ],
)
def test_near_misses_find_and_say_so(
    shelf: dict[str, Work], q: str, found: str, meant: str
) -> None:
    results = search(Criteria(q=q))
    assert results.works[0].title == found
    assert results.suggestion
    assert results.suggestion == meant


def test_nothing_like_it_finds_nothing(shelf: dict[str, Work]) -> None:
    results = search(Criteria(q="zxqwv"))
    assert (results.works, results.total, results.suggestion) == ([], 0, "")


def test_every_filter_restricts(shelf: dict[str, Work]) -> None:
    assert titles(subject="fiction") == ["Walden", "Emma"]
    assert titles(subject="classics") == ["Emma"]
    assert titles(subject="unheard-of") == []
    assert titles(format="hardback") == ["Œuvres complètes", "Persuasion"]
    assert titles(language="fr") == ["Œuvres complètes", "À rebours"]
    assert titles(price="under-10") == ["Walden", "Emma"]
    assert titles(price="20-up") == ["Œuvres complètes"]
    assert titles(available=True) == ["Walden", "Emma"]
    assert titles(q="austen", format="hardback") == ["Persuasion"]


def test_filters_concern_the_same_edition(shelf: dict[str, Work]) -> None:
    EditionFactory.create(work=shelf["emma"], format="hardback", price=Decimal("25.00"))
    index(shelf)
    assert titles(format="hardback", price="20-up") == ["Œuvres complètes", "Emma"]
    assert titles(format="hardback", price="under-10") == []


def test_every_sort_sorts(shelf: dict[str, Work]) -> None:
    assert titles(sort="title") == [
        "À rebours", "Emma", "Œuvres complètes", "Persuasion", "Walden",
    ]  # fmt: skip
    assert titles(sort="newest")[0] == "Œuvres complètes"
    assert titles(sort="price") == ["Walden", "Emma", "À rebours", "Persuasion", "Œuvres complètes"]


def prices(**criteria: object) -> list[Decimal | None]:
    """What the cards show."""
    works = search(Criteria(**criteria)).works  # type: ignore[arg-type]
    return [work.price_amount for work in works]


def test_cards_show_the_edition_that_fits_and_is_sorted_by(shelf: dict[str, Work]) -> None:
    EditionFactory.create(work=shelf["persuasion"], format="ebook", price=Decimal("3.00"))
    EditionFactory.create(work=shelf["emma"], format="hardback", price=Decimal("6.00"), stock=0)
    EditionFactory.create(
        work=shelf["oeuvres"], price=Decimal("2.00"), publication_date=datetime.date(2100, 1, 1)
    )
    index(shelf)
    amounts = [Decimal(amount) for amount in ("4.50", "6.00", "11.00", "18.00", "32.00")]
    assert prices(sort="price") == amounts
    assert prices(sort="price", price="under-10") == [
        Decimal(amount) for amount in ("2.00", "3.00", "4.50", "6.00")
    ]
    assert prices(sort="price", available=True) == [
        Decimal(amount) for amount in ("3.00", "4.50", "7.99")
    ]


def test_works_without_an_offered_edition_are_not_found(shelf: dict[str, Work]) -> None:
    shelf["emma"].editions.update(is_offered=False)
    index(shelf)
    assert titles(q="emma") == []


def test_a_page_beyond_the_last_is_empty(shelf: dict[str, Work]) -> None:
    results = search(Criteria(page=7))
    assert (results.works, results.total, results.pages) == ([], 5, 1)


def test_a_changed_name_is_found_by_its_new_spelling(shelf: dict[str, Work]) -> None:
    shelf["emma"].title = "Sense and Sensibility"
    shelf["emma"].save()
    indexing.works_changed([shelf["emma"].pk])
    assert titles(q="sensibility") == ["Sense and Sensibility"]
    assert titles(q="emma") == []


def test_cards_take_the_same_queries_for_few_and_many(shelf: dict[str, Work]) -> None:
    with CaptureQueriesContext(connection) as few:
        _touch_cards(search(Criteria()).works)
    person = ContributorFactory.create()
    for number in range(20):
        work = WorkFactory.create(title=f"More {number}", author=person.name)
        EditionFactory.create(work=work)
        shelf[f"more-{number}"] = work
    index(shelf)
    with CaptureQueriesContext(connection) as many:
        _touch_cards(search(Criteria()).works)
    assert len(many) == len(few) == 3


def _touch_cards(works: list[Card]) -> None:
    for work in works:
        assert work.byline
        assert work.url
        assert work.places == []


def test_in_stock_now_means_at_once() -> None:
    """Neither what has yet to come, nor what others wait for, nor what is kept from customers."""
    here = EditionFactory.create(stock=3)
    today = timezone.localdate()
    preorderable(EditionFactory.create(publication_date=today + datetime.timedelta(days=9)))
    orderable(EditionFactory.create())
    waited_for, enough = EditionFactory.create_batch(2, stock=2)
    orderable(waited_for).promise(2, on=today)
    orderable(enough).promise(1, on=today)
    annex = Location.objects.create(code="annex", name="Annex", serves_shipping=False)
    put_in_stock(EditionFactory.create(), 2, location=annex)
    ebook = EditionFactory.create(format="ebook")
    EditionFactory.create(format="ebook", publication_date=today + datetime.timedelta(days=9))
    assert set(Edition.objects.available()) == {here, enough, ebook}
    indexing.works_changed(list(Work.objects.values_list("pk", flat=True)))
    results = search(Criteria(available=True))
    assert {work.work_id for work in results.works} == {e.work_id for e in (here, enough, ebook)}
    assert waited_for in Edition.objects.sold_out()
    assert enough not in Edition.objects.sold_out()
