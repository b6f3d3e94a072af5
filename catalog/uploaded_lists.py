"""Lists that staff upload: from what their columns mean to what became of their lines.

A list is looked through before anything is done, and once more when it is taken in, as the shop may
have changed meanwhile. Copies and prices go in a thousand lines at a time, each thousand with the
number done so far in one transaction, so that a run whose worker was killed goes on where it was.
"""

import datetime
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from catalog import csv_headings, csv_writing, edition_rows, importing, price_lists, stock_lists
from catalog.csv_files import Columns, Layout, ListFile, RowError, UnreadableFile
from catalog.edition_rows import EditionRow
from catalog.list_outcomes import Each, Outcome
from catalog.models import DoneForm, ListMapping, UploadedList
from catalog.models.stock import InsufficientStock

MOST_BYTES = 10 * 1024 * 1024
MOST_TITLES = 3_000
"""Lines of a catalogue in the back office; a longer one is for the command."""
AT_ONCE = 1_000
"""Lines that are taken in while staff waits; more are the worker's."""
SHOWN_ERRORS = 200
KEPT_DAYS = 7

Kind = UploadedList.Kind
Status = UploadedList.Status
COLUMNS: dict[str, Columns] = {
    Kind.STOCK: stock_lists.COLUMNS,
    Kind.PRICES: price_lists.COLUMNS,
    Kind.CATALOG: edition_rows.COLUMNS,
}


class NotNow(Exception):
    """The list is not at this step any more; the message is for staff."""


class _Overtaken(Exception):
    """Another run of the same list was faster: this one's thousand lines are undone."""


@dataclass
class _Looked:
    """A list that was looked through."""

    file: ListFile
    outcome: Outcome
    carry_out: Callable[[UploadedList], Outcome | None]
    """Does it, or the rest of it; what no longer could be done."""


def opened(uploaded: UploadedList, layout: dict[str, Any] | None = None) -> ListFile:
    """The file, read as `layout` says, or else as staff said. Raises UnreadableFile."""
    told = uploaded.layout if layout is None else layout
    return ListFile(
        io.BytesIO(uploaded.content),
        COLUMNS[uploaded.kind],
        Layout(
            encoding=told.get("encoding", ""),
            decimal_mark=told.get("decimal_mark", ""),
            date_order=told.get("date_order", ""),
            by_place=told.get("columns"),
        ),
    )


def propose(uploaded: UploadedList) -> dict[str, Any]:
    """What the columns seem to mean: as staff said, of this list or one like it, or by their names.

    Raises UnreadableFile.
    """
    if "columns" in uploaded.layout:
        return dict(uploaded.layout)
    plain = opened(uploaded)
    known = ListMapping.objects.recall(uploaded.kind, csv_headings.signature(plain.headings))
    return {"columns": list(plain.meant), **known, **uploaded.layout}


def look_through(uploaded: UploadedList, layout: dict[str, Any], *, today: datetime.date) -> None:
    """Note how the list is to be read, and what its lines would do. Nothing of it is done.

    Raises UnreadableFile, or NotNow where it is being taken in already; nothing is noted then.
    """
    found = _look(uploaded, layout, today=today)
    outcome = found.outcome
    with transaction.atomic():
        location = uploaded.location
        _lock(uploaded)
        if not uploaded.is_open:
            raise NotNow(_("The list is being taken in, or was, and cannot be changed any more."))
        uploaded.location = location
        uploaded.layout, uploaded.status = layout, Status.CHECKED
        _note(uploaded, found.file, outcome)
        uploaded.save()
        signature = csv_headings.signature(found.file.headings)
        ListMapping.objects.remember(uploaded.kind, signature, layout)


def order(uploaded: UploadedList, *, key: str, leaves_out_wrong: bool, actor: Any = None) -> bool:
    """Have the list taken in, once for each `key`; whether it is so short that one can wait for it.

    Raises NotNow for a list that was not looked through, or has wrong lines that are not to be
    left out.
    """
    with transaction.atomic():
        _lock(uploaded)
        if not DoneForm.objects.claim(key) or uploaded.is_busy or uploaded.finished_at:
            raise NotNow(_("This list is being taken in already, or was."))
        if uploaded.status != Status.CHECKED:
            raise NotNow(_("Say first what the columns mean."))
        if uploaded.report["wrong"] and not leaves_out_wrong:
            raise NotNow(
                _("Nothing was done, as lines are wrong: correct them, or have them left out.")
            )
        uploaded.status, uploaded.leaves_out_wrong = Status.WAITING, leaves_out_wrong
        uploaded.actor = actor
        uploaded.save()
        # The worker has it in any case: who asked may be gone before it is done.
        app.configure_task("catalog.take_in_list").defer(list_id=uploaded.pk)
    return bool(uploaded.report["sound"] <= AT_ONCE)


