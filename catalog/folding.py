"""Folding: how words are made comparable, the same in PostgreSQL's index and in Redis."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_APOSTROPHES = re.compile(r"['’ʼ`´]")
_ASCII = {code: "" if chr(code) in "'`" else " " for code in range(128) if not chr(code).isalnum()}
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`text` as lower-case words without accents, apostrophes and punctuation: `emma s box`."""
    if text.isascii():  # most texts are, and an import folds millions
        return " ".join(text.lower().translate(_ASCII).split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    base = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _BETWEEN_WORDS.sub(" ", _APOSTROPHES.sub("", base.translate(_LETTERS))).strip()
