"""How like two titles are: pairs with a known outcome, and the reasons given."""

import csv
import gzip
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from django.conf import settings

from catalog import titles
from catalog.candidates import of_record
from catalog.likeness import Description, Likeness, compare
from catalog.onix.records import Collection
from catalog.tests.matching_pairs import DIFFERENT, DOUBTFUL, SAME, described, record
from catalog.titles import Title

Pair = tuple[str, str]
NOBODY = {"", "NA", "Various", "Anonymous", "Unknown"}
GUTENBERG = Path(settings.BASE_DIR).parent / "shared" / "data" / "catalog" / "gutenberg"


def both_ways(pair: Pair) -> Likeness:
    """A comparison must not depend on which comes first."""
    one, other = described(pair[0]), described(pair[1])
    likeness = compare(one, other)
    assert compare(other, one).score == likeness.score
    return likeness


@pytest.mark.parametrize("pair", SAME, ids=str)
def test_one_work(pair: Pair) -> None:
    assert both_ways(pair).is_same
    one, other = described(pair[0]), described(pair[1])
    assert one.keys & other.keys  # or it would never be compared


@pytest.mark.parametrize("pair", DOUBTFUL, ids=str)
def test_a_person_has_to_look(pair: Pair) -> None:
    assert both_ways(pair).is_doubtful


@pytest.mark.parametrize("pair", DIFFERENT, ids=str)
def test_two_works(pair: Pair) -> None:
    assert both_ways(pair).score < 60


def test_there_are_pairs_enough() -> None:
    pairs = [frozenset(pair) for pair in (*SAME, *DOUBTFUL, *DIFFERENT)]
    assert len(pairs) >= 105
    assert len(set(pairs)) == len(pairs)


def test_reasons_are_told_in_words() -> None:
    likeness = both_ways(("Emma (1815) = Austen, Jane", "Emma // A Study Guide = Austen, J."))
    assert likeness.reasons == (
        "Only one of them is a guide, a shortened or another kind of version.",
        "The titles are the same, but only one has a subtitle.",
        "The main contributor is the same.",
    )


RELATED = (
    # What a file says joins what fits
    ("Emma = Austen, Jane", "Emma (Audiobook) = Austen, Jane", "06", True),
    ("Emma = Austen, Jane", "Emma", "06", True),
    ("The Dhammapada", "Dhammapada", "06", True),
    ("Anna Karenina = Tolstoy, Leo", "Anna Karenina = Tolstoi, Lev", "13", True),
    ("The Sign of the Four = Doyle, Arthur Conan", "The Sign of Four = Doyle, Arthur Conan",
     "27", True),
    # and is doubted where it does not
    ("The Three Musketeers = Dumas, Alexandre", "Les Trois Mousquetaires = Dumas, Alexandre @fr",
     "11", False),
    ("Clarissa, Volume 1 = Richardson, Samuel", "Clarissa, Volume 2 = Richardson, Samuel",
     "06", False),
    ("Poems = Keats, John", "Poems = Shelley, Percy Bysshe", "06", False),
    # A replacement joins by title and contributor alone
    ("Walden = Thoreau, Henry David", "Walden (2nd edition) = Thoreau, Henry David", "05", True),
    ("Botany for Schools = Gray, Asa", "Botany for Schools and Colleges = Gray, Asa", "03", False),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other", "code", "is_same"), RELATED)
def test_what_a_file_says_of_two_numbers(one: str, other: str, code: str, is_same: bool) -> None:
    likeness = compare(described(one), described(other), relation=code)
    assert likeness.is_same if is_same else likeness.is_doubtful


def test_a_replacement_by_something_else_is_no_match() -> None:
    one, other = described("Walden = Thoreau, Henry David"), described("Cape Cod = Gray, Asa")
    assert compare(one, other, relation="05").score <= 10


def test_a_series_name_as_title_is_doubted() -> None:
    series = "The Forsyte Saga"
    one = of_record(replace(record(f"{series}: To Let = Galsworthy, John"),
                            collections=(Collection(series),)))  # fmt: skip
    assert compare(one, described(f"{series} = Galsworthy, John")).is_doubtful


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("", ""), ("!!!", ""), ("The", "the"), ("And", "and"), ("(untitled)", "untitled"),
        ("A" * 500, "a" * 200), ("Book 3", "book 3"), ("2nd edition", "2nd edition"),
        ("Die Hard", "die hard"), ("Catch-22", "catch 22"), ("Война и мир", "воина и мир"),
        ("x\x00b", "x b"),
    ],
)  # fmt: skip
def test_keys_of_odd_titles(title: str, key: str) -> None:
    assert titles.match_key(title) == key


@pytest.mark.parametrize(
    ("title", "subtitle", "expected"),
    [
        ("Dune", "", Title("dune")),
        ("Dune, Vol. 2", "A Novel", Title("dune", volume="2")),
        ("Dune (Vol. 2 of 3)", "", Title("dune", volume="2")),
        ("Messiah (Dune, Book 2)", "", Title("messiah")),
        ("Messiah: Dune, Book 2", "", Title("messiah", "dune", place="2", is_split=True)),
        ("Dune, Vol. 2", "Part 3", Title("dune", volume="2")),
        ("Faust #2", "", Title("faust", place="2")),
        ("Faust", "Book 1, Volume 4", Title("faust", "book 1", volume="4", numbers=("1",))),
        ("Faust", "Written in 1808", Title("faust", "written in 1808", numbers=("1808",))),
        ("Faust [1808]", "A Tragedy", Title("faust", numbers=("1808",))),
        ("Frankenstein; or, The Modern Prometheus", "",
         Title("frankenstein", "the modern prometheus", is_alternative=True)),
        ("Emma", "A Study Guide", Title("emma", "a study guide", kinds=frozenset({"guide"}))),
        ("Emma 2nd edition", "Paperback", Title("emma")),
    ],
)  # fmt: skip
def test_a_title_taken_apart(title: str, subtitle: str, expected: Title) -> None:
    assert titles.read(title, subtitle) == expected


def gutenberg() -> list[tuple[str, str, Description]]:
    """Author's id, title and description of the real catalogue's titles from E to G."""
    with gzip.open(GUTENBERG / "pg_works.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["title"][:1] in "EFG"]
    return [
        (row["gutenberg_author_id"], row["title"], described(f"{title} = {row['author']}"))
        for row in rows
        if (title := " ".join(row["title"].split())) and row["author"] not in NOBODY
    ]


@pytest.mark.skipif(not GUTENBERG.is_dir(), reason="the shared data is not there")
def test_a_real_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    books = defaultdict(list)
    for author, title, book in gutenberg():
        for key in book.keys:
            books[key].append((author, title, book))
    counts = {"joined": 0, "missed": 0, "wrong": 0, "kept apart": 0}
    for shelf in books.values():
        for one, other in combinations(shelf, 2):
            is_same = compare(one[2], other[2]).is_same
            if one[0] != other[0]:
                counts["wrong" if is_same else "kept apart"] += 1
            elif one[1].casefold() == other[1].casefold():
                counts["joined" if is_same else "missed"] += 1
    precision = counts["joined"] / (counts["joined"] + counts["wrong"])
    recall = counts["joined"] / (counts["joined"] + counts["missed"])
    with capsys.disabled():
        print(f"\nGutenberg: {counts}, precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= 0.99
    assert recall >= 0.98
    assert counts["kept apart"] > 100
