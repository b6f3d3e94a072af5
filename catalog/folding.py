"""Folding: how words are made comparable, the same in PostgreSQL's index and in Redis."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_APOSTROPHES = frozenset("'’ʼ`´")
_BETWEEN_WORDS = re.compile(r"[\W_]")


MOST_LETTERS = 4_096


class _Folded(dict[int, str]):
    """What becomes of each letter, found out when it is first met.

    A shop meets few. Visitors may send a million; then only the first are remembered.
    """

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code).casefold())
        base = "".join(char for char in decomposed if not unicodedata.combining(char))
        plain = base.translate(_LETTERS)
        kept = "".join(char for char in plain if char not in _APOSTROPHES)
        folded = _BETWEEN_WORDS.sub(" ", kept)
        if len(self) < MOST_LETTERS:
            self[code] = folded
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """`text` as lower-case words without accents, apostrophes and punctuation: `emma s box`."""
    return " ".join(text.translate(_FOLDED).split())
