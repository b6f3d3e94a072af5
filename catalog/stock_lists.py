"""Importing stock lists: counted copies by edition and location."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.csv_files import Columns, InvalidRows, Layout, ListFile, Row, RowError
from catalog.csv_values import Kind
from catalog.formats import DIGITAL_FORMATS
from catalog.list_outcomes import Each, Outcome, in_batches
from catalog.models import Edition, Location, Stock, StockMovement

if TYPE_CHECKING:
    from accounts.models import User

COLUMNS = Columns(
    {
        "isbn13": Kind.NUMBER,
        "on_hand": Kind.COPIES,
        "location": Kind.TEXT,
        "reason": Kind.TEXT,
    },
    required=("isbn13", "on_hand"),
    beside=("title", "allocated", "available", "price", "currency"),
)
COUNT_COLUMNS = Columns(
    {"isbn13": Kind.NUMBER, "counted": Kind.COPIES}, required=("isbn13", "counted")
)
LONGEST_REASON = 200  # characters


class Count(NamedTuple):
    """One sound line; they are carried out in the order of their first two fields."""

    isbn13: str
    location_id: int
    on_hand: int
    reason: str
    line: int

    @property
    def key(self) -> str:
        """Sorts as the first two fields do."""
        return f"{self.isbn13} {self.location_id:019}"


@dataclass
class StockList:
    """A stock list that was looked through: what its lines say, and what they would do."""

    counts: list[Count] = field(default_factory=list)
    """In the one order in which rows of stock are locked."""
    outcome: Outcome = field(default_factory=Outcome)


@transaction.atomic
def import_stock(file: BinaryIO, *, layout: Layout | None = None) -> int:
    """Make the counted copies of a stock list the ones on hand; how many editions that changed.

    Columns: `isbn13`, `on_hand`; optional `location` (a code; blank: the first location) and
    `reason`. A blank count is no count, and never zero. Raises UnreadableFile or InvalidRows;
    nothing is written then.
    """
    read = ListFile(file, COLUMNS, layout)
    read.check_headings()
    found = check(read)
    if found.outcome.errors:
        raise InvalidRows(found.outcome.errors)
    outcome = carry_out(found.counts)
    if outcome.errors:
        raise InvalidRows(outcome.errors)
    return outcome.changed


def check(file: ListFile, *, location: Location | None = None) -> StockList:
    """What the list says and would do; `location` is meant where a line names none.

    Two statements for every thousand lines; of a sound line only its count is kept.
    """
    locations = {each.code: each for each in Location.objects.all()}
    default = location or next(iter(locations.values()), None)
    found = StockList()
    lines: dict[tuple[str, int], int] = {}
    for rows in in_batches(file.rows()):
        counts = _check_rows(rows, locations, default, lines, found.outcome)
        _compare(counts, found)
    found.counts.sort()
    found.outcome.sort()
    return found


def carry_out(
    counts: Sequence[Count], *, actor: "User | None" = None, each: Each = lambda done, key: None
) -> Outcome:
    """Make these counts, in their order, the copies on hand.

    A count below what was promised meanwhile is told as wrong and left out. Inside a transaction
    it is one change; outside, each thousand lines are, and `each` is called within them.
    """
    outcome = Outcome()
    for batch in in_batches(counts):
        _make_rows(batch)  # all, before any is locked: see `StockQuerySet.at`
    for batch in in_batches(counts):
        with transaction.atomic():
            _carry_out(batch, actor, outcome)
            each(len(batch), batch[-1].key)
    return outcome


def read_counts(file: BinaryIO) -> dict[Edition, int]:
    """The editions of a list of counts, and how many copies were counted.

    Columns: `isbn13`, `counted`. What stands in several lines, because it lay in several places, is
    summed up; a blank count is no count. Raises UnreadableFile or InvalidRows.
    """
    read = ListFile(file, COUNT_COLUMNS)
    read.check_headings()
    counts: dict[Edition, int] = defaultdict(int)
    errors: list[RowError] = []
    for rows in in_batches(read.rows()):
        editions = Edition.objects.in_bulk([row["isbn13"] for row in rows], field_name="isbn13")
        for row in rows:
            wrong = list(row.errors) or _number_errors(row, editions)
            errors += wrong
            if not wrong and row["counted"]:
                counts[editions[row["isbn13"]]] += int(row["counted"])
    if errors:
        raise InvalidRows(errors)
    return dict(counts)


def _check_rows(
    rows: Sequence[Row], locations: Mapping[str, Location], default: Location | None,
    lines: dict[tuple[str, int], int], outcome: Outcome,
) -> list[tuple[Row, Count, Edition]]:  # fmt: skip
    numbers = [row["isbn13"] for row in rows if row["isbn13"]]
    editions = Edition.objects.only("isbn13", "format").in_bulk(numbers, field_name="isbn13")
    counts = []
    for row in rows:
        location = locations.get(row["location"]) if row["location"] else default
        errors = [*row.errors, *_errors(row, editions, location)]
        if errors:
            outcome.refuse(row, errors)
            continue
        if not row["on_hand"] or location is None:
            outcome.blank += 1
            continue
        first_line = lines.setdefault((row["isbn13"], location.pk), row.line)
        if first_line != row.line:
            message = _("was counted in line %(line)d already.") % {"line": first_line}
            outcome.refuse(row, [row.error("isbn13", message)])
            continue
        edition = editions[row["isbn13"]]
        count = Count(edition.isbn13, location.pk, int(row["on_hand"]), row["reason"], row.line)
        counts.append((row, count, edition))
    return counts


def _compare(counts: Sequence[tuple[Row, Count, Edition]], found: StockList) -> None:
    """With what is in the books; a count below what is promised is wrong."""
    stocks = {
        (edition, location): (on_hand, allocated)
        for edition, location, on_hand, allocated in Stock.objects.filter(
            edition__in=[edition.pk for _row, _count, edition in counts]
        ).values_list("edition_id", "location_id", "on_hand", "allocated")
    }
    outcome = found.outcome
    for row, count, edition in counts:
        on_hand, allocated = stocks.get((edition.pk, count.location_id), (None, 0))
        if count.on_hand < allocated:
            outcome.refuse(row, [row.error("on_hand", _promised(allocated))])
            continue
        found.counts.append(count)
        if on_hand == count.on_hand or (on_hand is None and not count.on_hand):
            outcome.unchanged += 1
        elif on_hand is None:
            outcome.created += 1
        else:
            outcome.changed += 1


def _places(batch: Sequence[Count]) -> list[tuple[Edition, Location]]:
    numbers = [count.isbn13 for count in batch]
    editions = Edition.objects.only("isbn13").in_bulk(numbers, field_name="isbn13")
    return [
        (editions[count.isbn13], Location(pk=count.location_id))
        for count in batch
        if count.isbn13 in editions  # it may have gone since
    ]


def _make_rows(batch: Sequence[Count]) -> None:
    Stock.objects.at(_places(batch))


def _carry_out(batch: Sequence[Count], actor: "User | None", outcome: Outcome) -> None:
    wanted = {(count.isbn13, count.location_id): count for count in batch}
    rows = Stock.objects.filter(
        edition__isbn13__in=[count.isbn13 for count in batch],
        location__in={count.location_id for count in batch},
    )
    movements = []
    for stock in rows.locked():
        count = wanted.get((stock.edition.isbn13, stock.location_id))
        if count is None:
            continue
        if count.on_hand < stock.allocated:
            message = _promised(stock.allocated)
            outcome.leave_out(RowError(count.line, "on_hand", message, str(count.on_hand)))
        elif difference := count.on_hand - stock.on_hand:
            reason = count.reason or _("Stock list")
            movements.append(stock.correction(difference, reason=reason, actor=actor))
        else:
            outcome.unchanged += 1
    StockMovement.objects.carry_out(movements, are_locked=True)
    outcome.changed += len(movements)


def _promised(allocated: int) -> str:
    return _("%(allocated)d copies are promised to orders.") % {"allocated": allocated}


def _number_errors(row: Row, editions: Mapping[str, Edition]) -> list[RowError]:
    number = row["isbn13"]
    if not number:
        return [row.error("isbn13", _("is missing."))]
    if number not in editions:
        return [row.error("isbn13", _("is not in the catalogue."))]
    if editions[number].format in DIGITAL_FORMATS:
        return [row.error("isbn13", _("is a digital edition, which has no stock."))]
    return []


def _errors(
    row: Row, editions: Mapping[str, Edition], location: Location | None
) -> Iterator[RowError]:
    if row["isbn13"] or not row.errors:
        yield from _number_errors(row, editions)
    if location is None:
        yield row.error("location", _("is no location of the shop."))
    if len(row["reason"]) > LONGEST_REASON:
        message = _("is longer than %(n)d characters.") % {"n": LONGEST_REASON}
        yield row.error("reason", message)
