"""CSV files as booksellers make them: separators, headings, and rows with their line numbers."""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import csv_decoding, csv_headings, csv_values
from catalog.csv_decoding import UnreadableFile
from catalog.csv_values import Habits, InvalidField, Kind

MOST_LINES = 1_000_000
_SEPARATORS = ",;\t|"
_NO_HABITS = Habits()
_LOOKED_AT = 25  # lines: the heading stands in one of them

__all__ = [
    "Columns",
    "InvalidRows",
    "Layout",
    "ListFile",
    "Row",
    "RowError",
    "UnreadableFile",
    "read_rows",
]


@dataclass(frozen=True)
class RowError:
    """What is wrong with a line, in words for the person who sent the file."""

    line: int
    column: str
    message: str
    value: str = ""
    """As it stands in the file."""

    def __str__(self) -> str:
        where = _("Line %(line)d") % {"line": self.line}
        if not self.column:
            return f"{where}: {self.message}"
        shown = f" “{self.value[:40]}”" if self.value else ""
        return f"{where}, {self.column}{shown}: {self.message}"


class InvalidRows(Exception):
    """Some lines are wrong; nothing was imported."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Columns:
    """The fields that a kind of list has."""

    kinds: Mapping[str, Kind]
    required: Collection[str]
    beside: Collection[str] = ()
    """Headings of what stands there for people, and is not read."""


@dataclass(frozen=True)
class Layout:
    """How a file is to be read, as far as somebody said so; the rest is found out."""

    encoding: str = ""
    decimal_mark: str = ""
    date_order: str = ""
    by_heading: Mapping[str, str] = field(default_factory=dict)
    """What headings mean; a heading of no meaning is left out."""
    by_place: Sequence[str] | None = None
    """What each column means, from the left; empty: it is left out. It goes before headings."""


@dataclass(slots=True)
class Row:
    """One line of the file, its values in their one notation."""

    line: int
    fields: dict[str, str]
    cells: tuple[str, ...] = ()
    """As they stand in the file."""
    places: Mapping[str, int] = field(default_factory=dict)
    headings: Sequence[str] = ()
    errors: tuple[RowError, ...] = ()
    """What could not be read; such a row says nothing."""

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self.places

    def error(self, column: str, message: str) -> RowError:
        """That `message` holds of this row's value in `column`."""
        place = self.places.get(column)
        if place is None or place >= len(self.cells):
            return RowError(self.line, column, message)
        heading = self.headings[place].strip() or column
        return RowError(self.line, heading, message, self.cells[place].strip())


