"""What a contributor's name says, taken apart: so that two notations of it can be compared."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from catalog.folding import fold

FULL, LONGER, INITIALS, WEAK, NONE = 40, 38, 33, 20, 0
"""How much two names agree, in points: equal; one has a name more; initials; the surname, or
something like it, alone; not at all."""
MOST_YEARS_APART = 1
"""Catalogues differ by a year where a birthday is not known."""
LIKE = 0.75

_NOTES = re.compile(r"\([^)]*\)")
_GENERATIONS = {
    "jr": "2", "junior": "2", "fils": "2", "ii": "2", "sr": "1", "senior": "1", "pere": "1",
    "iii": "3", "iv": "4",
    "mrs": "wife",
}  # fmt: skip
_TITLES = frozenset({
    "sir", "dr", "prof", "professor", "mr", "ms", "miss", "lord", "lady", "rev", "reverend",
    "saint", "st", "baron", "graf", "freiherr", "dame", "phd", "md", "emperor", "king", "queen",
    "pope",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name; all texts are folded."""

    surname: str
    givens: tuple[str, ...] = ()
    generation: str = ""
    """1 for the elder, 2 for the younger of the name, `wife` for who is called by her husband’s."""
    birth_year: int | None = None
    death_year: int | None = None


@lru_cache(maxsize=4096)
def read(
    sort_name: str,
    name: str = "",
    birth_year: int | None = None,
    death_year: int | None = None,
    is_corporate: bool = False,
) -> Name:
    """Take a name apart, filed (Austen, Jane) or printed, where there is no filed form."""
    filed = _NOTES.sub(" ", sort_name)
    if is_corporate:
        return Name(fold(filed) or fold(name), (), "", birth_year, death_year)
    if "," in filed:
        last, _comma, first = filed.partition(",")
        surname, givens = fold(last).split(), fold(first).split()
        if len(surname) > 1 and not set(givens) - _TITLES:
            surname, givens = surname[-1:], surname[:-1]  # Marcus Aurelius, Emperor
    else:
        words = fold(filed or _NOTES.sub(" ", name)).split()
        trailing = [word for word in words[1:] if word in _GENERATIONS]
        words = [word for word in words if word not in trailing]
        surname, givens = words[-1:], words[:-1] + trailing
    generation = ""
    for word in [*surname[1:], *givens]:
        generation = _GENERATIONS.get(word, generation)
    surname = [word for word in surname if len(surname) == 1 or word not in _GENERATIONS]
    givens = [word for word in givens if word not in _GENERATIONS and word not in _TITLES]
    return Name(" ".join(surname), tuple(givens), generation, birth_year, death_year)


def agreement(one: Name, other: Name) -> int:
    """How much two names agree: FULL, LONGER, INITIALS, WEAK or NONE."""
    if not one.surname or not other.surname or _differ_in_time(one, other):
        return NONE
    if one.generation != other.generation:
        if one.generation and other.generation:
            return NONE
        return min(WEAK, _by_words(one, other))
    points = _by_words(one, other)
    is_same_birth = one.birth_year is not None and one.birth_year == other.birth_year
    return max(points, INITIALS) if points and is_same_birth else points


def _differ_in_time(one: Name, other: Name) -> bool:
    """Whether the years tell two people of one name apart."""
    return _far_apart(one.birth_year, other.birth_year) or _far_apart(
        one.death_year, other.death_year
    )


def _far_apart(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and abs(one - other) > MOST_YEARS_APART


def _by_words(one: Name, other: Name) -> int:
    if one.surname == other.surname or _plain(one.surname) == _plain(other.surname):
        return _given_agreement(one.givens, other.givens)
    words, others = _words(one), _words(other)
    if 1 < len(words) == len(others) and sorted(words) == sorted(others):
        return FULL  # van Gogh, Vincent; Gogh, Vincent van; or first and last name swapped
    if _share_last_part(one, other):
        return min(LONGER, _given_agreement(tuple(words[:1]), tuple(others[:1])))
    like = SequenceMatcher(None, one.surname, other.surname).ratio() >= LIKE
    is_same_start = one.givens[:1] and other.givens[:1] and one.givens[0][0] == other.givens[0][0]
    return WEAK if like and is_same_start else NONE


def _words(name: Name) -> list[str]:
    """In the order in which they are printed."""
    return [*name.givens, *name.surname.split()]


def _share_last_part(one: Name, other: Name) -> bool:
    """Whether one is filed by more words than the other: Conan Doyle, Arthur; Doyle, A. Conan."""
    a, b = one.surname.split(), other.surname.split()
    return len(a) != len(b) and a[-1] == b[-1]


def _plain(word: str) -> str:
    """ü may be written u or ue."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _given_agreement(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    if one == other:
        return FULL
    if not one or not other:
        return WEAK
    if "".join(one) == "".join(other):
        return FULL  # Jean-Paul, Jean Paul
    one, other = _spread(one, other), _spread(other, one)
    shorter, longer = sorted((one, other), key=len)
    if shorter[0] == longer[0] and len(shorter[0]) > 1:
        return LONGER if _is_within(shorter[1:], longer[1:]) else NONE
    if not _is_within(shorter, longer):
        return NONE
    return INITIALS if _fits(shorter[0], longer[0]) else WEAK


def _spread(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Initials that are written together, apart: jrr becomes j r r beside john ronald reuel."""
    initials = "".join(word[0] for word in other)
    is_together = len(one) == 1 and 1 < len(one[0]) <= len(other) and initials.startswith(one[0])
    return tuple(one[0]) if is_together else one


def _is_within(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether all names of one stand in the other, in their order, maybe as initials."""
    rest = iter(longer)
    return all(any(_fits(name, candidate) for candidate in rest) for name in shorter)


def _fits(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])
