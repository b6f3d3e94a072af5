"""What stands before the records: declaration, document type, root element, header."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from lxml import etree

from catalog.onix.unpacking import NotOnix

MOST_BYTES = 1_000_000
"""No real file has more before its first record."""

_ROOT = re.compile(rb"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)((?:\s[^<>]*)?)>")
_PREFIX = re.compile(rb"\s(xmlns:[A-Za-z_][\w.\-]*)\s*=\s*(\"[^\"]*\"|'[^']*')")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the header says once for all records."""

    sender: str = ""
    language: str = ""
    """List 74."""
    currency: str = ""
    price_type: str = ""
    """List 58."""


@dataclass(slots=True)
class Start:
    """How a file begins."""

    end: int
    """Where the root element's start tag ends; where a bare record begins."""
    prefixes: dict[bytes, bytes] = field(default_factory=dict)
    """Declarations of prefixes at the root that records may rely on."""
    is_bare: bool = False
    """Whether a record stands there without a message around it."""


class Incomplete(Exception):
    """The root's start tag is not in the text yet."""


def start(text: bytes, note: Callable[[str], None]) -> Start:
    """How the file begins that `text` is the beginning of.

    Raises Incomplete when more of the file is needed, NotOnix when it is something else.
    """
    place = _next_tag(text, 0)
    has_document_type = False
    while not (match := _ROOT.match(text, place)):
        if text.startswith(b"<?", place):
            place = _past(text, b"?>", place)
        elif text.startswith(b"<!--", place):
            place = _past(text, b"-->", place)
        elif text[place : place + 9].upper() == b"<!DOCTYPE":
            place = _past_document_type(text, place)
            has_document_type = True
        elif len(text) - place < 10 or b">" not in text[place:]:
            raise Incomplete
        else:
            raise NotOnix(_("The file is not well-formed XML at its beginning."))
        place = _next_tag(text, place)
    if has_document_type:
        note(_("The document type was ignored, and nothing it names was fetched."))
    name = match[2].decode()
    if name.lower() == "product":
        note(_("There is no ONIX message around the record; it was read all the same."))
        return Start(place, is_bare=True)
    if name.lower() != "onixmessage":
        message = _("This is no ONIX file: it begins with <%(name)s> instead of <ONIXMessage>.")
        raise NotOnix(message % {"name": name[:60]})
    return Start(match.end(), dict(_PREFIX.findall(match[3])))


def header(xml: bytes) -> Defaults:
    """What a header says; nothing where it cannot be read."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(xml, parser)
    texts: dict[str, str] = {}
    for element in root.iter(etree.Element) if root is not None else ():
        texts.setdefault(etree.QName(element).localname, (element.text or "").strip())

    def first(*names: str) -> str:
        return next((texts[name] for name in names if texts.get(name)), "")

    return Defaults(
        sender=first("SenderName", "x298", "FromCompany", "m174")[:200],
        language=first("DefaultLanguageOfText", "m184"),
        currency=first("DefaultCurrencyCode", "m186").upper(),
        price_type=first("DefaultPriceType", "x310", "DefaultPriceTypeCode", "m185"),
    )


def _next_tag(text: bytes, place: int) -> int:
    found = text.find(b"<", place)
    between = text[place : found if found >= 0 else None]
    if between.strip():
        raise NotOnix(_("This is no XML file: it does not begin with a tag."))
    if found < 0:
        raise Incomplete
    return found


def _past(text: bytes, end: bytes, place: int) -> int:
    found = text.find(end, place)
    if found < 0:
        raise Incomplete
    return found + len(end)


def _past_document_type(text: bytes, place: int) -> int:
    """Where the document type ends. One that declares entities is refused: see XML bombs."""
    unquoted = _QUOTED.sub(lambda match: b" " * len(match[0]), text[place:])
    bracket, end = unquoted.find(b"["), unquoted.find(b">")
    if 0 <= bracket < end or (bracket >= 0 and end < 0):
        if b"<!ENTITY" in text[place:].upper():
            raise NotOnix(
                _("The file declares entities of its own in its document type; it is refused.")
            )
        closed = re.search(rb"\]\s*>", text[place:])
        if not closed:
            raise Incomplete
        return place + closed.end()
    if end < 0:
        raise Incomplete
    return place + end + 1
