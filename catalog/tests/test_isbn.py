"""Numbers of editions, in the notations that people use."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from catalog import isbn
from catalog.models import Edition
from catalog.tests.factories import EditionFactory


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9780306406157", "9780306406157"),
        ("978-0-306-40615-7", "9780306406157"),
        (" ISBN 978 0 306 40615 7 ", "9780306406157"),
        ("ISBN-13: 978‐0‐306‐40615‐7", "9780306406157"),
        ("0-306-40615-2", "9780306406157"),
        ("isbn10: 0306406152", "9780306406157"),
        ("080442957x", "9780804429573"),
        ("2900000000018", "2900000000018"),
        ("979-0-2600-0043-8", "9790260000438"),
        ("ISMN M-2600-0043-8", "9790260000438"),
        ("m260000438", "9790260000438"),
        ("GTIN-13: 4006381333931", "4006381333931"),
        ("0012345678905", "0012345678905"),
    ],
)
def test_every_notation_means_the_same_number(text: str, number: str) -> None:
    assert isbn.normalize(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "978", "9780306406158", "0306406153", "9790260000439", "M260000439",
        "4006381333932", "0000000000000", "0212345678909", "9912345678909", "012345678905",
        "97803064061571", "9780306406157'--", "٩٧٨٠٣٠٦٤٠٦١٥٧", "978030640615X",
        "9.78031E+12", "x" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(isbn.InvalidNumber):
        isbn.normalize(text)


@given(st.integers(min_value=0, max_value=10**10 - 1))
def test_the_check_digit_catches_every_single_wrong_digit(serial: int) -> None:
    twelve = f"29{serial:010}"
    number = twelve + isbn.check_digit(twelve)
    assert isbn.is_edition_number(number)
    for place in range(2, 13):
        other = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert not isbn.is_edition_number(other)


def test_an_isbn_is_printed_with_hyphens_and_a_sku_as_it_is() -> None:
    assert isbn.hyphenated("9780306406157") == "978-0-306-40615-7"
    assert isbn.hyphenated("9790260000438") == "979-0-2600-0043-8"
    assert isbn.hyphenated("2900000000018") == "2900000000018"
    assert isbn.hyphenated("4006381333931") == "4006381333931"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("9780306406157", "ISBN"), ("9791034900084", "ISBN"), ("9790260000438", "ISMN"),
        ("4006381333931", "Article number"), ("2900000000018", "Shop number"),
    ],
)  # fmt: skip
def test_each_number_has_its_name(number: str, name: str) -> None:
    assert isbn.name(number) == name


def test_music_is_found_by_both_of_its_notations() -> None:
    assert isbn.notations("9790260000438") == {"9790260000438", "m260000438"}
    assert isbn.notations("4006381333931") == {"4006381333931"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "number",
    ["2900000000017", "9780306406158", "9790260000439", "4006381333932", "0000000000000",
     "0212345678909", "9912345678909", "abc", "29"],
)  # fmt: skip
def test_the_database_refuses_a_wrong_number(number: str) -> None:
    edition = EditionFactory.create()
    with pytest.raises(IntegrityError, match="edition_number_sound"), transaction.atomic():
        Edition.objects.filter(pk=edition.pk).update(isbn13=number)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "number",
    ["9780306406157", "9791034900084", "2900000000018", "9790260000438", "4006381333931",
     "0012345678905"],
)  # fmt: skip
def test_the_database_accepts_sound_numbers(number: str) -> None:
    edition = EditionFactory.create(isbn13=number)
    edition.refresh_from_db()
    assert edition.isbn13 == number
