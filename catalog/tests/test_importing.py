"""Importing a catalogue file."""

import datetime
import io
from decimal import Decimal

import pytest

from catalog import edition_rows
from catalog.csv_files import InvalidRows, ListFile, UnreadableFile
from catalog.importing import check, foresee, import_catalog
from catalog.models import (
    Contribution,
    Contributor,
    Edition,
    Imprint,
    Price,
    Publisher,
    Stock,
    StockMovement,
    Work,
)
from catalog.search import Criteria, search
from catalog.tests.factories import SubjectFactory, sku

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 1)
HEADING = (
    "isbn13,work,title,contributors,publisher,imprint,format,language,publication_date,"
    "first_published,original_language,subjects,pages,price,currency,stock,description\n"
)
CRIME = (
    f"{sku(1)},crime,Crime and Punishment,"
    '"Dostoyevsky, Fyodor, 1821-1881 [A01]; Garnett, Constance, 1861-1946 [B06]",'
    "Sample House,Lamplight,paperback,en,2024-05-01,1866,ru,FBC,560,12.50,USD,4,A student kills.\n"
)
CRIME_CLOTH = (
    f"{sku(2)},crime,Crime and Punishment,"
    '"Dostoyevsky, Fyodor, 1821-1881 [A01]",'
    "Sample House,Lamplight,hardback,en,2025-01-15,,,FBC,600,24.00,,0,\n"
)


@pytest.fixture(autouse=True)
def classics() -> None:
    SubjectFactory.create(code="FBC", name="Classics")


def load(*lines: str, heading: str = HEADING) -> object:
    return import_catalog(io.BytesIO((heading + "".join(lines)).encode()), today=TODAY)


def test_lines_become_editions_of_one_work() -> None:
    report = load(CRIME, CRIME_CLOTH)
    work = Work.objects.get()
    assert (work.title, work.first_published, work.original_language) == (
        "Crime and Punishment", 1866, "ru",
    )  # fmt: skip
    assert work.description == "A student kills."
    assert [subject.code for subject in work.subjects.all()] == ["FBC"]
    paperback, hardback = Edition.objects.order_by("isbn13").with_price(on=TODAY)
    assert (paperback.format, paperback.pages, paperback.price_amount) == (
        "paperback", 560, Decimal("12.50"),
    )  # fmt: skip
    assert (hardback.format, hardback.price_amount) == ("hardback", Decimal("24.00"))
    assert paperback.imprint.publisher.name == "Sample House"
    author = Contributor.objects.get(sort_name="Dostoyevsky, Fyodor")
    assert (author.name, author.birth_year, author.death_year) == ("Fyodor Dostoyevsky", 1821, 1881)
    parts = Contribution.objects.order_by("role").values_list("role", "edition__isbn13")
    assert list(parts) == [("A01", None), ("B06", sku(1))]
    assert Stock.objects.get(edition=paperback).on_hand == 4
    movement = StockMovement.objects.get()
    assert (movement.kind, movement.on_hand_change) == ("receive", 4)
    assert vars(report) == {
        "editions_created": 2, "editions_changed": 0, "works_created": 1, "stock_changed": 1,
    }  # fmt: skip


def test_what_was_imported_is_found() -> None:
    load(CRIME)
    assert [work.title for work in search(Criteria(q="garnett crime")).works] == [
        "Crime and Punishment"
    ]


def test_the_same_file_again_changes_nothing() -> None:
    load(CRIME, CRIME_CLOTH)
    before = [list(model.objects.values()) for model in (Work, Edition, Price, StockMovement)]
    report = load(CRIME, CRIME_CLOTH)
    assert [list(m.objects.values()) for m in (Work, Edition, Price, StockMovement)] == before
    assert vars(report) == {
        "editions_created": 0, "editions_changed": 0, "works_created": 0, "stock_changed": 0,
    }  # fmt: skip


