"""Suppliers' files: received, kept where nobody fetches them, undone, tried again, deleted."""

import datetime
import gzip
import hashlib
import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from catalog import intake
from catalog.models import ImportRun, Supplier
from catalog.tests.suppliers import ONIX, deferred, north, run_of, upload_of
from tests.people import carol

pytestmark = pytest.mark.django_db
AT = datetime.datetime(2027, 3, 1, 4, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def media_root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_kept_and_its_import_deferred(client: Client) -> None:
    actor = carol()
    run = intake.receive(supplier=north(), file=upload_of(), actor=actor)
    run.refresh_from_db()
    assert (run.status, run.file_name, run.file_bytes) == ("waiting", "march.xml", len(ONIX))
    assert run.file_digest == hashlib.sha256(ONIX).hexdigest()
    assert (run.actor, run.earlier) == (actor, None)
    with run.file.open() as file:
        assert file.read() == ONIX
    assert deferred("catalog.run_import") == [{"run_id": run.pk}]


def test_nobody_can_fetch_it(client: Client) -> None:
    run = intake.receive(supplier=north(), file=upload_of(), actor=None)
    assert str(run.file).startswith("private/imports/")
    public = default_storage.save("covers/emma.jpg", ContentFile(b"x"))
    assert client.get(f"/media/{public}").status_code == 200
    for address in (run.file.url, run.file.url.replace("private", "Private")):
        assert client.get(address).status_code == 404


def test_the_very_same_file_is_taken_again_and_known() -> None:
    first = intake.receive(supplier=north(), file=upload_of(), actor=None)
    again = intake.receive(supplier=north(), file=upload_of(name="again.xml"), actor=None)
    assert again.earlier == first
    assert again.file.name != first.file.name
    assert len(deferred("catalog.run_import")) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"Rar!" + ONIX, "packed"),
        (b"isbn13,title\n2,Emma\n", "no ONIX file"),
    ],
)
def test_what_cannot_be_imported_is_refused(media_root: Path, content: bytes, message: str) -> None:
    with pytest.raises(intake.RefusedFile, match=message):
        intake.receive(supplier=north(), file=upload_of(content), actor=None)
    assert not ImportRun.objects.exists()
    assert files_in(media_root) == []
    assert deferred("catalog.run_import") == []


@pytest.mark.parametrize(
    "content",
    [ONIX.decode().encode("utf-16"), ONIX.decode().encode("utf-8-sig"), gzip.compress(ONIX)],
)
def test_any_encoding_is_taken_and_packed_files_are(content: bytes) -> None:
    run = intake.receive(supplier=north(), file=upload_of(content), actor=None)
    assert run.file_bytes == len(content)


def test_a_file_of_four_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("w+b") as file:
        file.truncate(4 * 1024**3)  # takes no room on the disk
        with pytest.raises(intake.RefusedFile, match="larger than 512 MB"):
            intake.receive(supplier=north(), file=File(file), actor=None)
        assert file.tell() == 0


def test_nothing_is_left_where_the_database_refuses(media_root: Path) -> None:
    unsaved = Supplier(code="south", name="Southern Books")
    with pytest.raises(ValueError, match="unsaved"):
        intake.receive(supplier=unsaved, file=upload_of(), actor=None)
    assert files_in(media_root) == []


def test_an_import_is_undone_once_and_by_somebody() -> None:
    actor = carol()
    for status in (ImportRun.Status.DONE, ImportRun.Status.FAILED):
        run = run_of(status=status)
        intake.request_undo(run, actor=actor)
        run.refresh_from_db()
        assert (run.status, run.undone_by) == ("undoing", actor)
        with pytest.raises(intake.NotUndoable):
            intake.request_undo(run, actor=actor)
        assert deferred("catalog.undo_import")[-1] == {"run_id": run.pk}
    assert len(deferred("catalog.undo_import")) == 2


@pytest.mark.parametrize("status", ["waiting", "running", "undone"])
def test_what_is_not_over_is_not_undone(status: str) -> None:
    run = run_of(status=status)
    with pytest.raises(intake.NotUndoable):
        intake.request_undo(run, actor=None)
    run.refresh_from_db()
    assert run.status == status
    assert deferred("catalog.undo_import") == []


def test_a_failed_import_is_tried_again_while_its_file_is_kept() -> None:
    run = run_of(status="failed", message="The disk was full.", file="x", finished_at=AT)
    intake.retry(run)
    run.refresh_from_db()
    assert (run.status, run.message, run.finished_at) == ("waiting", "", None)
    assert deferred("catalog.run_import") == [{"run_id": run.pk}]
    for other in (run, run_of(status="failed"), run_of(status="done", file="x")):
        with pytest.raises(intake.NotRetried):
            intake.retry(other)
    assert len(deferred("catalog.run_import")) == 1


def test_old_files_go_and_their_records_stay(media_root: Path) -> None:
    old, moving, young = (
        intake.receive(supplier=north(), file=upload_of(), actor=None) for _ in range(3)
    )
    ImportRun.objects.exclude(pk=moving.pk).update(status=ImportRun.Status.DONE)
    for run, days in ((old, 31), (moving, 31), (young, 29)):
        ImportRun.objects.filter(pk=run.pk).update(created_at=AT - datetime.timedelta(days=days))
    stuck = intake.incoming() / "stuck.upload"
    fresh = intake.incoming() / "fresh.upload"
    for path, hours in ((stuck, 25), (fresh, 1)):
        path.touch()
        os.utime(path, (AT.timestamp() - hours * 3600,) * 2)
    assert intake.delete_old_files(at=AT) == 1
    assert intake.delete_old_files(at=AT) == 0
    left = {run.file.name for run in ImportRun.objects.all()}
    assert left == {"", moving.file.name, young.file.name}
    assert files_in(media_root) == sorted(
        [str(moving.file), str(young.file), "private/incoming/fresh.upload"]
    )
