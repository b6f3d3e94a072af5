"""Runs: one file of a supplier's taken into the catalogue, batch by batch.

A killed run goes on after its last whole batch; what was written and what was counted belong to
one transaction.
"""

import contextlib
import datetime
import logging
from collections.abc import Callable, Iterator

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.feeds import ahead, garbage, taking
from catalog.models import ImportRun
from catalog.onix.reading import NotOnix

logger = logging.getLogger(__name__)

LOCK_OF_SUPPLIERS = 5_150
"""First half of the advisory lock's number; the supplier's id is the other."""
LONGEST_MESSAGE = 500
UNFINISHED = (ImportRun.Status.WAITING, ImportRun.Status.RUNNING, ImportRun.Status.FAILED)
OUTAGES = (OperationalError, InterfaceError)


class SupplierBusy(Exception):
    """Another file of the same supplier is being taken in or out; try again later."""


@contextlib.contextmanager
def alone(supplier_id: int) -> Iterator[None]:
    """While no other run of the supplier's is worked on; PostgreSQL lets go if this process dies.

    Raises SupplierBusy.
    """
    numbers = [LOCK_OF_SUPPLIERS, supplier_id]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", numbers)
        row = cursor.fetchone()
        if row is None or not row[0]:
            raise SupplierBusy
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", numbers)


def run(
    run_id: int,
    *,
    at: datetime.datetime,
    progress: Callable[[ImportRun], None] = lambda run: None,
) -> None:
    """Take the run's file in, or what is left of it; a run that is done is left alone.

    `progress` is called after each batch. Raises SupplierBusy. A file that is no ONIX fails the
    run with words for staff. Whatever else goes wrong fails it, too, and is raised; called again,
    it goes on after the last whole batch.
    """
    found = ImportRun.objects.select_related("supplier").get(pk=run_id)
    with alone(found.supplier_id):
        found.refresh_from_db()
        if found.status not in UNFINISHED:
            return
        ImportRun.objects.filter(pk=run_id).update(
            status=ImportRun.Status.RUNNING,
            started_at=found.started_at or at,
            message="",
            finished_at=None,
        )
        try:
            with garbage.between_batches():
                _take_all(found, at, progress)
        except NotOnix as error:
            end(run_id, ImportRun.Status.FAILED, at=at, message=str(error), is_refused=True)
        except OSError as error:
            logger.warning("The file of import %s cannot be read: %s", run_id, error)
            end(run_id, ImportRun.Status.FAILED, at=at, message=_("The file cannot be read."))
        except (*OUTAGES, ahead.ReaderFailed, taking.Overtaken):
            raise  # it goes on where it was
        except Exception as error:
            text = _("It was stopped by an error of the shop’s own: %(error)s")
            message = text % {"error": type(error).__name__}
            end(run_id, ImportRun.Status.FAILED, at=at, message=message)
            raise
        else:
            end(run_id, ImportRun.Status.DONE, at=at)


def _take_all(
    found: ImportRun, at: datetime.datetime, progress: Callable[[ImportRun], None]
) -> None:
    for batch in ahead.batches(found, after=found.records_done, today=timezone.localdate(at)):
        if batch.notes != found.notes:
            found.notes = batch.notes
            ImportRun.objects.filter(pk=found.pk).update(notes=batch.notes)
        if batch.items:
            taking.take(found, batch.items, bytes_read=batch.bytes_read, at=at)
        batch.items.clear()  # taken in; nobody need look through them
        found.refresh_from_db()
        progress(found)
        garbage.collect()


def end(
    run_id: int,
    status: str,
    *,
    at: datetime.datetime,
    message: str = "",
    is_refused: bool = False,
) -> None:
    """Close a run that is going on; `is_refused`: its file can never be taken in."""
    ImportRun.objects.filter(pk=run_id, status=ImportRun.Status.RUNNING).update(
        status=status,
        finished_at=at,
        message=message[:LONGEST_MESSAGE],
        is_refused=is_refused,
    )