def test_a_line_without_a_work_leaves_the_edition_where_it_is() -> None:
    load(CRIME, CRIME_CLOTH)
    price_only = "isbn13,title,format,language,imprint,price\n"
    report = load(
        f"{sku(1)},Crime and Punishment,paperback,en,Lamplight,13.95\n", heading=price_only
    )
    work = Work.objects.get()
    assert (work.key, work.description) == ("crime", "A student kills.")
    assert work.editions.count() == 2
    assert Contribution.objects.count() == 2
    assert Edition.objects.with_price(on=TODAY).get(isbn13=sku(1)).price_amount == Decimal("13.95")
    assert vars(report) == {
        "editions_created": 0, "editions_changed": 0, "works_created": 0, "stock_changed": 0,
    }  # fmt: skip


EMMA = f'{sku(3)},emma,Emma,"Austen, Jane [A01]",,Lamplight,ebook,en,,,,FBC,,5.00,,,A match.\n'


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("", "", 0),
        # What is said of the work changes all of its lines
        ("A student kills.", "A student repents.", 2),
        (",1866,ru,", ",1867,ru,", 2),
        (",ru,FBC,", ",ru,F,", 2),
        (",ru,FBC,", ",ru,F;FBC,", 2),
        ("1821-1881 [A01];", "1821-1881 [B01];", 2),
        # What is said of the edition changes its own
        ("Garnett, Constance, 1861-1946", "Pevear, Richard", 1),
        ("Crime and Punishment", "Crime & Punishment", 1),
        (",paperback,", ",audiobook,", 1),
        ("Sample House", "Another House", 1),
        (",560,", ",561,", 1),
        (",12.50,", ",12.51,", 1),
        (",4,A student", ",5,A student", 1),
        # A blank says nothing, and neither does what is so already
        (",4,A student", ",,A student", 0),
        (",12.50,", ",,", 0),
        (",560,", ",,", 0),
        ("; Garnett, Constance, 1861-1946 [B06]", "", 0),
        (",1866,ru,FBC,", ",,,,", 0),
        ("A student kills.", "", 0),
    ],
)
def test_a_file_foresees_which_lines_change(old: str, new: str, changed: int) -> None:
    SubjectFactory.create(code="F", name="Fiction")
    load(CRIME, CRIME_CLOTH, EMMA)
    written = (HEADING + CRIME.replace(old, new) + CRIME_CLOTH + EMMA).encode()
    rows, outcome = check(ListFile(io.BytesIO(written), edition_rows.COLUMNS))
    foresee(rows, outcome, today=TODAY)
    assert (outcome.created, outcome.changed, outcome.unchanged) == (0, changed, 3 - changed)


def test_copies_of_a_file_are_not_counted() -> None:
    load(EMMA.replace(",,A match", ",3,A match"))
    assert not Stock.objects.exists()


def test_a_new_price_holds_from_today_and_the_old_one_ends() -> None:
    load(CRIME)
    later = TODAY + datetime.timedelta(days=30)
    changed = CRIME.replace("12.50", "13.95")
    import_catalog(io.BytesIO((HEADING + changed).encode()), today=later)
    assert list(Price.objects.order_by("valid_from").values_list("amount", "valid_to")) == [
        (Decimal("12.50"), later - datetime.timedelta(days=1)),
        (Decimal("13.95"), None),
    ]


def test_blank_fields_leave_what_is_there() -> None:
    load(CRIME)
    load(f"{sku(1)},crime,Crime and Punishment,,,Lamplight,paperback,en,,,,,,,,,\n")
    edition = Edition.objects.with_price(on=TODAY).get()
    assert (edition.pages, edition.publication_date, edition.price_amount) == (
        560, datetime.date(2024, 5, 1), Decimal("12.50"),
    )  # fmt: skip
    assert Stock.objects.get().on_hand == 4
    assert Contribution.objects.count() == 2
    assert edition.imprint.publisher.name == "Sample House"


