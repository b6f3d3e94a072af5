"""What the bytes of a list are: a spreadsheet by another name, or text, and in which encoding.

The whole file is looked at once, in pieces, so that reading it afterwards cannot fail half-way.
Windows-1252 and MacRoman assign a character to nearly every byte: none can be proved, so what was
assumed is said. Sources: the WHATWG Encoding Standard (windows-1252), RFC 3629 (UTF-8).
"""

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

MOST_BYTES = 200 * 1024 * 1024
_PIECE = 1024 * 1024  # bytes
_SAMPLE = 64 * 1024  # bytes: what is guessed from
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_ACCENTED = set("äöüßÄÖÜéèêëÉÈàâáÀÂçÇîïíôóòûúùñÑœŒæåøØÅãõ’“”„–—«»…€")
"""What stands in titles and names of Western languages, and no other sign."""


class UnreadableFile(Exception):
    """The file is no CSV file of the expected kind; the text says why, and what to do."""


@dataclass(frozen=True)
class Decoding:
    """How the bytes are to be read."""

    encoding: str
    """A name that Python knows."""
    note: str = ""
    """What was assumed, in words; empty where nothing had to be."""


def detect(file: BinaryIO, *, encoding: str = "") -> Decoding:
    """How `file` is encoded; it stands at its beginning afterwards.

    `encoding`: what the sender says; it is believed, and checked. Raises UnreadableFile for what
    is too large, is no text, or is not in that encoding.
    """
    file.seek(0)
    head = file.read(_SAMPLE)
    _refuse_other_kinds(head)
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        encoding = "utf-8-sig"  # a mark at the beginning is no part of the first heading
    if not encoding:
        encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "") or _wide(head)
    wanted = encoding or "utf-8"
    try:
        codecs.lookup(wanted)
    except LookupError:
        raise UnreadableFile(
            _("The encoding “%(name)s” is not known.") % {"name": wanted}
        ) from None
    accented = _read_through(file, wanted, is_certain=bool(encoding))
    file.seek(0)
    if accented is None:
        note = _("The file was read as %(name)s.") % {"name": wanted}
        return Decoding(wanted, note if encoding not in ("", "utf-8-sig") else "")
    return _guess(accented)


def _read_through(file: BinaryIO, encoding: str, *, is_certain: bool) -> bytes | None:
    """None where all of it is in this encoding; else lines with bytes that are not ASCII."""
    decoder = codecs.getincrementaldecoder(encoding)()
    accented, total, lines, fits = bytearray(), 0, 0, True
    file.seek(0)
    while piece := file.read(_PIECE):
        total += len(piece)
        if total > MOST_BYTES:
            size = MOST_BYTES // 1024 // 1024
            raise UnreadableFile(_("The file is larger than %(size)d MB.") % {"size": size})
        if len(accented) < _SAMPLE:
            lines_of_piece = (line for line in piece.splitlines() if not line.isascii())
            accented += b"\n".join(lines_of_piece)[:_SAMPLE]
        if fits:
            fits = _fits(decoder, piece, lines, is_certain=is_certain, encoding=encoding)
        elif b"\x00" in piece:
            raise UnreadableFile(_nul())
        lines += piece.count(b"\n")
    if fits:
        fits = _fits(decoder, b"", lines, is_certain=is_certain, encoding=encoding, final=True)
    return None if fits else bytes(accented)


def _fits(
    decoder: codecs.IncrementalDecoder, piece: bytes, lines: int, *,
    is_certain: bool, encoding: str, final: bool = False,
) -> bool:  # fmt: skip
    try:
        text = decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        if not is_certain:
            if b"\x00" in piece:
                raise UnreadableFile(_nul()) from error
            return False
        line = lines + piece.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            _("Line %(line)d is not %(name)s. Save the file as “CSV UTF-8” and try again.")
            % {"line": line, "name": encoding}
        ) from error
    if "\x00" in text:
        raise UnreadableFile(_nul())
    return True


def _nul() -> str:
    return _("The file contains NUL bytes; it is no CSV file. Save it as “CSV UTF-8” again.")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark shows itself by a NUL in nearly every other byte."""
    half = len(head) // 2
    if half < 4:
        return ""
    if head[1::2].count(0) > half * 0.7 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > half * 0.7 and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _guess(accented: bytes) -> Decoding:
    """Windows-1252, unless both our own count and charset-normalizer say MacRoman."""
    windows, mac = _plausible(accented, "cp1252"), _plausible(accented, "mac_roman")
    if mac > max(windows, 0.6):
        import charset_normalizer  # here alone, and seldom: it takes 2 MB of a process

        best = charset_normalizer.from_bytes(accented, cp_isolation=["cp1252", "mac_roman"]).best()
        if windows < 0 or (best is not None and best.encoding == "mac_roman"):
            return Decoding("mac_roman", _assumed("MacRoman"))
    if windows >= 0:
        return Decoding("cp1252", _assumed("Windows-1252"))
    raise UnreadableFile(
        _("How the file is encoded cannot be told. Save it as “CSV UTF-8”, or name its encoding.")
    )


def _plausible(accented: bytes, encoding: str) -> float:
    """Of the signs beyond ASCII, the part that titles have; -1 where a byte means nothing."""
    try:
        signs = [sign for sign in accented.decode(encoding) if ord(sign) > 127]
    except UnicodeDecodeError:
        return -1.0
    return sum(sign in _ACCENTED for sign in signs) / max(1, len(signs))


def _assumed(name: str) -> str:
    return _(
        "The file is not UTF-8 and was taken for %(name)s: look whether the accents are right."
    ) % {"name": name}


def _refuse_other_kinds(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:400].lower()
    save = _("Open it there, choose “Save as… CSV UTF-8”, and upload that file.")
    if head.startswith(b"PK\x03\x04"):
        if b"opendocument.spreadsheet" in head[:200]:
            raise UnreadableFile(f"{_('This is an OpenDocument spreadsheet (.ods).')} {save}")
        if b"[Content_Types].xml" in head or b"xl/" in head:
            raise UnreadableFile(f"{_('This is an Excel workbook (.xlsx).')} {save}")
        raise UnreadableFile(_("This is a zip file. Unpack it, and upload the CSV file inside."))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(f"{_('This is an old Excel workbook (.xls).')} {save}")
    if head.startswith(b"\x1f\x8b"):
        raise UnreadableFile(_("This is a gzip file. Unpack it, and upload the CSV file inside."))
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        raise UnreadableFile(
            _("This is a web page, maybe one that asks you to sign in. Download the file again.")
        )
    if start.startswith((b"<?xml", b"<onixmessage")):
        raise UnreadableFile(_("This is XML and no CSV file. ONIX is imported elsewhere."))
    if start.startswith((b"%pdf", b"{\\rtf")):
        raise UnreadableFile(_("This is a document and no CSV file. Ask its sender for CSV."))
