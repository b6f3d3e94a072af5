"""Cutting: a file into its records, one after the other, in constant memory.

Records are found by their tags and not by parsing, so that one which is not well-formed harms no
other, and so that one which has not changed need not be parsed at all.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from catalog.onix import entities, prolog
from catalog.onix.encodings import CleanText
from catalog.onix.prolog import Defaults
from catalog.onix.unpacking import LIMIT_BYTES, NotOnix, Opened

RECORD_BYTES = 2_000_000
"""No real record is longer; one with every text there is has 100 kB."""
MOST_STRAY_TAGS = 10_000

_RECORD = re.compile(rb"<((?:[A-Za-z_][\w.\-]*:)?(?:Product|product))(?=[\s/>])")
_HEADER = re.compile(rb"<((?:[A-Za-z_][\w.\-]*:)?(?:Header|header))(?=[\s>])")
_LOOK_AHEAD = 200
_SKIPPED = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))


class Product(NamedTuple):
    """One record of a file, not parsed yet."""

    ordinal: int
    """Its place in the file, from 1."""
    line: int
    """Where it begins in the file, from 1."""
    raw: bytes
    """Its XML in UTF-8; only its beginning where there is a fault."""
    digest: str
    """The same as long as nothing in the record changes. Hexadecimal, 64 characters."""
    fault: str = ""
    """Why it cannot be read, where that is known already: a sentence."""


def products(file: BinaryIO, *, limit_bytes: int = LIMIT_BYTES) -> "Products":
    """The records of an ONIX file, which may be packed by gzip or zip.

    Raises NotOnix, here and while iterating, when the file is no ONIX file or too large.
    """
    return Products(file, limit_bytes=limit_bytes)


class Products(Iterator[Product]):
    """The records of a file, and what is to be said of the file as a whole."""

    def __init__(self, file: BinaryIO, *, limit_bytes: int) -> None:
        self.notes: list[str] = []
        """Sentences for staff."""
        self.defaults = Defaults()
        self._opened = Opened(file, limit_bytes=limit_bytes)
        self._source = CleanText(self._opened, self.notes)
        self._text = b""
        self._place = 0
        self._line = 1
        self._start = self._read_start()
        self._declared = b"".join(b" %s=%s" % item for item in self._start.prefixes.items())
        self._advance(self._start.end)
        self._stray_tags = 0
        self._ordinal = 0
        self._records = self._cut()
        # The header comes before the first record, so both are read now.
        self._first = next(self._records, None)

    @property
    def bytes_read(self) -> int:
        """How much of the file was read: of the packed one, where it is packed."""
        return self._opened.bytes_read

    def __next__(self) -> Product:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._records)

    def _read_start(self) -> prolog.Start:
        while len(self._text) < prolog.MOST_BYTES:
            is_more = self._fill()
            notes: list[str] = []
            try:
                found = prolog.start(self._text, notes.append)
            except prolog.Incomplete:
                if not is_more:
                    raise NotOnix(_("The file ends before its first record.")) from None
            else:
                self.notes += notes
                return found
        raise NotOnix(_("The file has no ONIX message within its first megabyte."))

    def _cut(self) -> Iterator[Product]:
        while self._find_tag():
            text, place = self._text, self._place
            if record := _RECORD.match(text, place):
                yield self._record(record[1])
            elif text.startswith(b"</", place) and not self._start.is_bare:
                if re.match(rb"</(?:[\w.\-]+:)?onixmessage\s*>", text[place:], re.IGNORECASE):
                    return
                self._skip_tag()
            elif header := _HEADER.match(text, place):
                end, is_whole = self._end(header[1], prolog.MOST_BYTES)
                if is_whole:
                    self.defaults = prolog.header(self._text[self._place : end])
                self._advance(end)
            elif ending := next(
                (end for start, end in _SKIPPED if text.startswith(start, place)), b""
            ):
                self._skip_past(ending)
            else:
                self._skip_tag()
        if not self._start.is_bare or self._opened.was_cut_off:
            self.notes.append(_("The file ends too early; ask the sender for the whole of it."))

    def _record(self, name: bytes) -> Product:
        line = self._line
        end, is_whole = self._end(name, RECORD_BYTES)
        raw = self._text[self._place : end]
        tag_end = 1 + len(name)
        self._advance(end)
        self._ordinal += 1
        fault = ""
        if len(raw) > RECORD_BYTES:
            if not is_whole:
                self._skip_past(b"</" + name + b">")
            fault = _("The record is longer than %(size)d kB.") % {"size": RECORD_BYTES // 1000}
            raw = raw[:4000]
        elif not is_whole:
            fault = _("The record does not end: its closing tag is missing.")
        if self._declared:
            raw = raw[:tag_end] + self._declarations_for(raw) + raw[tag_end:]
        if b"&" in raw:
            raw = entities.resolve(raw)
        return Product(self._ordinal, line, raw, hashlib.sha256(raw).hexdigest(), fault)

    def _declarations_for(self, raw: bytes) -> bytes:
        opening = raw[: raw.find(b">") + 1]
        if b"xmlns:" not in opening:
            return self._declared
        own = {name for name in self._start.prefixes if name + b"=" in opening}
        return b"".join(
            b" %s=%s" % item for item in self._start.prefixes.items() if item[0] not in own
        )

    def _end(self, name: bytes, most: int) -> tuple[int, bool]:
        """Where the element ends that stands here, and whether its end tag was found.

        Without one the element ends where the next of its kind begins, or the file does.
        """
        closing = re.compile(b"</" + re.escape(name) + rb"\s*>")
        while (found := self._closing(closing)) is None:
            if len(self._text) - self._place > most or not self._fill():
                break
        end = len(self._text) if found is None else found
        again = self._opened_again(name, end)
        return (end, found is not None) if again is None else (again, False)

    def _opened_again(self, name: bytes, end: int) -> int | None:
        """Where the next of its kind begins before `end`, comments and CDATA passed over."""
        text, place = self._text, self._place + 1
        # The same tag to the letter: a file's records begin alike, and this is fast.
        opening = text[self._place : self._place + len(name) + 2]
        while (again := text.find(opening, place, end)) >= 0:
            special = text.find(b"<!", place, again)
            if special < 0:
                return again
            place = _past_special(text, special)
            if place < 0:  # it never ends: the next record is not to be lost with it
                return again
        return None

    def _closing(self, closing: re.Pattern[bytes]) -> int | None:
        """Where the end tag ends, comments and CDATA passed over; None: not in the text yet."""
        text, place = self._text, self._place
        while match := closing.search(text, place):
            special = text.find(b"<!", place, match.start())
            while special >= 0:
                place = _past_special(text, special)
                if place < 0:
                    return None
                if place > match.start():
                    break
                special = text.find(b"<!", place, match.start())
            else:
                return match.end()
        return None

    def _find_tag(self) -> bool:
        """Go to the next tag; whether there is one."""
        while True:
            found = self._text.find(b"<", self._place)
            self._advance(found if found >= 0 else len(self._text))
            if found >= 0 and len(self._text) - found >= _LOOK_AHEAD:
                return True
            if not self._fill():
                return found >= 0

    def _skip_tag(self) -> None:
        self._stray_tags += 1
        if self._stray_tags > MOST_STRAY_TAGS:
            raise NotOnix(_("The file holds too much that is no record (line %d).") % self._line)
        self._advance(self._place + 1)

    def _skip_past(self, ending: bytes) -> None:
        """Go past the next `ending`, or to the end of the file; keeps nothing of what it skips."""
        while (found := self._text.find(ending, self._place)) < 0:
            self._advance(max(self._place, len(self._text) - len(ending) + 1))
            if not self._fill():
                self._advance(len(self._text))
                return
        self._advance(found + len(ending))

    def _advance(self, place: int) -> None:
        self._line += self._text.count(b"\n", self._place, place)
        self._place = place

    def _fill(self) -> bool:
        """Append the next piece of the file, and drop what is done; whether there was one."""
        piece = self._source.read()
        rest = self._text[self._place :]
        if self._source.wrong_at is not None:
            line = self._line + rest.count(b"\n") + piece.count(b"\n", 0, self._source.wrong_at)
            note = _(
                "The file is no UTF-8 from line %(line)d on; what is not was read as Windows-1252."
            )
            self.notes.append(note % {"line": line})
            self._source.wrong_at = None
        self._text, self._place = rest + piece, 0
        return bool(piece)


def _past_special(text: bytes, place: int) -> int:
    """Where the comment or CDATA ends that begins there; -1: not in the text yet."""
    for start, ending in _SKIPPED:
        if text.startswith(start, place):
            found = text.find(ending, place + len(start))
            return found + len(ending) if found >= 0 else -1
    return place + 2
