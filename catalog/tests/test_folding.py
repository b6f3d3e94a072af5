"""Words made comparable, whatever is sent."""

from catalog import folding
from catalog.folding import fold


def test_accents_cases_and_punctuation_make_no_difference() -> None:
    assert fold("Émma’s  BOX: Œuvre!") == "emmas box oeuvre"


def test_a_million_letters_are_folded_and_not_remembered() -> None:
    every = "".join(chr(code) for code in range(0x20, 0xD800))
    words = fold(every)
    assert fold(every) == words
    assert len(folding._FOLDED) <= folding.MOST_LETTERS
    assert fold("Émile") == "emile"
