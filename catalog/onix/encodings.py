"""Encodings: the bytes of a file as clean UTF-8, whatever it says of itself.

Many files say that they are UTF-8 and hold Windows-1252, some the other way round, some a bit of
both. What the bytes are decides; what was noticed is said.
"""

import codecs
import re
from typing import Protocol

from django.utils.translation import gettext as _

CHUNK_BYTES = 256 * 1024
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13))
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = frozenset({"iso88591", "windows1252", "cp1252", "latin1"})
_KNOWN = {"macintosh": "mac_roman", "koi8r": "koi8_r", "koi8u": "koi8_u", "gb2312": "gb18030"}
_KNOWN |= {name.replace("-", ""): name for name in ("gbk", "gb18030", "big5", "euc-jp", "euc-kr")}
_KNOWN |= {name.replace("_", ""): name for name in ("shift_jis",)}
_KNOWN |= {f"iso8859{part}": f"iso8859_{part}" for part in (*range(2, 12), 13, 14, 15, 16)}
_KNOWN |= {f"windows{page}": f"cp{page}" for page in (874, 932, *range(1250, 1259))}
"""Never looked up by a name from the file: Python's codecs can do more than read letters."""


class Readable(Protocol):
    """What can be read from, piece by piece."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end."""
        ...


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows-1252, which they nearly always are."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


_HANDLER = "catalog.onix.windows"
codecs.register_error(_HANDLER, _as_windows)


class CleanText:
    """A file's text as UTF-8, without control characters, piece by piece."""

    def __init__(self, file: Readable, notes: list[str]) -> None:
        self._file = file
        self._notes = notes
        self._rest = b""
        self._ended = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self._may_be_western = False
        self._is_cleaned = False
        self.wrong_at: int | None = None
        """Where in the last piece the first bytes stand that are no UTF-8; once."""
        self._was_wrong = False
        self._sniff()

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        piece = b""
        while not piece and not self._ended:
            data = self._file.read(CHUNK_BYTES)
            self._ended = not data
            piece = self._clean(self._decoded(self._rest + data))
        return piece

    def _sniff(self) -> None:
        head = self._file.read(CHUNK_BYTES)
        self._rest = head
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                self._rest = head[len(mark) :]
                self._use(encoding)
                return
        if head[:2] in (b"<\0", b"\0<"):
            self._use("utf-16-le" if head[1:2] == b"\0" else "utf-16-be")
        elif declared := _DECLARED.match(head):
            self._use_declared(declared[1].decode())

    def _use(self, encoding: str) -> None:
        if encoding != "utf-8":
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def _use_declared(self, name: str) -> None:
        key = re.sub(r"[-_.:]", "", name.lower())
        if key in _WESTERN:
            self._may_be_western = True
        elif key in _KNOWN:
            self._use(_KNOWN[key])
        elif key not in ("utf8", "usascii", "ascii"):
            self._notes.append(
                _("The file says that it is in “%(name)s”; it was read as UTF-8.") % {"name": name}
            )

    def _decoded(self, data: bytes) -> bytes:
        self._rest = b""
        if self._decoder:
            return self._decoder.decode(data, self._ended).encode("utf-8", "replace")
        if self._may_be_western and not data.isascii():
            return self._western(data)
        try:
            used = codecs.utf_8_decode(data, "strict", self._ended)[1]
        except UnicodeDecodeError as error:
            return self._repaired(data, error.start)
        self._rest = data[used:]
        return data[:used] if self._rest else data

    def _western(self, data: bytes) -> bytes:
        """Decide by the first letters beyond ASCII which encoding the file is really in."""
        self._may_be_western = False
        try:
            codecs.utf_8_decode(data, "strict", self._ended)
        except UnicodeDecodeError:
            self._use("cp1252")
        else:
            note = _("The file says that it is in a Western encoding, but it is UTF-8.")
            self._notes.append(note)
        return self._decoded(data)

    def _repaired(self, data: bytes, start: int) -> bytes:
        text, used = codecs.utf_8_decode(data, _HANDLER, self._ended)
        self._rest = data[used:]
        if not self._was_wrong:
            self._was_wrong = True
            self.wrong_at = start
        return text.encode()

    def _clean(self, text: bytes) -> bytes:
        clean = text.translate(None, _CONTROLS)
        if len(clean) != len(text) and not self._is_cleaned:
            self._is_cleaned = True
            self._notes.append(_("Control characters in the file were left out."))
        return clean
