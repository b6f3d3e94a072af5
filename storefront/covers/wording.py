"""What the words on a cover are: cleaned for XML, split into title and subtitle.

Everything here works on plain strings and knows nothing about how they will be drawn.
"""

import re
import unicodedata
from dataclasses import dataclass

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_UNSEEN = re.compile("[\u0080-\u009f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_STACKED_MARKS = re.compile(r"(?P<kept>[\u0300-\u036f\u0489]{2})[\u0300-\u036f\u0489]+")
_SUBTITLE = re.compile(r"^(?P<main>[^:;]{2,70}?)\s?[:;]\s+(?P<rest>\S.*)$")
_LONGEST = 400
"""Characters of a text that are looked at; no cover has room for more."""


@dataclass(frozen=True)
class Words:
    """All the wording of one cover."""

    title: str
    subtitle: str
    contributor: str
    series: str
    imprint: str


def clean(text: str) -> str:
    """Return the text on one line, without what XML forbids or a cover cannot show.

    Direction overrides go because they would turn the rest of the line around; piles of
    combining marks are cut to two because they would paint over the neighboring lines.
    """
    text = _ILLEGAL.sub("", text[: _LONGEST * 2].replace("\0", ""))
    text = _UNSEEN.sub("", text)
    text = _STACKED_MARKS.sub(r"\g<kept>", unicodedata.normalize("NFC", text))
    return " ".join(text.split())[:_LONGEST].rstrip()


def split_title(title: str) -> tuple[str, str]:
    """Return the title proper and the subtitle, which is empty if there is none.

    >>> split_title("Frankenstein; or, The Modern Prometheus")
    ('Frankenstein', 'or, The Modern Prometheus')
    """
    found = _SUBTITLE.match(title)
    return (found["main"], found["rest"]) if found else (title, "")


def initial_of(title: str) -> str:
    """Return the letter a title is known by, passing over an article such as *The*."""
    words = re.sub(r"^(?:the|an?)\s+(?=\w)", "", title, flags=re.IGNORECASE)
    for char in words or title:
        if char.isalnum():
            return char.upper()[0]
    return "*"


def is_right_to_left(text: str) -> bool:
    """Tell whether the first letter with a direction of its own runs right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def is_joined_script(text: str) -> bool:
    """Tell whether tracking would tear the letters apart, as in Arabic or Devanagari."""
    return any("\u0590" <= char <= "\u1cff" for char in text)
