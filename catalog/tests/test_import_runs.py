"""Runs of whole files: counted, idempotent, one at a time, and going on after a kill."""

import datetime
import functools
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from catalog import intake
from catalog.feeds import ahead, runs, undoing
from catalog.models import Contributor, Edition, ImportRecord, ImportRun, Imprint, Supplier, Work
from catalog.onix import reading
from catalog.tests import feeds
from catalog.tests.factories import SubjectFactory
from catalog.tests.feeds import AT, outcomes, supplier
from catalog.tests.onix_files import message, product
from tests.jobs import run_jobs, waiting_jobs
from tests.patience import eventually
from tests.processes import start_python
from tests.races import at_once

pytestmark = pytest.mark.django_db
TOTALS = (Edition, Work, Contributor, Imprint)


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    """Files of runs go with the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def received(content: bytes, source: Supplier | None = None) -> ImportRun:
    file = ContentFile(content, name="feed.xml")
    return intake.keep(supplier=source or supplier(), file=file)


def done(content: bytes, source: Supplier | None = None) -> ImportRun:
    run = received(content, source)
    runs.run(run.pk, at=AT)
    run.refresh_from_db()
    return run


def some(number: int, **values: Any) -> bytes:
    return message(*(product(each, **values) for each in range(1, number + 1)))


def test_a_file_is_taken_in_and_counted() -> None:
    content = some(5)
    run = done(content)
    assert (run.status, run.created_count, run.records_done) == ("done", 5, 5)
    assert (run.file_bytes, run.percent, run.message) == (len(content), 100, "")
    assert (run.started_at, run.finished_at) == (AT, AT)
    assert run.file_digest != "0" * 64
    assert [row.ordinal for row in run.records.all()] == [1, 2, 3, 4, 5]
    assert run.records.get(ordinal=2).line > run.records.get(ordinal=1).line
    assert Edition.objects.get(work__title="Title 3").prices.get().amount == feeds.price().amount


def test_the_same_file_again_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    done(some(5))

    def read(*_arguments: object) -> None:
        pytest.fail("A record was read that is known.")

    with monkeypatch.context() as patched:
        patched.setattr(reading, "read", read)
        run = done(some(5))
    assert (run.unchanged_count, run.records_done) == (5, 5)
    assert outcomes(run) == ["unchanged"] * 5
    assert run.records.filter(edition=None).count() == 0
    assert [model.objects.count() for model in TOTALS] == [5, 5, 5, 3]


def test_known_records_are_read_anew_when_our_settings_change() -> None:
    done(some(2))
    SubjectFactory.create()
    supplier().runs.filter(status="done").update(file_name="old.xml")
    run = done(some(2))
    assert outcomes(run) == ["unchanged"] * 2
    assert run.records.exclude(notification="").count() == 2


def test_a_record_that_came_and_went_within_a_file_is_read_again() -> None:
    done(message(product(1, pages=1)))
    run = done(message(product(1, pages=2), product(1, pages=1)))
    assert outcomes(run) == ["changed", "changed"]
    assert Edition.objects.get().pages == 1


@pytest.mark.parametrize("content", [b"", b"isbn13;title\n", b"<html></html>"])
def test_what_is_no_onix_fails_with_words(content: bytes) -> None:
    run = done(content)
    assert (run.status, run.records_done) == ("failed", 0)
    assert run.message
    assert not ImportRecord.objects.exists()


def test_a_file_that_is_gone_fails_with_words() -> None:
    run = received(some(1))
    run.file.delete(save=False)
    ImportRun.objects.filter(pk=run.pk).update(file="imports/gone.xml")
    runs.run(run.pk, at=AT)
    run.refresh_from_db()
    assert (run.status, run.message) == ("failed", "The file cannot be read.")


def test_a_file_without_records_is_done() -> None:
    run = done(message())
    assert (run.status, run.records_done) == ("done", 0)


def test_notes_on_the_file_are_kept_and_what_was_whole_is_taken_in() -> None:
    run = done(some(3)[:-40])
    assert run.created_count == 2
    assert run.rejected_count == 1
    assert run.notes


def test_a_run_that_is_done_is_left_alone() -> None:
    run = done(some(1))
    runs.run(run.pk, at=AT + datetime.timedelta(1))
    run.refresh_from_db()
    assert (run.finished_at, run.records.count()) == (AT, 1)


def test_a_stopped_run_goes_on_after_its_last_whole_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "BATCH", 2)
    run = received(some(5))

    class Killed(BaseException):
        pass

    def stop(_run: ImportRun) -> None:
        raise Killed

    with pytest.raises(Killed):
        runs.run(run.pk, at=AT, progress=stop)
    run.refresh_from_db()
    assert (run.status, run.records_done) == ("running", 2)
    runs.run(run.pk, at=AT)
    run.refresh_from_db()
    assert (run.status, run.created_count, run.records.count()) == ("done", 5, 5)


def test_jobs_take_a_file_in_and_out() -> None:
    run = received(some(2))
    from procrastinate.contrib.django import app

    app.configure_task("catalog.run_import").defer(run_id=run.pk)
    run_jobs(only=["catalog.run_import"])
    assert Edition.objects.count() == 2
    app.configure_task("catalog.undo_import").defer(run_id=run.pk)
    run_jobs(only=["catalog.undo_import"])
    assert Edition.objects.count() == 0
    assert len(waiting_jobs("catalog.publish_works")) == 2


def test_the_command_tells_what_became_of_each_file(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(message(product(1), product(2).replace("BC<", "<")))
    bad.write_bytes(b"no xml")
    out, err = io.StringIO(), io.StringIO()
    told = ("import_onix", str(good), "--supplier", "house")
    with pytest.raises(CommandError, match="Add --create"):
        call_command(*told)
    call_command(*told, "--create", "--currency", "EUR", stdout=out, stderr=err)
    assert Supplier.objects.get().currency == "EUR"
    assert "1 created, 0 changed, 0 unchanged, 0 withdrawn, 1 rejected" in out.getvalue()
    assert "line 22: " in err.getvalue()
    with pytest.raises(CommandError, match=r"Nothing was read of: bad\.xml"):
        call_command("import_onix", str(bad), "--supplier", "house", stderr=err)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_onix", str(tmp_path / "none.xml"), "--supplier", "house")


def test_the_command_refuses_a_file_that_is_too_large_before_it_is_copied(tmp_path: Path) -> None:
    supplier("house")
    large, err = tmp_path / "large.xml", io.StringIO()
    with large.open("wb") as file:
        file.truncate(reading.LIMIT_BYTES + 10**9)  # a hole: it takes no room
    with pytest.raises(CommandError, match=r"Nothing was read of: large\.xml"):
        call_command("import_onix", str(large), "--supplier", "house", stderr=err)
    assert err.getvalue() == (
        "large.xml: The file has 9.6 GB; 8.6 GB are the most. Ask for it in parts.\n"
    )
    assert not ImportRun.objects.exists()
    assert not (tmp_path / "media").exists()


SLOW = """
import sys
from django.utils import timezone
from catalog.feeds import ahead, runs
ahead.BATCH, ahead.SECOND_PROCESS_FROM = 20, 0
def tell(run):
    print(run.records_done, flush=True)
    sys.stdin.readline()
