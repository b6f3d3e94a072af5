"""How wide text is likely to be, estimated without a font file.

A cover is shown as an image, so it takes whatever serif or sans the reader's machine has.  The
widths below lie between the narrow and the wide faces of that kind (Liberation Serif and
DejaVu Serif, Helvetica and DejaVu Sans), a little on the wide side: a line may end up somewhat
shorter than reckoned, which nobody sees, rather than longer.
"""

import unicodedata
from functools import lru_cache
from typing import Literal

Kind = Literal["serif", "sans"]

_SERIF = {
    0.24: "'",
    0.28: " ,./:;\\ijl|·\u2018\u2019",
    0.32: "-ft",
    0.36: "!()I[]",
    0.40: '"`rJ',
    0.44: "s\u201c\u201d",
    0.48: "*?_acez",
    0.52: "kovxy{}\u2013",
    0.56: "$0123456789bdghnpqu",
    0.60: "FLPSTZ",
    0.64: "#EY^",
    0.68: "+<=>ABCKRVX~",
    0.72: "DGOQ",
    0.76: "HNUw",
    0.80: "&",
    0.84: "%m",
    0.92: "@MW",
    1.00: "\u2014…",
}
_SANS = {
    0.24: "'ijl",
    0.28: " ,./:;I\\|·\u2018\u2019",
    0.32: "!-[]ft",
    0.36: "()r",
    0.40: '"`\u201c\u201d',
    0.44: "*",
    0.48: "{}",
    0.52: "Jcksvxyz\u2013",
    0.56: "$0123456789?L_abdeghnopqu",
    0.64: "FTZ^",
    0.68: "#&+<=>ABEKPSVXY~",
    0.72: "CDHNRU",
    0.76: "w",
    0.80: "GOQ",
    0.84: "M",
    0.88: "m",
    0.92: "%",
    0.96: "W",
    1.00: "\u2014…",
    1.04: "@",
}


def _by_char(table: dict[float, str]) -> dict[str, float]:
    return {char: width for width, chars in table.items() for char in chars}


_TABLES: dict[Kind, dict[str, float]] = {"serif": _by_char(_SERIF), "sans": _by_char(_SANS)}
_BOLD: dict[Kind, float] = {"serif": 1.13, "sans": 1.14}
_GIANTS = {"\ufdfd": 11.0, "\u2e3a": 2.0, "\u2e3b": 3.0, "\U0001242b": 9.0, "\ua9c5": 3.0}
"""Single characters that fonts draw as wide as a whole word."""


def text_width(text: str, kind: Kind, *, bold: bool = False) -> float:
    """Return the estimated width of the text in ems."""
    width = sum(_char_width(char, kind) for char in text)
    return width * _BOLD[kind] if bold else width


@lru_cache(maxsize=4096)
def _char_width(char: str, kind: Kind) -> float:
    table = _TABLES[kind]
    if char in table:
        return table[char]
    if char in _GIANTS:
        return _GIANTS[char]
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 1.3 if ord(char) > 0x1F000 else 1.0
    base = unicodedata.normalize("NFKD", char)[0]
    if base in table:
        return table[base]
    return _unknown_width(char)


def _unknown_width(char: str) -> float:
    category = unicodedata.category(char)
    if category == "Lu":
        return 0.78
    if category == "Ll":
        return 0.64
    return 1.0 if category.startswith("S") else 0.72
