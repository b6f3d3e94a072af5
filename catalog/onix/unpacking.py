"""Unpacking: the XML in a file that may be packed by gzip or zip, within bounds."""

import gzip
import io
import os
import zipfile
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _

LIMIT_BYTES = 8 * 2**30
"""A million full records; what is longer comes in parts."""
FREE_BYTES = 64 * 1024 * 1024
"""So much may come out of any packed file; beyond it counts how densely it was packed."""
MOST_TIMES = 100
"""Catalogue data is packed 5 to 30 times smaller; a bomb a thousand times."""
MOST_MEMBERS = 1000


class NotOnix(Exception):
    """The file cannot be read at all; the text says why and what to do."""


class Opened:
    """A file's XML: unpacked, counted, and no longer than allowed."""

    def __init__(self, file: BinaryIO, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._raw = _Counted(file)
        self._unpacked_bytes = 0
        self.was_cut_off = False
        """Whether the packed file ended too early."""
        _check_size(file, limit_bytes)
        self._inner = self._unpacked()

    @property
    def bytes_read(self) -> int:
        """How much of the file itself was read."""
        return self._raw.bytes_read

    def read(self, size: int, /) -> bytes:
        """The next bytes of XML; empty at the end. Raises NotOnix beyond the bounds."""
        inner = self._inner
        try:
            # One step at a time: what came before the end of a file that was cut off is of use.
            data = inner.read(size) if isinstance(inner, _Counted) else inner.read1(size)
        except EOFError:
            self.was_cut_off = True
            return b""
        # The last is how zipfile says that it does not know a way of packing.
        except (OSError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
            raise NotOnix(_("The file is packed in a way that cannot be read.")) from error
        self._unpacked_bytes += len(data)
        if self._unpacked_bytes > self._limit_bytes:
            raise _too_large(self._limit_bytes)
        if self._unpacked_bytes > FREE_BYTES + MOST_TIMES * self.bytes_read:
            raise NotOnix(_("The file unpacks to far more than a catalogue would; it is refused."))
        return data

    def _unpacked(self) -> "_Counted | gzip.GzipFile | zipfile.ZipExtFile":
        head = self._raw.peek(4)
        if head.startswith(b"\x1f\x8b"):
            return gzip.GzipFile(fileobj=self._raw, mode="rb")
        if head.startswith(b"PK\x03\x04"):
            return self._only_member()
        return self._raw

    def _only_member(self) -> zipfile.ZipExtFile:
        try:
            archive = zipfile.ZipFile(self._raw)
            members = [
                member
                for member in archive.infolist()[: MOST_MEMBERS + 1]
                if not member.is_dir() and not member.filename.startswith("__MACOSX/")
            ]
            if len(members) != 1:
                raise NotOnix(_("The zip file must hold exactly one ONIX file."))
            if members[0].file_size > self._limit_bytes:
                raise _too_large(self._limit_bytes)
            return archive.open(members[0])  # type: ignore[return-value]  # it is, in mode "r"
        except RuntimeError as error:
            raise NotOnix(_("The zip file is locked by a password.")) from error
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise NotOnix(_("The zip file is damaged.")) from error


class _Counted(io.RawIOBase):
    """The file itself, and how far it was read."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._ahead = b""
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def peek(self, size: int) -> bytes:
        """The first bytes, which are read again later."""
        self._ahead = self._file.read(size)
        return self._ahead

    def read(self, size: int = -1, /) -> bytes:
        data, self._ahead = self._ahead, b""
        if size < 0 or len(data) < size:
            data += self._file.read(-1 if size < 0 else size - len(data))
        else:
            data, self._ahead = data[:size], data[size:]
        self.bytes_read += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_CUR:
            offset -= len(self._ahead)
        self._ahead = b""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell() - len(self._ahead)


def _check_size(file: BinaryIO, limit_bytes: int) -> None:
    if not file.seekable():
        return
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    if size == here:
        raise NotOnix(_("The file is empty."))
    if size - here > limit_bytes:
        raise _too_large(limit_bytes)


def _too_large(limit_bytes: int) -> NotOnix:
    size = {"size": limit_bytes // 1_000_000}
    return NotOnix(_("The file is larger than %(size)d MB. Ask for it in parts.") % size)
