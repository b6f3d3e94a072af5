"""Exporting the catalogue as ONIX 3.1, and reading it again."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from lxml import etree
from pytest_django import DjangoAssertNumQueries

from catalog import onix_exporting
from catalog.models import (
    Classification,
    Contribution,
    ContributorRole,
    Edition,
    Format,
    SeriesMembership,
    Work,
)
from catalog.onix.records import Collection, Offer, Record, Relation, Topic
from catalog.tests.factories import (
    ContributorFactory,
    EditionFactory,
    SeriesFactory,
    SubjectFactory,
    WorkFactory,
)
from catalog.tests.onix_records import SHARED, needs_shared, results

pytestmark = pytest.mark.django_db
SENT_AT = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)
SCHEMA = SHARED / "codelists" / "xsd" / "xsd3.1" / "ONIX_BookProduct_3.1_reference.xsd"


def exported(since: datetime.date | None = None) -> bytes:
    return b"".join(onix_exporting.export_onix(sent_at=SENT_AT, since=since))


def read_again() -> list[Record]:
    found = results(exported())
    assert all(isinstance(each, Record) for each in found), found
    return [each for each in found if isinstance(each, Record)]


def full_work() -> Work:
    main, other = SubjectFactory.create(code="FBC"), SubjectFactory.create(code="1DDU")
    work = WorkFactory.create(
        title="The Waves & <Sands>",
        subtitle="A novel",
        description="First paragraph.\n\nSecond, with “quotes” & 1 < 2.",
        original_language="en",
        first_published=1931,
        main_subject=main,
        keywords="sea; waves",
        audiences=["01", "06"],
    )
    work.subjects.set([main, other])
    Classification.objects.create(work=work, scheme="bisac", code="FIC019000", is_main=True)
    Classification.objects.create(work=work, scheme="bic", code="FA")
    series = SeriesFactory.create(title="Voyages")
    SeriesMembership.objects.create(work=work, series=series, position=Decimal("2.5"))
    return work


def add_prices(edition: Edition) -> None:
    edition.prices.create(
        amount=Decimal("12.99"),
        currency="EUR",
        tax_rate=Decimal("7.00"),
        valid_from=datetime.date(2024, 3, 1),
        valid_to=datetime.date(2024, 12, 31),
    )
    edition.prices.create(
        amount=Decimal("14.50"), currency="GBP", valid_from=datetime.date(2024, 3, 1)
    )


def add_people(edition: Edition) -> None:
    author = ContributorFactory.create(
        birth_year=1882, death_year=1941, biography="Wrote.\n\nMore."
    )
    house = ContributorFactory.create(
        name="Waves Trust", sort_name="Waves Trust", is_corporate=True
    )
    for person, role, own in (
        (author, ContributorRole.AUTHOR, None),
        (author, ContributorRole.ILLUSTRATOR, None),
        (house, ContributorRole.TRANSLATOR, edition),
    ):
        Contribution.objects.create(work=edition.work, contributor=person, role=role, edition=own)


@pytest.fixture
def full() -> Edition:
    """An edition of which everything is said."""
    edition = EditionFactory.create(
        work=full_work(),
        format=Format.LARGE_PRINT,
        language="fr",
        pages=240,
        duration_minutes=90,
        weight_grams=245,
        height_mm=198,
        width_mm=129,
        thickness_mm=21,
        edition_number=2,
        edition_statement="Second edition",
        embargo_date=datetime.date(2024, 3, 2),
        publishing_status="04",
        supplier_availability="21",
        cover_url="https://covers.example/1.jpg?a=1&b=2",
        replaced_by=EditionFactory.create(),
        price=False,
    )
    add_prices(edition)
    add_people(edition)
    return edition


def again(edition: Edition) -> Record:
    return next(each for each in read_again() if each.isbn13 == edition.isbn13)


def test_texts_and_people_come_back(full: Edition) -> None:
    found = again(full)
    assert found.troubles == ()
    assert (found.reference, found.notification) == (f"shop.{full.isbn13}", "03")
    assert (found.title, found.subtitle) == ("The Waves & <Sands>", "A novel")
    assert (found.format, found.product_form) == ("large_print", "BC")
    assert (found.language, found.original_language) == ("fr", "en")
    assert found.description == full.work.description
    assert [(each.name, each.sort_name, each.role, each.is_corporate) for each in found.people] == [
        ("Virginia Woolf", "Woolf, Virginia", "A01", False),
        ("Virginia Woolf", "Woolf, Virginia", "A12", False),
        ("Waves Trust", "Waves Trust", "B06", True),
    ]
    person = found.people[0]
    assert (person.birth_year, person.death_year, person.biography) == (
        1882,
        1941,
        "Wrote.\n\nMore.",
    )


@pytest.mark.parametrize(
    ("number", "kinds"),
    [
        ("9780306406157", ["03", "15"]),
        ("9790260000438", ["03", "25"]),
        ("4006381333931", ["03"]),
        ("2900000000018", ["01"]),
    ],
)
def test_each_number_is_sent_as_what_it_is(number: str, kinds: list[str]) -> None:
    EditionFactory.create(isbn13=number)
    sent = etree.fromstring(exported()).iterfind(".//{*}ProductIdentifier")
    assert [(each.findtext("{*}ProductIDType"), each.findtext("{*}IDValue")) for each in sent] == [
        (kind, number) for kind in kinds
    ]
    assert [each.isbn13 for each in read_again()] == [number]


def test_everything_else_comes_back(full: Edition) -> None:
    sibling = EditionFactory.create(work=full.work, format=Format.EBOOK)
    found = again(full)
    assert found.collections == (Collection("Voyages", Decimal("2.5")),)
    assert set(found.topics) == {
        Topic("thema", "FBC", is_main=True),
        Topic("thema", "1DDU"),
        Topic("bisac", "FIC019000", is_main=True),
        Topic("bic", "FA"),
    }
    assert (found.keywords, found.audiences) == (("sea", "waves"), ("01", "06"))
    assert (found.imprint, found.publisher) == ("Hogarth", "Hogarth Press")
    assert found.publication_date == full.publication_date
    assert (found.embargo_date, found.first_published) == (datetime.date(2024, 3, 2), 1931)
    assert (found.publishing_status, found.supplier_availability) == ("04", "21")
    assert (found.pages, found.duration_minutes, found.weight_grams) == (240, 90, 245)
    assert (found.height_mm, found.width_mm, found.thickness_mm) == (198, 129, 21)
    assert (found.edition_number, found.edition_statement) == (2, "Second edition")
    assert found.cover_url == full.cover_url
    assert full.replaced_by is not None
    assert set(found.relations) == {
        Relation("05", full.replaced_by.isbn13),
        Relation("06", sibling.isbn13),
    }
    first = datetime.date(2024, 3, 1)
    assert set(found.offers) == {
        Offer(Decimal("12.99"), "EUR", "02", Decimal(7), first, datetime.date(2024, 12, 31)),
        Offer(Decimal("14.50"), "GBP", "02", None, first),
    }


@pytest.mark.parametrize("format_", [each for each in Format if each != Format.GIFT_CARD])
def test_formats_come_back(format_: Format) -> None:
    EditionFactory.create(format=format_)
    EditionFactory.create(format=format_, product_form="DG")
    said = (format_, True) if format_ != Format.OTHER else ("", False)
    assert [(each.format, each.is_book) for each in read_again()] == [said, said]


@needs_shared
def test_what_is_no_book_validates_and_keeps_its_form() -> None:
    EditionFactory.create(format=Format.OTHER, product_form="XC", is_offered=False)
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(exported()))
    assert read_again()[0].product_form == "XC"


def test_gift_cards_are_no_books() -> None:
    EditionFactory.create(format=Format.GIFT_CARD)
    assert read_again() == []


def test_without_a_price() -> None:
    EditionFactory.create(price=False)
    (found,) = read_again()
    assert (found.offers, found.supplier_availability) == ((), "")


def test_statements_do_not_grow(
    full: Edition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(5):
        EditionFactory.create(work=WorkFactory.create(author="Ann Ash"))
    # One for the editions, seven for what hangs on them, and one that finds no more.
    with django_assert_num_queries(9):
        exported()


def test_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = sorted(EditionFactory.create().isbn13 for _number in range(5))
    monkeypatch.setattr(onix_exporting, "BATCH", 2)
    assert sorted(each.isbn13 for each in read_again()) == numbers


def test_since() -> None:
    old, priced, new = (EditionFactory.create(price=False) for _number in range(3))
    before = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    Edition.objects.filter(pk__in=[old.pk, priced.pk]).update(created_at=before)
    priced.prices.create(amount=1, currency="EUR", valid_from=datetime.date(2026, 1, 1))
    found = {each.reference for each in results(exported(datetime.date(2025, 1, 1)))}
    assert found == {f"shop.{priced.isbn13}", f"shop.{new.isbn13}"}


@needs_shared
def test_it_validates(full: Edition) -> None:
    EditionFactory.create(work=full.work, format=Format.AUDIOBOOK)
    EditionFactory.create(price=False)
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(exported()))


def test_command(tmp_path: Path) -> None:
    EditionFactory.create()
    call_command("export_onix", output=str(tmp_path / "all.xml"))
    assert len(results((tmp_path / "all.xml").read_bytes())) == 1
