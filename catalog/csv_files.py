"""CSV files as booksellers make them: decoding, headings, and rows with their line numbers."""

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

MOST_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class RowError:
    """What is wrong with a line, in words for the person who sent the file."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = _("Line %(line)d") % {"line": self.line}
        return (
            f"{where}, {self.column}: {self.message}" if self.column else f"{where}: {self.message}"
        )


class UnreadableFile(Exception):
    """The file is no CSV file of the expected kind; the text says why."""


class InvalidRows(Exception):
    """Some lines are wrong; nothing was imported."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Row:
    """One line of the file."""

    line: int
    fields: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")


def read_rows(
    file: BinaryIO, *, required: Collection[str], known: Collection[str]
) -> Iterator[Row]:
    """The rows below the heading line; blank lines are skipped.

    Raises UnreadableFile when the file is too large, not UTF-8, or its headings are not the
    `required` and `known` ones; or when a line has more fields than the heading.
    """
    reader = csv.DictReader(io.StringIO(_decode(file), newline=""), strict=True)
    try:
        _check_headings(list(reader.fieldnames or []), required, known)
        for fields in reader:
            if None in fields or None in fields.values():
                raise UnreadableFile(
                    _("Line %(line)d does not have as many fields as the heading.")
                    % {"line": reader.line_num}
                )
            stripped = {column: value.strip() for column, value in fields.items()}
            if any(stripped.values()):
                yield Row(reader.line_num, stripped)
    except csv.Error as error:
        raise UnreadableFile(
            _("Line %(line)d is no valid CSV: %(error)s.")
            % {"line": reader.line_num, "error": error}
        ) from error


def _decode(file: BinaryIO) -> str:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            _("The file is larger than %(size)d MB.") % {"size": MOST_BYTES // 1024 // 1024}
        )
    if b"\x00" in content:
        raise UnreadableFile(_("The file contains NUL bytes; it is no CSV file."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            _("Line %(line)d is not UTF-8. Save the file as “CSV UTF-8” and try again.")
            % {"line": line}
        ) from error


def _check_headings(found: list[str], required: Collection[str], known: Collection[str]) -> None:
    missing = [column for column in required if column not in found]
    if missing:
        raise UnreadableFile(
            _("These columns are missing: %(columns)s.") % {"columns": ", ".join(missing)}
        )
    unknown = [column for column in found if column not in known]
    if unknown:
        raise UnreadableFile(
            _("These columns are not known: %(columns)s.") % {"columns": ", ".join(unknown)}
        )
    if len(set(found)) != len(found):
        raise UnreadableFile(_("A column stands in the heading twice."))
