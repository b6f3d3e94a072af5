"""Fitting text into a box: break it into even lines, shrink it, and only then cut it short."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from storefront.covers.lettering import Face

_BREAKS = re.compile(r"\S+?[-/\u2013\u2014]+(?=\w)|\S+")
_WEAK = re.compile(
    "an?|and|as|at|by|de|der|die|du|el|for|from|in|la|les?|of|on|or|the|to|und|with", re.IGNORECASE
)
_STAYS_WITH_PREVIOUS = frozenset(("Mn", "Mc", "Me", "Cf", "Pe", "Pf", "Po", "Lm"))
_STAYS_WITH_NEXT = frozenset(("Ps", "Pi"))
_STEP = 0.93
_WEAK_ENDING = 0.06
_WORTH_SHRINKING = 0.7
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Setting:
    """Text as set: its lines, their size, and the distance between them in ems."""

    lines: tuple[str, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        """The height from the tops of the first line's letters to the last descender."""
        return self.size * (1 + (len(self.lines) - 1) * self.leading) if self.lines else 0.0


@dataclass(frozen=True)
class _Piece:
    """A part of the text that is not broken, and whether a space goes before it."""

    text: str
    spaced: bool


def sizes(largest: float, smallest: float) -> Iterator[float]:
    """Yield font sizes from the largest down to exactly the smallest."""
    size = largest
    while size > smallest:
        yield round(size, 1)
        size *= _STEP
    yield smallest


def set_at(text: str, face: Face, size: float, width: float, leading: float) -> Setting | None:
    """Return the text in lines of that size, or None if a word is too wide for the box."""
    text = face.cased(text)
    lines = _break_evenly(_pieces(text), face, width / size)
    return None if lines is None else Setting(tuple(lines), size, leading)


def cut_to_fit(
    text: str, face: Face, size: float, width: float, height: float, leading: float
) -> Setting:
    """Return as much of the text as fits at that size, with an ellipsis if some is left out."""
    room = width / size
    most = max(1, int((height / size - 1) / leading + 1.001))
    pieces = [part for piece in _pieces(face.cased(text)) for part in _chop(piece, face, room)]
    lines = _break_greedily(pieces, face, room)
    if len(lines) > most:
        lines = [*lines[: most - 1], _ellipsize(lines[most - 1], face, room)]
    return Setting(tuple(lines), size, leading)


def fit(
    text: str,
    face: Face,
    width: float,
    height: float,
    *,
    largest: float,
    smallest: float,
    leading: float,
) -> Setting:
    """Return the text at the largest size at which all of it fits, cut only as a last resort.

    A somewhat smaller size is preferred if it saves a word such as *of* from a line of its own.
    """
    found: Setting | None = None
    length = face.width(face.cased(text))
    for size in sizes(largest, smallest):
        # It would not fit even if every line were full: save the trouble of breaking it.
        if length * size * size * leading > width * (height + size):
            continue
        setting = set_at(text, face, size, width, leading)
        if setting is not None and setting.height <= height:
            found = found or setting
            if size < found.size * _WORTH_SHRINKING:
                break
            if not _strands_a_word(setting):
                return setting
    return found or cut_to_fit(text, face, smallest, width, height, leading)


def _strands_a_word(setting: Setting) -> bool:
    return any(_WEAK.fullmatch(line) for line in setting.lines[1:])


def _pieces(text: str) -> list[_Piece]:
    """Split at spaces, after hyphens, and between ideographs."""
    pieces: list[_Piece] = []
    for word in text.split():
        spaced = True
        for part in _BREAKS.findall(word):
            for run in _ideographs_apart(part):
                pieces.append(_Piece(run, spaced))
                spaced = False
    return pieces


def _ideographs_apart(text: str) -> list[str]:
    runs: list[str] = []
    wide_before = False
    for char in text:
        wide = unicodedata.east_asian_width(char) == "W"
        joins = unicodedata.category(char) in _STAYS_WITH_PREVIOUS or (
            runs and unicodedata.category(runs[-1][-1]) in _STAYS_WITH_NEXT
        )
        if runs and (joins or not (wide or wide_before)):
            runs[-1] += char
        else:
            runs.append(char)
        wide_before = wide
    return runs


def _join(pieces: list[_Piece]) -> str:
    return "".join((" " if piece.spaced else "") + piece.text for piece in pieces).strip()


def _break_evenly(pieces: list[_Piece], face: Face, room: float) -> list[str] | None:
    """Break so that the lines are alike in length and few end in a word such as *of*."""
    space = face.width(" ")
    widths = [(face.width(piece.text), space if piece.spaced else 0.0) for piece in pieces]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        weak = end < len(pieces) and _WEAK.fullmatch(pieces[end - 1].text) is not None
        cost, start = _best_last_line(widths[:end], best, room)
        best.append((cost + _WEAK_ENDING * weak, start))
    if best[-1][0] == float("inf"):
        return None
    lines: list[str] = []
    end = len(pieces)
    while end:
        start = best[end][1]
        lines.insert(0, _join(pieces[start:end]))
        end = start
    return lines


def _best_last_line(
    widths: list[tuple[float, float]], best: list[tuple[float, int]], room: float
) -> tuple[float, int]:
    """Return the least cost of breaking these pieces, and where their last line starts."""
    choice = (float("inf"), len(widths) - 1)
    line = 0.0
    for start in range(len(widths) - 1, -1, -1):
        width, space = widths[start]
        line += width
        if line > room:
            break
        cost = best[start][0] + (1 - line / room) ** 2
        if cost < choice[0]:
            choice = (cost, start)
        line += space
    return choice


def _break_greedily(pieces: list[_Piece], face: Face, room: float) -> list[str]:
    lines: list[list[_Piece]] = []
    for piece in pieces:
        if lines and face.width(_join([*lines[-1], piece])) <= room:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [_join(line) for line in lines]


def _chop(piece: _Piece, face: Face, room: float) -> list[_Piece]:
    """Cut a word that is wider than a line, never between a letter and its accent."""
    if face.width(piece.text) <= room:
        return [piece]
    parts = [""]
    for char in piece.text:
        mark = unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf", "Sk"}
        if parts[-1] and not mark and face.width(parts[-1] + char) > room:
            parts.append("")
        parts[-1] += char
    return [_Piece(part, piece.spaced and not place) for place, part in enumerate(parts)]


def _ellipsize(line: str, face: Face, room: float) -> str:
    while line and face.width(line + _ELLIPSIS) > room:
        line = line[:-1]
    return line.rstrip(" ,.;:-\u2013\u2014") + _ELLIPSIS
