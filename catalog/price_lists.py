"""Importing price lists: what editions cost from which day, to which, and with what tax."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from catalog import indexing, matching
from catalog.csv_files import Columns, InvalidRows, Layout, ListFile, Row, RowError
from catalog.csv_values import Kind
from catalog.list_outcomes import Each, Jump, Outcome, in_batches
from catalog.models import Edition, Price
from catalog.models.price import EARLIEST_DAY, NewPrice, holding_on, timeline

COLUMNS = Columns(
    {
        "isbn13": Kind.NUMBER,
        "amount": Kind.AMOUNT,
        "currency": Kind.TEXT,
        "valid_from": Kind.DATE,
        "valid_to": Kind.DATE,
        "tax_rate": Kind.PERCENT,
    },
    required=("isbn13", "amount"),
)


Periods = dict[str, dict[datetime.date, int]]
"""Of each edition, the line with the price from that day."""


class Line(NamedTuple):
    """One sound line."""

    isbn13: str
    price: NewPrice

    @property
    def key(self) -> str:
        """All prices of an edition are set together."""
        return self.isbn13


@dataclass
class PriceList:
    """A price list that was looked through: what its lines say, and what they would do."""

    lines: list[Line] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


@transaction.atomic
def import_prices(file: BinaryIO, *, today: datetime.date, layout: Layout | None = None) -> Outcome:
    """Set the prices of a list. `today`: from when those hold that name no day.

    Columns: `isbn13`, `amount`; optional `currency`, `valid_from`, `valid_to`, `tax_rate`. A blank
    amount says nothing. Raises UnreadableFile or InvalidRows; nothing is written then.
    """
    read = ListFile(file, COLUMNS, layout)
    read.check_headings()
    found = check(read, today=today)
    if found.outcome.errors:
        raise InvalidRows(found.outcome.errors)
    carry_out(found.lines, today=today)
    return found.outcome


def check(file: ListFile, *, today: datetime.date) -> PriceList:
    """What the list says and would do; two statements for every thousand lines."""
    found = PriceList()
    periods: Periods = defaultdict(dict)
    for rows in in_batches(file.rows()):
        numbers = [row["isbn13"] for row in rows if row["isbn13"]]
        editions = dict(Edition.objects.filter(isbn13__in=numbers).values_list("isbn13", "pk"))
        for row in rows:
            line = _check_row(row, editions, periods, today, found.outcome)
            if line is not None:
                found.lines.append(line)
    found.lines.sort(key=lambda line: (line.isbn13, line.price.valid_from))
    for batch in in_batches(_by_edition(found.lines)):
        _compare(batch, found.outcome, today)
    return found


def carry_out(
    lines: Sequence[Line], *, today: datetime.date, each: Each = lambda done, key: None
) -> int:
    """Set these prices, in their order; how many editions' changed. What was before today stays.

    Inside a transaction it is one change; outside, each thousand editions are, and `each` is
    called within them.
    """
    changed = 0
    for batch in in_batches(_by_edition(lines)):
        with transaction.atomic():
            matching.take_turns()
            prices = (line.price for group in batch for line in group)
            editions = Price.objects.set_many(prices, today=today)
            works = Edition.objects.filter(pk__in=editions).values_list("work", flat=True)
            indexing.works_changed(list(works))
            changed += len(editions)
            each(sum(map(len, batch)), batch[-1][-1].key)
    return changed


def _check_row(
    row: Row, editions: Mapping[str, int], periods: Periods, today: datetime.date, outcome: Outcome
) -> Line | None:
    errors = [*row.errors, *_errors(row, editions)]
    if not errors and row["amount"]:
        first = _day(row["valid_from"]) or today
        last = _day(row["valid_to"])
        earlier = periods[row["isbn13"]].setdefault(first, row.line)
        if first < EARLIEST_DAY:
            message = _("lies before %(year)d: correct the year.") % {"year": EARLIEST_DAY.year}
            errors.append(row.error("valid_from", message))
        elif last is not None and last < first:
            errors.append(row.error("valid_to", _("is before the first day.")))
        elif earlier != row.line:
            message = _("has a price from the same day in line %(line)d.") % {"line": earlier}
            errors.append(row.error("isbn13", message))
    if errors:
        outcome.refuse(row, errors)
        return None
    if not row["amount"]:
        outcome.blank += 1
        return None
    return Line(
        row["isbn13"],
        NewPrice(
            editions[row["isbn13"]],
            first,
            Decimal(row["amount"]),
            valid_to=last,
            tax_rate=Decimal(row["tax_rate"]) if row["tax_rate"] else None,
            unless_equal=not row["valid_from"] and not row["valid_to"],
        ),
    )


def _errors(row: Row, editions: Mapping[str, int]) -> Iterator[RowError]:
    number = row["isbn13"]
    if not number and not row.errors:
        yield row.error("isbn13", _("is missing."))
    elif number and number not in editions:
        yield row.error("isbn13", _("is not in the catalogue."))
    if row["currency"].upper() not in ("", settings.SHOP_CURRENCY):
        message = _("The shop’s currency is %(currency)s.")
        yield row.error("currency", message % {"currency": settings.SHOP_CURRENCY})
    if row["tax_rate"]:
        rate = Decimal(row["tax_rate"])
        if 0 < rate < 1:
            yield row.error("tax_rate", _("is a fraction. Write percent: 7 and not 0.07."))
        elif rate > 100:
            yield row.error("tax_rate", _("is more than 100 percent."))


def _by_edition(lines: Sequence[Line]) -> Iterator[list[Line]]:
    return (list(group) for _number, group in groupby(lines, key=itemgetter(0)))


def _compare(batch: Sequence[Sequence[Line]], outcome: Outcome, today: datetime.date) -> None:
    """With the prices that are there, edition by edition."""
    known: dict[int, list[Price]] = defaultdict(list)
    wanted = [group[0].price.edition_id for group in batch]
    prices = Price.objects.filter(edition__in=wanted, currency=settings.SHOP_CURRENCY)
    for price in prices.order_by("valid_from"):
        known[price.edition_id].append(price)
    for group in batch:
        there = known[group[0].price.edition_id]
        becomes = timeline(there, [line.price for line in group], today=today)
        if list(map(_facts, there)) == list(map(_facts, becomes)):
            outcome.unchanged += len(group)
        elif there:
            outcome.changed += len(group)
            outcome.show(_jumps(group, there, becomes, today))
        else:
            outcome.created += len(group)


def _jumps(
    group: Sequence[Line], there: Sequence[Price], becomes: Sequence[Price], today: datetime.date
) -> Iterator[Jump]:
    """From what to what the price of an edition changes on the days from which its lines hold."""
    for first in sorted({day for line in group if (day := line.price.effective_from(today))}):
        before, after = holding_on(first, there), holding_on(first, becomes)
        if before and after and before.amount != after.amount:
            yield Jump(group[0].isbn13, before.amount, after.amount, first)


def _facts(price: Price) -> tuple[Any, ...]:
    return price.valid_from, price.valid_to, price.amount, price.tax_rate


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