def take_in(list_id: int, *, at: datetime.datetime, today: datetime.date) -> None:
    """Take a list in, or the rest of it; nothing happens if that is done.

    Where lines are wrong by now that were not, and wrong ones are not left out, nothing is done.
    """
    uploaded = UploadedList.objects.filter(
        pk=list_id, status__in=(Status.WAITING, Status.RUNNING)
    ).first()
    if uploaded is None:
        return
    found = _look(uploaded, uploaded.layout, today=today)
    if found.outcome.wrong and not uploaded.leaves_out_wrong and not uploaded.done_count:
        _note(uploaded, found.file, found.outcome)
        message = _("Lines are wrong by now that were not when it was looked through.")
        uploaded.finish(Status.FAILED, message=message, finished_at=at)
        return
    try:
        late = found.carry_out(uploaded)
    except _Overtaken:
        return
    except InsufficientStock as error:
        uploaded.finish(Status.FAILED, message=str(error)[:500], finished_at=at)
        return
    if late is not None and late.wrong:
        uploaded.report["wrong"] += late.wrong
        uploaded.report["errors"] += [_told(error) for error in late.errors[:SHOWN_ERRORS]]
    uploaded.finish(Status.DONE, finished_at=at)


def forget_old(*, now: datetime.datetime) -> int:
    """Remove lists that nobody took in for a week; how many."""
    old = UploadedList.objects.filter(
        status__in=(Status.UPLOADED, Status.CHECKED),
        created_at__lt=now - datetime.timedelta(days=KEPT_DAYS),
    )
    return old.delete()[0]


def _look(uploaded: UploadedList, layout: dict[str, Any], *, today: datetime.date) -> _Looked:
    file = opened(uploaded, layout)
    file.check_headings()
    match uploaded.kind:
        case Kind.STOCK:
            stock = stock_lists.check(file, location=uploaded.location)
            return _Looked(file, stock.outcome, lambda it: _carry_out_stock(it, stock))
        case Kind.PRICES:
            prices = price_lists.check(file, today=today)
            return _Looked(file, prices.outcome, lambda it: _carry_out_prices(it, prices, today))
        case _:
            rows, outcome = importing.check(file)
            if len(rows) > MOST_TITLES:
                raise UnreadableFile(
                    _("It has more than %(most)d titles: use the command import_catalog.")
                    % {"most": MOST_TITLES}
                )
            importing.foresee(rows, outcome, today=today)
            return _Looked(file, outcome, lambda it: _carry_out_catalog(it, rows, today))


def _carry_out_stock(uploaded: UploadedList, found: stock_lists.StockList) -> Outcome:
    rest = [count for count in found.counts if count.key > uploaded.done_key]
    return stock_lists.carry_out(rest, actor=uploaded.actor, each=_progress(uploaded))


def _carry_out_prices(
    uploaded: UploadedList, found: price_lists.PriceList, today: datetime.date
) -> None:
    rest = [line for line in found.lines if line.key > uploaded.done_key]
    price_lists.carry_out(rest, today=today, each=_progress(uploaded))


@transaction.atomic
def _carry_out_catalog(
    uploaded: UploadedList, rows: list[EditionRow], today: datetime.date
) -> None:
    _progress(uploaded)(len(rows), "all")
    importing.import_rows(rows, today=today, actor=uploaded.actor)


def _progress(uploaded: UploadedList) -> Each:
    """Notes how far it is in the transaction that came so far. Raises _Overtaken."""

    def each(done: int, key: str) -> None:
        same = UploadedList.objects.filter(
            pk=uploaded.pk,
            done_key=uploaded.done_key,
            status__in=(Status.WAITING, Status.RUNNING),
        )
        uploaded.done_count, uploaded.done_key = uploaded.done_count + done, key
        uploaded.status = Status.RUNNING
        changes = {"done_count": uploaded.done_count, "done_key": key, "status": Status.RUNNING}
        if not same.update(**changes):
            raise _Overtaken

    return each


def _lock(uploaded: UploadedList) -> None:
    uploaded.refresh_from_db(from_queryset=UploadedList.objects.select_for_update(of=("self",)))


def _note(uploaded: UploadedList, file: ListFile, outcome: Outcome) -> None:
    names = ("created", "changed", "unchanged", "blank", "wrong", "sound")
    uploaded.report = {
        **{name: getattr(outcome, name) for name in names},
        "notes": file.notes,
        "errors": [_told(error) for error in outcome.errors[:SHOWN_ERRORS]],
        "jumps": [
            [each.isbn13, str(each.before), str(each.after), each.first.isoformat()]
            for each in outcome.jumps
        ],
    }
    cells = outcome.cells_of_wrong_rows(file) if outcome.wrong_rows else ()
    uploaded.wrong_rows = "".join(csv_writing.stream(cells, with_mark=bool(outcome.wrong_rows)))


def _told(error: RowError) -> dict[str, Any]:
    return {
        "line": error.line,
        "column": error.column,
        "value": error.value[:80],
        "message": error.message,
    }
