"""What a record changed, beside what was there: field by field, differing words marked."""

import difflib
import re
from dataclasses import dataclass
from typing import Any

from catalog.admin import field_names

SHORT = 40  # characters that are compared at a glance
MOST_WORDS = 2_000  # above that only the middle is marked: comparing all would take seconds


@dataclass(frozen=True)
class Part:
    """A piece of text, and whether the other side has it, too."""

    text: str
    is_marked: bool


@dataclass(frozen=True)
class Difference:
    """One field, before and after."""

    label: str
    before: list[Part]
    after: list[Part]


def of(changes: dict[str, list[Any]]) -> list[Difference]:
    """`changes` of a record in words: of each field `[before, after]`."""
    return [_difference(name, change) for name, change in sorted(changes.items())]


def _difference(name: str, change: list[Any]) -> Difference:
    before, after = change
    old, new = field_names.read_out(name, before), field_names.read_out(name, after)
    return Difference(field_names.label(name), *_compared(old, new))


def _compared(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """Both texts in parts; of long ones, words that only one of them has are marked."""
    if not old or not new or max(len(old), len(new)) <= SHORT:
        return _all(old), _all(new)
    left, right = re.split(r"(\s+)", old), re.split(r"(\s+)", new)
    before: list[Part] = []
    after: list[Part] = []
    for same, a, b, c, d in _stretches(left, right):
        before += _part(left[a:b], is_marked=not same)
        after += _part(right[c:d], is_marked=not same)
    return before, after


def _stretches(left: list[str], right: list[str]) -> list[tuple[bool, int, int, int, int]]:
    if max(len(left), len(right)) <= 2 * MOST_WORDS:  # each word has its space
        matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
        return [(tag == "equal", a, b, c, d) for tag, a, b, c, d in matcher.get_opcodes()]
    pairs = list(zip(left, right, strict=False))
    head = next((n for n, (a, b) in enumerate(pairs) if a != b), len(pairs))
    backwards = zip(reversed(left[head:]), reversed(right[head:]), strict=False)
    shorter = min(len(left), len(right)) - head
    tail = next((n for n, (a, b) in enumerate(backwards) if a != b), shorter)
    ends = len(left) - tail, len(right) - tail
    return [
        (True, 0, head, 0, head),
        (False, head, ends[0], head, ends[1]),
        (True, ends[0], len(left), ends[1], len(right)),
    ]


def _part(words: list[str], *, is_marked: bool) -> list[Part]:
    text = "".join(words)
    return [Part(text, is_marked)] if text else []


def _all(text: str) -> list[Part]:
    return [Part(text, is_marked=False)] if text else []
