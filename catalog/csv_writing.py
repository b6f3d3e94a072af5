"""Writing CSV for spreadsheets: streamed, and without text that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_RUN = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+\-]?[0-9]+([.,][0-9]+)?")
BYTE_ORDER_MARK = "\ufeff"
"""By it Excel knows that a file is UTF-8."""
_FLUSH = 64 * 1024  # characters


def cell(value: Any) -> str:
    """The value as text. What would be run as a formula gets an apostrophe in front, which our own
    reading takes off again (OWASP: CSV injection)."""
    text = "" if value is None else str(value)
    if _RUN.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def stream(rows: Iterable[Sequence[Any]], *, with_mark: bool = False) -> Iterator[str]:
    """The rows as CSV, in pieces; `with_mark` for Excel."""
    buffer = io.StringIO()
    if with_mark:
        buffer.write(BYTE_ORDER_MARK)
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if buffer.tell() > _FLUSH:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