class ListFile:
    """A CSV file whose encoding, separator and headings are known; it can be read several times."""

    def __init__(self, file: BinaryIO, columns: Columns, layout: Layout | None = None) -> None:
        """Raises UnreadableFile for what is no such list."""
        self.columns, self.layout = columns, layout or Layout()
        self._file = file if file.seekable() else _spooled(file)
        decoding = csv_decoding.detect(self._file, encoding=self.layout.encoding)
        self.encoding = decoding.encoding
        self.notes = [decoding.note] if decoding.note else []
        """What was assumed or passed over, in words."""
        self.separator, self._skipped = self._find_separator()
        self._heading_index, self.headings, self.meant = self._find_headings()
        self.places = {name: place for place, name in enumerate(self.meant) if name}
        """The column in which each field stands."""
        self._habits: dict[str, Habits] | None = None

    def check_headings(self) -> None:
        """Raises UnreadableFile where a field is missing, or a column's meaning is not known."""
        missing = [name for name in self.columns.required if name not in self.meant]
        if missing:
            raise UnreadableFile(
                _("These columns are missing: %(columns)s. Found: %(found)s.")
                % {"columns": ", ".join(missing), "found": ", ".join(self.headings) or "–"}
            )
        given = [heading.strip() for heading in self.headings if heading.strip()]
        if len(set(given)) != len(given):
            raise UnreadableFile(_("A column stands in the heading twice."))
        if self.layout.by_place is not None:
            return
        unknown = [
            heading
            for heading, meaning in zip(self.headings, self.meant, strict=True)
            if heading.strip() and not meaning and not self._is_left_out(heading)
        ]
        if unknown:
            raise UnreadableFile(
                _("These columns are not known, or stand there twice: %(columns)s.")
                % {"columns": ", ".join(unknown)}
            )

    def rows(self) -> Iterator[Row]:
        """The lines below the headings; blank ones are skipped.

        Raises UnreadableFile where the file ends within a quoted field, or is too long.
        """
        habits = self._find_habits()
        passed: Counter[str] = Counter()
        kinds = [self.columns.kinds.get(name, Kind.TEXT) for name in self.meant]
        for line, cells in self._lines_below():
            yield self._row(line, cells, kinds, habits, passed)
        for text, number in passed.items():
            note = ngettext(
                "Once %(what)s: it was read without.",
                "%(n)d times %(what)s: it was read without.",
                number,
            )
            self.notes.append(note % {"n": number, "what": text})

    def first_lines(self, number: int) -> list[list[str]]:
        """The first lines below the headings, as they stand in the file."""
        found = []
        for _line, cells in self._lines_below():
            found.append(cells)
            if len(found) == number:
                break
        return found

    def _row(
        self, line: int, cells: list[str], kinds: list[Kind],
        habits: Mapping[str, Habits], passed: Counter[str],
    ) -> Row:  # fmt: skip
        row = Row(line, {}, tuple(cells), self.places, self.headings)
        wanted = len(self.headings)
        if len(cells) != wanted and (len(cells) < wanted or any(map(str.strip, cells[wanted:]))):
            message = _(
                "The line does not have as many fields as the heading: %(found)d and not"
                " %(wanted)d. Is a separator or a quote missing, or one too many?"
            ) % {"found": len(cells), "wanted": wanted}
            row.errors = (RowError(line, "", message),)
            return row
        errors: list[RowError] = []
        for name, kind, cell in zip(self.meant, kinds, cells, strict=False):
            if not name:
                continue
            try:
                text = csv_values.trim(cell)
                row.fields[name] = csv_values.read(kind, text, habits.get(name, _NO_HABITS), passed)
            except InvalidField as error:
                errors.append(row.error(name, str(error)))
        row.errors = tuple(errors)
        return row

    def _find_habits(self) -> dict[str, Habits]:
        """How each column writes amounts and dates; one reading of the file, where any does."""
        if self._habits is not None:
            return self._habits
        told = Habits(self.layout.decimal_mark, self.layout.date_order)
        asked = {
            name: (place, kind)
            for name, place in self.places.items()
            if (kind := self.columns.kinds[name]) in (Kind.AMOUNT, Kind.PERCENT, Kind.DATE)
        }
        values: dict[str, set[str]] = {name: set() for name in asked}
        if asked:
            for _line, cells in self._lines_below():
                for name, (place, _kind) in asked.items():
                    if place < len(cells):
                        values[name].add(csv_values.trim(cells[place]))
        self._habits = {}
        for name, (_place, kind) in asked.items():
            found = csv_values.find_habits(kind, values[name])
            self._habits[name] = Habits(
                told.decimal_mark or found.decimal_mark, told.date_order or found.date_order
            )
        return self._habits

    def _is_left_out(self, heading: str) -> bool:
        plain = heading.strip()
        if plain.casefold() in csv_headings.IGNORED or plain in self.columns.beside:
            return True
        return self.layout.by_heading.get(plain) == ""

    def _find_separator(self) -> tuple[str, int]:
        """The separator, and how many lines stand before everything else: `sep=;` is one."""
        start = self._head()
        first = start[0].strip("\ufeff \r\n") if start else ""
        if first.lower().startswith("sep=") and len(first) == 5:
            return first[4], 1
        if first.lower() == "sep=":  # a tab that was taken for a space at the end
            return "\t", 1
        return max(_SEPARATORS, key=lambda each: self._fits(start, each)), 0

    def _head(self) -> list[str]:
        text = self._text()
        try:
            return [line for _number, line in zip(range(_LOOKED_AT), text, strict=False)]
        finally:
            text.detach()

    def _fits(self, start: list[str], separator: str) -> tuple[int, int]:
        """How many headings are known by this separator, and how many lines have one length."""
        reader = csv.reader(start, delimiter=separator)
        try:
            lines = [cells for cells in reader if any(map(str.strip, cells))]
        except csv.Error:
            lines = []
        known = max((len(set(self._meanings(cells)) - {""}) for cells in lines), default=0)
        lengths = Counter(len(cells) for cells in lines if len(cells) > 1)
        return known, max(lengths.values(), default=0)

    def _meanings(self, headings: Sequence[str]) -> tuple[str, ...]:
        given = self.layout.by_heading
        free = [name for name in self.columns.kinds if name not in given.values()]
        found = csv_headings.recognise(
            ["" if heading.strip() in given else heading for heading in headings], free
        )
        return tuple(
            given.get(heading.strip(), name) for heading, name in zip(headings, found, strict=True)
        )

    def _find_headings(self) -> tuple[int, list[str], tuple[str, ...]]:
        """The line of the headings: of the first lines, the one with the most that are known."""
        best: tuple[int, list[str], tuple[str, ...]] = (0, [], ())
        most = -1
        for number, (line, cells) in enumerate(self._lines()):
            if number == _LOOKED_AT:
                break
            meant = self._meanings(cells)
            known = len(set(meant) - {""})
            if known > most:
                best, most = (line, cells, meant), known
        line, headings, meant = best
        if self.layout.by_place is not None:
            places = [*self.layout.by_place, *[""] * len(headings)][: len(headings)]
            meant = tuple(name if name in self.columns.kinds else "" for name in places)
        if line > 1 + self._skipped:
            note = _("The headings were found in line %(line)d; what stands above was passed over.")
            self.notes.append(note % {"line": line})
        while headings and not headings[-1].strip():
            headings, meant = headings[:-1], meant[:-1]
        return line, headings, meant

    def _lines_below(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in self._lines():
            if line > self._heading_index:
                yield line, cells

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each line that is not blank, with its number in the file: that of its first part."""
        text = self._text()
        reader = csv.reader(text, delimiter=self.separator, strict=True)
        line = 0
        try:
            for _number in range(self._skipped):
                next(text, "")
            while True:
                line = reader.line_num + self._skipped + 1
                cells = next(reader, None)
                if cells is None:
                    return
                if line > MOST_LINES:
                    raise UnreadableFile(
                        _("The file has more than %(most)d lines. Split it.") % {"most": MOST_LINES}
                    )
                if any(map(str.strip, cells)):
                    yield line, cells
        except csv.Error as error:
            raise UnreadableFile(
                _("Line %(line)d is no valid CSV: %(error)s. Is a quote never closed?")
                % {"line": line, "error": error}
            ) from error
        finally:
            text.detach()

    def _text(self) -> io.TextIOWrapper:
        self._file.seek(0)
        return io.TextIOWrapper(self._file, encoding=self.encoding, newline="")


def read_rows(
    file: BinaryIO, *, required: Collection[str], known: Collection[str]
) -> Iterator[Row]:
    """The rows of a file whose headings are ours, as text.

    Raises UnreadableFile when its headings are others, or a line is not as long as they are.
    """
    found = ListFile(file, Columns(dict.fromkeys(known, Kind.TEXT), required))
    found.check_headings()
    for row in found.rows():
        for error in row.errors:
            raise UnreadableFile(str(error))
        yield row


def _spooled(file: BinaryIO) -> BinaryIO:
    """A copy of what comes through a pipe, to be read more than once."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - read as long as the list is
    total = 0
    while piece := file.read(1024 * 1024):
        total += len(piece)
        copy.write(piece)
        if total > csv_decoding.MOST_BYTES:
            break  # its size is told when it is looked at
    return copy