runs.run(%d, at=timezone.now(), progress=tell)
print("done", flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    run = received(some(60))
    first = start_python(SLOW % run.pk, BOOKSTORE_DATA_DIR=str(tmp_path))
    assert first.stdout is not None
    assert first.stdout.readline() == "20\n"
    first.kill()
    first.wait()
    run.refresh_from_db()
    assert (run.status, run.records_done, run.created_count) == ("running", 20, 20)
    eventually(functools.partial(_is_let_go_of, run.supplier_id))
    runs.run(run.pk, at=AT)
    run.refresh_from_db()
    assert (run.status, run.created_count, run.records.count()) == ("done", 60, 60)
    assert [model.objects.count() for model in TOTALS] == [60, 60, 60, 3]


def _is_let_go_of(supplier_id: int) -> bool:
    """PostgreSQL must first notice that the killed process's connection has ended."""
    try:
        with runs.alone(supplier_id):
            return True
    except runs.SupplierBusy:
        return False


@pytest.mark.django_db(transaction=True)
def test_two_suppliers_take_in_the_same_books_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BATCH", 4)
    others = [supplier("first"), supplier("second")]
    forward = [product(number) for number in range(1, 21)]
    waiting = [
        received(message(*forward), others[0]), received(message(*reversed(forward)), others[1]),
    ]  # fmt: skip
    assert at_once([functools.partial(runs.run, run.pk, at=AT) for run in waiting]) == [None, None]
    found = [ImportRun.objects.get(pk=run.pk) for run in waiting]
    assert [run.status for run in found] == ["done", "done"]
    assert sum(run.created_count for run in found) == 20
    assert [model.objects.count() for model in TOTALS] == [20, 20, 20, 3]
    _one_file_of_a_supplier_waits_for_the_other(found[0])


def _one_file_of_a_supplier_waits_for_the_other(run: ImportRun) -> None:
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with runs.alone(run.supplier_id):
            held.set()
            over.wait(120)

    def wait() -> None:
        held.wait(120)
        try:
            undoing.undo(run.pk, at=AT)
        finally:
            over.set()

    outcomes = at_once([hold, wait])
    assert outcomes[0] is None
    assert isinstance(outcomes[1], runs.SupplierBusy)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)
