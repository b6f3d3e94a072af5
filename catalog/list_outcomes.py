"""What a list would do, or did: numbers for staff, and the lines that are wrong."""

import datetime
import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple, TypeVar

from catalog.csv_files import ListFile, Row, RowError

BATCH = 1_000
"""Lines that are looked up together."""
MOST_JUMPS = 50
"""Prices that are shown, old and new, before a list is taken in."""
MOST_ERRORS = 10_000
"""Lines that are told as wrong; more are counted."""

Item = TypeVar("Item")
Each = Callable[[int, str], None]
"""Called in the transaction of each batch that was carried out, with how many lines it had, and
the key of the last: lines are carried out in the order of their keys."""


class Jump(NamedTuple):
    """A price that changes, in the amounts that stand in the list's report."""

    isbn13: str
    before: Decimal
    after: Decimal
    first: datetime.date

    @property
    def factor(self) -> Decimal:
        """How many times the one is the other, whichever is more."""
        low, high = sorted((self.before, self.after))
        return high / low if low else Decimal("Infinity")


@dataclass
class Outcome:
    """How many lines do what; all lines that say something are in one of these numbers."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    blank: int = 0
    """Lines without a value: they say nothing, and never zero."""
    wrong: int = 0
    errors: list[RowError] = field(default_factory=list)
    wrong_rows: list[tuple[Row, list[RowError]]] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    """Of a price list, what changes most; the largest first."""

    def show(self, jumps: Iterable[Jump]) -> None:
        """Keep these in mind, as far as they are among the largest."""
        self.jumps = heapq.nlargest(MOST_JUMPS, [*self.jumps, *jumps], key=attrgetter("factor"))

    def refuse(self, row: Row, errors: Sequence[RowError]) -> None:
        """The row is wrong, for these reasons."""
        self.wrong += 1
        if self.wrong <= MOST_ERRORS:
            self.errors += errors
            self.wrong_rows.append((row, list(errors)))

    def leave_out(self, error: RowError) -> None:
        """A line that was sound when it was looked at can no longer be carried out."""
        self.wrong += 1
        if self.wrong <= MOST_ERRORS:
            self.errors.append(error)

    def sort(self) -> None:
        """Bring the wrong lines into the order of the file."""
        self.errors.sort(key=lambda error: error.line)
        self.wrong_rows.sort(key=lambda wrong: wrong[0].line)

    @property
    def sound(self) -> int:
        """Lines that can be carried out."""
        return self.created + self.changed + self.unchanged

    def cells_of_wrong_rows(self, file: ListFile) -> Iterator[Sequence[str]]:
        """The wrong lines as they were sent, with their number and what is wrong: a table."""
        yield [*file.headings, "line", "what is wrong"]
        for row, errors in self.wrong_rows:
            cells = [*row.cells, *[""] * len(file.headings)][: len(file.headings)]
            yield [*cells, str(row.line), " ".join(_without_place(error) for error in errors)]


def in_batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """The items, `size` at a time."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _without_place(error: RowError) -> str:
    return f"{error.column}: {error.message}" if error.column else error.message
