"""Mistyped words: whatever one slip makes of a word leads back to it."""

import random
import string
from collections import Counter
from collections.abc import Iterator

import pytest

from catalog import misspelling, suggestion_blocks

WORDS = ["pride", "prejudice", "heights", "wuthering", "anna", "émile", "frankenstein", "1984"]


def slipped(word: str) -> Iterator[str]:
    """The word with a letter wrong, missing, too many, or two swapped."""
    chance = random.Random(word)
    for place in range(len(word)):
        letter = chance.choice(string.ascii_lowercase)
        yield word[:place] + word[place + 1 :]
        yield word[:place] + letter + word[place + 1 :]
        yield word[:place] + letter + word[place:]
        yield word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :]


@pytest.fixture
def kept() -> dict[str, bytes]:
    """The words as titles, as their stems are kept."""
    lines = sorted(
        line
        for word in WORDS
        for line in suggestion_blocks.lines_of(f"{word} and more", "w1", popularity=0)
    )
    counted = Counter[str]()
    misspelling.count_stems(lines, counted)
    assert counted["more"] == len(WORDS)
    assert counted["prid"] == counted["prejudi"] == 1
    assert "1984" not in counted
    assert "and" not in counted
    return dict(misspelling.buckets(counted))


def near(typed: str, kept: dict[str, bytes]) -> list[str]:
    stem = misspelling.typed_stem(typed)
    stored = tuple(map(kept.get, misspelling.buckets_of(stem)))
    return list(misspelling.stems_near(stem, stored, most=9)) if stem else []


@pytest.mark.parametrize("word", [word for word in WORDS if len(word) > 4 and word != "émile"])
def test_one_slip_leads_back_to_the_word(word: str, kept: dict[str, bytes]) -> None:
    for typed in slipped(word):
        if len(typed) > misspelling.SHORTEST:
            assert any(word.startswith(stem) for stem in near(typed, kept)), typed


@pytest.mark.parametrize("typed", ["ann", "1985", "xyzzy", "", "more"])
def test_what_is_short_or_a_number_or_far_from_all_leads_nowhere_else(
    typed: str, kept: dict[str, bytes]
) -> None:
    assert near(typed, kept) == (["more"] if typed == "more" else [])


def test_the_typed_stem_comes_first_then_the_one_that_most_begin_with() -> None:
    kept = dict(misspelling.buckets({"wild": 1, "mild": 50, "wold": 20, "walk": 99}))
    assert near("wild", kept) == ["wild", "mild", "wold"]


@pytest.mark.parametrize(
    ("typed", "phrase", "distance"),
    [
        ("prid", "pride and prejudice", 0),
        ("pridea", "pride and prejudice", 1),
        ("prdie", "pride and prejudice", 1),
        ("predjudice", "prejudice", 1),
        ("rpdie", "pride", 2),
        ("emma", "walden", 3),
        ("", "walden", 0),
        ("walden", "", 3),
    ],
)
def test_a_beginning_may_hold_slips(typed: str, phrase: str, distance: int) -> None:
    assert misspelling.slips_at_beginning(typed, phrase, most=2) == distance


def test_long_words_are_given_up_early_and_long_phrases_cut() -> None:
    assert misspelling.slips("a" * 200, "b" * 200, most=2) == 3
    assert misspelling.slips("emma", "emmmmma", most=2) == 3
    assert misspelling.slips("emma", "emam", most=1) == 1


def plainly(one: str, other: str) -> int:
    """The optimal string alignment distance, by its definition."""
    table = [[i + j for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            steps = [table[i - 1][j] + 1, table[i][j - 1] + 1]
            steps.append(table[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                steps.append(table[i - 2][j - 2] + 1)
            table[i][j] = min(steps)
    return table[-1][-1]


def test_slips_are_as_many_as_by_definition() -> None:
    chance = random.Random(3)
    words = ["".join(chance.choices("abc", k=chance.randint(0, 7))) for _ in range(45)]
    for one in words:
        for other in words:
            for most in (1, 2):
                distance = plainly(one, other)
                assert misspelling.slips(one, other, most=most) == min(distance, most + 1)
                nearest = min(plainly(one, other[:end]) for end in range(len(other) + 1))
                found = misspelling.slips_at_beginning(one, other, most=most)
                assert found == min(nearest, most + 1), (one, other)
