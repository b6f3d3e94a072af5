"""Texts before and after, with what differs marked."""

import pytest

from catalog.admin import differences, field_names
from catalog.admin.differences import MOST_WORDS, Part


def marked(parts: list[Part]) -> str:
    return "".join(f"[{part.text}]" if part.is_marked else part.text for part in parts)


def compared(before: object, after: object) -> tuple[str, str]:
    (difference,) = differences.of({"work.description": [before, after]})
    return marked(difference.before), marked(difference.after)


def test_roles_and_fields_are_told_in_words() -> None:
    (difference,) = differences.of({"work.contributors": [["Ann Ash (A01)"], ["Ann Ash (xyz)"]]})
    assert difference.label == "People of the work"
    assert marked(difference.before) == "Ann Ash (Author)"
    assert marked(difference.after) == "Ann Ash (xyz)"
    assert field_names.of_reason("work.title") == "Title of the work"
    assert field_names.of_reason("pages") == "Pages"
    assert field_names.of_reason("TitleDetail") == "TitleDetail"


def test_words_that_differ_in_long_texts_are_marked() -> None:
    assert compared(
        "It was the best of times, it was the worst of times.",
        "It was the best of years, it was the worst of all times.",
    ) == (
        "It was the best of [times,] it was the worst of times.",
        "It was the best of [years,] it was the worst of [all ]times.",
    )


def test_short_texts_and_new_ones_are_not() -> None:
    assert compared("Emma", "Persuasion") == ("Emma", "Persuasion")
    assert compared(None, "x " * 50) == ("", "x " * 50)
    assert compared("x " * 50, "") == ("x " * 50, "")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a b c", "a x y c", ("a [b] c", "a [x y] c")),
        ("a a", "a a a", ("a a", "a a[ a]")),
        ("", "a", ("", "[ a]")),
    ],
)
def test_of_very_long_texts_the_middle_is_marked(
    before: str, after: str, expected: tuple[str, str]
) -> None:
    long = " ".join(str(n) for n in range(MOST_WORDS + 1))
    was, became = compared(f"{long} {before}".strip(), f"{long} {after}")
    if before:
        assert (was, became) == (f"{long} {expected[0]}", f"{long} {expected[1]}")
    else:
        assert (was, became) == (long, f"{long}[ a]")


def test_fields_and_values_are_read_out() -> None:
    said = {
        each.label: marked(each.after)
        for each in differences.of(
            {
                "format": [None, "paperback"],
                "is_offered": [False, True],
                "embargo_date": [None, "2027-03-01"],
                "publication_date": [None, "no day"],
                "work.contributors": [[], ["Jane Austen", "Emma Bell"]],
                "price": [None, {"amount": "9.90", "currency": "EUR", "until": None}],
                "publishing_status": ["04", "07"],
                "something_new": [None, 3],
            }
        )
    }
    assert said == {
        "Embargo": "March 1, 2027",
        "Format": "Paperback",
        "Offered": "yes",
        "People of the work": "Jane Austen; Emma Bell",
        "Price": "9.90, EUR",
        "Publication date": "no day",
        "Publishing status": "Out of print (07)",
        "Something new": "3",
    }
