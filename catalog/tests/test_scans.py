"""What scanners enter, and lists of counts."""

import io

import pytest

from catalog import scans
from catalog.csv_files import InvalidRows
from catalog.models import Format
from catalog.stock_lists import read_counts
from catalog.tests.factories import EditionFactory, sku

pytestmark = pytest.mark.django_db


def test_each_line_is_a_copy_or_says_how_many() -> None:
    one = EditionFactory.create(isbn13="9780306406157")
    two = EditionFactory.create()
    text = (
        f"9780306406157\n\n 978-0-306-40615-7 \n0306406152 3\n{two.isbn13},2\n{two.isbn13}\t1\n"
        f"978 0 306 40615 7\n{two.isbn13} × 4"
    )
    assert scans.read(text) == {one: 6, two: 7}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "978-0-306-40615-8",
            "“978-0-306-40615-8” is not a valid ISBN or SKU: its check digit is wrong. Compare it"
            " with the book.",
        ),
        ("9790060115615", "“9790060115615” is not in the catalogue."),
        ("Emma", "“Emma” is not a valid ISBN or SKU."),
        ("<script>", "“<script>” is not a valid ISBN or SKU."),
        (sku(999), f"“{sku(999)}” is not in the catalogue."),
        (f"{sku(7)} 0", "0 copies are none: leave the line out."),
        (f"{sku(7)} -2", f"“{sku(7)} -2” is not a valid ISBN or SKU."),
        (f"{sku(7)} 1.5", f"“{sku(7)} 1.5” is not a valid ISBN or SKU."),
        (f"{sku(7)} 1000000", "More than 100000 copies of one title are too many."),
        (f"{sku(7)} {'9' * 400}", "More than 100000 copies of one title are too many."),
        (sku(8), f"“{sku(8)}” is no printed book: it has no stock."),
    ],
)
def test_wrong_lines_are_named(line: str, message: str) -> None:
    EditionFactory.create(isbn13=sku(7))
    EditionFactory.create(isbn13=sku(8), format=Format.EBOOK)
    with pytest.raises(InvalidRows) as refusal:
        scans.read(f"{sku(7)}\n{line}")
    assert [str(error) for error in refusal.value.errors] == [f"Line 2: {message}"]


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(InvalidRows, match="at most 2000 lines"):
        scans.read(f"{sku(7)}\n" * 2001)


def test_nothing_scanned_is_no_edition() -> None:
    with pytest.raises(InvalidRows):
        scans.find("  ")


def test_a_list_of_counts_is_summed_up() -> None:
    one, two = EditionFactory.create_batch(2)
    text = f"isbn13,counted\n{one.isbn13},2\n{two.isbn13},0\n{one.isbn13},3\n{two.isbn13},\n"
    assert read_counts(io.BytesIO(text.encode())) == {one: 5, two: 0}


@pytest.mark.parametrize(
    ("counted", "message"),
    [
        ("-1", "is negative. Write what lies on the shelf, 0 or more."),
        ("1.5", "is no whole number of copies from 0 to 1000000."),
        ("x", "is no whole number of copies from 0 to 1000000."),
        ("1000001", "is no whole number of copies from 0 to 1000000."),
    ],
)
def test_wrong_counts_are_named(counted: str, message: str) -> None:
    edition = EditionFactory.create()
    text = f"isbn13,counted\n{edition.isbn13},{counted}\n{sku(998)},1\n"
    with pytest.raises(InvalidRows) as refusal:
        read_counts(io.BytesIO(text.encode()))
    assert [str(error) for error in refusal.value.errors] == [
        f"Line 2, counted “{counted}”: {message}",
        f"Line 3, isbn13 “{sku(998)}”: is not in the catalogue.",
    ]
