"""Thema, the book trade's subject scheme: how its codes are built, and our tree of them.

The codes are facts; the names in `thema.csv` are the shop's own words for what version 1.6 means by
them: every code of two letters has one, and what shelves need below. A code says where it stands:
`FFD` is below `FF`, which is below `F`. Codes that begin with a digit are no subjects but say more
about one (place, language, time, education, interest): they are never shown as shelves.
https://www.editeur.org/151/Thema/
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from catalog import indexing
from catalog.models import Subject, Work, slugs

LABELS = Path(__file__).parent / "thema.csv"
CHILDREN, YOUNG_ADULTS = "02", "03"
"""ONIX code list 28."""
FIRST = {"F": 10, "Y": 20, "D": 30}
"""Places of the roots that a bookshop has at its front; the others follow by their codes."""
WRONG_NAMES = {
    "FDM": "Magical realism", "FMM": "Tales of magic", "FYH": "Inspired by true events",
    "GM": "Museums and heritage", "WBZ": "Decorating cakes", "WDH": "Toys and models",
    "WDK": "Puzzles", "WDP": "Quizzes",
}  # fmt: skip
"""What shops were given before, of codes that mean something else, or more: see `_right`."""
_FROM_TWELVE = "5AN"  # interest ages go on from here by a year a letter
_INTEREST_AGE = "5A"
_ADULT_LEARNERS = ("5AX", "5AZ")


def audience(code: str) -> str:
    """Whom a qualifier of interest age speaks of, as a code of ONIX list 28; empty for others."""
    if not code.startswith(_INTEREST_AGE) or code.startswith(_ADULT_LEARNERS):
        return ""
    if len(code) == len(_INTEREST_AGE):
        return ""
    return YOUNG_ADULTS if code >= _FROM_TWELVE else CHILDREN


def above(code: str, *, among: Iterable[str]) -> str:
    """The nearest code above that is one of `among`; empty for a root."""
    known = set(among)
    shorter = (code[:length].rstrip("-") for length in range(len(code) - 1, 0, -1))
    return next((each for each in shorter if each in known), "")


def labels() -> dict[str, str]:
    """Our names by their codes, each after those above it."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Loaded:
    """How many subjects were changed."""

    added: int
    righted: int


@transaction.atomic
def load() -> Loaded:
    """Fill the tree with what is missing in it.

    What is there keeps its name, its address and its words, but for a name of ours that was wrong.
    One that hung too high, because what is between was missing, moves down; where staff hung it
    below a shelf of their own, it stays.
    """
    names = labels()
    known = {row.code: row for row in Subject.objects.filter(scheme=Subject.Scheme.THEMA)}
    taken = set(Subject.objects.values_list("slug", flat=True))
    righted = _right(known, names, taken)
    parents = {code: above(code, among=names) for code in names}
    missing = [code for code in names if code not in known]
    for length in sorted({len(code) for code in missing}):
        level = [
            Subject(
                code=code,
                name=names[code],
                slug=_unused(names[code], taken),
                parent=known.get(parents[code]),
                ordinal=FIRST.get(code, Subject.ORDINAL),
            )
            for code in missing
            if len(code) == length
        ]
        known.update({row.code: row for row in Subject.objects.all().plant(level)})
    _lower(Subject.objects.exclude(code__in=missing), parents)
    indexing.vocabulary_changed()
    return Loaded(added=len(missing), righted=righted)


def _right(known: Mapping[str, Subject], names: Mapping[str, str], taken: set[str]) -> int:
    """Rename what still has one of our names that were wrong; how many that were.

    Its address follows where it was made of that name. FDM comes before FMM, which takes both over.
    """
    wrong = [
        row for row in map(known.get, WRONG_NAMES) if row and row.name == WRONG_NAMES[row.code]
    ]
    for subject in wrong:
        former, subject.name = subject.name, names[subject.code]
        if subject.slug == slugs.readable(former, fallback="subject"):
            taken.discard(subject.slug)
            subject.slug = _unused(subject.name, taken)
        subject.save()
    works = Work.objects.filter(subjects__in=wrong)
    indexing.works_changed(set(works.values_list("pk", flat=True)))
    return len(wrong)


def _lower(rows: QuerySet[Subject], parents: dict[str, str]) -> None:
    """Hang what hung too high, for want of what is there now, below the nearest."""
    nearest = {
        row.code: row
        for row in Subject.objects.filter(scheme=Subject.Scheme.THEMA, code__in=parents.values())
    }
    trade = rows.filter(scheme=Subject.Scheme.THEMA, code__in=parents).select_related("parent")
    for row in sorted(trade, key=lambda row: len(row.code)):
        parent = nearest.get(parents[row.code])
        if parent is not None and _hangs_too_high(row, parent):
            parent.refresh_from_db()  # it may just have been hung lower itself
            row.parent = parent
            row.save()


def _unused(name: str, taken: set[str]) -> str:
    base = slugs.readable(name, fallback="subject")
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    slug = base if base not in taken else next(each for each in numbered if each not in taken)
    taken.add(slug)
    return slug


def _hangs_too_high(subject: Subject, parent: Subject) -> bool:
    above_now = subject.parent
    if above_now is None:
        return True
    is_trade = above_now.scheme == Subject.Scheme.THEMA
    return is_trade and above_now.pk != parent.pk and parent.code.startswith(above_now.code)
