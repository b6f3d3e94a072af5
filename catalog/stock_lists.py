"""Importing stock lists: counted copies by edition and location."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from catalog import isbn
from catalog.csv_files import InvalidRows, Row, RowError, read_rows
from catalog.models import Edition, Location, Stock
from catalog.models.stock import InsufficientStock

COLUMNS = ("isbn13", "on_hand", "location", "reason")
COUNT_COLUMNS = ("isbn13", "counted")
MOST_COPIES = 1_000_000
LONGEST_REASON = 200  # characters

Counts = dict[tuple[Location, str], dict[Edition, int]]


@transaction.atomic
def import_stock(file: BinaryIO) -> int:
    """Make the counted copies of a stock list the ones on hand; how many editions that changed.

    Columns: `isbn13`, `on_hand`; optional `location` (a code; blank: the first location) and
    `reason`. A blank count is no count, and never zero. Raises UnreadableFile or InvalidRows;
    nothing is written then.
    """
    rows = list(read_rows(file, required=COLUMNS[:2], known=COLUMNS))
    counts = _checked(rows)
    _lock(counts)
    changed = 0
    for (location, reason), by_edition in sorted(counts.items(), key=lambda item: item[0][0].pk):
        try:
            changed += Stock.objects.all().count_many(
                by_edition, location=location, reason=reason or _("Stock list")
            )
        except InsufficientStock as error:
            raise InvalidRows(list(_too_few(rows, error))) from error
    return changed


def read_counts(file: BinaryIO) -> dict[Edition, int]:
    """The editions of a list of counts, and how many copies were counted.

    Columns: `isbn13`, `counted`. What stands in several lines, because it lay in several places, is
    summed up; a blank count is no count. Raises UnreadableFile or InvalidRows.
    """
    rows = list(read_rows(file, required=COUNT_COLUMNS, known=COUNT_COLUMNS))
    editions = Edition.objects.in_bulk([_number(row) for row in rows], field_name="isbn13")
    counts: dict[Edition, int] = defaultdict(int)
    errors: list[RowError] = []
    for row in rows:
        number, count = _number(row), row["counted"]
        wrong = [("isbn13", message) for message in _number_errors(number, editions)]
        if count and not _is_count(count):
            wrong.append(("counted", _("is no whole number of copies.")))
        errors += [RowError(row.line, column, message) for column, message in wrong]
        if not wrong and count:
            counts[editions[number]] += int(count)
    if errors:
        raise InvalidRows(errors)
    return dict(counts)


def _too_few(rows: list[Row], error: InsufficientStock) -> Iterator[RowError]:
    default = Location.objects.values_list("code", flat=True).first()
    lines = {(_number(row), row["location"] or default): row.line for row in rows}
    for stock in error.short:
        message = _("%(allocated)d copies are promised to orders.") % {"allocated": stock.allocated}
        yield RowError(lines[stock.edition.isbn13, stock.location.code], "on_hand", message)


def _lock(counts: Counts) -> None:
    """Lock all rows at once in the one order; location by location could deadlock with orders."""
    places = [
        (edition, location)
        for (location, _reason), by_edition in counts.items()
        for edition in by_edition
    ]
    list(Stock.objects.at(places).locked())


def _checked(rows: list[Row]) -> Counts:
    locations = {location.code: location for location in Location.objects.all()}
    default = next(iter(locations), "")
    numbers = [number for row in rows if (number := _number(row))]
    editions = Edition.objects.in_bulk(numbers, field_name="isbn13")
    counts: Counts = defaultdict(dict)
    errors: list[RowError] = []
    lines: dict[tuple[str, str], int] = {}
    for row in rows:
        row_errors = list(_errors(row, editions, locations, default))
        errors += row_errors
        if row_errors or not row["on_hand"]:
            continue
        location = locations[row["location"] or default]
        first_line = lines.setdefault((_number(row), location.code), row.line)
        if first_line != row.line:
            message = _("was counted in line %(line)d already.") % {"line": first_line}
            errors.append(RowError(row.line, "isbn13", message))
        counts[location, row["reason"]][editions[_number(row)]] = int(row["on_hand"])
    if errors:
        raise InvalidRows(errors)
    return counts


def _number(row: Row) -> str:
    try:
        return isbn.normalize(row["isbn13"])
    except isbn.InvalidNumber:
        return ""


def _number_errors(number: str, editions: dict[str, Edition]) -> Iterator[str]:
    if not number:
        yield _("is not a valid ISBN or SKU.")
    elif number not in editions:
        yield _("is not in the catalogue.")
    elif editions[number].is_digital:
        yield _("is a digital edition, which has no stock.")


def _is_count(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,9}", text)) and int(text) <= MOST_COPIES


def _errors(
    row: Row, editions: dict[str, Edition], locations: dict[str, Location], default: str
) -> list[RowError]:
    errors = [("isbn13", message) for message in _number_errors(_number(row), editions)]
    count = row["on_hand"]
    if count and not _is_count(count):
        errors.append(("on_hand", _("is no whole number of copies.")))
    if (row["location"] or default) not in locations:
        errors.append(("location", _("is no location of the shop.")))
    if len(row["reason"]) > LONGEST_REASON:
        errors.append(("reason", _("is longer than %(n)d characters.") % {"n": LONGEST_REASON}))
    return [RowError(row.line, column, message) for column, message in errors]
