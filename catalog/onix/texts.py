"""Texts: words of a record as plain text, whatever markup they came in.

Markup never survives: what we store is text, and pages escape it. Paragraphs are kept.
"""

import html
import itertools
import re

import nh3
from lxml import etree

LONGEST_TEXT = 20_000
LONGEST_LINE = 2_000

_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "dl", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "table"}
)
_LINES = frozenset({"br", "li", "dt", "dd", "tr", "hr"})
_SILENT = frozenset({"script", "style", "iframe", "object", "template", "title", "head"})
_INLINE = "a|abbr|acronym|b|big|cite|code|em|font|i|img|ins|small|span|strong|sub|sup|svg|u|video"
_MARKUP = re.compile(
    rf"</?(?:{_INLINE}|{'|'.join(sorted(_BLOCKS | _LINES | _SILENT))})\b|<!|<\?"
    "|&(?:[A-Za-z]{2,30}|#[0-9]+|#x[0-9A-Fa-f]+);",
    re.IGNORECASE,
)
"""Only what HTML knows: “The Waves <Sands>” is a title."""
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(sorted(_BLOCKS))})\b[^>]*>", re.IGNORECASE)
_LINE_TAG = re.compile(rf"<(?:{'|'.join(sorted(_LINES))})\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\uffff]")


def line(text: str) -> str:
    """`text` in one line, without markup and invisible characters."""
    if ("<" in text or "&" in text) and _MARKUP.search(text):
        text = _without_markup(text)
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())[:LONGEST_LINE]


def paragraphs(element: etree._Element) -> str:
    """An element's text as paragraphs parted by blank lines; at most LONGEST_TEXT and a bit."""
    if len(element):
        pieces: list[str] = []
        _collect(element, pieces)
        text = "".join(pieces)
    else:
        text = element.text or ""
        text = _without_markup(text) if _MARKUP.search(text) else text.replace("\r\n", "\n")
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return _tidy(text)


def inner(element: etree._Element) -> str:
    """All text in an element, that of elements inside included, as it stands."""
    if len(element):
        return "".join(str(piece) for piece in element.itertext())
    return element.text or ""


def shortened(text: str, most: int) -> str:
    """`text` cut at the end of a word, with an ellipsis where anything is missing."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return cut[: cut.rfind(" ") if " " in cut[most // 2 :] else None].rstrip() + "…"


def _collect(element: etree._Element, pieces: list[str]) -> None:
    """XHTML: line breaks in its source mean nothing, its blocks do."""
    if element.text:
        pieces.append(element.text.replace("\n", " "))
    for child in element:
        tag = child.tag.rpartition("}")[2].lower() if isinstance(child.tag, str) else "script"
        if tag in _BLOCKS:
            pieces.append("\n\n")
            _collect(child, pieces)
            pieces.append("\n\n")
        elif tag in _LINES:
            pieces.append("\n")
            _collect(child, pieces)
        elif tag not in _SILENT:
            _collect(child, pieces)
        if child.tail:
            pieces.append(child.tail.replace("\n", " "))


def _without_markup(text: str) -> str:
    """HTML as text. Cleaned by a parser first, so that no tag hides in another."""
    clean = nh3.clean(
        text, tags=set(_BLOCKS | _LINES), attributes={}, clean_content_tags=set(_SILENT)
    )
    if _BLOCK_TAG.search(clean) or _LINE_TAG.search(clean):
        clean = clean.replace("\n", " ")
    clean = _LINE_TAG.sub("\n", _BLOCK_TAG.sub("\n\n", clean))
    plain = html.unescape(_TAG.sub("", clean))
    # Some escape twice: what was text until now turns out to be markup.
    return _without_markup(plain) if _BLOCK_TAG.search(plain) and plain != text else plain


def _tidy(text: str) -> str:
    lines = [" ".join(each.split()) for each in text.split("\n")]
    groups = itertools.groupby(lines, bool)
    return "\n\n".join("\n".join(group) for has_words, group in groups if has_words)