def test_without_a_publisher_the_only_imprint_of_the_name_is_meant() -> None:
    load(CRIME)
    load(CRIME_CLOTH.replace("Sample House", ""))
    assert [imprint.publisher.name for imprint in Imprint.objects.all()] == ["Sample House"]
    load(CRIME.replace("Sample House", "").replace("Lamplight", "Candle"))
    assert set(Publisher.objects.values_list("name", flat=True)) == {"Sample House", "Candle"}


def test_a_new_price_keeps_the_tax_rate_that_staff_entered() -> None:
    load(CRIME)
    Price.objects.update(tax_rate=Decimal(7))
    load(CRIME.replace("12.50", "13.95"))
    assert [(price.amount, price.tax_rate) for price in Price.objects.all()] == [
        (Decimal("13.95"), Decimal(7))
    ]


def test_an_edition_of_another_work_takes_its_translator_along() -> None:
    load(CRIME, CRIME_CLOTH)
    moved = CRIME.replace(",crime,", ",punishment,").replace("Crime and", "Merely")
    moved = moved.replace("; Garnett, Constance, 1861-1946 [B06]", "")
    report = load(moved)
    work = Work.objects.get(key="punishment")
    assert Edition.objects.get(isbn13=sku(1)).work == work
    translation = Contribution.objects.get(role="B06")
    assert (translation.work, translation.edition_id) == (work, work.editions.get().pk)
    assert [found.key for found in search(Criteria(q="garnett")).works] == ["punishment"]
    assert vars(report) == {
        "editions_created": 0, "editions_changed": 1, "works_created": 1, "stock_changed": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (sku(1), "9780306406158", "isbn13"),
        ("Crime and Punishment", "", "title"),
        ("paperback", "scroll", "format"),
        (",en,", ",tlh,", "language"),
        ("2024-05-01", "01/05/2024", "publication_date"),
        ("1866", "99999", "first_published"),
        ("FBC", "FBC;XX", "subjects"),
        ("560", "-560", "pages"),
        ("12.50", "12.505", "price"),
        ("12.50", "-1.00", "price"),
        ("12.50", "NaN", "price"),
        ("12.50", "1E+400", "price"),
        ("USD", "EUR", "currency"),
        (",4,A", ",4.5,A", "stock"),
        ("[A01]", "[Z98]", "contributors"),
        ("1821-1881", "1881-1821", "contributors"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_written(old: str, new: str, column: str) -> None:
    with pytest.raises(InvalidRows) as caught:
        load(CRIME_CLOTH, CRIME.replace(old, new, 1))
    assert [(error.line, error.column) for error in caught.value.errors] == [(3, column)]
    assert not Work.objects.exists()
    assert not Edition.objects.exists()


def test_all_errors_of_all_lines_are_told_together() -> None:
    with pytest.raises(InvalidRows) as caught:
        load(
            CRIME.replace("12.50", "free").replace("560", "many"),
            CRIME_CLOTH,
            CRIME_CLOTH,
            "only,two\n",
        )
    assert [(error.line, error.column) for error in caught.value.errors] == [
        (2, "price"), (2, "pages"), (4, "isbn13"), (5, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "missing"),
        (b"title,isbn13\n", "missing"),
        ((HEADING.strip() + ",colour\n").encode(), "colour"),
        (HEADING.encode() + b"\x00\x00", "NUL"),
        (HEADING.encode() + b'"never closed,', "no valid CSV"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        import_catalog(io.BytesIO(content), today=TODAY)
    assert not Edition.objects.exists()


def test_a_byte_order_mark_and_windows_line_ends_are_welcome() -> None:
    content = "\ufeff" + (HEADING + CRIME).replace("\n", "\r\n")
    import_catalog(io.BytesIO(content.encode()), today=TODAY)
    assert Edition.objects.count() == 1


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    import_catalog(
        io.BytesIO((HEADING + CRIME + CRIME_CLOTH).encode()), today=TODAY,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 1)]
